"""``users`` with a role: who may do what at the gate. Each row is stamped, so that no other hand can give a role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from reconciler.drift.values import canonical
from reconciler.errors import ConfigError, DatabaseError
from reconciler.gate.people import Person, Role
from reconciler.inventory.engine import Connection, connect, place
from reconciler.inventory.faults import reads, translated
from reconciler.inventory.plan_rows import Stamp
from reconciler.inventory.stored import dumps, loads, text

_SELECT: LiteralString = """
SELECT name, role, environments::text, is_active, token_id, token_hash, token_expires_at, stamp
FROM users WHERE role IS NOT NULL
"""
_BY_TOKEN: LiteralString = f"{_SELECT} AND token_id = %s"
_BY_NAME: LiteralString = f"{_SELECT} AND name = %s FOR UPDATE"
_ALL: LiteralString = f"{_SELECT} ORDER BY name"
_WRITE: LiteralString = """
INSERT INTO users (name, role, environments, is_active, token_id, token_hash, token_expires_at, stamp)
VALUES (%(name)s, %(role)s, %(environments)s, %(active)s, %(token_id)s, %(token_hash)s, %(expires)s, %(stamp)s)
ON CONFLICT (name) DO UPDATE
SET role = excluded.role, environments = excluded.environments, is_active = excluded.is_active,
    token_id = excluded.token_id, token_hash = excluded.token_hash, token_expires_at = excluded.token_expires_at,
    stamp = excluded.stamp, updated_at = clock_timestamp()
"""


class People:
    """The people in PostgreSQL. Every method raises DatabaseError where the database does not answer."""

    def __init__(self, url: str, stamp: Stamp) -> None:
        """Read and write at a libpq URL; ``stamp`` is a keyed digest."""
        self._url = url
        self._place = place(url)
        self._stamp = stamp

    def all(self) -> list[Person]:
        """Everybody with a role, by name."""
        with translated(self._place), connect(self._url, read_only=True) as connection:
            return [self._read(row)[0] for row in connection.execute(_ALL).fetchall()]

    def by_token(self, token_id: str) -> tuple[Person, str] | None:
        """Whose token begins so, and the hash of the whole of it."""
        with translated(self._place), connect(self._url, read_only=True) as connection:
            row = connection.execute(_BY_TOKEN, (text(token_id),)).fetchone()
            return None if row is None else self._read(row)

    def add(self, person: Person, token_id: str, token_hash: str, *, first: bool = False) -> bool:
        """Add somebody with a token.

        Args:
            person: who; nobody may have the name already.
            token_id: by which the token is found.
            token_hash: of the whole token.
            first: add them only if nobody has a role yet.

        Returns:
            Whether they were added; False only with ``first``.

        Raises:
            ConfigError: somebody has the name.
        """
        with translated(self._place), connect(self._url) as connection, connection.transaction():
            # Of two who come at once, one is the first.
            connection.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
            if first and connection.execute(_ALL).fetchone() is not None:
                return False
            if connection.execute(_BY_NAME, (text(person.name),)).fetchone() is not None:
                raise ConfigError(f"there is a {person.name} already", hint="see `reconciler users list`")
            self._write(connection, person, token_id, token_hash)
        return True

    def set_active(self, name: str, *, active: bool) -> Person:
        """Let somebody in again, or no longer.

        Raises:
            ConfigError: there is nobody of that name.
        """
        with translated(self._place), connect(self._url) as connection, connection.transaction():
            before, row = self._one(connection, name)
            person = Person(before.name, before.role, before.environments, active, before.token_expires_at)
            self._write(connection, person, row[4], row[5])
        return person

    def set_token(self, name: str, token_id: str, token_hash: str, expires_at: datetime | None) -> Person:
        """Give somebody another token; the old one is dead.

        Raises:
            ConfigError: there is nobody of that name.
        """
        with translated(self._place), connect(self._url) as connection, connection.transaction():
            before, _ = self._one(connection, name)
            person = Person(before.name, before.role, before.environments, before.active, expires_at)
            self._write(connection, person, token_id, token_hash)
        return person

    def _one(self, connection: Connection, name: str) -> tuple[Person, Sequence[Any]]:
        row = connection.execute(_BY_NAME, (text(name),)).fetchone()
        if row is None:
            raise ConfigError(f"there is nobody called {name}", hint="see `reconciler users list`")
        return self._read(row)[0], row

    def _write(self, connection: Connection, person: Person, token_id: str, token_hash: str) -> None:
        values = {
            "name": text(person.name),
            "role": person.role.value,
            "environments": dumps(sorted(person.environments)),
            "active": person.active,
            "token_id": token_id,
            "token_hash": token_hash,
            "expires": person.token_expires_at,
            "stamp": self._stamped(person, token_id, token_hash),
        }
        connection.execute(_WRITE, values)

    def _stamped(self, person: Person, token_id: str, token_hash: str) -> str:
        expires = person.token_expires_at
        return self._stamp(
            canonical(
                [
                    *("person", person.name, person.role.value, sorted(person.environments), person.active),
                    *(token_id, token_hash, expires and expires.isoformat(timespec="microseconds")),
                ]
            )
        )

    def _read(self, row: Sequence[Any]) -> tuple[Person, str]:
        person, token_id, token_hash, stamp = _person(row)
        if stamp != self._stamped(person, token_id, token_hash):
            raise DatabaseError(
                f"The record of {person.name} is not as this program wrote it.",
                hint="somebody altered it, or it was written with another master key; see who writes to this database",
            )
        return person, token_hash


@reads("users")
def _person(row: Sequence[Any]) -> tuple[Person, str, str, str]:
    name, role, environments, active, token_id, token_hash, expires, stamp = row
    person = Person(name, Role(role), frozenset(loads(environments)), active, expires)
    return person, token_id, token_hash, stamp
