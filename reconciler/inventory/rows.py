"""What the inventory answers, where the core has no value for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

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


class CredentialType(StrEnum):
    """How a credential gets into its account: by a user's keys, as the role this host has, or by assuming a role."""

    IAM_USER = "iam_user"
    IAM_ROLE = "iam_role"
    ASSUME_ROLE = "assume_role"


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A row of ``aws_credentials``. The two keys and the external id are sealed, each for its column of this row.

    ``role_arn`` is the role to assume; of an ``iam_role``, the one that this host is expected to have.
    """

    id: str
    name: str
    account_id: str
    type: CredentialType
    access_key_id: str | None = field(default=None, repr=False)
    secret_access_key: str | None = field(default=None, repr=False)
    role_arn: str | None = None
    external_id: str | None = field(default=None, repr=False)
    account_alias: str | None = None
    active: bool = True
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


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
