"""``aws_backups``: snapshots, images and copies."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field

from models.base import Table, flag, identity, link, metadata_column, moment, moment_now, moment_or_null, vocabulary


class Backup(Table, table=True):
    """A backup of a resource. Names of RDS snapshots recur in every account and region, so both are part of it."""

    __tablename__ = "aws_backups"
    __table_args__ = (
        Index("idx_aws_backups_backup_id", "backup_id", "backup_type", "account_id", "region", unique=True),
        Index("idx_aws_backups_resource_id", "resource_id"),
        Index("idx_aws_backups_backup_type", "backup_type"),
        Index("idx_aws_backups_status", "status"),
        Index("idx_aws_backups_creation_date", "creation_date"),
        vocabulary("backup_type", "snapshot", "ami", "rds_snapshot", "s3_copy"),
        vocabulary("status", "created", "available", "error", "deleted"),
        vocabulary("retention_policy", "daily", "weekly", "monthly", "yearly"),
    )

    id: UUID = identity()
    resource_id: UUID | None = link("aws_resources.id")
    backup_id: str = Field(max_length=2048)
    backup_type: str = Field(max_length=50)
    name: str = Field(max_length=1024)
    description: str | None = Field(default=None, sa_type=Text)
    status: str = Field(max_length=20)
    creation_date: datetime = moment()
    expiration_date: datetime | None = moment_or_null()
    backup_size_gb: Decimal | None = Field(default=None, max_digits=10, decimal_places=2)
    storage_location: str | None = Field(default=None, max_length=2048)
    is_encrypted: bool = flag(default=True)
    kms_key_id: str | None = Field(default=None, max_length=2048)
    is_automated: bool = flag(default=False)
    retention_policy: str | None = Field(default=None, max_length=50)
    created_by: UUID | None = link("users.id")
    created_at: datetime = moment_now()
    updated_at: datetime = moment_now()
    metadata_: dict[str, Any] | None = metadata_column()
    account_id: str = Field(max_length=20)
    region: str = Field(max_length=20)
