"""A ledger in memory, for tests of what uses one. The contract suite holds it against PostgreSQL's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from reconciler.drift.values import canonical
from reconciler.gate import chain, cover
from reconciler.gate.chain import EMPTY, Broken, Entry, Head, Record
from reconciler.gate.cover import BrokenEvent, Cover, EventDigest
from reconciler.inventory.rows import EventRow, EventText, LedgerSize


@dataclass
class MemoryLedger:
    """All records, and how many events they cover."""

    kept: list[Record] = field(default_factory=list)

    def append(self, entries: Sequence[Entry]) -> list[Record]:
        """Append entries."""
        before = len(self.kept)
        for entry in entries:
            self.kept = [*self.kept, chain.follow(self.head(), entry)]  # a copy of the ledger keeps the list it has
        return self.kept[before:]

    def head(self) -> Head:
        """The ledger's end as of now."""
        return chain.head_of(self.kept[-1]) if self.kept else EMPTY

    def records(self, after: int = 0) -> Iterator[Record]:
        """Every record after one of this number, in their order."""
        return iter(self.kept[after:])

    def export(self) -> Iterator[Record | EventText]:
        """Every record."""
        return iter(self.kept)

    def size(self) -> LedgerSize:
        """How many records there are; events are kept elsewhere."""
        return LedgerSize(len(self.kept), 0)

    def verify(self, anchors: Sequence[Head] = ()) -> Broken | BrokenEvent | None:
        """The first record that is not as it was written."""
        return chain.verify(self.kept, anchors)


def covered(rows: Sequence[EventRow]) -> Cover:
    """What the ledger is to say of some events."""
    texts = (canonical({**asdict(row), "timestamp": str(row.timestamp)}) for row in rows)
    digests = (hashlib.sha256(text).hexdigest() for text in texts)
    return cover.cover(EventDigest(row.sequence, digest) for row, digest in zip(rows, digests, strict=True))
