"""Markdown for an issue or a pull request: verdict, a table per workspace, and each change folded away."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from reconciler.cli.render.difference import Line, Mark, line_difference, secret_note
from reconciler.cli.render.summary import (
    REASON_MEANING,
    VERDICT_WORDS,
    all_findings,
    by_reason,
    headline,
    id_length,
    problem_line,
    worst_first,
)
from reconciler.cli.render.text import ARROW, ELLIPSIS, plural, shorten_pair, value_text, visible
from reconciler.drift.coverage import Verdict
from reconciler.drift.finding import Change, Severity
from reconciler.drift.report import KnownFinding, Problem, Report, Status, WorkspaceReport

_SIGN = {Verdict.IN_SYNC: "✅", Verdict.DRIFTED: "🔴", Verdict.UNKNOWN: "🟡"}
_SEVERITY_SIGN = {Severity.CRITICAL: "🟥", Severity.HIGH: "🟧", Severity.MEDIUM: "🟨", Severity.LOW: "🟦"}

# Signs that Markdown, its tables, GitHub's formulas or HTML give a meaning. A backslash takes it from each.
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~&#$]")
_LONGEST = 400
_MAX_LINES = 60
_MAX_UNKNOWN = 20


def render_markdown(report: Report) -> str:
    """The report in GitHub's Markdown."""
    findings = all_findings(report)
    length = id_length(findings)
    lines = [f"## {_SIGN[report.verdict]} {VERDICT_WORDS[report.verdict]}", "", escape(headline(report)), ""]
    if report.facts is not None:
        facts = report.facts
        when = f"{facts.depth.value} pass of {facts.started_at:%Y-%m-%d %H:%M:%S} UTC"
        lines += [f"<sub>{when}, {facts.duration_seconds:.2f} s, {plural(facts.api_calls, 'read')}</sub>", ""]
    for workspace in report.workspaces:
        lines += [*_workspace(workspace, length)]
    return "\n".join(lines).rstrip() + "\n"


def escape(text: str) -> str:
    """Our own words and the operator's, with no meaning but themselves, also within a table."""
    return _SPECIAL.sub(lambda match: f"\\{match.group()}", visible(text))


def code(text: str) -> str:
    """Text in a fixed font: a code span, its fence longer than any run of backticks within."""
    plain = visible(text)
    if not plain.strip():
        return ""
    fence = "`" * (_longest_run(plain) + 1)
    pad = " " if plain.startswith(("`", " ")) or plain.endswith(("`", " ")) else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def cell(text: str) -> str:
    """A code span within a table: there a pipe ends the cell even in code, unless a backslash goes before it."""
    return code(text).replace("|", "\\|")


def summary(text: str) -> str:
    """Text in a fixed font within an HTML element, where Markdown does not reach."""
    return f"<code>{html.escape(visible(text))}</code>"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)


def _workspace(workspace: WorkspaceReport, length: int) -> Iterator[str]:
    coverage = workspace.coverage
    yield f"### {_SIGN[workspace.verdict]} {escape(workspace.name)}"
    yield ""
    yield (
        f"**{VERDICT_WORDS[workspace.verdict]}** · {coverage.checked} of {coverage.recorded} checked"
        f" · environment {escape(workspace.environment)} · {code(workspace.template_path)}"
    )
    yield ""
    if workspace.fault is not None:
        yield f"**Not scanned:** {_problem(workspace.fault)}"
        yield ""
    if workspace.findings:
        yield "| Severity | Kind | Resource | Changes | Id |"
        yield "|---|---|---|---|---|"
        for known in worst_first(workspace.findings):
            yield _row(known, length)
        yield ""
        for known in worst_first(workspace.findings):
            yield from _details(known)
    yield from _unknown(workspace)
    if workspace.problems:
        yield "**Not read**"
        yield ""
        for problem in workspace.problems:
            yield f"- {_problem(problem)}"
        yield ""
    yield from _left_out(workspace)


def _problem(problem: Problem) -> str:
    hint = f" ({escape(problem.hint)})" if problem.hint else ""
    return f"{escape(problem_line(problem))}{hint}"


