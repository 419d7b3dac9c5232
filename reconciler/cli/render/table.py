"""The report on a terminal: what a person wants to read, in this order, on 80 columns.

Words carry the meaning and colour repeats it. Every line is made here and none is left to the terminal to wrap.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from reconciler.cli.render.change_lines import change_lines
from reconciler.cli.render.paper import Paper
from reconciler.cli.render.summary import (
    REASON_MEANING,
    VERDICT_WORDS,
    acknowledgement,
    all_findings,
    attributed_to,
    by_detail,
    by_reason,
    headline,
    id_length,
    problem_line,
    rule_text,
    worst_first,
)
from reconciler.cli.render.text import plural, shorten, visible
from reconciler.drift.coverage import Coverage, UnknownResource, Verdict
from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.drift.report import KnownFinding, PassFacts, Report, Status, WorkspaceReport

VERDICT_STYLE = {Verdict.IN_SYNC: "bold green", Verdict.DRIFTED: "bold red", Verdict.UNKNOWN: "bold yellow"}
SEVERITY_STYLE = {
    Severity.CRITICAL: "bold reverse red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_MAX_UNKNOWN = 5
_MAX_ALIKE = 3


def render_table(report: Report, width: int = 80, *, advice: bool = True) -> list[Text]:
    """The report as lines of at most ``width`` columns (at least 40); with ``advice``, what to type next."""
    paper = Paper(max(width, 40))
    findings = worst_first(all_findings(report))
    length = id_length(findings)
    style = VERDICT_STYLE[report.verdict]
    paper.line(Text.assemble((VERDICT_WORDS[report.verdict], style), "  ", headline(report)), hang=2)
    if report.facts is not None:
        paper.line(Text(_facts(report.facts), "dim"))
    for workspace in report.workspaces:
        paper.blank()
        _workspace(paper, workspace, length)
    if not report.workspaces:
        paper.line(Text("No workspace has been scanned yet.", "dim"))
    if advice:
        _next_step(paper, report, findings, length)
    return paper.lines


def _facts(facts: PassFacts) -> str:
    parts = [
        f"{facts.depth.value} pass of {facts.started_at:%Y-%m-%d %H:%M:%S %Z}".rstrip(),
        f"{facts.duration_seconds:.2f} s",
        plural(facts.api_calls, "read"),
    ]
    return ", ".join(parts)


def _workspace(paper: Paper, workspace: WorkspaceReport, length: int) -> None:
    environment = "" if workspace.environment == workspace.name else f" ({visible(workspace.environment)})"
    paper.line(
        Text.assemble(
            (visible(workspace.name), "bold"),
            environment,
            "  ",
            (VERDICT_WORDS[workspace.verdict], VERDICT_STYLE[workspace.verdict]),
            "  ",
            coverage_text(workspace.coverage),
        ),
        hang=2,
    )
    paper.line(Text(_sources(workspace, paper.width - 2), "dim"), indent=2)
    if workspace.fault is not None:
        paper.line(Text(f"not scanned: {problem_line(workspace.fault)}", "bold red"), indent=2, hang=2)
        _hint(paper, workspace.fault.hint)
    for known in worst_first(workspace.findings):
        paper.blank()
        finding_block(paper, known, length)
    _unknown(paper, workspace.coverage)
    for problem in workspace.problems:
        paper.blank()
        paper.line(Text.assemble(("not read  ", "bold yellow"), problem_line(problem)), indent=2, hang=10)
        _hint(paper, problem.hint)
    _left_out(paper, workspace)


def coverage_text(coverage: Coverage) -> str:
    """``62 of 62 checked``, and how many are unknown."""
    unknown = f", {len(coverage.unknown)} unknown" if coverage.unknown else ""
    return f"{coverage.checked} of {coverage.recorded} checked{unknown}"


def _sources(workspace: WorkspaceReport, width: int) -> str:
    serial = f", state serial {workspace.state_serial}" if workspace.state_serial is not None else ", no state"
    return shorten(visible(workspace.template_path), width - len(serial)) + serial


def finding_block(paper: Paper, known: KnownFinding, length: int, *, full: bool = False) -> None:
    """One finding: what, where, and each change; ``full`` shortens nothing."""
    finding = known.finding
    head = Text.assemble(
        (f"{finding.severity.value.upper():<8}", SEVERITY_STYLE[finding.severity]), f"  {finding.kind.value:<9}  "
    )
    label = visible(finding.label)
    if full or cell_len(head.plain) + cell_len(label) + 2 <= paper.width:
        paper.line(head.append(label, "bold"), indent=2, hang=2)
    else:
        paper.line(head, indent=2)
        paper.line(Text(shorten(label, 2 * (paper.width - 5)), "bold"), indent=4)
    status = "" if known.status is Status.OPEN else f"  {known.status.value}"
    place = f"  {visible(finding.position)}" if finding.position else ""
    paper.line(Text(f"{visible(known.id[:length])}{status}{place}", "dim"), indent=4, hang=2)
    for note in _notes(known):
        paper.line(Text(note, "dim"), indent=4, hang=2)
    for change in finding.changes:
        change_lines(paper, change, full=full)


def _notes(known: KnownFinding) -> Iterator[str]:
    finding = known.finding
    if finding.suggested_address:
        yield f"could be declared as {visible(finding.suggested_address)}"
    if finding.detail:
        yield visible(finding.detail)
    if finding.reasons:
        yield f"why {finding.severity.value}: {visible('; '.join(finding.reasons))}"
    note = acknowledgement(known)
    if note:
        yield note
    if known.attribution:
        yield f"by {attributed_to(known)}"


def _unknown(paper: Paper, coverage: Coverage) -> None:
    if not coverage.unknown:
        return
    paper.blank()
    paper.line(
        Text(f"unknown: {plural(len(coverage.unknown), 'resource')} could not be checked", "bold yellow"), indent=2
    )
    for reason, resources in by_reason(coverage.unknown):
        paper.line(Text(f"{reason.value} ({len(resources)}): {REASON_MEANING[reason]}"), indent=4)
        groups = by_detail(resources)
        for detail, same in groups[:_MAX_UNKNOWN]:
            _unknown_alike(paper, detail, same)
        left = sum(len(same) for _, same in groups[_MAX_UNKNOWN:])
        if left:
            paper.line(Text(f"… {left} more", "dim"), indent=6)


def _unknown_alike(paper: Paper, detail: str, resources: list[UnknownResource]) -> None:
    """What was said, once, and of whom."""
    names = ", ".join(visible(resource.label) for resource in resources[:_MAX_ALIKE])
    more = f", … {len(resources) - _MAX_ALIKE} more" if len(resources) > _MAX_ALIKE else ""
    room = 3 * (paper.width - 8) - 3 - len(more)
    said = f": {visible(detail)}" if detail else ""
    paper.line(
        Text(shorten(f"{names}{said}", room) if not more else f"{shorten(names, room)}{more}{said}"), indent=6, hang=2
    )


def _left_out(paper: Paper, workspace: WorkspaceReport) -> None:
    """What is not among the findings, and by whose word."""
    if workspace.ignored or workspace.suppressed:
        paper.blank()
    if workspace.ignored:
        count = plural(len(workspace.ignored), "change")
        paper.line(Text(f"ignored: {count} by lifecycle.ignore_changes of the template", "dim"), indent=2, hang=2)
    for rule in workspace.suppressed:
        paper.line(Text(rule_text(rule), "bold yellow" if rule.expired else "dim"), indent=2, hang=2)


def _hint(paper: Paper, hint: str | None) -> None:
    if hint:
        paper.line(Text(f"hint: {visible(hint)}", "dim"), indent=4, hang=2)


def _next_step(paper: Paper, report: Report, findings: list[KnownFinding], length: int) -> None:
    if findings:
        paper.blank()
        paper.line(Text(f"next: reconciler drift show {visible(findings[0].id[:length])}"), hang=2)
    elif report.verdict is Verdict.UNKNOWN and report.workspaces:
        paper.blank()
        paper.line(Text("next: reconciler doctor"), hang=2)


def finding_page(workspace: str, known: KnownFinding, width: int) -> list[Text]:
    """One finding with nothing left out: what ``drift show`` prints."""
    paper = Paper(max(width, 40))
    finding_block(paper, known, len(known.id), full=True)
    paper.blank()
    for name, value in _identity(workspace, known.finding, known):
        paper.line(Text.assemble((f"{name:<12}", "dim"), visible(value)), indent=4, hang=12)
    return paper.lines


def _what_an_apply_does(finding: Finding) -> str | None:
    """Whether Terraform alone puts things back, as far as can be told without a plan."""
    match finding.kind:
        case Kind.DELETED:
            return "makes it anew"
        case Kind.UNAPPLIED:
            return "makes or changes it"
        case Kind.ORPHANED:
            return "destroys it"
        case Kind.UNMANAGED:
            return "leaves it as it is"
        case Kind.CHANGED:
            back = [visible(change.text) for change in finding.changes if change.configured]
            left = [visible(change.text) for change in finding.changes if not change.configured]
            parts = [f"puts back {', '.join(back)}"] if back else []
            parts += [f"may leave {', '.join(left)} as it is"] if left else []
            return "; ".join(parts) or None


def _identity(workspace: str, finding: Finding, known: KnownFinding) -> Iterator[tuple[str, str]]:
    apply = _what_an_apply_does(finding)
    if apply:
        yield "an apply", apply
    yield "workspace", workspace
    yield "type", finding.resource_type
    for name, value in (
        ("id", finding.resource_id),
        ("arn", finding.arn),
        ("account", finding.account_id),
        ("region", finding.region),
    ):
        if value:
            yield name, value
    yield "first seen", f"{known.first_seen:%Y-%m-%d %H:%M:%S %Z}".rstrip()
    yield "last seen", f"{known.last_seen:%Y-%m-%d %H:%M:%S %Z}".rstrip()
    yield "status", known.status.value
