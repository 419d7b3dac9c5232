"""What every table shares: the names of constraints, and the columns that recur."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import uuid4

from pydantic_core import PydanticUndefined
from sqlalchemy import CheckConstraint, Column, DateTime, MetaData, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

# PostgreSQL's own names for constraints, so that a table made by hand from the seed has the same ones.
_NAMES = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}


class Table(SQLModel):
    """The base of all tables, with their metadata."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=_NAMES)


def vocabulary(column: str, *words: str) -> CheckConstraint:
    """A CHECK that a column holds one of the words (or null, where it may be null)."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(word) for word in words)})", name=column)


def identity() -> Any:
    """``id UUID PRIMARY KEY DEFAULT gen_random_uuid()``."""
    return Field(
        default_factory=uuid4,
        primary_key=True,
        sa_type=Uuid,
        sa_column_kwargs={"server_default": text("gen_random_uuid()")},
    )


def link(
    target: str,
    *,
    ondelete: Literal["CASCADE", "SET NULL", "RESTRICT"] = "SET NULL",
    nullable: bool = True,
    primary_key: bool = False,
) -> Any:
    """A foreign key; without more, one that goes null when its target goes."""
    return Field(
        default=None if nullable else PydanticUndefined,
        foreign_key=target,
        ondelete=ondelete,
        nullable=nullable,
        primary_key=primary_key,
        sa_type=Uuid,
    )


def moment() -> Any:
    """``TIMESTAMP WITH TIME ZONE NOT NULL``."""
    return Field(sa_type=DateTime(timezone=True), nullable=False)


def moment_or_null() -> Any:
    """``TIMESTAMP WITH TIME ZONE``."""
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=True)


def moment_now() -> Any:
    """``TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP``."""
    return Field(
        default=None,
        sa_type=DateTime(timezone=True),
        nullable=False,
        sa_column_kwargs={"server_default": text("CURRENT_TIMESTAMP")},
    )


def flag(*, default: bool, nullable: bool = False) -> Any:
    """``BOOLEAN DEFAULT …``."""
    return Field(
        default=default, nullable=nullable, sa_column_kwargs={"server_default": text("TRUE" if default else "FALSE")}
    )


def document() -> Any:
    """``JSONB``."""
    return Field(default=None, sa_type=JSONB, nullable=True)


def document_of(default: str) -> Any:
    """``JSONB NOT NULL DEFAULT …``, the default an empty object or an empty list."""
    return Field(
        default_factory=dict if default == "{}" else list,
        sa_type=JSONB,
        nullable=False,
        sa_column_kwargs={"server_default": text(f"'{default}'::jsonb")},
    )


def metadata_column() -> Any:
    """``metadata JSONB DEFAULT '{}'::jsonb``; SQLAlchemy keeps the attribute's name ``metadata`` for itself."""
    return Field(default=None, sa_column=Column("metadata", JSONB, server_default=text("'{}'::jsonb"), nullable=True))
