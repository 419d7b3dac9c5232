"""``vault rekey``: everything that is stored sealed, sealed anew with the current key, while others go on reading it.

Row by row, each in a transaction of its own. Where a row stands is told by its text alone, so that a run which was
killed needs no trace: the next one takes what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event

from reconciler.errors import CutOffError, DatabaseError, ReconcilerError
from reconciler.inventory.port import Renew, SealedRows
from reconciler.workflows.progress import Progress


@dataclass(frozen=True, slots=True)
class Left:
    """A row that could not be sealed anew: where it is, and why not."""

    table: str
    key: str
    fault: ReconcilerError


@dataclass(slots=True)
class Rekeyed:
    """What was done, by table, and what is left."""

    done: dict[str, int]
    left: list[Left] = field(default_factory=list)


def rekey(
    tables: Mapping[str, SealedRows], again: Renew, current: str, progress: Progress, cancelled: Event
) -> Rekeyed:
    """Go over the tables until nothing is left that can be sealed anew.

    Args:
        tables: what is stored sealed, by table.
        again: seals a stored text anew.
        current: how a text begins that is sealed with the current key.
        progress: told each table, and each row.
        cancelled: set to end after the row that is being written.

    Raises:
        CutOffError: it was cancelled.
        DatabaseError: the database does not answer.
    """
    result = Rekeyed(dict.fromkeys(tables, 0))
    given_up: set[tuple[str, str]] = set()
    while True:
        before = sum(result.done.values()) + len(given_up)
        for name, rows in tables.items():
            due = [key for key in rows.due(current) if (name, key) not in given_up]
            progress.phase("", name, len(due))
            for key in due:
                if cancelled.is_set():
                    raise CutOffError
                try:
                    rows.renew(key, again)
                except ReconcilerError as fault:
                    if isinstance(fault, DatabaseError):
                        rows.due(current)  # raises, if it is the database and not the row
                    result.left.append(Left(name, key, fault))
                    given_up.add((name, key))
                else:
                    result.done[name] += 1
                progress.advance()
        if sum(result.done.values()) + len(given_up) == before:
            return result
