"""What the ledger says of infrastructure events: one record covers the events that one transaction wrote.

Each event has a digest of its own row. The record holds a digest over all of them, which nobody can find other rows
for, and the beginning of each, by which the first event that is not as it was written is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.drift.values import Value

KIND: Final = "events"
"""The kind of a record that covers events."""

_SHORT: Final = 16
"""Hexadecimal digits that are kept of each event's digest."""


@dataclass(frozen=True, slots=True)
class EventDigest:
    """A stored event: its sequence, and the SHA-256 of its row as 64 hexadecimal digits.

    ``torn`` says that a reference of the row was bent: it names something else than it did, or nothing although what
    it named is still there.
    """

    sequence: int
    digest: str
    torn: bool = False


@dataclass(frozen=True, slots=True)
class BrokenEvent:
    """The first event that is not as it was written, by its sequence, and what is wrong."""

    sequence: int
    reason: str

    def __str__(self) -> str:
        """``event 17: it was altered``."""
        return f"event {self.sequence}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Cover:
    """Events that were written together, in the order of their sequences, of which none other lies between.

    ``digest`` is the SHA-256 over the raw digests of all, ``each`` the beginnings of their digests.
    """

    first: int
    last: int
    digest: str
    each: tuple[str, ...]

    @property
    def body(self) -> dict[str, Value]:
        """For the body of a record."""
        return {
            "events": len(self.each),
            "first": self.first,
            "last": self.last,
            "digest": self.digest,
            "each": "".join(self.each),
        }


def read(body: Mapping[str, Value]) -> Cover:
    """The cover that a record's body holds."""
    each = str(body["each"])
    short = tuple(each[at : at + _SHORT] for at in range(0, len(each), _SHORT))
    return Cover(int(body["first"]), int(body["last"]), str(body["digest"]), short)


def cover(events: Iterable[EventDigest]) -> Cover:
    """The cover of at least one event, in the order of their sequences."""
    events = list(events)
    whole = hashlib.sha256(b"".join(bytes.fromhex(event.digest) for event in events)).hexdigest()
    return Cover(events[0].sequence, events[-1].sequence, whole, tuple(event.digest[:_SHORT] for event in events))


def verify(covers: Iterable[Cover], events: Iterable[EventDigest]) -> BrokenEvent | None:
    """The first event that was altered, removed, moved or slipped in; None where all are as they were written.

    Neither is held in memory as a whole: covers come in the ledger's order, events in the order of their sequences, and
    the two are the same since both are written under one lock.
    """
    rest = iter(events)
    event = next(rest, None)
    for each in covers:
        whole = hashlib.sha256()
        for position, short in enumerate(each.each):
            broken = _compare(each, position, short, event)
            if broken is not None:
                return broken
            assert event is not None  # noqa: S101 - no event where one is due is broken
            whole.update(bytes.fromhex(event.digest))
            event = next(rest, None)
        if whole.hexdigest() != each.digest:
            return BrokenEvent(each.first, f"it, or one after it up to event {each.last}, was altered")
    return None if event is None else BrokenEvent(event.sequence, "no record of the ledger knows it")


def _compare(cover: Cover, position: int, short: str, event: EventDigest | None) -> BrokenEvent | None:
    due = _sequence(cover, position)
    if event is None or event.sequence > cover.last:
        return BrokenEvent(due, "it is missing")
    if event.sequence < cover.first:
        return BrokenEvent(event.sequence, "no record of the ledger knows it")
    if event.digest[:_SHORT] == short:
        return BrokenEvent(event.sequence, "it names something else than it did") if event.torn else None
    if event.digest[:_SHORT] in cover.each[position + 1 :]:
        return BrokenEvent(due, "it is missing, or stands in another place")
    return BrokenEvent(event.sequence, "it was altered, or slipped in")


def _sequence(cover: Cover, position: int) -> int:
    """The sequence that the event at a position has: they follow one upon the other, unless numbers were skipped."""
    gapless = cover.last - cover.first + 1 == len(cover.each)
    return cover.first + position if gapless or position == 0 else cover.last
