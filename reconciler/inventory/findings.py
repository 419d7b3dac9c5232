"""``findings``: their steps through life, written in bulk, and read back as the core's values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.record import Step, Transition
from reconciler.drift.report import KnownFinding, Status
from reconciler.errors import DatabaseError
from reconciler.inventory.engine import Connection
from reconciler.inventory.faults import reads
from reconciler.inventory.resources import LABEL
from reconciler.inventory.stored import dumps, loads, read_text, text

STAGE: LiteralString = """
CREATE TEMP TABLE staged_findings (
    step varchar NOT NULL, id uuid, label varchar, kind varchar, severity varchar, resource_type varchar,
    address text, suggested_address text, resource_id text, arn text, account_id varchar, region varchar,
    changes jsonb, reference jsonb, reasons jsonb, position text, detail text
) ON COMMIT DROP;
"""
_COPY: LiteralString = "COPY staged_findings FROM STDIN"

_LOST: LiteralString = """
SELECT s.label FROM staged_findings s
WHERE s.step <> 'opened' AND NOT EXISTS (
    SELECT FROM findings f WHERE f.id = s.id AND f.workspace_id = %(workspace)s AND f.status <> 'resolved')
LIMIT 1
"""

_RESOLVE: LiteralString = """
UPDATE findings f SET status = 'resolved', resolved_at = %(now)s, last_pass = %(pass)s
FROM staged_findings s WHERE f.id = s.id AND s.step = 'resolved'
"""

# What somebody acknowledged is what they saw: a change of it is open again.
_UPDATE: LiteralString = """
UPDATE findings f
SET label = s.label, kind = s.kind, severity = s.severity, resource_type = s.resource_type, address = s.address,
    suggested_address = s.suggested_address, resource_id = s.resource_id, arn = s.arn, account_id = s.account_id,
    region = s.region, changes = s.changes, reference = s.reference, reasons = s.reasons, position = s.position,
    detail = s.detail, last_seen = %(now)s, last_pass = %(pass)s,
    status = CASE WHEN s.step = 'changed' THEN 'open' ELSE f.status END
FROM staged_findings s WHERE f.id = s.id AND s.step IN ('changed', 'persisted')
"""

_OPEN: LiteralString = """
INSERT INTO findings (workspace_id, label, kind, severity, resource_type, address, suggested_address, resource_id, arn,
    account_id, region, changes, reference, reasons, position, detail, first_seen, last_seen, first_pass, last_pass)
SELECT %(workspace)s, label, kind, severity, resource_type, address, suggested_address, resource_id, arn,
    account_id, region, changes, reference, reasons, position, detail, %(now)s, %(now)s, %(pass)s, %(pass)s
FROM staged_findings WHERE step = 'opened'
"""

_UNRESOLVED: LiteralString = """
SELECT f.id::text, f.status, f.first_seen, f.last_seen, f.acknowledged_by, f.note, f.attribution::text,
       f.label, f.kind, f.severity, f.resource_type, f.address, f.suggested_address, f.resource_id, f.arn,
       f.account_id, f.region, f.position, f.detail, f.changes::text, f.reference::text, f.reasons::text
