"""CSV: one row per change, for spreadsheets and auditors.

What could not be checked or read is there too, as kind ``unknown`` and ``error``: a file without it would look
greener than the truth.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator

from reconciler.cli.render.summary import problem_line, worst_first
from reconciler.cli.render.text import visible
from reconciler.drift.finding import Change
from reconciler.drift.report import KnownFinding, Problem, Report, WorkspaceReport
from reconciler.drift.values import Value, to_json

COLUMNS = (
    "workspace",
    "environment",
    "id",
    "kind",
    "status",
    "severity",
    "address",
    "resource_type",
    "resource_id",
    "arn",
    "account_id",
    "region",
    "path",
    "recorded",
    "observed",
    "added",
    "removed",
    "configured",
    "sensitive",
    "position",
    "reasons",
    "detail",
    "first_seen",
    "last_seen",
    "desired",
)

# What makes a spreadsheet run a cell: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "|", "%")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def render_csv(report: Report) -> str:
    """The rows with a header, as RFC 4180 has it."""
    target = io.StringIO()
    writer = csv.DictWriter(target, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for workspace in report.workspaces:
        for row in _rows(workspace):
            writer.writerow({name: _safe(text) for name, text in row.items()})
    return target.getvalue()


def _rows(workspace: WorkspaceReport) -> Iterator[dict[str, str]]:
    common = {"workspace": workspace.name, "environment": workspace.environment}
    for known in worst_first(workspace.findings):
        about = common | _finding(known)
        if not known.finding.changes:
            yield about
        for change in known.finding.changes:
            yield about | _change(change)
    for unknown in sorted(workspace.coverage.unknown):
        detail = f"{unknown.reason.value}: {unknown.detail}" if unknown.detail else unknown.reason.value
        yield common | {"kind": "unknown", "address": unknown.label, "detail": detail}
    problems: tuple[Problem, ...] = workspace.problems + ((workspace.fault,) if workspace.fault else ())
    for problem in problems:
        yield common | {"kind": "error", "detail": problem_line(problem)}


def _finding(known: KnownFinding) -> dict[str, str]:
    finding = known.finding
    return {
        "id": known.id,
        "kind": finding.kind.value,
        "status": known.status.value,
        "severity": finding.severity.value,
        "address": finding.address or finding.label,
        "resource_type": finding.resource_type,
        "resource_id": finding.resource_id or "",
        "arn": finding.arn or "",
        "account_id": finding.account_id or "",
        "region": finding.region or "",
        "position": finding.position or "",
        "reasons": "; ".join(finding.reasons),
        "detail": finding.detail or "",
        "first_seen": known.first_seen.isoformat(),
        "last_seen": known.last_seen.isoformat(),
    }


def _change(change: Change) -> dict[str, str]:
    row = {
        "path": change.text,
        "recorded": _value(change.recorded),
        ("desired" if change.planned else "observed"): _value(change.observed),
        "configured": str(change.configured).lower(),
        "sensitive": str(change.sensitive).lower(),
    }
    if change.added is not None:
        row["added"] = _value(list(change.added))
    if change.removed is not None:
        row["removed"] = _value(list(change.removed))
    return row


def _value(value: Value) -> str:
    """A string as it is, everything else as JSON."""
    plain = to_json(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; a number stays a number."""
    guarded = text.startswith(_FORMULA) and _NUMBER.fullmatch(text) is None
    # After the guard, so that a leading control character is still seen as one.
    shown = visible(text)
    return f"'{shown}" if guarded or (shown.startswith(_FORMULA) and _NUMBER.fullmatch(shown) is None) else shown
