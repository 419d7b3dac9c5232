"""``applications``: what is deployed. The seed names it without columns."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from models.base import Table, flag, identity, moment_now


class Application(Table, table=True):
    """An application that deployments belong to."""

    __tablename__ = "applications"

    id: UUID = identity()
    name: str = Field(max_length=100, unique=True)
    description: str | None = Field(default=None, sa_type=Text)
    source_repo: str | None = Field(default=None, max_length=255)
    is_active: bool = flag(default=True)
    created_at: datetime = moment_now()
    updated_at: datetime = moment_now()
