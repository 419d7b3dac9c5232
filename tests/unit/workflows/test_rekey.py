from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

import pytest

from reconciler.errors import CutOffError, DatabaseError, VaultError
from reconciler.inventory.port import Renew
from reconciler.workflows.progress import Silent
from reconciler.workflows.rekey import Rekeyed, rekey

CURRENT = "new:"


@dataclass
class Rows:
    """A table in memory: sealed texts by key."""

    texts: dict[str, str]
    before: Callable[[str], None] = lambda key: None
    asked: int = 0

    def due(self, current: str) -> list[str]:
        self.asked += 1
        return sorted(key for key, text in self.texts.items() if not text.startswith(current))

    def renew(self, key: str, again: Renew) -> None:
        self.before(key)
        self.texts[key] = again("table", key, "column", self.texts[key])


@dataclass
class Told(Silent):
    phases: list[tuple[str, int | None]] = field(default_factory=list)
    steps: int = 0

    def phase(self, workspace: str, name: str, total: int | None = None) -> None:
        self.phases.append((name, total))

    def advance(self, count: int = 1) -> None:
        self.steps += count


def again(table: str, row: str, column: str, text: str) -> str:
    if text.endswith("torn"):
        raise VaultError(f"{table}.{column} of row {row} does not open")
    return CURRENT + text.partition(":")[2]


def run(cancelled: Event | None = None, told: Silent | None = None, **tables: Rows) -> Rekeyed:
    return rekey(tables, again, CURRENT, told or Silent(), cancelled or Event())


def test_everything_old_is_sealed_anew_and_nothing_else() -> None:
    one, other = Rows({"a": "old:1", "b": "new:2", "c": "older:3"}), Rows({"d": "old:4"})
    told = Told()
    result = run(told=told, one=one, other=other)
    assert one.texts == {"a": "new:1", "b": "new:2", "c": "new:3"}
    assert other.texts == {"d": "new:4"}
    assert (result.done, result.left) == ({"one": 2, "other": 1}, [])
    assert told.phases[:2] == [("one", 2), ("other", 1)]
    assert told.steps == 3


def test_what_others_seal_with_an_old_key_meanwhile_is_taken_too() -> None:
    rows = Rows({"a": "old:1"})
    late = iter(["b", "c"])

    def write(_: str) -> None:
        for key in late:
            rows.texts[key] = "old:late"
            return

    rows.before = write
    assert run(rows=rows).done == {"rows": 3}
    assert all(text.startswith(CURRENT) for text in rows.texts.values())


def test_what_does_not_open_is_left_and_told_and_the_rest_goes_on() -> None:
    rows = Rows({"a": "old:1", "b": "old:torn", "c": "old:3"})
    result = run(rows=rows)
    assert rows.texts == {"a": "new:1", "b": "old:torn", "c": "new:3"}
    assert [(each.table, each.key, str(each.fault)) for each in result.left] == [
        ("rows", "b", "table.column of row b does not open")
    ]


def test_a_row_that_another_hand_wrote_is_left_and_a_lost_database_ends_it() -> None:
    def refuse(key: str) -> None:
        if key == "b":
            raise DatabaseError("the record is not as this program wrote it")

    rows = Rows({"a": "old:1", "b": "old:2", "c": "old:3"}, refuse)
    assert [each.key for each in run(rows=rows).left] == ["b"]

    class Lost(Rows):
        def due(self, current: str) -> list[str]:
            if self.asked:
                raise DatabaseError("the database does not answer")
            return super().due(current)

    tried = []

    def lose(key: str) -> None:
        tried.append(key)
        raise DatabaseError("the connection was lost")

    with pytest.raises(DatabaseError, match="does not answer"):
        run(rows=Lost({"a": "old:1", "b": "old:2"}, lose))
    assert tried == ["a"]


def test_it_ends_between_two_rows_and_a_later_run_takes_the_rest() -> None:
    cancelled, rows = Event(), Rows({"a": "old:1", "b": "old:2", "c": "old:3"})
    rows.before = lambda key: cancelled.set() if key == "b" else None
    with pytest.raises(CutOffError):
        run(cancelled, rows=rows)
    assert rows.texts == {"a": "new:1", "b": "new:2", "c": "old:3"}
    assert run(rows=rows).done == {"rows": 1}
