"""The ledger: records of which each holds the hash of the one before, so that none changes or goes unseen.

A record's hash is SHA-256 over a fixed word, its fields and the hash before it, each preceded by its length: no two
records have the same bytes. All of it is text, so that anybody can check an export with a few lines of another program
(``docs/verify_ledger.py``). Whoever may write anything can write a whole new chain; a :class:`Head` that was kept
elsewhere finds that, and a tail that was cut off.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from reconciler.drift.values import Value, to_json

_SCHEME: Final = "reconciler ledger v1"
GENESIS: Final = "0" * 64
"""What the first record names as the hash before it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded: when (with a time zone), what kind of thing, about what, and what there is to say.

    ``body`` is JSON; a secret in it is kept as its keyed digest.
    """

    at: datetime
    kind: str
    subject: str
    body: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Record:
    """An entry in its place.

    ``at`` and ``body`` are the texts that are hashed, as :func:`moment_text` and :func:`canonical_text` write them.
    ``previous`` and ``hash`` are 64 hexadecimal digits.
    """

    sequence: int
    at: str
    kind: str
    subject: str
    body: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a ledger at some time: the number of its last record, and that one's hash."""

    sequence: int
    hash: str


EMPTY: Final = Head(0, GENESIS)
"""The head of a ledger without a record."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The first record that is not as it was written, by its number, and what is wrong with it."""

    sequence: int
    reason: str

    def __str__(self) -> str:
        """``record 17: it was altered``."""
        return f"record {self.sequence}: {self.reason}"


def follow(head: Head, entry: Entry) -> Record:
    """The record that an entry becomes after a head."""
    at, body = moment_text(entry.at), canonical_text(entry.body)
    fields = (head.sequence + 1, at, entry.kind, entry.subject, body, head.hash)
    return Record(*fields, _hash(*fields))


def head_of(record: Record) -> Head:
    """The head of a ledger that ends with this record."""
    return Head(record.sequence, record.hash)


def canonical_text(body: Value) -> str:
    """One JSON text for equal values, in ASCII: it has the same bytes in every encoding and every database.

    Raises:
        ValueError: a number is not finite.
    """
    return json.dumps(to_json(body, digests=True), sort_keys=True, separators=(",", ":"), allow_nan=False)


def moment_text(at: datetime) -> str:
    """A time as it is hashed and exported: UTC, always with six digits of a second."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def verify(records: Iterable[Record], anchors: Iterable[Head] = ()) -> Broken | None:
    """The first record that was altered, removed, moved or cut off; None where the ledger is whole.

    Args:
        records: all of them, in the order in which they are kept.
        anchors: heads of this ledger that were kept elsewhere. Without one a cut tail cannot be told.
    """
    anchored: dict[int, set[str]] = {}
    for anchor in anchors:
        anchored.setdefault(anchor.sequence, set()).add(anchor.hash)
    head = EMPTY
    for record in records:
        broken = _next(head, record)
        if broken is not None:
            return broken
        head = head_of(record)
        if anchored.get(head.sequence, {head.hash}) != {head.hash}:
            return Broken(head.sequence, "it is another one than an anchor names: the ledger was written anew")
    last = max(anchored, default=0)
    if last > head.sequence:
        return Broken(head.sequence + 1, f"it is missing, and so is all up to record {last}")
    return None


def _next(head: Head, record: Record) -> Broken | None:
    due = head.sequence + 1
    if record.sequence > due:
        return Broken(due, "it is missing")
    if record.sequence < due:
        return Broken(due, f"record {record.sequence} stands in its place")
    if record.previous != head.hash:
        return Broken(due, "it does not follow from the one before")
    fields = (record.sequence, record.at, record.kind, record.subject, record.body, record.previous)
    return None if record.hash == _hash(*fields) else Broken(due, "it was altered")


def _hash(sequence: int, at: str, kind: str, subject: str, body: str, previous: str) -> str:
    fields = (_SCHEME, str(sequence), at, kind, subject, body, previous)
    parts = [field.encode("utf-8", "surrogatepass") for field in fields]
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()
