"""What a host has seen of the ledger: it is raised, never lowered, and what is missing below it is found."""

from __future__ import annotations

import json
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.errors import VaultError
from reconciler.gate.chain import Broken, Entry, head_of
from reconciler.inventory.memory_ledger import MemoryLedger
from reconciler.wiring.watermark import Watermark

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


@pytest.fixture
def ledger() -> MemoryLedger:
    kept = MemoryLedger()
    kept.append([Entry(NOW, "odd", "", {"number": number}) for number in range(3)])
    return kept


@pytest.fixture
def mark(tmp_path: Path, ledger: MemoryLedger) -> Watermark:
    return Watermark(tmp_path, ledger, lambda: "0123456789ab")


def test_who_has_seen_nothing_takes_the_ledger_as_it_is(mark: Watermark, ledger: MemoryLedger) -> None:
    assert mark.heads() == []
    assert mark.broken() is None
    ledger.kept = []
    mark.raise_to_head()
    assert mark.broken() is None


def test_what_was_seen_is_kept_and_grows(mark: Watermark, ledger: MemoryLedger) -> None:
    mark.raise_to_head()
    assert mark.heads() == [ledger.head()]
    assert stat.S_IMODE(mark.file.stat().st_mode) == 0o600
    ledger.append([Entry(NOW, "odd", "", {})])
    assert mark.broken() is None
    mark.raise_to_head()
    assert mark.heads() == [ledger.head()]
    assert [path.name for path in mark.folder.iterdir()] == [mark.file.name]


def test_an_end_that_was_cut_off_is_missing_and_stays_so(mark: Watermark, ledger: MemoryLedger) -> None:
    mark.raise_to_head()
    seen = mark.heads()
    ledger.kept = ledger.kept[:2]
    for _ in range(3):
        assert mark.broken() is not None
        mark.raise_to_head()
        assert mark.heads() == seen
        ledger.append([Entry(NOW, "odd", "", {"another": "end"})])
    broken = mark.broken()
    assert broken == Broken(3, "it is another one than an anchor names: the ledger was written anew")


def test_a_record_that_is_missing_below_is_found(mark: Watermark, ledger: MemoryLedger) -> None:
    mark.raise_to_head()
    ledger.kept = [ledger.kept[0], ledger.kept[2]]
    assert mark.broken() == Broken(2, "it is missing")


def test_each_database_has_a_mark_of_its_own(mark: Watermark, ledger: MemoryLedger) -> None:
    mark.raise_to_head()
    other = Watermark(mark.folder, MemoryLedger(), lambda: "ba9876543210")
    assert other.heads() == []
    assert other.broken() is None
    assert mark.heads() == [head_of(ledger.kept[-1])]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"sequence": "x", "hash": ""}', "\xff"])
def test_a_mark_that_cannot_be_read_is_no_empty_one(mark: Watermark, content: str) -> None:
    mark.file.write_text(content, "latin-1")
    for ask in (mark.broken, mark.raise_to_head, mark.heads):
        with pytest.raises(VaultError, match="cannot be read") as raised:
            ask()
        assert str(mark.file) in (raised.value.hint or "")


def test_a_mark_that_cannot_be_kept_is_told(ledger: MemoryLedger, tmp_path: Path) -> None:
    mark = Watermark(tmp_path / "not-there", ledger, lambda: "0123456789ab")
    with pytest.raises(VaultError, match="cannot be kept"):
        mark.raise_to_head()


def test_what_is_kept_is_the_head_and_nothing_else(mark: Watermark, ledger: MemoryLedger) -> None:
    mark.raise_to_head()
    head = ledger.head()
    assert json.loads(mark.file.read_text()) == {"sequence": head.sequence, "hash": head.hash}


def test_many_at_once_leave_one_whole_mark(mark: Watermark, ledger: MemoryLedger) -> None:
    one_at_a_time = threading.Lock()  # as the database has it

    def change(number: int) -> None:
        with one_at_a_time:
            ledger.append([Entry(NOW, "odd", "", {"number": number})])
        mark.raise_to_head()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(80)))
    assert mark.broken() is None
    assert [path.name for path in mark.folder.iterdir()] == [mark.file.name]
