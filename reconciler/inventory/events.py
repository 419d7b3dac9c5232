"""``aws_infrastructure_events``: written in bulk, in the order of the pass. Nothing here changes an event.

The ledger covers each event by a digest of its row, made by the database of the row as it is stored. It leaves out the
three references, which go null with their targets; what they named is in the metadata.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from reconciler.drift.record import Event
from reconciler.gate.cover import Cover, EventDigest, cover
from reconciler.inventory.engine import Connection
from reconciler.inventory.resources import LABEL
from reconciler.inventory.stored import dumps, text

STAGE: LiteralString = """
CREATE TEMP TABLE staged_events (
    position integer, label varchar, event_type varchar, status varchar, event_source varchar, description text,
    details jsonb, resource_type varchar
) ON COMMIT DROP;
"""
_COPY: LiteralString = "COPY staged_events FROM STDIN"

ROW: LiteralString = """
jsonb_build_array(e.sequence, e.id, e.timestamp AT TIME ZONE 'UTC', e.event_type, e.status, e.event_source,
                  e.resource_type, e.workspace_id, e.description, e.details, e.metadata)::text
"""
"""The text of a row that its digest is made of."""

DIGEST: LiteralString = f"encode(sha256(convert_to({ROW}, 'UTF8')), 'hex')"
"""The digest of a row of ``aws_infrastructure_events e``, as hexadecimal digits."""

# A label that left the state has no tie any more; what this very transaction untied still knows its row.
_INSERT: LiteralString = f"""
INSERT INTO aws_infrastructure_events AS e (
    resource_id, environment_id, workspace_id, event_type, status, description, details, event_source, resource_type,
    timestamp, metadata)
SELECT coalesce(t.resource_id, u.resource_id), %(environment)s, %(workspace)s, s.event_type, s.status, s.description,
       s.details, s.event_source, s.resource_type, %(now)s,
       jsonb_strip_nulls(jsonb_build_object(
           'pass', %(pass)s::text, 'label', s.label, 'resource_id', r.resource_id, 'account_id', r.account_id,
           'region', r.region, 'references', jsonb_build_object(
               'resource_id', coalesce(t.resource_id, u.resource_id), 'environment_id', %(environment)s::uuid)))
FROM staged_events s
     LEFT JOIN workspace_resources t ON t.workspace_id = %(workspace)s AND t.label = s.label
     LEFT JOIN untied u ON u.workspace_id = %(workspace)s AND u.label = s.label
     LEFT JOIN aws_resources r ON r.id = coalesce(t.resource_id, u.resource_id)
ORDER BY s.position
RETURNING e.sequence, {DIGEST}
"""  # noqa: S608 - all parts are in this file

_UUID: LiteralString = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def _torn(column: LiteralString, table: LiteralString) -> LiteralString:
    """Whether a reference was bent: it is null only where what it named is gone, else it is what the metadata says."""
    kept: LiteralString = f"(e.metadata->'references'->>'{column}')"
    return f"""
    CASE WHEN e.{column}::text IS NOT DISTINCT FROM {kept} THEN FALSE
         WHEN e.{column} IS NOT NULL THEN TRUE
         ELSE EXISTS (SELECT FROM {table} t WHERE t.id = CASE WHEN {kept} ~ '{_UUID}' THEN {kept}::uuid END)
    END
    """


_DIGESTS: LiteralString = f"""
SELECT e.sequence, {DIGEST},
       {_torn("resource_id", "aws_resources")} OR {_torn("environment_id", "aws_environments")}
       OR {_torn("triggered_by", "users")}
FROM aws_infrastructure_events e
ORDER BY e.sequence
"""  # noqa: S608 - all parts are in this file
_ROWS: LiteralString = f"SELECT e.sequence, {ROW} FROM aws_infrastructure_events e ORDER BY e.sequence"  # noqa: S608
_PAGE: Final = 2000
"""So many rows at a time come from the server."""


def digests(connection: Connection) -> Iterator[EventDigest]:
    """The digest of every event, in the order of their sequences. The connection is in a transaction."""
    with connection.cursor(name="event_digests") as cursor:
        cursor.itersize = _PAGE
        for sequence, digest, torn in cursor.execute(_DIGESTS):
            yield EventDigest(sequence, digest, torn)


def rows(connection: Connection) -> Iterator[tuple[int, str]]:
    """The sequence of every event and the text that its digest is made of. The connection is in a transaction."""
    with connection.cursor(name="event_rows") as cursor:
        cursor.itersize = _PAGE
        yield from cursor.execute(_ROWS)


def write(
    connection: Connection, events: Iterable[Event], ids: tuple[UUID, UUID], pass_id: str, now: datetime
) -> Cover | None:
    """Append the events of one workspace, inside the caller's transaction, after its resources.

    Args:
        connection: in a transaction that holds the ledger's lock, so that no other event comes in between.
        events: in their order.
        ids: of the workspace and of its environment.
        pass_id: the pass that tells them.
        now: when they were noticed.

    Returns:
        What the ledger is to say of them; None where there are none.
    """
    rows = list(events)
    if not rows:
        return None
    connection.execute("TRUNCATE staged_events")
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for position, event in enumerate(rows):
            copy.write_row(
                (
                    position,
                    text(event.label, LABEL),
                    event.type.value,
                    event.status.value,
                    event.source.value,
                    text(event.description),
                    dumps(event.details),
                    text(event.resource_type, 100),
                )
            )
    workspace, environment = ids
    given = {"workspace": workspace, "environment": environment, "pass": pass_id, "now": now}
    return cover(sorted((EventDigest(*row) for row in connection.execute(_INSERT, given)), key=_sequence))


_NOTE: LiteralString = f"""
INSERT INTO aws_infrastructure_events AS e (
    environment_id, workspace_id, event_type, status, description, details, event_source, timestamp, metadata)
SELECT w.environment_id, w.id, %(type)s, %(status)s, %(description)s, %(details)s, 'api', %(now)s,
       jsonb_build_object('references', jsonb_strip_nulls(jsonb_build_object('environment_id', w.environment_id)))
FROM workspaces w WHERE w.name = %(workspace)s
RETURNING e.sequence, {DIGEST}
"""  # noqa: S608 - all parts are in this file


def note(connection: Connection, event: Event, workspace: str, now: datetime) -> Cover:
    """Append one event that no pass tells, of a workspace that has a row, inside the caller's transaction.

    The connection is in a transaction that holds the ledger's lock. Returns what the ledger is to say of it.
    """
    given = {
        "type": event.type.value,
        "status": event.status.value,
        "description": text(event.description),
        "details": dumps(event.details),
        "workspace": text(workspace),
        "now": now,
    }
    return cover([EventDigest(*row) for row in connection.execute(_NOTE, given)])


def _sequence(event: EventDigest) -> int:
    return event.sequence
