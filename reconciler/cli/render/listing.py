"""Lists: findings, events, kept templates, checks of the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from reconciler.cli.render.paper import Paper
from reconciler.cli.render.summary import id_length, worst_first
from reconciler.cli.render.table import SEVERITY_STYLE
from reconciler.cli.render.text import plural, shorten, visible
from reconciler.drift.report import KnownFinding, Status
from reconciler.drift.values import to_json
from reconciler.gate.people import Person
from reconciler.inventory.rows import EventRow, TemplateRow
from reconciler.workflows.doctor import Check

# What happened to the inventory's rows: a first pass brings one event for each resource.
_OF_ROWS = ("create", "update", "delete")
_FEW = 3
_STATE_STYLE = {"ok": "green", "warning": "bold yellow", "failed": "bold red"}


def findings_table(found: Sequence[tuple[str, KnownFinding]], width: int) -> list[Text]:
    """A line per finding: id, severity, kind, workspace where there are several, name."""
    paper = Paper(max(width, 40))
    if not found:
        paper.line(Text("no findings"))
        return paper.lines
    length = id_length([known for _, known in found])
    workspaces = {id(known): workspace for workspace, known in found}
    names = {shorten(visible(name), 14) for name, _ in found}
    column = max(cell_len(name) for name in names) if len(names) > 1 else 0
    for known in worst_first(known for _, known in found):
        finding = known.finding
        name = shorten(visible(workspaces[id(known)]), 14)
        line = Text.assemble(
            (visible(known.id[:length]), "dim"),
            "  ",
            (f"{finding.severity.value.upper():<8}", SEVERITY_STYLE[finding.severity]),
            f"  {finding.kind.value:<9}  ",
            f"{name}{' ' * (column - cell_len(name))}  " if column else "",
        )
        mark = "" if known.status is Status.OPEN else f" ({known.status.value})"
        room = paper.width - line.cell_len - len(mark)
        paper.line(line.append(shorten(visible(finding.label), max(room, 8))).append(mark, "dim"), hang=4)
    paper.line(Text(plural(len(found), "finding"), "dim"))
    return paper.lines


def events_table(rows: Sequence[EventRow], width: int) -> list[Text]:
    """Two lines per event: when, what, by whom and where; then the words. A pass's many alike are told together."""
    paper = Paper(max(width, 40))
    if not rows:
        paper.line(Text("no events"))
    for _, run in groupby(rows, lambda row: (row.timestamp, row.type, row.status, row.source, row.workspace)):
        alike = list(run)
        row = alike[0]
        where = row.workspace or row.environment or ""
        head = Text.assemble(
            f"{row.timestamp:%Y-%m-%d %H:%M:%S}  ",
            (f"{visible(row.type):<14}  ", "bold"),
            "" if row.status == "success" else (f"{visible(row.status)}  ", "bold yellow"),
            (visible(f"{row.source}  {where}"), "dim"),
        )
        if row.type in _OF_ROWS and len(alike) > _FEW:
            paper.line(head, hang=4)
            names = ", ".join(visible(each.label or each.resource_id or "") for each in alike[:_FEW])
            paper.line(Text(f"{plural(len(alike), 'resource')}: {names}, …"), indent=4, hang=2)
            continue
        for each in alike:
            paper.line(head, hang=4)
            about = each.label or each.resource_id
            text = each.description if not about or about in each.description else f"{about}: {each.description}"
            paper.line(Text(shorten(visible(text), 3 * (paper.width - 5))), indent=4)
    return paper.lines


def event_json(row: EventRow) -> dict[str, Any]:
    """An event for programs."""
    return {
        "id": row.id,
        "at": row.timestamp.isoformat(),
        "type": row.type,
        "status": row.status,
        "source": row.source,
        "description": row.description,
        "workspace": row.workspace,
        "environment": row.environment,
        "resource": row.label,
        "resource_type": row.resource_type,
        "resource_id": row.resource_id,
        "details": to_json(row.details),
    }


def templates_table(rows: Sequence[TemplateRow], width: int) -> list[Text]:
    """Two lines per version, the version whole, so that it can be copied."""
    paper = Paper(max(width, 40))
    if not rows:
        paper.line(Text("no template has been scanned yet"))
    for row in rows:
        paper.line(Text(visible(row.version), "bold"))
        facts = f"{row.name}  {row.iac_type}  {row.environment or ''}  {row.created_at:%Y-%m-%d %H:%M:%S}"
        paper.line(Text(visible(facts)), indent=4, hang=2)
    return paper.lines


def people_table(people: Sequence[Person], width: int) -> list[Text]:
    """A line per person: role, name, where."""
    paper = Paper(max(width, 40))
    if not people:
        paper.line(Text("nobody yet: reconciler users add NAME --role admin"))
    for each in people:
        where = ", ".join(sorted(each.environments)) or "everywhere"
        expires = f", token until {each.token_expires_at:%Y-%m-%d}" if each.token_expires_at else ""
        line = Text.assemble(
            f"{each.role.value:<8}  ", (visible(each.name), "bold"), (f"  {visible(where)}{expires}", "dim")
        )
        paper.line(line if each.active else line.append("  disabled", "bold yellow"), hang=10)
    return paper.lines


def template_json(row: TemplateRow) -> dict[str, Any]:
    """A version for programs."""
    return {
        "name": row.name,
        "version": row.version,
        "type": row.iac_type,
        "environment": row.environment,
        "created_at": row.created_at.isoformat(),
        "variables": to_json(row.variables),
    }


def check_lines(check: Check, width: int) -> list[Text]:
    """A check with its mend below."""
    paper = Paper(max(width, 40))
    where = f"{visible(check.workspace)}: " if check.workspace else ""
    paper.line(
        Text.assemble(
            (f"{check.state:<7}", _STATE_STYLE[check.state]), f"  {where}{visible(check.name)}: {visible(check.detail)}"
        ),
        hang=9,
    )
    if check.mend:
        paper.line(Text(f"mend: {visible(check.mend)}", "bold"), indent=9, hang=2)
    return paper.lines


def check_json(check: Check) -> dict[str, Any]:
    """A check for programs."""
    return {
        "name": check.name,
        "workspace": check.workspace,
        "state": check.state,
        "detail": check.detail,
        "mend": check.mend,
    }
