"""``aws_infrastructure_events``: what happened, append-only (a trigger of the first migration sees to it)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, Text
from sqlmodel import Field

from models.base import Table, document, identity, link, metadata_column, moment_now, vocabulary


class InfrastructureEvent(Table, table=True):
    """One event. ``sequence`` orders the events that one moment wrote."""

    __tablename__ = "aws_infrastructure_events"
    __table_args__ = (
        Index("idx_aws_infrastructure_events_resource_id", "resource_id"),
        Index("idx_aws_infrastructure_events_environment_id", "environment_id"),
        Index("idx_aws_infrastructure_events_event_type", "event_type"),
        Index("idx_aws_infrastructure_events_timestamp", "timestamp"),
        Index("idx_aws_infrastructure_events_workspace_id", "workspace_id", "sequence"),
        Index("idx_aws_infrastructure_events_sequence", "sequence", unique=True),
        vocabulary(
            "event_type",
            *("create", "update", "delete", "start", "stop", "error"),
            *("drift_detected", "drift_changed", "drift_resolved", "drift_contested"),
            *("plan_proposed", "plan_approved", "plan_rejected", "apply_started", "apply_finished"),
        ),
        vocabulary("status", "success", "failure", "in_progress"),
        vocabulary("event_source", "terraform", "cloudformation", "console", "api", "scheduled"),
    )

    id: UUID = identity()
    resource_id: UUID | None = link("aws_resources.id")
    environment_id: UUID | None = link("aws_environments.id")
    event_type: str = Field(max_length=50)
    status: str = Field(max_length=20)
    description: str = Field(sa_type=Text)
    details: dict[str, Any] | None = document()
    event_source: str = Field(max_length=50)
    triggered_by: UUID | None = link("users.id")
    resource_type: str | None = Field(default=None, max_length=100)
    timestamp: datetime = moment_now()
    metadata_: dict[str, Any] | None = metadata_column()
    workspace_id: UUID | None = link("workspaces.id", ondelete="RESTRICT")
    sequence: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False))
