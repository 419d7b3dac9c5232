"""``aws_resources``, the ties to the labels of a workspace, and the dependencies: written by difference.

All that was read goes by COPY into a temporary table; a handful of statements then find what is new, what differs and
what is gone. A row that is as it was is not written.

Terraform's ids are not AWS's identities: every ``aws_lambda_permission`` of an account may be called ``AllowSNS``. So a
row belongs to one label. The second label that claims the same account, region, type and id gets a row of its own,
told apart by the ``discriminator``; with a shared row the two would be each other's baseline, and false drift for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from reconciler.drift.record import ResourceRow, WorkspaceRecord
from reconciler.drift.snapshot import Baseline
from reconciler.inventory.engine import Connection
from reconciler.inventory.faults import reads
from reconciler.inventory.stored import dumps, loads, read_text, text

_KEYS = re.compile(r"""\[(?:-?\d+|"(?:[^"\\]|\\.)*")\]""")

LABEL = 1200
"""Bytes of a label that the tables keep."""

STAGE: LiteralString = """
CREATE TEMP TABLE staged_resources (
    label varchar NOT NULL, declaration varchar NOT NULL, resource_type varchar, resource_id varchar,
    account_id varchar, region varchar, resource_arn varchar, name varchar, status varchar, configuration jsonb,
    tags jsonb, creation_date timestamptz, is_managed boolean
) ON COMMIT DROP;
CREATE TEMP TABLE staged_dependencies (label varchar NOT NULL, depends_on varchar NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE gone_labels (label varchar NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE untied (workspace_id uuid NOT NULL, label varchar NOT NULL, resource_id uuid NOT NULL)
    ON COMMIT DROP;
CREATE TEMP TABLE claims (label varchar NOT NULL, discriminator varchar NOT NULL, id uuid NOT NULL) ON COMMIT DROP;
"""
"""The temporary tables of one transaction. What was untied is kept to its end: events still ask for it."""

_EMPTY: LiteralString = "TRUNCATE staged_resources, staged_dependencies, gone_labels, claims"
# Nobody counts temporary tables by himself; uncounted, two of a hundred thousand rows are joined row by row.
_ANALYZE_STAGED: LiteralString = "ANALYZE staged_resources, staged_dependencies"
_ANALYZE_CLAIMS: LiteralString = "ANALYZE claims"

_COPY_RESOURCES: LiteralString = "COPY staged_resources FROM STDIN"
_COPY_DEPENDENCIES: LiteralString = "COPY staged_dependencies FROM STDIN"
_COPY_GONE: LiteralString = "COPY gone_labels FROM STDIN"

# Labels that keep their row: only where something differs.
_UPDATE: LiteralString = """
UPDATE aws_resources r
SET resource_arn = s.resource_arn, name = s.name, environment_id = %(environment)s, status = s.status,
    configuration = s.configuration, tags = s.tags, creation_date = coalesce(s.creation_date, r.creation_date),
    is_managed = s.is_managed, last_modified_date = %(now)s, updated_at = %(now)s
FROM staged_resources s JOIN workspace_resources t ON t.workspace_id = %(workspace)s AND t.label = s.label
WHERE r.id = t.resource_id
  AND (r.resource_id, r.resource_type, r.account_id, r.region)
      = (s.resource_id, s.resource_type, s.account_id, s.region)
  AND (r.resource_arn, r.name, r.environment_id, r.status, r.configuration, r.tags, r.creation_date, r.is_managed)
      IS DISTINCT FROM (s.resource_arn, s.name, %(environment)s, s.status, s.configuration, s.tags,
                        coalesce(s.creation_date, r.creation_date), s.is_managed)
"""

# Labels that left the state, and labels whose resource is another one now.
_UNTIE: LiteralString = """
WITH freed AS (
    DELETE FROM workspace_resources t
    USING (SELECT label FROM gone_labels
           UNION
           SELECT s.label
           FROM staged_resources s
                JOIN workspace_resources k ON k.workspace_id = %(workspace)s AND k.label = s.label
                JOIN aws_resources r ON r.id = k.resource_id
           WHERE (s.resource_id, s.resource_type, s.account_id, s.region)
                 IS DISTINCT FROM (r.resource_id, r.resource_type, r.account_id, r.region)) f
    WHERE t.workspace_id = %(workspace)s AND t.label = f.label
    RETURNING t.label, t.resource_id)
INSERT INTO untied SELECT %(workspace)s, label, resource_id FROM freed
"""

# Labels without a row claim the plain one, unless another label has it. A row that is there and free is taken over.
_CLAIM: LiteralString = """
INSERT INTO claims
SELECT wanted.label, wanted.discriminator, coalesce(r.id, gen_random_uuid())
FROM (SELECT s.*,
             CASE WHEN row_number() OVER (PARTITION BY s.resource_id, s.resource_type, s.account_id, s.region
                                          ORDER BY s.label) = 1
                   AND NOT EXISTS (SELECT FROM aws_resources r JOIN workspace_resources t ON t.resource_id = r.id
                                   WHERE (r.resource_id, r.resource_type, r.account_id, r.region, r.discriminator)
                                         = (s.resource_id, s.resource_type, s.account_id, s.region, ''))
                  THEN ''
                  ELSE encode(sha256(convert_to(%(workspace_name)s || ' ' || s.label, 'UTF8')), 'hex')
             END AS discriminator
      FROM staged_resources s
      WHERE NOT EXISTS (SELECT FROM workspace_resources t
                        WHERE t.workspace_id = %(workspace)s AND t.label = s.label)) wanted
     LEFT JOIN aws_resources r
     ON (r.resource_id, r.resource_type, r.account_id, r.region, r.discriminator)
        = (wanted.resource_id, wanted.resource_type, wanted.account_id, wanted.region, wanted.discriminator)
"""

