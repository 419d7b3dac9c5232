"""``workspaces``, ``aws_environments``, ``iac_templates`` and the rows of a pass: what frames everything else."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from reconciler.drift.record import EnvironmentFacts, PassRecord, TemplateVersion, WorkspaceRecord
from reconciler.drift.report import Depth
from reconciler.inventory.engine import Connection
from reconciler.inventory.resources import LABEL
from reconciler.inventory.stored import dumps, text

_WORKSPACE: LiteralString = "INSERT INTO workspaces (name) VALUES (%s) ON CONFLICT (name) DO NOTHING"

_CUT_OFF: LiteralString = """
UPDATE passes SET status = 'cut_off', finished_at = %(now)s, error = %(error)s
WHERE status = 'running' AND id IN (
    SELECT pw.pass_id FROM pass_workspaces pw JOIN workspaces w ON w.id = pw.workspace_id
    WHERE w.name = ANY(%(names)s))
"""

_BEGIN: LiteralString = """
INSERT INTO passes (id, depth, status, started_at, host, process_id)
VALUES (%(id)s, %(depth)s, 'running', %(started_at)s, %(host)s, %(process)s)
"""
_BEGIN_WORKSPACES: LiteralString = """
INSERT INTO pass_workspaces (pass_id, workspace_id) SELECT %(id)s, id FROM workspaces WHERE name = ANY(%(names)s)
"""

_ABANDON: LiteralString = """
UPDATE passes SET status = %(status)s, finished_at = greatest(clock_timestamp(), started_at), error = %(error)s
WHERE id = %(id)s AND status = 'running'
"""

_FINISH: LiteralString = """
UPDATE passes SET status = 'finished', depth = %(depth)s, started_at = %(started_at)s, finished_at = %(finished_at)s,
    api_calls = %(api_calls)s
WHERE id = %(id)s
"""

_ENVIRONMENT: LiteralString = """
INSERT INTO aws_environments AS e (name, description, account_id, default_region)
VALUES (%(name)s, %(description)s, %(account_id)s, %(region)s)
ON CONFLICT (name) DO UPDATE
SET description = coalesce(excluded.description, e.description), account_id = excluded.account_id,
    default_region = excluded.default_region, updated_at = %(now)s
WHERE (e.description, e.account_id, e.default_region)
      IS DISTINCT FROM (coalesce(excluded.description, e.description), excluded.account_id, excluded.default_region)
"""
_ENVIRONMENT_ID: LiteralString = "SELECT id FROM aws_environments WHERE name = %s"

_SET_WORKSPACE: LiteralString = """
UPDATE workspaces SET environment_id = %(environment)s, template_path = %(path)s, updated_at = %(now)s
WHERE id = %(workspace)s AND (environment_id, template_path) IS DISTINCT FROM (%(environment)s, %(path)s::text)
"""

_TEMPLATE: LiteralString = """
INSERT INTO iac_templates (name, iac_type, version, template_content, variables, environment_id, created_at, updated_at)
VALUES (%(name)s, %(iac_type)s, %(version)s, %(content)s, %(variables)s, %(environment)s, %(now)s, %(now)s)
ON CONFLICT (name, version) DO NOTHING
"""
_HAS_TEMPLATE: LiteralString = "SELECT EXISTS (SELECT FROM iac_templates WHERE name = %s AND version = %s)"

_RESULT: LiteralString = """
UPDATE pass_workspaces
SET environment_id = %(environment)s, finished_at = %(now)s, verdict = %(verdict)s, template_path = %(path)s,
    template_version = %(version)s, state_lineage = %(lineage)s, state_serial = %(serial)s,
    state_resources = %(resources)s, state_location = %(location)s, recorded = %(recorded)s, checked = %(checked)s,
    unknown = %(unknown)s, fault = %(fault)s, problems = %(problems)s, ignored = %(ignored)s,
    suppressed = %(suppressed)s
WHERE pass_id = %(pass)s AND workspace_id = %(workspace)s
"""
_COPY_UNKNOWN: LiteralString = (
    "COPY unknown_resources (pass_id, workspace_id, position, label, reason, detail) FROM STDIN"
)
_IDS: LiteralString = """
SELECT w.name, w.id FROM pass_workspaces pw JOIN workspaces w ON w.id = pw.workspace_id WHERE pw.pass_id = %s
"""
_STATUS: LiteralString = "SELECT status FROM passes WHERE id = %s FOR UPDATE"

NAME = 200
"""Bytes of a workspace's name."""


