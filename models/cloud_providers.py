"""``cloud_providers``: the clouds. The first migration brings the row ``aws``."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from models.base import Table, flag, identity, moment_now


class CloudProvider(Table, table=True):
    """A cloud, by the prefix of its resource types: ``aws``, ``gcp``, ``azure``."""

    __tablename__ = "cloud_providers"

    id: UUID = identity()
    name: str = Field(max_length=50, unique=True)
    display_name: str = Field(max_length=100)
    is_active: bool = flag(default=True)
    created_at: datetime = moment_now()
