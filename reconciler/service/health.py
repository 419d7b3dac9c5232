"""The daemon's health as values: what each workspace's last pass said, when the next is due, and one line of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reconciler.drift.coverage import Verdict
from reconciler.service.passes import Outcome


@dataclass(frozen=True, slots=True)
class WorkspaceHealth:
    """One workspace. ``failures`` counts the passes in a row that could not be made; the verdict is the last known."""

    name: str
    verdict: Verdict | None = None
    last: Outcome | None = None
    next_run: datetime | None = None
    running_since: datetime | None = None
    failures: int = 0

    @property
    def failing(self) -> bool:
        """Whether the last pass could not be made."""
        return self.failures > 0


@dataclass(frozen=True, slots=True)
class Health:
    """All workspaces at one moment. ``refused`` is why the last reload kept the old configuration."""

    workspaces: tuple[WorkspaceHealth, ...] = ()
    stalled: tuple[str, ...] = ()
    refused: str | None = None

    @property
    def status(self) -> str:
        """One line for people: what matters most first."""
        parts = [_count(len(self.workspaces), "workspace")]
        if self.stalled:
            parts.append(f"hung: {', '.join(self.stalled)}")
        parts += [
            f"{number} {word}"
            for word, number in (
                ("drifted", self._verdicts(Verdict.DRIFTED)),
                ("unknown", self._verdicts(Verdict.UNKNOWN)),
                ("failing", sum(workspace.failing for workspace in self.workspaces)),
                ("not scanned yet", sum(workspace.last is None for workspace in self.workspaces)),
                ("scanning", sum(workspace.running_since is not None for workspace in self.workspaces)),
            )
            if number
        ]
        if self.workspaces and self._verdicts(Verdict.IN_SYNC) == len(self.workspaces):
            parts.append("all in sync")
        last = max((w.last for w in self.workspaces if w.last), key=lambda outcome: outcome.finished_at, default=None)
        if last is not None:
            parts.append(f"last pass {last.workspace} {last.finished_at:%H:%M:%SZ} {_ended(last)}")
        if self.refused:
            parts.append(f"running with the old configuration, the new one was refused: {self.refused}")
        return ", ".join(parts)

    def _verdicts(self, verdict: Verdict) -> int:
        return sum(workspace.verdict is verdict and not workspace.failing for workspace in self.workspaces)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _ended(outcome: Outcome) -> str:
    return f"failed: {outcome.error}" if outcome.error else f"in {outcome.duration:.1f} s"
