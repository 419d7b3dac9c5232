"""``users`` and ``user_environments``: the people that the other tables refer to. The seed names ``users`` alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Text, text
from sqlmodel import Field

from models.base import Table, flag, identity, link, moment_now, moment_or_null, vocabulary


class User(Table, table=True):
    """A person who triggers, approves or owns something.

    ``token_id`` is the part of the token that names the row, ``token_hash`` a keyed digest of the whole. ``stamp`` is a
    keyed digest over the row: who can write here, and has not got the key, cannot make one.
    """

    __tablename__ = "users"
    __table_args__ = (
        vocabulary("role", "viewer", "operator", "approver", "admin"),
        CheckConstraint(
            "(token_id IS NULL) = (token_hash IS NULL) AND (token_id IS NULL) = (token_expires_at IS NULL)",
            name="token",
        ),
    )

    id: UUID = identity()
    name: str = Field(max_length=100, unique=True)
    display_name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=320)
    is_active: bool = flag(default=True)
    created_at: datetime = moment_now()
    updated_at: datetime = moment_now()
    role: str = Field(default="viewer", max_length=20, sa_column_kwargs={"server_default": text("'viewer'")})
    token_id: str | None = Field(default=None, max_length=32, unique=True)
    token_hash: str | None = Field(default=None, max_length=64)
    token_expires_at: datetime | None = moment_or_null()
    stamp: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})


class UserEnvironment(Table, table=True):
    """An environment that a person's role is limited to. Without any, it is not limited."""

    __tablename__ = "user_environments"

    user_id: UUID = link("users.id", ondelete="CASCADE", nullable=False, primary_key=True)
    environment: str = Field(max_length=50, primary_key=True)
