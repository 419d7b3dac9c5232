"""What the inventory answers, where the core has no value for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.drift.values import Value


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """Where the schema is. ``current`` is None for an empty database; ``pending`` are revisions, oldest first."""

    current: str | None
    head: str
    pending: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventRow:
    """A row of ``aws_infrastructure_events``. ``sequence`` grows with each event, so a page ends at one.

    ``resource_id`` is the cloud's id of the resource, not the row's.
    """

    id: str
    sequence: int
    timestamp: datetime
    type: str
    status: str
    source: str
    description: str
    details: Mapping[str, Value] = field(default_factory=dict)
    resource_type: str | None = None
    resource_id: str | None = None
    workspace: str | None = None
    environment: str | None = None
    label: str | None = None
    pass_id: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A version of a template, without its content."""

    name: str
    version: str
    iac_type: str
    environment: str | None
    created_at: datetime
    variables: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write to a workspace's cloud, for as long as it is held. A later one has a higher epoch."""

    workspace: str
    epoch: int


@dataclass(frozen=True, slots=True)
class LedgerSize:
    """How much there is to verify."""

    records: int
    events: int


@dataclass(frozen=True, slots=True)
class EventText:
    """A stored event as the text that its digest is made of."""

    sequence: int
    row: str
