"""How often an attribute that its template sets was found to have drifted: read from the events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from reconciler.gate.standoff import Sighting
from reconciler.inventory.engine import Connection
from reconciler.inventory.faults import reads
from reconciler.inventory.stored import loads, read_text, text

_SIGHTINGS: LiteralString = """
SELECT e.timestamp, e.metadata->>'label', c.change->>'path', (c.change->'recorded')::text, (c.change->'observed')::text
FROM aws_infrastructure_events e
     JOIN workspaces w ON w.id = e.workspace_id
     CROSS JOIN LATERAL jsonb_array_elements(
         CASE jsonb_typeof(e.details->'changes') WHEN 'array' THEN e.details->'changes' ELSE '[]' END) AS c (change)
WHERE w.name = %s AND e.event_type = 'drift_detected' AND e.timestamp >= %s AND c.change->'configured' = 'true'
ORDER BY e.sequence
"""


def sightings(connection: Connection, workspace: str, since: datetime) -> list[Sighting]:
    """Each attribute that was found to have drifted since a moment, as often as it was, oldest first.

    Raises:
        DatabaseError: an event is not as this program writes them.
    """
    return [_sighting(row) for row in connection.execute(_SIGHTINGS, (text(workspace), since)).fetchall()]


@reads("aws_infrastructure_events")
def _sighting(row: Sequence[Any]) -> Sighting:
    at, label, path, wanted, found = row
    return Sighting(at, read_text(label), read_text(path), loads(wanted), loads(found))
