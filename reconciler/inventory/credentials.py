"""``aws_credentials``: ways into accounts, secrets sealed.

Each row is stamped: what another hand wrote opens nothing. Each change is a record of the ledger, which vouches for
the row: one that somebody brings back as it once was has another stamp than the last record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, LiteralString

from reconciler.drift.values import canonical
from reconciler.errors import ConfigError, DatabaseError
from reconciler.gate.chain import Entry, moment_text
from reconciler.inventory import ledger
from reconciler.inventory.engine import Connection, connect, place
from reconciler.inventory.faults import reads, translated
from reconciler.inventory.plan_rows import Stamp
from reconciler.inventory.port import Renew
from reconciler.inventory.rows import CredentialRow, CredentialType
from reconciler.inventory.stored import read_text, text
from reconciler.inventory.vouchers import vouches, vouching

_KIND: Final = "credential"
"""The kind of a record that tells a change of credentials; its subject is the name."""

_SELECT: LiteralString = """
SELECT c.id::text, c.name, c.account_id, c.credential_type, c.access_key_id, c.secret_access_key, c.assume_role_arn,
       c.external_id, c.account_alias, c.is_active, c.expiration_date, c.last_used_date, c.created_at, c.updated_at,
       c.stamp,
       (SELECT json_build_array(l.sequence, l.previous_hash, l.body)::text FROM ledger l
        WHERE l.kind = 'credential' AND l.subject = c.name ORDER BY l.sequence DESC LIMIT 1)
FROM aws_credentials c
"""
_ALL: LiteralString = f"{_SELECT} ORDER BY c.name"
_BY_NAME: LiteralString = f"{_SELECT} WHERE c.name = %s"
_BY_ID: LiteralString = f"{_SELECT} WHERE c.id = %s::uuid"
_INSERT: LiteralString = """
INSERT INTO aws_credentials (id, name, account_id, credential_type, access_key_id, secret_access_key, assume_role_arn,
                             external_id, account_alias, is_active, expiration_date, stamp)
VALUES (%(id)s, %(name)s, %(account_id)s, %(type)s, %(access_key_id)s, %(secret_access_key)s, %(role_arn)s,
        %(external_id)s, %(account_alias)s, %(active)s, %(expires_at)s, %(stamp)s)
ON CONFLICT (name) DO NOTHING RETURNING id
"""
_UPDATE: LiteralString = """
UPDATE aws_credentials
SET access_key_id = %(access_key_id)s, secret_access_key = %(secret_access_key)s, external_id = %(external_id)s,
    is_active = %(active)s, expiration_date = %(expires_at)s, stamp = %(stamp)s, updated_at = clock_timestamp()
WHERE id = %(id)s::uuid
"""
_USED: LiteralString = """
UPDATE aws_credentials SET last_used_date = %(at)s
WHERE id = %(id)s::uuid AND (last_used_date IS NULL OR last_used_date < %(at)s)
"""
_DUE: LiteralString = """
SELECT id::text FROM aws_credentials
WHERE NOT starts_with(coalesce(access_key_id, %(current)s), %(current)s)
   OR NOT starts_with(coalesce(secret_access_key, %(current)s), %(current)s)
   OR NOT starts_with(coalesce(external_id, %(current)s), %(current)s)
