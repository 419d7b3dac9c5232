"""``users``: the people that the other tables refer to, and what they may do. The seed names it without columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Text
from sqlmodel import Field

from models.base import Table, document_of, flag, identity, moment_now, moment_or_null, vocabulary


class User(Table, table=True):
    """A person who triggers, approves or owns something.

    ``environments`` are those that the role is limited to, none for no limit. Of the token only ``token_id``, by which
    it is found, and a keyed hash are kept. ``stamp`` is a keyed digest over name, role and the rest of what counts.
    """

    __tablename__ = "users"
    __table_args__ = (
        vocabulary("role", "viewer", "operator", "approver", "admin"),
        CheckConstraint("role IS NULL OR stamp IS NOT NULL", name="stamp"),
    )

    id: UUID = identity()
    name: str = Field(max_length=100, unique=True)
    display_name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=320)
    is_active: bool = flag(default=True)
    role: str | None = Field(default=None, max_length=20)
    environments: list[Any] = document_of("[]")
    token_id: str | None = Field(default=None, max_length=20, unique=True)
    token_hash: str | None = Field(default=None, sa_type=Text)
    token_expires_at: datetime | None = moment_or_null()
    stamp: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = moment_now()
    updated_at: datetime = moment_now()
