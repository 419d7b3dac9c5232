"""``passes`` and ``pass_workspaces``: every pass, and what it found out about each of its workspaces."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, Text, text
from sqlmodel import Field

from models.base import Table, document, document_of, link, moment, moment_or_null, vocabulary


class Pass(Table, table=True):
    """A pass. It is ``running`` from its first moment, and ends in one way."""

    __tablename__ = "passes"
    __table_args__ = (
        Index("idx_passes_status", "status"),
        vocabulary("depth", "static", "sweep", "exact", "plan"),
        vocabulary("status", "running", "finished", "cut_off", "failed"),
        CheckConstraint("(status = 'running') = (finished_at IS NULL)", name="finished_at"),
    )

    id: str = Field(max_length=64, primary_key=True)
    depth: str = Field(max_length=20)
    status: str = Field(max_length=20)
    started_at: datetime = moment()
    finished_at: datetime | None = moment_or_null()
    api_calls: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    error: str | None = Field(default=None, sa_type=Text)
    host: str = Field(max_length=255)
    process_id: int


class PassWorkspace(Table, table=True):
    """One workspace in one pass. ``finished_at`` is null until the pass has written all of it.

    The CHECK ``in_sync`` is the promise that a verdict is never green when something is unknown.
    """

    __tablename__ = "pass_workspaces"
    __table_args__ = (
        Index("idx_pass_workspaces_workspace_id", "workspace_id", "finished_at"),
        vocabulary("verdict", "in_sync", "drifted", "unknown"),
        CheckConstraint("(verdict IS NULL) = (finished_at IS NULL)", name="finished_at"),
        CheckConstraint("checked + unknown <= recorded", name="coverage"),
        CheckConstraint(
            "verdict <> 'in_sync' OR (checked = recorded AND unknown = 0 AND fault IS NULL)", name="in_sync"
        ),
    )

    pass_id: str = Field(max_length=64, primary_key=True, foreign_key="passes.id", ondelete="CASCADE")
    workspace_id: UUID = link("workspaces.id", ondelete="CASCADE", nullable=False, primary_key=True)
    environment_id: UUID | None = link("aws_environments.id")
    finished_at: datetime | None = moment_or_null()
    verdict: str | None = Field(default=None, max_length=20)
    template_path: str | None = Field(default=None, sa_type=Text)
    template_version: str | None = Field(default=None, max_length=128)
    state_lineage: str | None = Field(default=None, max_length=255)
    state_serial: int | None = Field(default=None, sa_type=Numeric(20, 0))
    state_resources: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    state_location: str | None = Field(default=None, sa_type=Text)
    recorded: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    checked: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    unknown: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    fault: dict[str, Any] | None = document()
    problems: list[Any] = document_of("[]")
    ignored: list[Any] = document_of("[]")
    suppressed: list[Any] = document_of("[]")
