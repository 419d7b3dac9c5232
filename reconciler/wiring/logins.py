"""The named credentials of one installation: kept sealed, opened for use, and used only where STS confirms them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from reconciler.errors import CloudError, ConfigError, ForeignAccountError
from reconciler.inventory.port import CredentialsPort
from reconciler.inventory.rows import CredentialRow, CredentialType
from reconciler.settings import Environment, Settings
from reconciler.settings.fields import AccountId, Name, RoleArn, checked
from reconciler.wiring.keys import Keys
from reconciler.wiring.late import import_aws

if TYPE_CHECKING:
    from reconciler.vault.sessions import AwsAccess, AwsSession, Identity

_LOOK_AGAIN: Final = 30.0
"""Seconds for which a session is used without a look at its row: so long may a disabled credential still be in use."""
_SHOWN: Final = 4
_KEY_ID: Final = re.compile(r"[A-Z0-9]{16,128}")  # IAM's API reference, AccessKey
_SECRET: Final = re.compile(r"[!-~]{1,128}")
_TEMPORARY: Final = "ASIA"
_ANY_REGION: Final = "us-east-1"
"""Where STS is asked if no environment is of the account."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A user's key, as a person hands it over."""

    id: str = field(repr=False)
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be one.

        Raises:
            ConfigError: one of the two is not as AWS makes them, or the key is a temporary one.
        """
        if not _KEY_ID.fullmatch(self.id):
            raise ConfigError("the access key's id is not one that AWS makes", hint="16 or more capitals and digits")
        if self.id.startswith(_TEMPORARY):
            raise ConfigError(
                "temporary keys are not kept: they end by themselves", hint="keep a user's keys, or a role to assume"
            )
        if not _SECRET.fullmatch(self.secret):
            raise ConfigError("the secret access key is not one that AWS makes", hint="up to 128 printable characters")


@dataclass(frozen=True, slots=True)
class Login:
    """A credential as it is shown: with the end of its key's id, if it has one, and the environments that use it."""

    row: CredentialRow
    key_ending: str | None
    used_by: tuple[str, ...]


@dataclass(frozen=True)
class Logins:
    """The credentials in the database, with the keys that open them."""

    settings: Settings
    keys: Keys
    open_rows: Callable[[], CredentialsPort]

    @cached_property
    def rows(self) -> CredentialsPort:
        """Where they are kept."""
        return self.open_rows()

    def add(self, row: CredentialRow, key: AccessKey | None, external_id: str | None, by: str) -> CredentialRow:
        """Keep a new credential; its secrets are handed over beside the row, and sealed here.

        Raises:
            ConfigError: the name is taken, something is not as AWS has it, or the type has no use for it or lacks it.
        """
        _check_whole(row, key, external_id)
        row = replace(_checked(row), id=str(uuid4()))
        sealed = external_id and self.keys.seal_credential(row.id, "external_id", external_id)
        row = replace(row, external_id=sealed or None)
        self.rows.add(row if key is None else self._with_key(row, key), by)
        return row

    def all(self) -> list[Login]:
        """Every credential, by name.

        Raises:
            VaultError: a secret was altered, moved, or sealed under a key that is not here.
        """
        return [Login(row, self._ending(row), self._used_by(row.name)) for row in self.rows.all()]

    def one(self, name: str) -> Login:
        """The credential of that name, as it is shown.

        Raises:
            ConfigError: there is none.
            VaultError: a secret was altered, moved, or sealed under a key that is not here.
        """
        row = self.rows.one(name)
        return Login(row, self._ending(row), self._used_by(name))

    def test(self, name: str) -> Identity:
        """Ask STS whose it is, and write down that it was used.

        Raises:
            CloudError: it is disabled or has expired, or AWS does not take it.
            ConfigError: there is none of that name.
            ForeignAccountError: it is another account's, or another role's.
            VaultError: a secret was altered, moved, or sealed under a key that is not here.
        """
        row = self.rows.one(name)
        found = self._confirmed(row, self._place(row.account_id)).identity()
        self.rows.used(row, datetime.now(UTC))
        return found

    def rotate(self, name: str, key: AccessKey, by: str, *, test: bool = True) -> CredentialRow:
        """Put a new key in the place of the one that is kept, which is gone then.

        Args:
            name: the credential's.
            key: the new one.
            by: who rotates it.
            test: whether STS has to confirm the new key before the old one goes.

        Raises:
            CloudError: AWS does not take the new key; the old one is kept.
            ConfigError: there is no credential of that name, or it holds no key.
            ForeignAccountError: the new key is another account's; the old one is kept.
        """
        row = self.rows.one(name)
        if row.access_key_id is None:
            raise ConfigError(f"credential {name} holds no key", hint="only one with keys can be given new ones")
        if test:
            self._confirmed(self._with_key(row, key), self._place(row.account_id))
        return self.rows.change(name, "rotated", by, lambda known: self._with_key(known, key))

    def set_active(self, name: str, by: str, *, active: bool) -> CredentialRow:
        """Let a credential be used again, or no longer, by the will of ``by``.

        Raises:
            ConfigError: there is none of that name.
        """
        what = "enabled" if active else "disabled"
        return self.rows.change(name, what, by, lambda known: replace(known, active=active))

    def session(self, row: CredentialRow, environment: str, own: Environment) -> AwsSession:
        """A way into an environment's account, confirmed by STS before it is handed out.

        Raises:
            CloudError: the credential is disabled or has expired, or AWS does not take it.
            ForeignAccountError: it is not of the environment's account.
            VaultError: a secret was altered, moved, or sealed under a key that is not here.
        """
        if row.account_id != own.account_id:
            raise ForeignAccountError(
                f"credential {row.name} is for account {row.account_id}, environment {environment!r} is account "
                f"{own.account_id}",
                hint="name another credential, or correct the environment's account_id",
            )
        session = self._confirmed(row, own)
        self.rows.used(row, datetime.now(UTC))
        return session

    def _confirmed(self, row: CredentialRow, own: Environment) -> AwsSession:
        import_aws()
        from reconciler.vault.sessions import AwsSession  # noqa: PLC0415  boto3 is slow to import

        _check_usable(row, datetime.now(UTC))
        session = AwsSession(self._access(row, own))
        found = session.identity()
        if found.account_id != row.account_id:
            raise ForeignAccountError(
                f"credential {row.name} is for account {row.account_id}, and AWS says it is of {found.account_id}",
                hint="rotate it with a key of the right account, or add it anew for the account that it is of",
            )
        if row.type is CredentialType.IAM_ROLE and row.role_arn and found.role_name != row.role_arn.rpartition("/")[2]:
            raise ForeignAccountError(
                f"credential {row.name} is the role {row.role_arn}, and this host is {found.arn}",
                hint="give the host its role, or correct the credential",
            )
        return session

    def _access(self, row: CredentialRow, own: Environment) -> AwsAccess:
        from reconciler.vault.sessions import AwsAccess, Role  # noqa: PLC0415  boto3 is slow to import

        def opened(column: str, sealed: str | None) -> str | None:
            return None if sealed is None else self.keys.open_credential(row.id, column, sealed)

        role = None
        if row.type is CredentialType.ASSUME_ROLE and row.role_arn:
            role = Role(row.role_arn, opened("external_id", row.external_id))
        return AwsAccess(
            region=own.region,
            endpoint_url=str(own.endpoint_url) if own.endpoint_url else None,
            role=role,
            access_key=opened("access_key_id", row.access_key_id),
            secret_key=opened("secret_access_key", row.secret_access_key),
        )

    def _place(self, account_id: str) -> Environment:
        """Where STS is asked about an account: as an environment of it says, else at AWS itself."""
        configured = (each for each in self.settings.environments.values() if each.account_id == account_id)
        return next(configured, Environment(account_id=account_id, region=_ANY_REGION))

    def _with_key(self, row: CredentialRow, key: AccessKey) -> CredentialRow:
        return replace(
            row,
            access_key_id=self.keys.seal_credential(row.id, "access_key_id", key.id),
            secret_access_key=self.keys.seal_credential(row.id, "secret_access_key", key.secret),
        )

    def _ending(self, row: CredentialRow) -> str | None:
        if row.access_key_id is None:
            return None
        return self.keys.open_credential(row.id, "access_key_id", row.access_key_id)[-_SHOWN:]

    def _used_by(self, name: str) -> tuple[str, ...]:
        environments = self.settings.environments.items()
        return tuple(each for each, own in environments if name in (own.credential, own.apply_credential))


