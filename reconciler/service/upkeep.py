"""What the daemon does around each pass: cut-off applies are settled before it, the ledger is anchored after it.

An anchor in the journal is out of reach of who can write to the database alone.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Protocol

import structlog

from reconciler.errors import CutOffError, ReconcilerError
from reconciler.gate.proposal import Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.workflows.progress import Progress

_log = structlog.stdlib.get_logger("reconciler.service")


class Kept(Protocol):
    """What is kept up."""

    def recover(self, workspace: str, progress: Progress) -> Iterator[Proposal | Refusal]:
        """Settle the applies of a workspace that nobody is at, by reading, and tell each."""

    def anchor(self) -> str:
        """The ledger's end, signed, as one line of JSON."""


def settle(application: Kept, workspace: str, progress: Progress) -> None:
    """Settle what an earlier process left in the middle. That it cannot be settled now keeps no pass from being made.

    Raises:
        CutOffError: the daemon ends; what was being settled is settled at the next start.
    """
    try:
        for each in application.recover(workspace, progress):
            if not isinstance(each, Proposal):
                _log.warning("an apply is left alone", workspace=workspace, reason=each.reason)
            elif each.status is Status.UNKNOWN:
                said = each.outcome.summary if each.outcome else None
                _log.warning("what came of an apply is not known", workspace=workspace, plan=each.id, outcome=said)
            else:
                _log.warning("an apply that was cut off is settled", plan=each.id, status=each.status.value)
    except CutOffError:
        raise
    except ReconcilerError as problem:
        _log.warning("applies that were cut off could not be settled", workspace=workspace, error=problem.message)


class Anchors:
    """Writes the end of the ledger to the log wherever it has grown. Safe to use from several threads."""

    def __init__(self) -> None:
        """Begin with an anchor, whatever there is."""
        self._lock = threading.Lock()
        self._last: int | None = None

    def drop(self, application: Kept) -> None:
        """Log the ledger's end, unless it was logged already. That it cannot be asked is told, and ends nothing."""
        try:
            anchor = json.loads(application.anchor())
        except ReconcilerError as problem:
            _log.warning("the ledger could not be anchored", error=problem.message)
            return
        with self._lock:
            grown, self._last = anchor["sequence"] != self._last, anchor["sequence"]
        if grown:
            _log.info("ledger anchored", **anchor)