ORDER BY id
"""


class Credentials:
    """The credentials in PostgreSQL. Every method raises DatabaseError where the database does not answer.

    So does every method but :meth:`due` that meets a row which is not as this program wrote it.
    """

    def __init__(self, url: str, stamp: Stamp) -> None:
        """Read and write at a libpq URL; ``stamp`` is a keyed digest."""
        self._url = url
        self._place = place(url)
        self._stamp = stamp

    def all(self) -> list[CredentialRow]:
        """Every credential, by name."""
        with translated(self._place), connect(self._url, read_only=True) as connection:
            return [self._read(row) for row in connection.execute(_ALL).fetchall()]

    def one(self, name: str) -> CredentialRow:
        """The credential of that name.

        Raises:
            ConfigError: there is none.
        """
        with translated(self._place), connect(self._url, read_only=True) as connection:
            return self._one(connection, _BY_NAME, name)

    def add(self, row: CredentialRow, by: str) -> None:
        """Keep a new credential. Its id is made by the caller, since its secrets are sealed for it.

        Raises:
            ConfigError: the name is taken.
        """
        with self._change() as connection:
            if connection.execute(_INSERT, self._values(row)).fetchone() is None:
                raise taken(row.name)
            self._tell(connection, row, "added", by)

    def change(self, name: str, what: str, by: str, alter: Callable[[CredentialRow], CredentialRow]) -> CredentialRow:
        """Write what ``alter`` makes of a credential, in one transaction. Its id and name, account, type and role stay.

        Args:
            name: the credential's.
            what: the change in a word, for the ledger.
            by: who makes it.
            alter: the change.

        Raises:
            ConfigError: there is none of that name.
        """
        with self._change() as connection:
            altered = alter(self._one(connection, _BY_NAME, name))
            connection.execute(_UPDATE, self._values(altered))
            self._tell(connection, altered, what, by)
        return altered

    def used(self, row: CredentialRow, at: datetime) -> None:
        """Write down when a credential was last used."""
        with translated(self._place), connect(self._url) as connection:
            connection.execute(_USED, {"id": row.id, "at": at})

    def due(self, current: str) -> list[str]:
        """The ids of rows that hold a sealed text which does not begin so."""
        with translated(self._place), connect(self._url, read_only=True) as connection:
            return [str(row[0]) for row in connection.execute(_DUE, {"current": current}).fetchall()]

    def renew(self, key: str, again: Renew) -> None:
        """Seal the secrets of a row anew, in one transaction. A row that is gone is none."""
        with self._change() as connection:
            found = connection.execute(_BY_ID, (key,)).fetchone()
            if found is not None:
                row = renewed(self._read(found), again)
                connection.execute(_UPDATE, self._values(row))
                self._tell(connection, row, "sealed anew", None)

    @contextmanager
    def _change(self) -> Iterator[Connection]:
        """One change of credentials at a time: whoever comes second works on what the first has written."""
        with translated(self._place), connect(self._url) as connection, connection.transaction():
            ledger.lock(connection)
            yield connection

    def _tell(self, connection: Connection, row: CredentialRow, change: str, by: str | None) -> None:
        told = {
            "change": change,
            "by": by,
            "account_id": row.account_id,
            "type": row.type.value,
            "role_arn": row.role_arn,
            "active": row.active,
            "expires_at": row.expires_at and moment_text(row.expires_at),
        }
        entry = Entry(datetime.now(UTC), _KIND, row.name, told)
        ledger.append(connection, [vouching(connection, entry, self._stamped(row), self._stamp)])

    def _one(self, connection: Connection, query: LiteralString, name: str) -> CredentialRow:
        found = connection.execute(query, (text(name),)).fetchone()
        if found is None:
            raise missing(name)
        return self._read(found)

    def _values(self, row: CredentialRow) -> dict[str, Any]:
        return {
            "id": row.id,
            "name": text(row.name),
            "account_id": row.account_id,
            "type": row.type.value,
            "access_key_id": row.access_key_id,
            "secret_access_key": row.secret_access_key,
            "role_arn": text(row.role_arn),
            "external_id": row.external_id,
            "account_alias": text(row.account_alias),
            "active": row.active,
            "expires_at": row.expires_at,
            "stamp": self._stamped(row),
        }

    def _stamped(self, row: CredentialRow) -> str:
        """Over all that decides who is let in where: every column but the times of use and writing."""
        expires = row.expires_at and row.expires_at.isoformat(timespec="microseconds")
        return self._stamp(
            canonical(
                [
                    *("credential", row.id, row.name, row.account_id, row.type.value, row.access_key_id),
                    *(row.secret_access_key, row.role_arn, row.external_id, row.account_alias, row.active, expires),
                ]
            )
        )

    def _read(self, found: Sequence[Any]) -> CredentialRow:
        row, stamp, last = _row(found)
        if stamp != self._stamped(row):
            raise DatabaseError(
                f"The record of credential {row.name} is not as this program wrote it.",
                hint="see who writes to this database; restore it from a backup, or delete the row and add it anew",
            )
        if not vouches(last, stamp, self._stamp):
            raise DatabaseError(
                f"The record of credential {row.name} is not the one that the ledger has last.",
                hint="somebody brought an older one back; see `reconciler events verify`, and who writes there",
            )
        return row


def renewed(row: CredentialRow, again: Renew) -> CredentialRow:
    """A credential with its secrets sealed anew."""

    def fresh(column: str, sealed: str | None) -> str | None:
        return None if sealed is None else again("aws_credentials", row.id, column, sealed)

    return replace(
        row,
        access_key_id=fresh("access_key_id", row.access_key_id),
        secret_access_key=fresh("secret_access_key", row.secret_access_key),
        external_id=fresh("external_id", row.external_id),
    )


def missing(name: str) -> ConfigError:
    """The fault of a name that no credential has."""
    return ConfigError(f"there is no credential called {name}", hint="see `reconciler credentials list`")


def taken(name: str) -> ConfigError:
    """The fault of a name that another credential has."""
    return ConfigError(f"there is a credential {name} already", hint="give it new keys with `credentials rotate`")


@reads("aws_credentials")
def _row(found: Sequence[Any]) -> tuple[CredentialRow, str | None, str | None]:
    """The credential, its stamp, and the ledger's last record of it."""
    id_, name, account_id, type_, access_key_id, secret, role, external, alias, active, *times, stamp, last = found
    return (
        CredentialRow(
            *(id_, read_text(name), account_id, CredentialType(type_), access_key_id, secret),
            *(role and read_text(role), external, alias and read_text(alias), active, *times),
        ),
        stamp,
        last,
    )