FROM findings f JOIN workspaces w ON w.id = f.workspace_id
WHERE w.name = %s AND f.status <> 'resolved'
ORDER BY f.first_seen, f.label COLLATE "C", f.kind
"""

COLUMNS: Final = (
    *("id", "status", "first_seen", "last_seen", "acknowledged_by", "note", "attribution"),
    *("label", "kind", "severity", "resource_type", "address", "suggested_address", "resource_id", "arn"),
    *("account_id", "region", "position", "detail", "changes", "reference", "reasons"),
)
"""The columns that :func:`known` reads, in its order; those of jsonb and the id are asked for as text."""


def write(
    connection: Connection, transitions: Iterable[Transition], workspace: UUID, pass_id: str, now: datetime
) -> None:
    """Take the findings of a workspace their step further, inside the caller's transaction.

    Raises:
        DatabaseError: a finding that should go on is not there, or is resolved already.
    """
    steps = list(transitions)
    if not steps:
        return
    connection.execute("TRUNCATE staged_findings")
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for transition in steps:
            copy.write_row(_staged(transition))
    given = {"workspace": workspace, "pass": pass_id, "now": now}
    missing = connection.execute(_LOST, given).fetchone()
    if missing is not None:
        raise no_such_step(read_text(missing[0]))
    # Resolved first: a label's old finding makes room for its new one.
    for statement in (_RESOLVE, _UPDATE, _OPEN):
        connection.execute(statement, given)


def no_such_step(label: str) -> DatabaseError:
    """A transition names a finding that is not open."""
    return DatabaseError(f"The finding on {label} is not open any more.", hint="scan again")


def unresolved(connection: Connection, workspace: str) -> list[KnownFinding]:
    """The open and acknowledged findings of a workspace, oldest first."""
    return [known(row) for row in connection.execute(_UNRESOLVED, (text(workspace),))]


@reads("findings")
def known(row: tuple[Any, ...]) -> KnownFinding:
    """A finding from a row of :data:`COLUMNS`."""
    (id_, status, first_seen, last_seen, acknowledged_by, note, attribution, *rest) = row
    return KnownFinding(
        id=id_,
        finding=_finding(*rest),
        status=Status(status),
        first_seen=first_seen,
        last_seen=last_seen,
        acknowledged_by=_read(acknowledged_by),
        note=_read(note),
        attribution=None if attribution is None else loads(attribution),
    )


def _finding(label: str, kind: str, severity: str, resource_type: str, *rest: str | None) -> Finding:
    texts, documents = rest[:8], rest[8:]
    address, suggested_address, resource_id, arn, account_id, region, position, detail = map(_read, texts)
    changes, reference, reasons = (loads(document or "[]") for document in documents)
    return Finding(
        kind=Kind(kind),
        severity=Severity(severity),
        label=read_text(label),
        resource_type=read_text(resource_type),
        address=address,
        suggested_address=suggested_address,
        resource_id=resource_id,
        arn=arn,
        account_id=account_id,
        region=region,
        position=position,
        detail=detail,
        changes=tuple(read_change(change) for change in changes),
        reference=tuple((name, value) for name, value in reference),
        reasons=tuple(reasons),
    )


def _read(value: str | None) -> str | None:
    return None if value is None else read_text(value)


def _staged(transition: Transition) -> tuple[Any, ...]:
    finding = transition.finding
    opens = transition.step is Step.OPENED
    return (
        transition.step.value,
        None if opens else transition.finding_id,
        text(finding.label, LABEL),
        finding.kind.value,
        finding.severity.value,
        text(finding.resource_type, 100),
        text(finding.address),
        text(finding.suggested_address),
        text(finding.resource_id),
        text(finding.arn),
        finding.account_id,
        finding.region,
        dumps([stored_change(change) for change in finding.changes]),
        dumps([[name, value] for name, value in finding.reference]),
        dumps(list(finding.reasons)),
        text(finding.position),
        text(finding.detail),
    )


def stored_change(change: Change) -> dict[str, Any]:
    """A change as JSON."""
    stored: dict[str, Any] = {
        "path": list(change.path),
        "recorded": change.recorded,
        "observed": change.observed,
        "configured": change.configured,
    }
    if change.sensitive:
        stored["sensitive"] = True
    if change.planned:
        stored["planned"] = True
    if change.added is not None:
        stored["added"] = list(change.added)
    if change.removed is not None:
        stored["removed"] = list(change.removed)
    return stored


def read_change(stored: dict[str, Any]) -> Change:
    """What :func:`stored_change` was given."""
    added, removed = stored.get("added"), stored.get("removed")
    return Change(
        path=tuple(stored["path"]),
        recorded=stored["recorded"],
        observed=stored["observed"],
        configured=stored["configured"],
        sensitive=stored.get("sensitive", False),
        planned=stored.get("planned", False),
        added=None if added is None else tuple(added),
        removed=None if removed is None else tuple(removed),
    )
