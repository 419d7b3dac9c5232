"""``aws_environments``: development, staging, production and the like."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from models.base import Table, document, flag, identity, link, metadata_column, moment_now


class Environment(Table, table=True):
    """A logical environment: one account and its usual region."""

    __tablename__ = "aws_environments"
    __table_args__ = (
        Index("idx_aws_environments_name", "name"),
        Index("idx_aws_environments_account_id", "account_id"),
    )

    id: UUID = identity()
    name: str = Field(max_length=50, unique=True)
    description: str | None = Field(default=None, sa_type=Text)
    account_id: str = Field(max_length=20)
    default_region: str = Field(max_length=20)
    is_active: bool = flag(default=True)
    deployment_pipeline_id: UUID | None = None
    vpc_id: str | None = Field(default=None, max_length=50)
    network_config: dict[str, Any] | None = document()
    security_group_ids: list[str] | None = Field(
        default_factory=list,
        sa_type=ARRAY(String),
        nullable=True,
        sa_column_kwargs={"server_default": text("ARRAY[]::VARCHAR[]")},
    )
    created_at: datetime = moment_now()
    updated_at: datetime = moment_now()
    created_by: UUID | None = link("users.id")
    updated_by: UUID | None = link("users.id")
    metadata_: dict[str, Any] | None = metadata_column()
