"""``users`` with a role: who may do what at the gate.

Each row is stamped, so that no other hand can give a role. Each change is a record of the ledger, which vouches for
the row: one that somebody brings back as it once was has another stamp than the last record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, LiteralString

from reconciler.drift.values import canonical
from reconciler.errors import ConfigError, DatabaseError
from reconciler.gate.chain import Entry, moment_text
from reconciler.gate.people import Person, Role
from reconciler.inventory import ledger
from reconciler.inventory.engine import Connection, connect, place
from reconciler.inventory.faults import reads, translated
from reconciler.inventory.plan_rows import Stamp
from reconciler.inventory.stored import dumps, loads, text
from reconciler.inventory.vouchers import vouches, vouching

_KIND: Final = "person"
"""The kind of a record that tells a change of people; its subject is the name."""

_SELECT: LiteralString = """
SELECT u.name, u.role, u.environments::text, u.is_active, u.token_id, u.token_hash, u.token_expires_at, u.stamp,
       (SELECT json_build_array(l.sequence, l.previous_hash, l.body)::text FROM ledger l
        WHERE l.kind = 'person' AND l.subject = u.name ORDER BY l.sequence DESC LIMIT 1)
FROM users u WHERE u.role IS NOT NULL
"""
_BY_TOKEN: LiteralString = f"{_SELECT} AND u.token_id = %s"
_BY_NAME: LiteralString = f"{_SELECT} AND u.name = %s"
_ALL: LiteralString = f"{_SELECT} ORDER BY u.name"
_ANYBODY: LiteralString = """
SELECT EXISTS (SELECT FROM users WHERE role IS NOT NULL) OR EXISTS (SELECT FROM ledger WHERE kind = 'person')
"""
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

    def is_new(self) -> bool:
        """Whether nobody has, or ever had, a role."""
        with translated(self._place), connect(self._url, read_only=True) as connection:
            return connection.execute(_ANYBODY).fetchone() == (False,)

    def by_token(self, token_id: str) -> tuple[Person, str] | None:
        """Whose token begins so, and the hash of the whole of it."""
        with translated(self._place), connect(self._url, read_only=True) as connection:
            row = connection.execute(_BY_TOKEN, (text(token_id),)).fetchone()
            return None if row is None else self._read(row)

    def add(self, person: Person, token_id: str, token_hash: str, by: str | None) -> bool:
        """Add somebody with a token.

        Args:
            person: who; nobody may have the name already.
            token_id: by which the token is found.
            token_hash: of the whole token.
            by: who adds them; None adds them only if nobody ever had a role.

        Returns:
            Whether they were added; False only where nobody adds them.

        Raises:
            ConfigError: somebody has the name.
        """
        with self._change() as connection:
            if by is None and connection.execute(_ANYBODY).fetchone() != (False,):
                return False
            if connection.execute(_BY_NAME, (text(person.name),)).fetchone() is not None:
                raise ConfigError(f"there is a {person.name} already", hint="see `reconciler users list`")
            self._write(connection, person, (token_id, token_hash), "added", by)
        return True

    def set_active(self, name: str, by: str, *, active: bool) -> Person:
        """Let somebody in again, or no longer, by the will of ``by``.

        Raises:
            ConfigError: there is nobody of that name.
        """
        with self._change() as connection:
            before, row = self._one(connection, name)
            person = replace(before, active=active)
            self._write(connection, person, (row[4], row[5]), "enabled" if active else "disabled", by)
        return person

    def set_token(self, name: str, token: tuple[str, str], expires_at: datetime | None, by: str) -> Person:
        """Give somebody another token, its id and its hash, by the will of ``by``; the old one is dead.

        Raises:
            ConfigError: there is nobody of that name.
        """
        with self._change() as connection:
            before, _ = self._one(connection, name)
            person = replace(before, token_expires_at=expires_at)
            self._write(connection, person, token, "token", by)
        return person

    @contextmanager
    def _change(self) -> Iterator[Connection]:
        """One change of people at a time: of two who come first at once, one is the first."""
        with translated(self._place), connect(self._url) as connection, connection.transaction():
            ledger.lock(connection)
            yield connection

    def _one(self, connection: Connection, name: str) -> tuple[Person, Sequence[Any]]:
        row = connection.execute(_BY_NAME, (text(name),)).fetchone()
        if row is None:
            raise ConfigError(f"there is nobody called {name}", hint="see `reconciler users list`")
        return self._read(row)[0], row

    def _write(
        self, connection: Connection, person: Person, token: tuple[str, str], change: str, by: str | None
    ) -> None:
        stamp = self._stamped(person, *token)
        values = {
            "name": text(person.name),
            "role": person.role.value,
            "environments": dumps(sorted(person.environments)),
            "active": person.active,
            "token_id": token[0],
            "token_hash": token[1],
            "expires": person.token_expires_at,
            "stamp": stamp,
        }
        connection.execute(_WRITE, values)
        told = {
            "change": change,
            "by": by,
            "role": person.role.value,
            "environments": sorted(person.environments),
            "active": person.active,
            "token_id": token[0],
            "token_expires_at": person.token_expires_at and moment_text(person.token_expires_at),
        }
        entry = Entry(datetime.now(UTC), _KIND, person.name, told)
        ledger.append(connection, [vouching(connection, entry, stamp, self._stamp)])

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
        person, token, stamp, last = _person(row)
        if stamp != self._stamped(person, *token):
            raise DatabaseError(
                f"The record of {person.name} is not as this program wrote it.",
                hint="somebody altered it, or it was written with another master key; see who writes to this database",
            )
        if not vouches(last, stamp, self._stamp):
            raise DatabaseError(
                f"The record of {person.name} is not the one that the ledger has last.",
                hint="somebody brought an older one back; see `reconciler events verify`, and who writes there",
            )
        return person, token[1]


@reads("users")
def _person(row: Sequence[Any]) -> tuple[Person, tuple[str, str], str, str | None]:
    """The person, their token's id and hash, their stamp, and the ledger's last record of them."""
    name, role, environments, active, token_id, token_hash, expires, stamp, last = row
    person = Person(name, Role(role), frozenset(loads(environments)), active, expires)
    return person, (token_id, token_hash), stamp, last