def _row(known: KnownFinding, length: int) -> str:
    finding = known.finding
    paths = ", ".join(cell(change.text) for change in finding.changes[:4])
    if len(finding.changes) > 4:
        paths += f", {len(finding.changes) - 4} more"
    status = "" if known.status is Status.OPEN else f" ({known.status.value})"
    severity = f"{_SEVERITY_SIGN[finding.severity]} {finding.severity.value}{status}"
    cells = (severity, finding.kind.value, cell(finding.label), paths, cell(known.id[:length]))
    return f"| {' | '.join(cells)} |"


def _details(known: KnownFinding) -> Iterator[str]:
    finding = known.finding
    if not finding.changes and not finding.position and not finding.reasons:
        return
    yield f"<details><summary>{_SEVERITY_SIGN[finding.severity]} {summary(finding.label)}</summary>"
    yield ""
    if finding.position:
        yield f"- declared at {code(finding.position)}"
    if finding.detail:
        yield f"- {code(finding.detail)}"
    for reason in finding.reasons:
        yield f"- {escape(reason)}"
    for change in finding.changes:
        yield from _change(change)
    yield ""
    yield "</details>"
    yield ""


def _change(change: Change) -> Iterator[str]:
    mark = "" if change.configured else " _(not in template)_"
    path = code(change.text)
    if change.added is not None or change.removed is not None:
        yield f"- {path}{mark}"
        removed = [Line(Mark.REMOVED, value_text(item)) for item in change.removed or ()]
        added = [Line(Mark.ADDED, value_text(item)) for item in change.added or ()]
        yield from _block(removed + added)
        return
    secret = secret_note(change)
    if secret is not None:
        yield f"- {path}: _(sensitive)_ {secret}{mark}"
        return
    difference = line_difference(change.recorded, change.observed)
    before, after = value_text(change.recorded), value_text(change.observed)
    if difference is not None and len(before) + len(after) > 60:
        yield f"- {path}{mark}"
        yield from _block(difference)
        return
    before, after = shorten_pair(before, after, _LONGEST)
    yield f"- {path}: {code(before)} {ARROW} {code(after)}{mark}"


def _block(lines: list[Line]) -> Iterator[str]:
    """A fenced difference inside a list item; its fence is longer than any run of backticks within."""
    shown = lines[:_MAX_LINES]
    texts = [ELLIPSIS if line.mark is Mark.GAP else f"{line.mark.value} {line.text[:_LONGEST]}" for line in shown]
    if len(lines) > len(shown):
        texts.append(f"{ELLIPSIS} {len(lines) - len(shown)} lines more")
    fence = "`" * max(3, _longest_run("\n".join(texts)) + 1)
    yield f"  {fence}diff"
    for text in texts:
        yield f"  {text}"
    yield f"  {fence}"


def _unknown(workspace: WorkspaceReport) -> Iterator[str]:
    if not workspace.coverage.unknown:
        return
    yield f"**Unknown: {len(workspace.coverage.unknown)} not checked**"
    yield ""
    for reason, resources in by_reason(workspace.coverage.unknown):
        names = ", ".join(code(resource.label) for resource in resources[:_MAX_UNKNOWN])
        more = f", {len(resources) - _MAX_UNKNOWN} more" if len(resources) > _MAX_UNKNOWN else ""
        yield f"- {reason.value} ({len(resources)}, {REASON_MEANING[reason]}): {names}{more}"
    yield ""


def _left_out(workspace: WorkspaceReport) -> Iterator[str]:
    lines = []
    if workspace.ignored:
        lines.append(f"- {len(workspace.ignored)} ignored by {code('lifecycle.ignore_changes')}")
    for rule in workspace.suppressed:
        if rule.expired:
            text = f"**expired rule** {code(rule.rule)}: nothing suppressed since {escape(rule.expires or '')}"
            lines.append(f"- {text} (owner {escape(rule.owner)})")
        else:
            text = f"{rule.count} suppressed by {code(rule.rule)}: {escape(rule.reason)}"
            lines.append(f"- {text} (owner {escape(rule.owner)})")
    if lines:
        yield from (*lines, "")
