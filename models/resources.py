"""``aws_resources``: each resource as it was last observed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from models.base import Table, document, document_of, flag, identity, link, metadata_column, moment, moment_now


class Resource(Table, table=True):
    """A resource. ``configuration`` is the last observed one, masked: the baseline of the next pass.

    ``discriminator`` is empty but where a second resource claims the same account, region, type and id.
    """

    __tablename__ = "aws_resources"
    __table_args__ = (
        Index(
            "idx_aws_resources_resource_id",
            "resource_id",
            "resource_type",
            "account_id",
            "region",
            "discriminator",
            unique=True,
        ),
        Index("idx_aws_resources_type", "resource_type"),
        Index("idx_aws_resources_environment_id", "environment_id"),
        Index("idx_aws_resources_region", "region"),
        Index("idx_aws_resources_status", "status"),
    )

    id: UUID = identity()
    resource_id: str = Field(max_length=2048)
    resource_arn: str | None = Field(default=None, max_length=2048)
    resource_type: str = Field(max_length=100)
    name: str = Field(max_length=1024)
    region: str = Field(max_length=20)
    account_id: str = Field(max_length=20)
    environment_id: UUID | None = link("aws_environments.id")
    status: str = Field(max_length=50)
    configuration: dict[str, Any] = document_of("{}")
    tags: dict[str, Any] | None = document()
    creation_date: datetime = moment()
    last_modified_date: datetime = moment_now()
    created_by: UUID | None = link("users.id")
    is_managed: bool = flag(default=True)
    created_at: datetime = moment_now()
    updated_at: datetime = moment_now()
    metadata_: dict[str, Any] | None = metadata_column()
    cloud_provider_id: UUID | None = link("cloud_providers.id")
    discriminator: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": text("''")})
