"""``resource_dependencies``: which resource needs which."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlmodel import Field

from models.base import Table


class ResourceDependency(Table, table=True):
    """A resource, by its label, depends on what ``depends_on`` declares.

    A state names declarations, not instances, and so does this table: a thousand instances that depend on a
    thousand make a thousand rows, not a million. ``workspace_resources.declaration`` leads to the instances.
    """

    __tablename__ = "resource_dependencies"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "label"],
            ["workspace_resources.workspace_id", "workspace_resources.label"],
            ondelete="CASCADE",
        ),
    )

    workspace_id: UUID = Field(primary_key=True)
    label: str = Field(max_length=1200, primary_key=True)
    depends_on: str = Field(max_length=1200, primary_key=True)
