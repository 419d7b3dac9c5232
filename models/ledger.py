"""``ledger``: the chained record of all that counts, append-only (a trigger of migration 0002 sees to it)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text
from sqlmodel import Field

from models.base import Table, moment


class LedgerRecord(Table, table=True):
    """One record. ``body`` is canonical JSON, a text since jsonb would write it anew; hashes are hexadecimal."""

    __tablename__ = "ledger"
    __table_args__ = (
        Index("idx_ledger_kind_subject", "kind", "subject", "sequence"),
        CheckConstraint("sequence > 0", name="sequence"),
    )

    sequence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = moment()
    kind: str = Field(max_length=50)
    subject: str = Field(max_length=1200)
    body: str = Field(sa_type=Text)
    previous_hash: str = Field(max_length=64, unique=True)
    hash: str = Field(max_length=64)
