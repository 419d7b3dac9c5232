"""``aws_deployments``: deployments of applications."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field

from models.base import Table, document, identity, link, metadata_column, moment_now, moment_or_null, vocabulary


class Deployment(Table, table=True):
    """One deployment of an application into an environment."""

    __tablename__ = "aws_deployments"
    __table_args__ = (
        Index("idx_aws_deployments_app_id", "app_id"),
        Index("idx_aws_deployments_environment_id", "environment_id"),
        Index("idx_aws_deployments_status", "status"),
        Index("idx_aws_deployments_start_time", "start_time"),
        vocabulary("deployment_type", "code_deploy", "elastic_beanstalk", "ecs", "lambda"),
        vocabulary("status", "pending", "in_progress", "completed", "failed", "rolled_back"),
    )

    id: UUID = identity()
    app_id: UUID | None = link("applications.id")
    environment_id: UUID | None = link("aws_environments.id")
    version: str = Field(max_length=100)
    deployment_type: str = Field(max_length=50)
    source_repo: str | None = Field(default=None, max_length=255)
    commit_hash: str | None = Field(default=None, max_length=64)
    branch: str | None = Field(default=None, max_length=256)
    status: str = Field(max_length=20)
    start_time: datetime = moment_now()
    end_time: datetime | None = moment_or_null()
    triggered_by: UUID | None = link("users.id")
    config_override: dict[str, Any] | None = document()
    deployment_resources: dict[str, Any] | None = document()
    rollback_version: str | None = Field(default=None, max_length=100)
    error_message: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = moment_now()
    updated_at: datetime = moment_now()
    metadata_: dict[str, Any] | None = metadata_column()
