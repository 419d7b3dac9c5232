"""``users``: the people (and later the services) that the other tables refer to. The seed names it without columns."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from models.base import Table, flag, identity, moment_now


class User(Table, table=True):
    """A person who triggers, approves or owns something."""

    __tablename__ = "users"

    id: UUID = identity()
    name: str = Field(max_length=100, unique=True)
    display_name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=320)
    is_active: bool = flag(default=True)
    created_at: datetime = moment_now()
    updated_at: datetime = moment_now()
