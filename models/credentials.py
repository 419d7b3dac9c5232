"""``aws_credentials``: how accounts are reached, and ``vault_secrets``. The secret columns hold sealed text only."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text
from sqlmodel import Field

from models.base import Table, flag, identity, link, metadata_column, moment_now, moment_or_null, vocabulary


class Credential(Table, table=True):
    """Access to one account. A plain access key is refused by a CHECK, since AWS's keys tell themselves.

    ``stamp`` is a keyed digest over the row: who can write here, and has not got the key, cannot make one.
    """

    __tablename__ = "aws_credentials"
    __table_args__ = (
        Index("idx_aws_credentials_account_id", "account_id"),
        Index("idx_aws_credentials_is_active", "is_active"),
        vocabulary("credential_type", "iam_user", "iam_role", "assume_role"),
        CheckConstraint("access_key_id !~ '^A[A-Z0-9]{15,127}$'", name="access_key_id"),
        CheckConstraint("secret_access_key !~ '^[A-Za-z0-9/+]{40}$'", name="secret_access_key"),
        CheckConstraint(
            """CASE credential_type
            WHEN 'iam_user' THEN num_nonnulls(access_key_id, secret_access_key) = 2
                AND num_nonnulls(assume_role_arn, external_id) = 0
            WHEN 'assume_role' THEN assume_role_arn IS NOT NULL
                AND num_nonnulls(access_key_id, secret_access_key) IN (0, 2)
            ELSE num_nonnulls(access_key_id, secret_access_key, external_id) = 0
        END""",
            name="whole",
        ),
    )

    id: UUID = identity()
    name: str = Field(max_length=100, unique=True)
    account_id: str = Field(max_length=20)
    account_alias: str | None = Field(default=None, max_length=100)
    credential_type: str = Field(max_length=20)
    access_key_id: str | None = Field(default=None, sa_type=Text)
    secret_access_key: str | None = Field(default=None, sa_type=Text)
    assume_role_arn: str | None = Field(default=None, max_length=2048)
    external_id: str | None = Field(default=None, sa_type=Text)
    is_active: bool = flag(default=True)
    expiration_date: datetime | None = moment_or_null()
    last_used_date: datetime | None = moment_or_null()
    created_by: UUID | None = link("users.id")
    created_at: datetime = moment_now()
    updated_at: datetime = moment_now()
    metadata_: dict[str, Any] | None = metadata_column()
    stamp: str | None = Field(default=None, sa_type=Text)


class VaultSecret(Table, table=True):
    """What the vault keeps for itself: the root key, sealed with the master key."""

    __tablename__ = "vault_secrets"
    __table_args__ = (CheckConstraint("starts_with(sealed, 'sealed:')", name="sealed"),)

    name: str = Field(max_length=50, primary_key=True)
    sealed: str = Field(sa_type=Text)
    created_at: datetime = moment_now()
