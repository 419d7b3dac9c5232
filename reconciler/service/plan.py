"""What the daemon has to do, as one value taken from the settings: which workspaces, how often, how it logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class LogFormat(StrEnum):
    """How log lines look. ``auto`` is colours on a terminal and key=value elsewhere."""

    AUTO = "auto"
    LOGFMT = "logfmt"
    JSON = "json"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """One configuration's work. All times are seconds.

    Args:
        workspaces: the interval between two passes, by the workspace's name.
        jitter: up to so much is added to each interval at random, so that workspaces drift apart.
        parallel: how many passes may run at once.
        stall_after: a pass that has not advanced for so long counts as hung: the watchdog is no longer fed.
        log_format: how log lines look.
        log_level: the least severe level that is logged: debug, info, warning or error.
    """

    workspaces: Mapping[str, float] = field(default_factory=dict)
    jitter: float = 30.0
    parallel: int = 2
    stall_after: float = 300.0
    log_format: LogFormat = LogFormat.AUTO
    log_level: str = "info"

    def jitter_of(self, workspace: str) -> float:
        """The jitter of one workspace: never more than half its interval."""
        return min(self.jitter, self.workspaces[workspace] / 2)
