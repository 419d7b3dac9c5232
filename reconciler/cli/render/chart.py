"""Geometry of bar charts: how long each segment is, in percent of the longest bar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reconciler.cli.render.summary import WORST_FIRST
from reconciler.drift.finding import Severity
from reconciler.drift.report import KnownFinding


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: where it starts and how long it is, in percent."""

    severity: Severity
    count: int
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of the chart. ``text`` says the same in words."""

    label: str
    total: int
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        """``changed: 3 (1 critical, 2 low)``."""
        parts = ", ".join(f"{segment.count} {segment.severity.value}" for segment in self.segments)
        return f"{self.label}: {self.total} ({parts})" if parts else f"{self.label}: none"


def bars(
    findings: Iterable[KnownFinding], labels: Iterable[str], label_of: Callable[[KnownFinding], str]
) -> tuple[Bar, ...]:
    """A bar for each label, its segments by severity, the worst first."""
    counts: dict[str, Counter[Severity]] = {label: Counter() for label in labels}
    for known in findings:
        counts[label_of(known)][known.finding.severity] += 1
    longest = max((count.total() for count in counts.values()), default=0) or 1
    result = []
    for label, count in counts.items():
        segments = []
        start = 0.0
        for severity in WORST_FIRST:
            if count[severity]:
                length = 100 * count[severity] / longest
                segments.append(Segment(severity, count[severity], round(start, 3), round(length, 3)))
                start += length
        result.append(Bar(label, count.total(), tuple(segments)))
    return tuple(result)
