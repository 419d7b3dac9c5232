"""``ledger``: appended to inside the transaction that does what it tells, one writer at a time; read to be verified."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, LiteralString

from psycopg import IsolationLevel

from reconciler.errors import DatabaseError
from reconciler.gate import chain, cover
from reconciler.gate.chain import EMPTY, Broken, Entry, Head, Record
from reconciler.gate.cover import KIND, BrokenEvent, Cover
from reconciler.inventory import events
from reconciler.inventory.engine import Connection, connect, place
from reconciler.inventory.faults import reads, translated
from reconciler.inventory.rows import EventText, LedgerSize
from reconciler.inventory.stored import text

# Any number will do that nobody else in this database uses; it is the text "ledger" in bytes.
_LOCK: Final = 0x6C6564676572
_SUBJECT: Final = 1200
_PAGE: Final = 2000
"""So many rows at a time come from the server."""

_HEAD: LiteralString = "SELECT sequence, hash FROM ledger ORDER BY sequence DESC LIMIT 1"
_INSERT: LiteralString = """
INSERT INTO ledger (sequence, at, kind, subject, body, previous_hash, hash) VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
# The time as it was hashed. A hand may write one that Python does not know: as a text it is only another text.
_RECORDS: LiteralString = """
SELECT sequence, coalesce(to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), ''), kind, subject,
       body, previous_hash, hash
FROM ledger WHERE sequence > %(after)s AND (%(kind)s::text IS NULL OR kind = %(kind)s) ORDER BY sequence
"""
_SIZE: LiteralString = "SELECT (SELECT count(*) FROM ledger), (SELECT count(*) FROM aws_infrastructure_events)"


class Ledger:
    """The ledger in PostgreSQL. Every method raises DatabaseError where the database does not answer."""

    def __init__(self, url: str) -> None:
        """Read and write at a libpq URL."""
        self._url = url
        self._place = place(url)

    def append(self, entries: Sequence[Entry]) -> list[Record]:
        """Append entries in a transaction of their own. What tells of a change goes with it: :func:`append`."""
        with translated(self._place), connect(self._url) as connection, connection.transaction():
            return append(connection, entries)

    def head(self) -> Head:
        """The ledger's end as of now."""
        with translated(self._place), connect(self._url, read_only=True) as connection:
            return head(connection)

    def records(self, after: int = 0) -> Iterator[Record]:
        """Every record after one of this number, in their order, in one snapshot."""
        with self._snapshot() as connection:
            yield from records(connection, after)

    def export(self) -> Iterator[Record | EventText]:
        """Every record, before it the events that it covers, and at the end those that no record knows."""
        with self._snapshot() as connection:
            told = (EventText(*row) for row in events.rows(connection))
            event = next(told, None)
            for record in records(connection):
                last = _last(record)
                while event is not None and event.sequence <= last:
                    yield event
                    event = next(told, None)
                yield record
            while event is not None:
                yield event
                event = next(told, None)

    def size(self) -> LedgerSize:
        """How many records and events there are."""
        with self._snapshot() as connection:
            row = connection.execute(_SIZE).fetchone()
        return LedgerSize(*row) if row else LedgerSize(0, 0)

    def verify(self, anchors: Sequence[Head] = ()) -> Broken | BrokenEvent | None:
        """The first record that is not as it was written, or else the first event.

        Args:
            anchors: heads that were kept elsewhere.
        """
        with self._snapshot() as connection:
            return chain.verify(records(connection), anchors) or cover.verify(
                _covers(records(connection, kind=KIND)), events.digests(connection)
            )

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        with translated(self._place), connect(self._url, read_only=True) as connection:
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            with connection.transaction():
                yield connection


def lock(connection: Connection) -> None:
    """Be the only writer of the ledger, and of events, until the transaction ends.

    It is taken before every other lock, or after all of them, so that no two writers wait for each other.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def append(connection: Connection, entries: Iterable[Entry]) -> list[Record]:
    """Append entries inside the caller's transaction, in READ COMMITTED, and tell the records that they became.

    Other writers wait until the transaction ends, so that the chain never forks: append last.
    """
    lock(connection)
    end = head(connection)
    written = []
    for entry in entries:
        stored = Entry(entry.at, text(entry.kind), text(entry.subject, _SUBJECT), entry.body)
        record = chain.follow(end, stored)
        end = chain.head_of(record)
        written.append(record)
    with connection.cursor() as cursor:
        cursor.executemany(
            _INSERT, [(r.sequence, r.at, r.kind, r.subject, r.body, r.previous, r.hash) for r in written]
        )
    return written


def head(connection: Connection) -> Head:
    """The ledger's end, as the transaction sees it."""
    row = connection.execute(_HEAD).fetchone()
    return EMPTY if row is None else Head(*row)


def records(connection: Connection, after: int = 0, kind: str | None = None) -> Iterator[Record]:
    """Records in their order. The connection is in a transaction."""
    with connection.cursor(name="ledger_records") as cursor:
        cursor.itersize = _PAGE
        for row in cursor.execute(_RECORDS, {"after": after, "kind": kind}):
            yield Record(*row)


def cover_what_is_there(connection: Connection) -> None:
    """Let the ledger begin with a record that covers the events of before, if there are any."""
    told = list(events.digests(connection))
    if told:
        append(connection, [Entry(datetime.now(UTC), KIND, "", {"pass": None, **cover.cover(told).body})])


@reads("ledger")
def _cover(record: Record) -> Cover:
    return cover.read(json.loads(record.body))


def _last(record: Record) -> int:
    """The last event that a record covers. One that says it in no words of ours covers none: an export shows it too."""
    try:
        return _cover(record).last if record.kind == KIND else 0
    except DatabaseError:
        return 0


def _covers(covering: Iterable[Record]) -> Iterator[Cover]:
    return map(_cover, covering)
