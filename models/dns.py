"""``dns_records``: the DNS records under our care."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from models.base import Table, flag, identity, link, metadata_column, moment_now


class DnsRecord(Table, table=True):
    """A record set. ``set_identifier`` tells weighted, latency and failover siblings of one name apart."""

    __tablename__ = "dns_records"
    __table_args__ = (
        Index(
            "idx_dns_records_domain_name_record",
            "domain_name",
            "record_name",
            "record_type",
            "route53_zone_id",
            "set_identifier",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("idx_dns_records_resource_id", "resource_id"),
        Index("idx_dns_records_environment_id", "environment_id"),
        CheckConstraint("ttl >= 0", name="ttl"),
    )

    id: UUID = identity()
    domain_name: str = Field(max_length=1024)
    record_name: str = Field(max_length=1024)
    record_type: str = Field(max_length=10)
    record_value: list[str] = Field(sa_type=ARRAY(Text), nullable=False)
    ttl: int = Field(default=300, sa_column_kwargs={"server_default": text("300")})
    is_alias: bool = flag(default=False)
    route53_zone_id: str | None = Field(default=None, max_length=50)
    route53_record_id: str | None = Field(default=None, max_length=2048)
    resource_id: UUID | None = link("aws_resources.id")
    environment_id: UUID | None = link("aws_environments.id")
    is_active: bool = flag(default=True)
    created_at: datetime = moment_now()
    updated_at: datetime = moment_now()
    created_by: UUID | None = link("users.id")
    updated_by: UUID | None = link("users.id")
    metadata_: dict[str, Any] | None = metadata_column()
    set_identifier: str | None = Field(default=None, max_length=128)
