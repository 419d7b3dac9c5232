"""``aws_infrastructure_events``: written in bulk, in the order of the pass. Nothing here changes an event."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from reconciler.drift.record import Event
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

# A label that left the state has no tie any more; what this very transaction untied still knows its row.
_INSERT: LiteralString = """
INSERT INTO aws_infrastructure_events (
    resource_id, environment_id, workspace_id, event_type, status, description, details, event_source, resource_type,
    timestamp, metadata)
SELECT coalesce(t.resource_id, u.resource_id), %(environment)s, %(workspace)s, s.event_type, s.status, s.description,
       s.details, s.event_source, s.resource_type, %(now)s,
       jsonb_strip_nulls(jsonb_build_object(
           'pass', %(pass)s::text, 'label', s.label, 'resource_id', r.resource_id, 'account_id', r.account_id,
           'region', r.region))
FROM staged_events s
     LEFT JOIN workspace_resources t ON t.workspace_id = %(workspace)s AND t.label = s.label
     LEFT JOIN untied u ON u.label = s.label
     LEFT JOIN aws_resources r ON r.id = coalesce(t.resource_id, u.resource_id)
ORDER BY s.position
"""


def write(connection: Connection, events: Iterable[Event], ids: tuple[UUID, UUID], pass_id: str, now: datetime) -> None:
    """Append the events of one workspace, inside the caller's transaction, after its resources.

    Args:
        connection: in a transaction.
        events: in their order.
        ids: of the workspace and of its environment.
        pass_id: the pass that tells them.
        now: when they were noticed.
    """
    rows = list(events)
    if not rows:
        return
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
    connection.execute(_INSERT, {"workspace": workspace, "environment": environment, "pass": pass_id, "now": now})