class NamedSession:
    """The session of a named credential: kept, and opened anew when its row has changed. Safe for threads."""

    def __init__(self, logins: Logins, name: str, environment: tuple[str, Environment]) -> None:
        """Open nothing yet.

        Args:
            logins: where the credential is kept.
            name: the credential's.
            environment: for which it is used, with its name.
        """
        self._logins = logins
        self._name = name
        self._environment = environment
        self._lock = threading.Lock()
        self._row: CredentialRow | None = None
        self._session: AwsSession | None = None
        self._looked = 0.0

    def get(self) -> AwsSession:
        """The session, its row looked at not long ago.

        Raises:
            CloudError: the credential is disabled or has expired, or AWS does not take it.
            ConfigError: there is no credential of that name.
            DatabaseError: the database does not answer, or another hand wrote the row.
            ForeignAccountError: it is not of the environment's account.
            VaultError: a secret was altered, moved, or sealed under a key that is not here.
        """
        with self._lock:
            if self._session is None or time.monotonic() - self._looked > _LOOK_AGAIN:
                looked = time.monotonic()
                stored = self._logins.rows.one(self._name)
                row = replace(stored, last_used_at=None)
                _check_usable(row, datetime.now(UTC))
                if self._session is None or row != self._row:
                    self._session = None
                    self._session = self._logins.session(row, *self._environment)
                self._row, self._looked = row, looked
            return self._session


def _checked(row: CredentialRow) -> CredentialRow:
    return replace(
        row,
        name=checked(Name, row.name, "the name"),
        account_id=checked(AccountId, row.account_id, "the account"),
        role_arn=None if row.role_arn is None else checked(RoleArn, row.role_arn, "the role"),
        account_alias=None if row.account_alias is None else checked(Name, row.account_alias, "the alias"),
    )


def _check_usable(row: CredentialRow, now: datetime) -> None:
    if not row.active:
        raise CloudError(f"credential {row.name} is disabled", hint=f"reconciler credentials enable {row.name}")
    if row.expires_at is not None and row.expires_at <= now:
        raise CloudError(
            f"credential {row.name} has expired on {row.expires_at:%Y-%m-%d}", hint="add another one for the account"
        )


def _check_whole(row: CredentialRow, key: AccessKey | None, external_id: str | None) -> None:
    """Whether the type has what it needs and nothing else."""
    match row.type:
        case CredentialType.IAM_USER:
            whole, needs = key is not None and not row.role_arn and not external_id, "an access key and nothing else"
        case CredentialType.ASSUME_ROLE:
            whole, needs = bool(row.role_arn), "the role's ARN (--role-arn)"
        case CredentialType.IAM_ROLE:
            whole, needs = key is None and not external_id, "no key and no external id: the host has the role"
    if not whole:
        raise ConfigError(f"a credential of type {row.type.value} takes {needs}")
