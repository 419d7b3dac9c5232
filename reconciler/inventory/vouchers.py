"""The ledger vouches for rows: the last record of a plan, a person or a credential holds the stamp of its row.

That alone would let an older row come back: who can write to the database can add a record with an older stamp, chained
as it should be. So such a record holds a *voucher* too, a keyed digest over the stamp, the record's own number and the
hash before it. What another hand adds has none, and one that is copied stands in another place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from reconciler.drift.values import canonical
from reconciler.gate.chain import Broken, Entry, Record
from reconciler.inventory import ledger
from reconciler.inventory.engine import Connection
from reconciler.inventory.plan_rows import Stamp

KINDS: Final = frozenset({"plan", "person", "credential"})
"""The kinds of records that vouch."""


def vouching(connection: Connection, entry: Entry, row: str, stamp: Stamp) -> Entry:
    """An entry that vouches for a row, for the next record of the ledger, which is locked from here on.

    Args:
        connection: in the transaction that writes the row and appends the entry.
        entry: what there is to say of it, of one of :data:`KINDS`.
        row: the row's stamp.
        stamp: the keyed digest.
    """
    ledger.lock(connection)
    end = ledger.head(connection)
    voucher = _voucher(stamp, end.sequence + 1, end.hash, row)
    return replace(entry, body={**entry.body, "stamp": row, "voucher": voucher})


def vouches(last: str | None, row: str | None, stamp: Stamp) -> bool:
    """Whether the last record of a row's subject is ours, and of the row as it is.

    Args:
        last: ``[sequence, previous hash, body]`` of the record as JSON, None where there is none.
        row: the row's stamp.
        stamp: the keyed digest.
    """
    try:
        sequence, previous, body = json.loads(last or "null")
        told = json.loads(body)
        return bool(told["stamp"] == row and told["voucher"] == _voucher(stamp, sequence, previous, row))
    except (ValueError, TypeError, LookupError):  # another hand writes what it likes
        return False


def forged(records: Iterable[Record], stamp: Stamp) -> Broken | None:
    """The first record that should vouch and does not: it is not as we wrote it, or what it follows is not."""
    for record in records:
        told = json.dumps([record.sequence, record.previous, record.body])
        if record.kind in KINDS and not vouches(told, _stamp_in(record.body), stamp):
            return Broken(record.sequence, "another hand wrote it, or what it follows")
    return None


def _stamp_in(body: str) -> str | None:
    try:
        return str(json.loads(body)["stamp"])
    except (ValueError, TypeError, LookupError):
        return None


def _voucher(stamp: Stamp, sequence: int, previous: str, row: str | None) -> str:
    return stamp(canonical(["voucher", sequence, previous, row]))
