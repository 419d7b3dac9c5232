"""``findings``: each drift from its first sight to its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field

from models.base import Table, document, document_of, identity, link, moment, moment_or_null, vocabulary


class Finding(Table, table=True):
    """A finding. At most one of a kind is unresolved for a label of a workspace.

    ``first_pass`` and ``last_pass`` are no foreign keys, since old passes may be pruned before their findings.
    """

    __tablename__ = "findings"
    __table_args__ = (
        Index(
            "idx_findings_unresolved",
            "workspace_id",
            "label",
            "kind",
            unique=True,
            postgresql_where=text("status <> 'resolved'"),
        ),
        Index("idx_findings_workspace_id", "workspace_id", "status"),
        vocabulary("kind", "changed", "deleted", "unmanaged", "unapplied", "orphaned"),
        vocabulary("severity", "low", "medium", "high", "critical"),
        vocabulary("status", "open", "acknowledged", "resolved"),
        CheckConstraint("(status = 'resolved') = (resolved_at IS NOT NULL)", name="resolved_at"),
        CheckConstraint("status <> 'acknowledged' OR acknowledged_by IS NOT NULL", name="acknowledged_by"),
    )

    id: UUID = identity()
    workspace_id: UUID = link("workspaces.id", ondelete="CASCADE", nullable=False)
    label: str = Field(max_length=1200)
    kind: str = Field(max_length=20)
    severity: str = Field(max_length=20)
    status: str = Field(max_length=20, default="open", sa_column_kwargs={"server_default": text("'open'")})
    resource_type: str = Field(max_length=100)
    address: str | None = Field(default=None, sa_type=Text)
    suggested_address: str | None = Field(default=None, sa_type=Text)
    resource_id: str | None = Field(default=None, sa_type=Text)
    arn: str | None = Field(default=None, sa_type=Text)
    account_id: str | None = Field(default=None, max_length=20)
    region: str | None = Field(default=None, max_length=20)
    changes: list[Any] = document_of("[]")
    reference: list[Any] = document_of("[]")
    reasons: list[Any] = document_of("[]")
    position: str | None = Field(default=None, sa_type=Text)
    detail: str | None = Field(default=None, sa_type=Text)
    attribution: dict[str, Any] | None = document()
    first_seen: datetime = moment()
    last_seen: datetime = moment()
    resolved_at: datetime | None = moment_or_null()
    acknowledged_by: str | None = Field(default=None, max_length=200)
    acknowledged_at: datetime | None = moment_or_null()
    note: str | None = Field(default=None, sa_type=Text)
    first_pass: str = Field(max_length=64)
    last_pass: str = Field(max_length=64)
