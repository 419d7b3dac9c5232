"""``unknown_resources``: what a pass could not check, and why."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Text, text
from sqlmodel import Field

from models.base import Table, vocabulary


class UnknownResource(Table, table=True):
    """A recorded resource that a pass could not check. ``position`` keeps the pass's order."""

    __tablename__ = "unknown_resources"
    __table_args__ = (
        ForeignKeyConstraint(
            ["pass_id", "workspace_id"], ["pass_workspaces.pass_id", "pass_workspaces.workspace_id"], ondelete="CASCADE"
        ),
        vocabulary("reason", "denied", "throttled", "timeout", "unsupported", "provider_error", "config_unresolved"),
    )

    pass_id: str = Field(max_length=64, primary_key=True)
    workspace_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    label: str = Field(max_length=1200)
    reason: str = Field(max_length=50)
    detail: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})
