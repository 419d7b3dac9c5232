"""The report: the latest finished run of each workspace with its unresolved findings, as of one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from reconciler.drift.coverage import Coverage, UnknownResource, Verdict
from reconciler.drift.report import (
    Depth,
    IgnoredAttribute,
    PassFacts,
    Problem,
    Report,
    Suppression,
    WorkspaceReport,
)
from reconciler.drift.snapshot import Reason
from reconciler.inventory import findings
from reconciler.inventory.engine import Connection
from reconciler.inventory.faults import reads
from reconciler.inventory.stored import loads, read_text, text

# One index look-up for each workspace, however many passes there have been.
_LATEST: LiteralString = """
SELECT w.id, w.name, e.name, l.*
FROM workspaces w
     CROSS JOIN LATERAL (
         SELECT pw.environment_id, pw.pass_id, pw.verdict, pw.template_path, pw.template_version, pw.state_lineage,
                pw.state_serial, pw.state_resources, pw.recorded, pw.checked, pw.fault::text, pw.problems::text,
                pw.ignored::text, pw.suppressed::text
         FROM pass_workspaces pw WHERE pw.workspace_id = w.id AND pw.finished_at IS NOT NULL
         ORDER BY pw.finished_at DESC LIMIT 1) l
     LEFT JOIN aws_environments e ON e.id = l.environment_id
WHERE %(names)s::text[] IS NULL OR w.name = ANY(%(names)s)
ORDER BY w.name COLLATE "C"
"""
_FACTS: LiteralString = """
SELECT id, depth, started_at, finished_at, api_calls FROM passes
WHERE id = ANY(%s) ORDER BY finished_at DESC, started_at DESC LIMIT 1
"""
_UNKNOWN: LiteralString = """
SELECT label, reason, detail FROM unknown_resources WHERE pass_id = %s AND workspace_id = %s ORDER BY position
"""


def read(connection: Connection, names: Sequence[str]) -> Report:
    """What is known of the workspaces, or of all of them where none is named; one that was never scanned is left out.

    Everything is read in one snapshot, so that a pass which ends meanwhile is seen whole or not at all.
    """
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        rows = connection.execute(_LATEST, {"names": [text(name) for name in names] or None}).fetchall()
        passes = [row[4] for row in rows]
        facts = connection.execute(_FACTS, (passes,)).fetchone()
        reports = tuple(_workspace(connection, row) for row in rows)
    return Report(_facts(facts) if facts else None, reports)


@reads("passes")
def _facts(row: tuple[Any, ...]) -> PassFacts:
    id_, depth, started_at, finished_at, api_calls = row
    return PassFacts(id_, Depth(depth), started_at, finished_at, api_calls)


@reads("pass_workspaces")
def _workspace(connection: Connection, row: tuple[Any, ...]) -> WorkspaceReport:
    workspace, name, environment, _, pass_id, verdict, path, version, lineage, serial, *rest = row
    resources, recorded, checked, *documents = rest
    fault, problems, ignored, suppressed = (loads(document or "null") for document in documents)
    unknown = connection.execute(_UNKNOWN, (pass_id, workspace))
    return WorkspaceReport(
        name=read_text(name),
        environment=read_text(environment or ""),
        verdict=Verdict(verdict),
        template_path=read_text(path or ""),
        template_digest=version,
        state_lineage=lineage,
        state_serial=None if serial is None else int(serial),
        state_resources=resources,
        coverage=Coverage(
            recorded,
            checked,
            tuple(UnknownResource(read_text(label), Reason(reason), read_text(why)) for label, reason, why in unknown),
        ),
        findings=tuple(findings.unresolved(connection, read_text(name))),
        ignored=tuple(IgnoredAttribute(**entry) for entry in ignored),
        suppressed=tuple(Suppression(**entry) for entry in suppressed),
        problems=tuple(Problem(**entry) for entry in problems),
        fault=Problem(**fault) if fault else None,
    )