def begin(connection: Connection, pass_id: str, depth: Depth, names: Sequence[str], started_at: datetime) -> None:
    """Write the row of a running pass, and end those rows of the same workspaces whose process is gone.

    The caller holds the lock of each workspace, so whoever wrote an older running row does not any more.
    """
    known = [text(name, NAME) for name in names]
    given = {
        "id": pass_id,
        "depth": depth.value,
        "started_at": started_at,
        "host": socket.gethostname()[:255],
        "process": os.getpid(),
        "names": known,
        "now": started_at,
        "error": f"its process ended before it was done; noticed by pass {pass_id}",
    }
    with connection.transaction():
        ensure(connection, known)
        for statement in (_CUT_OFF, _BEGIN, _BEGIN_WORKSPACES):
            connection.execute(statement, given)


def ensure(connection: Connection, names: Sequence[str]) -> None:
    """See to it that workspaces have a row, whether or not they were ever scanned."""
    for name in sorted(text(name, NAME) for name in names):
        connection.execute(_WORKSPACE, (name,))


def abandon(connection: Connection, pass_id: str, status: str, error: str) -> None:
    """End a running pass that will not finish."""
    connection.execute(_ABANDON, {"id": pass_id, "status": status, "error": text(error)})


def status(connection: Connection, pass_id: str) -> str | None:
    """The status of a pass, its row locked until the transaction ends; None where there is none."""
    row = connection.execute(_STATUS, (pass_id,)).fetchone()
    return None if row is None else str(row[0])


def ids(connection: Connection, pass_id: str) -> dict[str, UUID]:
    """The ids of the workspaces of a pass, by their names as they are stored."""
    return {row[0]: row[1] for row in connection.execute(_IDS, (pass_id,))}


def finish(connection: Connection, record: PassRecord) -> None:
    """Mark a pass as finished, inside the caller's transaction."""
    given = {
        "id": record.id,
        "depth": record.depth.value,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "api_calls": record.api_calls,
    }
    connection.execute(_FINISH, given)


def environment(connection: Connection, facts: EnvironmentFacts, now: datetime) -> UUID:
    """Bring the row of an environment up to date, and tell its id."""
    given = {
        "name": text(facts.name),
        "description": text(facts.description),
        "account_id": facts.account_id,
        "region": facts.region,
        "now": now,
    }
    connection.execute(_ENVIRONMENT, given)
    row = connection.execute(_ENVIRONMENT_ID, (text(facts.name),)).fetchone()
    assert row is not None  # noqa: S101 - the statement before wrote it, in the same transaction
    return UUID(str(row[0]))


def has_template(connection: Connection, name: str, version: str) -> bool:
    """Whether this version of a template is kept already."""
    row = connection.execute(_HAS_TEMPLATE, (text(name, 1024), version)).fetchone()
    return row is not None and bool(row[0])


def template(connection: Connection, version: TemplateVersion, environment_id: UUID, now: datetime) -> None:
    """Keep a version of a template, if it is new."""
    given = {
        "name": text(version.name, 1024),
        "iac_type": version.iac_type,
        "version": version.version,
        "content": text(version.content),
        "variables": dumps(version.variables),
        "environment": environment_id,
        "now": now,
    }
    connection.execute(_TEMPLATE, given)


def result(
    connection: Connection, record: WorkspaceRecord, ids_: tuple[UUID, UUID], pass_id: str, now: datetime
) -> None:
    """Write what a pass says of one workspace: verdict, counts, and each resource that could not be checked.

    Args:
        connection: in a transaction.
        record: what is said.
        ids_: of the workspace and of its environment.
        pass_id: the pass.
        now: when it ended.
    """
    workspace, environment_id = ids_
    given = {
        "workspace": workspace,
        "environment": environment_id,
        "pass": pass_id,
        "now": now,
        "verdict": record.verdict.value,
        "path": text(record.template_path),
        "version": record.template.version if record.template else None,
        "lineage": text(record.state_lineage, 255),
        "serial": record.state_serial,
        "resources": record.state_resources,
        "location": text(record.state_location),
        "recorded": record.coverage.recorded,
        "checked": record.coverage.checked,
        "unknown": len(record.coverage.unknown),
        "fault": dumps(asdict(record.fault)) if record.fault else None,
        "problems": dumps([asdict(problem) for problem in record.problems]),
        "ignored": dumps([asdict(ignored) for ignored in record.ignored]),
        "suppressed": dumps([asdict(suppression) for suppression in record.suppressed]),
    }
    connection.execute(_SET_WORKSPACE, given)
    connection.execute(_RESULT, given)
    with connection.cursor() as cursor, cursor.copy(_COPY_UNKNOWN) as copy:
        for position, unknown in enumerate(record.coverage.unknown):
            row = (
                pass_id,
                workspace,
                position,
                text(unknown.label, LABEL),
                unknown.reason.value,
                text(unknown.detail),
            )
            copy.write_row(row)
