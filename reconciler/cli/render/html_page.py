"""The report as a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reconciler.cli.render.chart import Bar, bars
from reconciler.cli.render.html_base import Look, Sign, Tone, render_page
from reconciler.cli.render.html_change import ChangeView, change_view
from reconciler.cli.render.summary import (
    KIND_MEANING,
    REASON_MEANING,
    VERDICT_WORDS,
    WORST_FIRST,
    acknowledgement,
    all_findings,
    attributed_to,
    by_reason,
    findings_text,
    id_length,
    problem_line,
    rule_text,
    severity_counts,
    total_coverage,
    worst_first,
)
from reconciler.cli.render.text import plural, visible
from reconciler.drift.coverage import Coverage, Verdict
from reconciler.drift.finding import Change, Kind, Severity
from reconciler.drift.report import KnownFinding, Report, Status, WorkspaceReport

# Beyond this many findings only the severe ones stand open at first.
_ALL_OPEN = 60


_LOOK: Final = {
    Verdict.IN_SYNC: Look(Tone.GOOD, Sign.DONE),
    Verdict.DRIFTED: Look(Tone.CRITICAL, Sign.WARNING),
    Verdict.UNKNOWN: Look(Tone.MEDIUM, Sign.QUESTION),
}


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding, every text of it fit to be shown."""

    id: str
    short_id: str
    severity: str
    kind: str
    meaning: str
    status: str
    label: str
    facts: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    note: str | None
    changes: tuple[ChangeView, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class WorkspaceView:
    """One workspace."""

    name: str
    environment: str
    look: Look
    words: str
    source: str
    coverage: CoverageView
    findings: tuple[FindingView, ...]
    unknown: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
    problems: tuple[tuple[str, str | None], ...]
    fault: tuple[str, str | None] | None
    ignored: tuple[tuple[str, str], ...]
    rules: tuple[tuple[bool, str], ...]


@dataclass(frozen=True, slots=True)
class CoverageView:
    """How much was checked; ``percent`` is rounded down, so that 100 means all."""

    recorded: int
    checked: int
    unknown: int

    @property
    def percent(self) -> int:
        """0 to 100."""
        return min(100, 100 * self.checked // self.recorded) if self.recorded else 0


def render_html(report: Report) -> str:
    """The page."""
    findings = all_findings(report)
    length = id_length(findings)
    counts = dict(severity_counts(findings))
    many = len(findings) > _ALL_OPEN
    workspaces = tuple(_workspace(workspace, length, many=many) for workspace in report.workspaces)
    words, look = VERDICT_WORDS[report.verdict], _LOOK[report.verdict]
    return render_page(
        "report",
        title=f"Drift report: {words}",
        kicker="Drift report",
        tone=look.tone,
        look=look,
        words=words,
        headline=findings_text(report),
        coverage=_coverage(total_coverage(report)),
        facts=_facts(report),
        severities=[(severity.value, counts.get(severity, 0)) for severity in WORST_FIRST],
        total=len(findings),
        kinds=bars(findings, [kind.value for kind in Kind], lambda known: known.finding.kind.value),
        environments=_by_environment(report),
        workspaces=workspaces,
    )


def _by_environment(report: Report) -> tuple[Bar, ...]:
    """A bar for each environment, or for each workspace of it where it has several."""
    several = len({workspace.environment for workspace in report.workspaces}) < len(report.workspaces)
    owner: dict[int, str] = {}
    labels = []
    for workspace in report.workspaces:
        label = visible(workspace.environment)
        if several and workspace.name != workspace.environment:
            label = f"{label} / {visible(workspace.name)}"
        labels.append(label)
        owner.update((id(known), label) for known in workspace.findings)
    return bars(all_findings(report), labels, lambda known: owner[id(known)])


def _facts(report: Report) -> str:
    if report.facts is None:
        return "No pass has been made yet."
    facts = report.facts
    when = f"{facts.started_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{facts.depth.value} pass of {when} · {facts.duration_seconds:.2f} s · {plural(facts.api_calls, 'read')}"


def _coverage(coverage: Coverage) -> CoverageView:
    return CoverageView(coverage.recorded, coverage.checked, len(coverage.unknown))


def _workspace(workspace: WorkspaceReport, length: int, *, many: bool) -> WorkspaceView:
    serial = f"state serial {workspace.state_serial}" if workspace.state_serial is not None else "no state"
    fault = workspace.fault
    return WorkspaceView(
        name=visible(workspace.name),
        environment=visible(workspace.environment),
        look=_LOOK[workspace.verdict],
        words=VERDICT_WORDS[workspace.verdict],
        source=f"{visible(workspace.template_path)} · {serial}",
        coverage=_coverage(workspace.coverage),
        findings=tuple(_finding(known, length, many=many) for known in worst_first(workspace.findings)),
        unknown=tuple(
            (reason.value, REASON_MEANING[reason], tuple((visible(r.label), visible(r.detail)) for r in resources))
            for reason, resources in by_reason(workspace.coverage.unknown)
        ),
        problems=tuple((problem_line(problem), _shown(problem.hint)) for problem in workspace.problems),
        fault=(problem_line(fault), _shown(fault.hint)) if fault else None,
        ignored=tuple((visible(entry.address), visible(entry.path)) for entry in workspace.ignored),
        rules=tuple((rule.expired, rule_text(rule)) for rule in workspace.suppressed),
    )


def _shown(text: str | None) -> str | None:
    return visible(text) if text else None


def _finding(known: KnownFinding, length: int, *, many: bool) -> FindingView:
    finding = known.finding
    facts = [
        ("declared at", finding.position),
        ("could be declared as", finding.suggested_address),
        ("resource", finding.resource_id),
        ("ARN", finding.arn),
        ("account", finding.account_id),
        ("region", finding.region),
        ("detail", finding.detail),
        ("first seen", f"{known.first_seen:%Y-%m-%d %H:%M} UTC"),
    ]
    if known.attribution:
        facts.insert(0, ("by", attributed_to(known)))
    severe = finding.severity in (Severity.CRITICAL, Severity.HIGH) and known.status is Status.OPEN
    return FindingView(
        id=visible(known.id),
        short_id=visible(known.id[:length]),
        severity=finding.severity.value,
        kind=finding.kind.value,
        meaning=KIND_MEANING[finding.kind],
        status=known.status.value,
        label=visible(finding.label),
        facts=tuple((name, visible(text)) for name, text in facts if text),
        reasons=tuple(visible(reason) for reason in finding.reasons),
        note=acknowledgement(known),
        changes=tuple(_change(change) for change in finding.changes),
        open=severe or not many,
    )


def _change(change: Change) -> ChangeView:
    return change_view(change, *(() if change.configured else ("not in template",)))
