"""``iac_templates``: every version of a template that was scanned, its content sealed but restorable."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field

from models.base import Table, document, identity, link, moment_now, moment_or_null, vocabulary


class IacTemplate(Table, table=True):
    """One version of a template; ``version`` is the digest of its content, ``template_content`` sealed."""

    __tablename__ = "iac_templates"
    __table_args__ = (
        Index("idx_iac_templates_name_version", "name", "version", unique=True),
        vocabulary("iac_type", "terraform", "cloudformation", "arm"),
    )

    id: UUID = identity()
    name: str = Field(max_length=1024)
    description: str | None = Field(default=None, sa_type=Text)
    iac_type: str = Field(max_length=50)
    version: str = Field(max_length=128)
    template_content: str = Field(sa_type=Text)
    variables: dict[str, Any] | None = document()
    environment_id: UUID | None = link("aws_environments.id")
    last_applied_date: datetime | None = moment_or_null()
    created_by: UUID | None = link("users.id")
    created_at: datetime = moment_now()
    updated_at: datetime = moment_now()
