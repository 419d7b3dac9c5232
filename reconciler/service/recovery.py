"""What the daemon does before its first pass: applies that an earlier process left in the middle are settled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from reconciler.errors import ReconcilerError
from reconciler.gate.proposal import Proposal
from reconciler.settings import Settings
from reconciler.wiring import Application, open_application
from reconciler.workflows.progress import Silent

_log = structlog.stdlib.get_logger("reconciler.service")


@contextmanager
def open_recovered(settings: Settings) -> Iterator[Application]:
    """Open an application, and settle by reading what was cut off. That it cannot be settled now ends nothing.

    Raises:
        ReconcilerError: it cannot be opened.
    """
    with open_application(settings) as application:
        try:
            for each in application.gate.recover(Silent()):
                if isinstance(each, Proposal):
                    _log.warning("an apply that was cut off is settled", plan=each.id, status=each.status.value)
                else:
                    _log.warning("an apply that was cut off is left alone", reason=each.reason)
        except ReconcilerError as problem:
            _log.warning("applies that were cut off could not be looked for", error=problem.message)
        yield application