_INSERT: LiteralString = """
INSERT INTO aws_resources AS r (
    id, resource_id, resource_type, account_id, region, discriminator, resource_arn, name, environment_id, status,
    configuration, tags, creation_date, last_modified_date, is_managed, metadata, cloud_provider_id)
SELECT c.id, s.resource_id, s.resource_type, s.account_id, s.region, c.discriminator, s.resource_arn, s.name,
       %(environment)s, s.status, s.configuration, s.tags, coalesce(s.creation_date, %(now)s), %(now)s, s.is_managed,
       CASE WHEN s.creation_date IS NULL THEN '{"creation_date": "first_seen"}' ELSE '{}' END::jsonb, p.id
FROM staged_resources s JOIN claims c USING (label)
     LEFT JOIN cloud_providers p ON p.name = split_part(s.resource_type, '_', 1)
ON CONFLICT (resource_id, resource_type, account_id, region, discriminator) DO UPDATE
SET resource_arn = excluded.resource_arn, name = excluded.name, environment_id = excluded.environment_id,
    status = excluded.status, configuration = excluded.configuration, tags = excluded.tags,
    is_managed = excluded.is_managed, last_modified_date = %(now)s, updated_at = %(now)s
WHERE (r.resource_arn, r.name, r.environment_id, r.status, r.configuration, r.tags, r.is_managed)
      IS DISTINCT FROM (excluded.resource_arn, excluded.name, excluded.environment_id, excluded.status,
                        excluded.configuration, excluded.tags, excluded.is_managed)
"""

_TIE: LiteralString = """
INSERT INTO workspace_resources (workspace_id, label, declaration, resource_id)
SELECT %(workspace)s, s.label, s.declaration, c.id FROM staged_resources s JOIN claims c USING (label)
"""

# A row that nobody claims any more stays as history: no state manages it.
_RELEASE: LiteralString = """
UPDATE aws_resources r SET is_managed = FALSE, updated_at = %(now)s
FROM untied u
WHERE u.workspace_id = %(workspace)s AND r.id = u.resource_id AND r.is_managed
  AND NOT EXISTS (SELECT FROM workspace_resources t WHERE t.resource_id = r.id)
"""

_DROP_DEPENDENCIES: LiteralString = """
DELETE FROM resource_dependencies d USING staged_resources s
WHERE d.workspace_id = %(workspace)s AND d.label = s.label
  AND NOT EXISTS (SELECT FROM staged_dependencies n WHERE n.label = d.label AND n.depends_on = d.depends_on)
"""

_ADD_DEPENDENCIES: LiteralString = """
INSERT INTO resource_dependencies (workspace_id, label, depends_on)
SELECT %(workspace)s, n.label, n.depends_on FROM staged_dependencies n
WHERE NOT EXISTS (SELECT FROM resource_dependencies d
                  WHERE d.workspace_id = %(workspace)s AND d.label = n.label AND d.depends_on = n.depends_on)
"""

_BASELINES: LiteralString = """
SELECT t.label, r.configuration::text, r.status
FROM workspace_resources t JOIN aws_resources r ON r.id = t.resource_id JOIN workspaces w ON w.id = t.workspace_id
WHERE w.name = %s
"""


def write(connection: Connection, record: WorkspaceRecord, workspace: UUID, environment: UUID, now: datetime) -> None:
    """Bring the rows of a workspace up to what a pass observed, inside the caller's transaction."""
    connection.execute(_EMPTY)
    _copy(connection, _COPY_RESOURCES, map(_staged, record.rows))
    _copy(connection, _COPY_DEPENDENCIES, _dependencies(record.rows))
    _copy(connection, _COPY_GONE, ((text(label, LABEL),) for label in record.gone))
    connection.execute(_ANALYZE_STAGED)
    given = {
        "workspace": workspace,
        "workspace_name": text(record.workspace),
        "environment": environment,
        "now": now,
    }
    for statement in (
        _UPDATE,
        _UNTIE,
        _CLAIM,
        _ANALYZE_CLAIMS,
        _INSERT,
        _TIE,
        _RELEASE,
        _DROP_DEPENDENCIES,
        _ADD_DEPENDENCIES,
    ):
        connection.execute(statement, given)


def baselines(connection: Connection, workspace: str) -> dict[str, Baseline]:
    """What was last observed of each recorded resource of a workspace, by label."""
    rows = connection.execute(_BASELINES, (text(workspace),))
    return dict(_baseline(*row) for row in rows)


@reads("aws_resources")
def _baseline(label: str, configuration: str, status: str) -> tuple[str, Baseline]:
    held = loads(configuration)
    if not isinstance(held, dict):
        raise TypeError("a configuration is an object")
    return read_text(label), Baseline(held, status)


def _copy(connection: Connection, statement: LiteralString, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _staged(row: ResourceRow) -> tuple[Any, ...]:
    return (
        text(row.label, LABEL),
        text(_declaration(row.label), LABEL),
        text(row.resource_type, 100),
        text(row.resource_id, 2048),
        row.account_id,
        row.region,
        text(row.arn, 2048),
        text(row.name, 1024),
        row.status.value,
        dumps(row.configuration),
        None if row.tags is None else dumps(row.tags),
        row.created_at,
        row.managed,
    )


def _dependencies(rows: Iterable[ResourceRow]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        label = text(row.label, LABEL)
        for needed in dict.fromkeys(row.depends_on):
            yield label, text(needed, LABEL)


def _declaration(label: str) -> str:
    """The label without keys, as dependencies in a state are written."""
    return _KEYS.sub("", label.partition(" (deposed ")[0]) if label.endswith(")") or "[" in label else label
