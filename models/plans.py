"""``plans``, ``plan_approvals`` and ``workspace_leases``: proposed fixes, who agreed to them, and who may write."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field

from models.base import Table, document, document_of, identity, link, moment, vocabulary


class Plan(Table, table=True):
    """A proposed fix. ``sealed`` is the plan file, ``epoch`` that of the lease under which it was applied.

    ``stamp`` is a keyed digest over the row: who can write here, and has not got the key, cannot make one.
    """

    __tablename__ = "plans"
    __table_args__ = (
        Index("idx_plans_workspace_id", "workspace_id", "status"),
        Index("idx_plans_applying", "workspace_id", unique=True, postgresql_where=text("status = 'applying'")),
        vocabulary("direction", "revert", "adopt"),
        vocabulary(
            "status",
            *("proposed", "approved", "rejected", "expired", "stale", "applying", "applied", "failed", "unknown"),
        ),
        vocabulary("risk", "low", "medium", "high", "critical"),
    )

    id: UUID = identity()
    workspace_id: UUID = link("workspaces.id", ondelete="RESTRICT", nullable=False)
    environment: str = Field(max_length=200)
    direction: str = Field(max_length=20)
    status: str = Field(max_length=20)
    digest: str = Field(max_length=80)
    basis: dict[str, Any] = document_of("{}")
    changes: list[Any] = document_of("[]")
    risk: str = Field(max_length=20)
    reasons: list[Any] = document_of("[]")
    proposer: str = Field(max_length=200)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    sealed: str = Field(sa_type=Text)
    outcome: dict[str, Any] | None = document()
    epoch: int | None = Field(default=None, sa_type=BigInteger)
    stamp: str = Field(sa_type=Text)


class PlanApproval(Table, table=True):
    """One person's yes to one digest. ``stamp`` as in ``plans``."""

    __tablename__ = "plan_approvals"
    __table_args__ = (Index("idx_plan_approvals_plan_id", "plan_id"),)

    id: UUID = identity()
    plan_id: UUID = link("plans.id", ondelete="RESTRICT", nullable=False)
    user_name: str = Field(max_length=200)
    at: datetime = moment()
    digest: str = Field(max_length=80)
    signature: str | None = Field(default=None, sa_type=Text)
    stamp: str = Field(sa_type=Text)


class WorkspaceLease(Table, table=True):
    """How often a workspace has been taken for writing: who holds an older epoch may not write any more."""

    __tablename__ = "workspace_leases"

    workspace_id: UUID = link("workspaces.id", ondelete="CASCADE", nullable=False, primary_key=True)
    epoch: int = Field(sa_type=BigInteger)
    holder: str = Field(sa_type=Text)
    since: datetime = moment()
