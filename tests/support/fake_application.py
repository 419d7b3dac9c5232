"""An application for the daemon's tests: passes are calls that the test holds, lets go and fails as it likes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from reconciler.drift.coverage import Coverage, Verdict
from reconciler.drift.report import Depth, PassFacts, Problem, Report, WorkspaceReport
from reconciler.errors import CutOffError
from reconciler.gate.proposal import Proposal
from reconciler.gate.refusal import Refusal
from reconciler.service.plan import ServicePlan
from reconciler.workflows.progress import Progress


def report(workspace: str, verdict: Verdict = Verdict.IN_SYNC, fault: Problem | None = None) -> Report:
    now = datetime.now(UTC)
    return Report(
        PassFacts("pass", Depth.EXACT, now, now, 7),
        (WorkspaceReport(workspace, "production", verdict, "template", coverage=Coverage(3, 3), fault=fault),),
    )


@dataclass(frozen=True)
class FakeSettings:
    """Settings with the parts that a test changes."""

    plan: ServicePlan
    estate: str = "one"


@dataclass
class FakeApplication:
    """Counts its passes; one that is ``held`` waits until it is let go or cancelled."""

    settings: FakeSettings
    held: bool = False
    deaf: bool = False
    failures: list[Exception] = field(default_factory=list)
    verdict: Verdict = Verdict.IN_SYNC
    fault: Problem | None = None
    unsettled: Sequence[Proposal | Refusal] | Exception = ()
    head: int | Exception = 1
    recovered: list[str] = field(default_factory=list)
    scans: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    twice_at_once: bool = False
    closed: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)
    release: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)
    running: set[str] = field(default_factory=set)

    def scan(self, workspaces: Sequence[str], depth: Depth, progress: Progress) -> Report:
        (name,) = workspaces
        with self.changed:
            self.twice_at_once |= name in self.running
            self.running.add(name)
            self.scans.append(name)
            self.most_at_once = max(self.most_at_once, len(self.running))
            failure = self.failures.pop(0) if self.failures else None
            self.changed.notify_all()
        try:
            progress.phase(name, "read", 1)
            if failure is not None:
                raise failure
            while self.held and not self.release.wait(0.01):
                if self.cancelled.is_set() and not self.deaf:
                    raise CutOffError
            progress.advance()
            return report(name, self.verdict, self.fault)
        finally:
            with self.changed:
                self.running.discard(name)
                self.changed.notify_all()

    def recover(self, workspace: str, progress: Progress) -> Iterator[Proposal | Refusal]:
        self.recovered.append(workspace)
        if isinstance(self.unsettled, Exception):
            raise self.unsettled
        yield from self.unsettled

    def anchor(self) -> str:
        if isinstance(self.head, Exception):
            raise self.head
        return json.dumps(
            {"anchor": "an end", "sequence": self.head, "hash": "ab", "public_key": "k=", "signature": "s="}
        )

    def cancel(self) -> None:
        self.cancelled.set()

    def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        """Wait for a condition of this application."""
        with self.changed:
            assert self.changed.wait_for(condition, timeout), "the condition did not come true in time"


class Factory:
    """Opens fake applications and keeps them."""

    def __init__(self, make: Callable[[FakeSettings], FakeApplication] = FakeApplication) -> None:
        self.opened: list[FakeApplication] = []
        self.failures: list[Exception] = []
        self._make = make

    def __call__(self, settings: FakeSettings) -> AbstractContextManager[FakeApplication]:
        return self._open(settings)

    @contextmanager
    def _open(self, settings: FakeSettings) -> Iterator[FakeApplication]:
        if self.failures:
            raise self.failures.pop(0)
        application = self._make(settings)
        self.opened.append(application)
        try:
            yield application
        finally:
            with application.changed:
                application.closed = True
                application.changed.notify_all()
