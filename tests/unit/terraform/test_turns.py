from __future__ import annotations

import threading
from pathlib import Path

import pytest

from reconciler.errors import BusyError
from reconciler.terraform.turns import Work, locked, turn_in, turns_below


def test_a_turn_is_taken_until_it_is_over(tmp_path: Path) -> None:
    refused = pytest.raises(BusyError, match="another process holds")
    with turn_in(tmp_path, Work.PLAN, 0.0), refused, turn_in(tmp_path, Work.PLAN, 0.0):
        pass
    with turn_in(tmp_path, Work.PLAN, 0.0):
        assert len(turns_below(tmp_path)) == 1


def test_what_was_done_in_the_last_turn_is_known_after_it(tmp_path: Path) -> None:
    for name, works in {"a": [Work.APPLY, Work.PLAN], "b": [Work.PLAN, Work.APPLY]}.items():
        (tmp_path / name).mkdir()
        for work in works:
            with turn_in(tmp_path / name, work, 0.0):
                pass
    assert [turn.parent.name for turn in turns_below(tmp_path)] == ["a", "b"]
    assert [turn.parent.name for turn in turns_below(tmp_path, Work.APPLY)] == ["b"]


def test_nobody_waits_on_when_there_is_no_use_in_it(tmp_path: Path) -> None:
    stop, waited = threading.Event(), []

    def wait() -> None:
        with pytest.raises(BusyError), locked(tmp_path / "lock", 3600.0, stop.is_set):
            pass
        waited.append(True)

    with locked(tmp_path / "lock", 0.0):
        waiting = threading.Thread(target=wait)
        waiting.start()
        stop.set()
        waiting.join(10)
    assert waited == [True]
