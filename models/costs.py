"""``aws_resource_costs``: what each resource cost on each day, in one partition a month."""

from __future__ import annotations

from datetime import date as Day  # noqa: N812 - the seed's column takes the name
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, Uuid, text
from sqlmodel import Field

from models.base import Table, flag, link, metadata_column, moment_now


class ResourceCost(Table, table=True):
    """The cost of one kind of one resource on one day. The key holds the day, since the table is partitioned by it."""

    __tablename__ = "aws_resource_costs"
    __table_args__ = (
        Index("idx_aws_resource_costs_resource_date", "resource_id", "date", "cost_type", unique=True),
        Index("idx_aws_resource_costs_date", "date"),
        {"postgresql_partition_by": "RANGE (date)"},
    )

    id: UUID = Field(
        default_factory=uuid4,
        primary_key=True,
        sa_type=Uuid,
        sa_column_kwargs={"server_default": text("gen_random_uuid()")},
    )
    resource_id: UUID | None = link("aws_resources.id", ondelete="CASCADE")
    date: Day = Field(primary_key=True)
    cost_amount: Decimal = Field(max_digits=12, decimal_places=6)
    currency: str = Field(default="USD", max_length=3, sa_column_kwargs={"server_default": text("'USD'")})
    cost_type: str = Field(max_length=50)
    usage_quantity: Decimal | None = Field(default=None, max_digits=20, decimal_places=6)
    usage_unit: str | None = Field(default=None, max_length=100)
    blended_cost: Decimal | None = Field(default=None, max_digits=12, decimal_places=6)
    unblended_cost: Decimal | None = Field(default=None, max_digits=12, decimal_places=6)
    amortized_cost: Decimal | None = Field(default=None, max_digits=12, decimal_places=6)
    is_estimated: bool | None = flag(default=False, nullable=True)
    created_at: datetime = moment_now()
    updated_at: datetime = moment_now()
    metadata_: dict[str, Any] | None = metadata_column()
