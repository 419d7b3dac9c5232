"""The ledger of what was looked at, and the verdict, which is never green when something is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.drift.finding import Finding
from reconciler.drift.snapshot import Reason


class Verdict(StrEnum):
    """The one word for a workspace or a pass."""

    IN_SYNC = "in_sync"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"

    @property
    def exit_code(self) -> int:
        """0, 2 or 3: what ``scan`` and ``report`` exit with."""
        return {Verdict.IN_SYNC: 0, Verdict.DRIFTED: 2, Verdict.UNKNOWN: 3}[self]


@dataclass(frozen=True, slots=True, order=True)
class UnknownResource:
    """A recorded resource that could not be checked, and why."""

    label: str
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Each recorded resource is checked or unknown: ``recorded == checked + len(unknown)``."""

    recorded: int = 0
    checked: int = 0
    unknown: tuple[UnknownResource, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything recorded was checked."""
        return self.checked == self.recorded and not self.unknown


def verdict(findings: Iterable[Finding], coverage: Coverage, problems: int = 0) -> Verdict:
    """Drifted if anything was found; else unknown if anything is unchecked or unread; else in sync.

    Args:
        findings: open findings that no rule suppresses.
        coverage: the ledger.
        problems: how many inputs (files, sides) could not be read.
    """
    if any(True for _ in findings):
        return Verdict.DRIFTED
    return Verdict.IN_SYNC if coverage.complete and not problems else Verdict.UNKNOWN


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict over several workspaces; over none it is unknown."""
    seen = set(verdicts)
    if Verdict.DRIFTED in seen:
        return Verdict.DRIFTED
    return Verdict.IN_SYNC if seen == {Verdict.IN_SYNC} else Verdict.UNKNOWN
