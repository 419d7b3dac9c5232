"""Which differences may be none: the cloud's delay, or what a provider could not read and left empty.

AWS is eventually consistent: for a while after an apply, what was made may not be found, and what was changed may show
its old value. What an earlier pass has seen as it is recorded now is not of that kind: there the cloud has moved since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.drift.finding import Finding, Kind
from reconciler.drift.report import KnownFinding
from reconciler.drift.snapshot import Baseline, Reading, Unread
from reconciler.drift.values import Value, is_zero

_OF_THE_CLOUD = (Kind.CHANGED, Kind.DELETED)


def unsettled(
    findings: Iterable[Finding],
    known: Iterable[KnownFinding],
    baselines: Mapping[str, Baseline],
    readings: Sequence[Reading],
) -> frozenset[str]:
    """The labels of findings that deserve another look.

    Args:
        findings: what this pass found.
        known: the unresolved findings of earlier passes; what was told then is not doubted now.
        baselines: what the last pass observed, by label.
        readings: what this pass read.
    """
    told = {(entry.finding.label, entry.finding.kind) for entry in known}
    ids = {r.instance.label: r.recorded.get("id") for r in readings if not isinstance(r, Unread)}
    return frozenset(
        finding.label
        for finding in findings
        if finding.kind in _OF_THE_CLOUD
        and (finding.label, finding.kind) not in told
        and not _was_confirmed(finding, baselines.get(finding.label), ids.get(finding.label))
    )


def vanished(findings: Iterable[Finding], known: Iterable[KnownFinding]) -> frozenset[str]:
    """The labels of findings by which something is empty now that the template does not set.

    Where a provider is refused one of the calls that a resource takes, it may leave empty what that would have told.
    """
    told = {(entry.finding.label, entry.finding.kind) for entry in known}
    return frozenset(
        finding.label
        for finding in findings
        if finding.kind is Kind.CHANGED
        and (finding.label, finding.kind) not in told
        and any(not c.configured and is_zero(c.observed) and not is_zero(c.recorded) for c in finding.changes)
    )


def _was_confirmed(finding: Finding, baseline: Baseline | None, recorded_id: Value) -> bool:
    """Whether an earlier pass has seen this very object as this finding says that it should be."""
    if baseline is None or baseline.configuration.get("id") != recorded_id:
        return False
    return all(baseline.configuration.get(name) == value for name, value in finding.reference)
