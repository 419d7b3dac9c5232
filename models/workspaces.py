"""``workspaces`` and ``workspace_resources``: what is scanned, and which recorded label is which resource row."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from models.base import Table, identity, link, moment_now


class Workspace(Table, table=True):
    """A template with its state and its environment, by the name it has in the configuration."""

    __tablename__ = "workspaces"

    id: UUID = identity()
    name: str = Field(max_length=200, unique=True)
    environment_id: UUID | None = link("aws_environments.id")
    template_path: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = moment_now()
    updated_at: datetime = moment_now()


class WorkspaceResource(Table, table=True):
    """Ties a label of a workspace's state to its row of ``aws_resources``, which no other label has.

    ``declaration`` is the label without any key: what dependencies in a state name.
    """

    __tablename__ = "workspace_resources"

    workspace_id: UUID = link("workspaces.id", ondelete="CASCADE", nullable=False, primary_key=True)
    label: str = Field(max_length=1200, primary_key=True)
    declaration: str = Field(max_length=1200)
    resource_id: UUID = Field(foreign_key="aws_resources.id", ondelete="CASCADE", unique=True)
