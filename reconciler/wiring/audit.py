"""The ledger of one installation: verified, anchored and exported."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from reconciler.errors import VaultError
from reconciler.gate.chain import Broken, Head
from reconciler.gate.cover import BrokenEvent
from reconciler.inventory.plan_rows import Stamp
from reconciler.inventory.port import LedgerPort
from reconciler.inventory.rows import EventText, LedgerSize
from reconciler.inventory.vouchers import forged
from reconciler.vault import anchor
from reconciler.vault.key import MasterKey
from reconciler.wiring.watermark import Watermark


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a look at the whole ledger. ``anchors`` is how many it was held against."""

    broken: Broken | BrokenEvent | None
    size: LedgerSize
    head: Head
    anchors: int


@dataclass(frozen=True)
class Audit:
    """What an auditor asks of the ledger."""

    ledger: LedgerPort
    watermark: Watermark
    key: Callable[[], MasterKey]
    stamp: Callable[[], Stamp]

    def verify(self, anchors: Sequence[str] = ()) -> Verdict:
        """Look at every record and every event, also against what this host has seen last.

        Args:
            anchors: lines that :meth:`anchor` gave, or a log that holds some.

        Raises:
            VaultError: an anchor was altered, or signed with another key, or there is none in the lines; our key, or
                what was seen last, cannot be read.
        """
        heads = [anchor.read(self.key(), line) for line in anchors if anchor.is_anchor(line)]
        if anchors and not heads:
            raise VaultError("the lines hold no anchor", hint="`events anchor` prints one, and the daemon logs them")
        broken = self.ledger.verify([*heads, *self.watermark.heads()]) or forged(self.ledger.records(), self.stamp())
        return Verdict(broken, self.ledger.size(), self.ledger.head(), len(heads))

    def anchor(self) -> str:
        """The ledger's end, signed, as one line."""
        return anchor.sign(self.key(), self.ledger.head(), datetime.now(UTC))

    def export(self) -> Iterator[str]:
        """Every record and every event as a line of JSON; the events before the record that covers them."""
        for each in self.ledger.export():
            fields = {"event": each.sequence, "row": each.row} if isinstance(each, EventText) else asdict(each)
            yield f"{json.dumps(fields)}\n"
