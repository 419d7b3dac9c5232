"""Running passes: a bounded number at once, never two of one workspace, each watched for progress."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from reconciler.drift.coverage import Verdict
from reconciler.drift.report import Report
from reconciler.errors import CutOffError, ReconcilerError
from reconciler.workflows.progress import Progress

_log = structlog.stdlib.get_logger("reconciler.service")


class Beat:
    """The progress of one pass as its watcher sees it: when it last moved, and in which phase it is."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Count as moving now."""
        self._clock = clock
        self.last = clock()
        self.current = "start"

    def phase(self, workspace: str, name: str, total: int | None = None) -> None:  # noqa: ARG002 - the port's shape
        """A phase begins."""
        self.last, self.current = self._clock(), name

    def advance(self, count: int = 1) -> None:  # noqa: ARG002 - the port's shape
        """A step is done."""
        self.last = self._clock()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one pass of one workspace ended. ``error`` is one line where it could not be made; then no verdict."""

    workspace: str
    started_at: datetime
    finished_at: datetime
    duration: float
    verdict: Verdict | None = None
    findings: int = 0
    recorded: int = 0
    unknown: int = 0
    api_calls: int = 0
    error: str | None = None
    hint: str | None = None
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class RunningPass:
    """A pass under way."""

    workspace: str
    started_at: datetime
    beat: Beat = field(default_factory=Beat)


class Passes:
    """The passes that run and those that wait for a free place.

    Every method belongs to one thread, the daemon's. A pass runs in a thread of its own, which ends by handing its
    outcome to ``finished``; the daemon's thread then calls :meth:`settle`.
    """

    def __init__(
        self, scan: Callable[[str, Progress], Report], finished: Callable[[Outcome], None], parallel: int
    ) -> None:
        """Take the work (``scan``), where to tell of its end (``finished``, any thread), and how many at once."""
        self.parallel = parallel
        self._scan = scan
        self._finished = finished
        self._running: dict[str, RunningPass] = {}
        self._waiting: deque[str] = deque()
        self._stopped = False

    @property
    def running(self) -> tuple[RunningPass, ...]:
        """The passes under way, oldest first."""
        return tuple(self._running.values())

    def request(self, workspace: str) -> bool:
        """Ask for a pass; False if one is running or waiting already, and then nothing more happens."""
        if self._stopped or workspace in self._running or workspace in self._waiting:
            return False
        self._waiting.append(workspace)
        self._start()
        return True

    def forget(self, workspace: str) -> None:
        """Take no waiting pass of this workspace; a running one ends by itself."""
        if workspace in self._waiting:
            self._waiting.remove(workspace)

    def settle(self, outcome: Outcome) -> None:
        """A pass has ended: its place is free."""
        del self._running[outcome.workspace]
        self._start()

    def stop(self) -> None:
        """Start no further pass."""
        self._stopped = True
        self._waiting.clear()

    def stalled(self, limit: float, now: float) -> tuple[RunningPass, ...]:
        """The passes that have not advanced for more than ``limit`` seconds of the monotonic clock."""
        return tuple(entry for entry in self._running.values() if now - entry.beat.last > limit)

    def _start(self) -> None:
        while not self._stopped and self._waiting and len(self._running) < self.parallel:
            workspace = self._waiting.popleft()
            entry = self._running[workspace] = RunningPass(workspace, datetime.now(UTC))
            # A daemon thread: one that hangs in a foreign call must not keep the process from ending.
            threading.Thread(target=self._run, args=(entry,), name=f"pass-{workspace}", daemon=True).start()

    def _run(self, entry: RunningPass) -> None:
        began = time.monotonic()
        report: Report | None = None
        problem: Exception | None = None
        try:
            report = self._scan(entry.workspace, entry.beat)
        except ReconcilerError as error:
            problem = error
        except Exception as error:  # noqa: BLE001 - the daemon never dies of one workspace
            _log.exception("a pass failed for a reason we do not know", workspace=entry.workspace)
            problem = error
        self._finished(_outcome(entry, time.monotonic() - began, report, problem))


def _outcome(entry: RunningPass, duration: float, report: Report | None, problem: Exception | None) -> Outcome:
    finished_at = datetime.now(UTC)
    if report is None:
        known = isinstance(problem, ReconcilerError)
        return Outcome(
            entry.workspace,
            entry.started_at,
            finished_at,
            duration,
            # The text of a foreign exception may hold anything: its name is what can be said of it.
            error=str(problem) if known else f"internal error ({type(problem).__name__})",
            hint=problem.hint if isinstance(problem, ReconcilerError) else None,
            cut_off=isinstance(problem, CutOffError),
        )
    fault = next((workspace.fault for workspace in report.workspaces if workspace.fault), None)
    return Outcome(
        entry.workspace,
        entry.started_at,
        finished_at,
        duration,
        verdict=None if fault else report.verdict,
        findings=sum(len(workspace.findings) for workspace in report.workspaces),
        recorded=sum(workspace.coverage.recorded for workspace in report.workspaces),
        unknown=sum(len(workspace.coverage.unknown) for workspace in report.workspaces),
        api_calls=report.facts.api_calls if report.facts else 0,
        error=_line(fault.message, fault.file, fault.line) if fault else None,
        hint=fault.hint if fault else None,
    )


def _line(message: str, file: str | None, line: int | None) -> str:
    place = ":".join(str(part) for part in (file, line) if part is not None)
    # A fault made from an error carries its position in the message already.
    return f"{place}: {message}" if place and not message.startswith(place) else message
