"""What every view says first, counted once: how many findings, of what, and how they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from reconciler.cli.render.text import plural, value_text, visible
from reconciler.drift.coverage import Coverage, UnknownResource, Verdict
from reconciler.drift.finding import Kind, Severity
from reconciler.drift.report import KnownFinding, Problem, Report, Status, Suppression
from reconciler.drift.snapshot import Reason
from reconciler.errors import Position

WORST_FIRST = tuple(reversed(Severity))

VERDICT_WORDS = {Verdict.IN_SYNC: "IN SYNC", Verdict.DRIFTED: "DRIFTED", Verdict.UNKNOWN: "UNKNOWN"}

KIND_MEANING = {
    Kind.CHANGED: "the cloud differs from what was recorded",
    Kind.DELETED: "recorded, and no longer in the cloud",
    Kind.UNMANAGED: "in the cloud, and in no state",
    Kind.UNAPPLIED: "in the template, and not applied",
    Kind.ORPHANED: "recorded, and no longer in the template",
}

REASON_MEANING = {
    Reason.DENIED: "access denied",
    Reason.THROTTLED: "throttled by AWS",
    Reason.TIMEOUT: "no answer in time",
    Reason.UNSUPPORTED: "cannot be looked at this way",
    Reason.PROVIDER_ERROR: "the provider failed",
    Reason.CONFIG_UNRESOLVED: "the provider's configuration is not known",
}


def worst_first(findings: Iterable[KnownFinding]) -> list[KnownFinding]:
    """Findings as they are read: open before the rest, the most severe first, then by kind and name."""
    kinds = list(Kind)
    return sorted(
        findings,
        key=lambda known: (
            known.status is not Status.OPEN,
            -known.finding.severity.rank,
            kinds.index(known.finding.kind),
            known.finding.label,
        ),
    )


def all_findings(report: Report) -> list[KnownFinding]:
    """The findings of all workspaces."""
    return [known for workspace in report.workspaces for known in workspace.findings]


def severity_counts(findings: Iterable[KnownFinding]) -> list[tuple[Severity, int]]:
    """How many of each severity, worst first, without zeros."""
    counts = Counter(known.finding.severity for known in findings)
    return [(severity, counts[severity]) for severity in WORST_FIRST if counts[severity]]


def total_coverage(report: Report) -> Coverage:
    """The ledger over all workspaces."""
    return Coverage(
        sum(workspace.coverage.recorded for workspace in report.workspaces),
        sum(workspace.coverage.checked for workspace in report.workspaces),
        tuple(unknown for workspace in report.workspaces for unknown in workspace.coverage.unknown),
    )


def findings_text(report: Report) -> str:
    """How much was found, and what could not be scanned at all; empty where there is nothing to say."""
    findings = all_findings(report)
    faults = sum(1 for workspace in report.workspaces if workspace.fault)
    parts = []
    if findings:
        counts = ", ".join(f"{count} {severity.value}" for severity, count in severity_counts(findings))
        known = sum(finding.status is Status.ACKNOWLEDGED for finding in findings)
        parts.append(f"{plural(len(findings), 'finding')}: {counts}" + (f" ({known} acknowledged)" if known else ""))
    elif report.verdict is Verdict.IN_SYNC:
        parts.append("nothing differs")
    if faults:
        parts.append(f"{plural(faults, 'workspace')} could not be scanned")
    return "; ".join(parts)


def headline(report: Report) -> str:
    """One sentence for the verdict."""
    coverage = total_coverage(report)
    faulted = all(workspace.fault for workspace in report.workspaces)
    checked = (
        ""
        if faulted and not coverage.recorded
        else f"{coverage.checked} of {plural(coverage.recorded, 'resource')} checked"
    )
    return "; ".join(part for part in (findings_text(report), checked) if part)


def by_reason(unknown: Iterable[UnknownResource]) -> list[tuple[Reason, list[UnknownResource]]]:
    """What could not be checked, grouped, the largest group first."""
    groups: dict[Reason, list[UnknownResource]] = {}
    for resource in sorted(unknown):
        groups.setdefault(resource.reason, []).append(resource)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0].value))


def by_detail(resources: Iterable[UnknownResource]) -> list[tuple[str, list[UnknownResource]]]:
    """Resources with one reason, grouped by what exactly was said, the largest group first."""
    groups: dict[str, list[UnknownResource]] = {}
    for resource in resources:
        groups.setdefault(resource.detail, []).append(resource)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


def problem_line(problem: Problem) -> str:
    """``file:line:column: message``."""
    where = str(Position(problem.file, problem.line, problem.column)) if problem.file else None
    return visible(f"{where}: {problem.message}" if where else problem.message)


def id_length(findings: Sequence[KnownFinding]) -> int:
    """How much of an id tells these findings apart, at least eight characters."""
    ids = {known.id for known in findings}
    longest = max((len(id_) for id_ in ids), default=8)
    return next((n for n in range(8, longest) if len({id_[:n] for id_ in ids}) == len(ids)), max(longest, 8))


def acknowledgement(known: KnownFinding) -> str | None:
    """Who has taken note of a finding, and with which words; None for one that is open."""
    if known.status is not Status.ACKNOWLEDGED:
        return None
    by = f" by {known.acknowledged_by}" if known.acknowledged_by else ""
    return visible(f"acknowledged{by}: {known.note}" if known.note else f"acknowledged{by}")


def attributed_to(known: KnownFinding) -> str:
    """Who changed it, as far as the trail tells."""
    facts = (known.attribution or {}).items()
    return ", ".join(f"{visible(name)} {value_text(value)}" for name, value in facts if value is not None) or "unknown"


def rule_text(rule: Suppression) -> str:
    """What an ignore rule did, or since when it does nothing."""
    name, owner = visible(rule.rule), visible(rule.owner)
    if rule.expired:
        return f"expired rule {name}: it held until {visible(rule.expires or 'some day')} (owner {owner})"
    until = f", until {visible(rule.expires)}" if rule.expires else ""
    return f"suppressed: {rule.count} by {name}: {visible(rule.reason)} (owner {owner}{until})"
