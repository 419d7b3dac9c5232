"""What the ledger and the events tell of plans: every step, approval and refusal, in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from reconciler.drift.record import Event, EventSource, EventStatus, EventType
from reconciler.drift.values import Value
from reconciler.gate.chain import Entry
from reconciler.gate.cover import KIND as COVER
from reconciler.gate.proposal import Approval, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory import events, ledger
from reconciler.inventory.engine import Connection
from reconciler.inventory.plan_rows import Stamp
from reconciler.inventory.vouchers import vouching

KIND: Final = "plan"
WRITTEN_OFF: Final = "written off"
"""What the ledger says last of a plan whose row is lost."""
_REFUSAL: Final = "refusal"
_EVENT: Final = {
    Status.PROPOSED: (EventType.PLAN_PROPOSED, EventStatus.SUCCESS, "proposed by"),
    Status.REJECTED: (EventType.PLAN_REJECTED, EventStatus.SUCCESS, "rejected by"),
    Status.APPLYING: (EventType.APPLY_STARTED, EventStatus.IN_PROGRESS, "being applied by"),
    Status.APPLIED: (EventType.APPLY_FINISHED, EventStatus.SUCCESS, "applied by"),
    Status.FAILED: (EventType.APPLY_FINISHED, EventStatus.FAILURE, "not applied whole by"),
    Status.UNKNOWN: (EventType.APPLY_FINISHED, EventStatus.FAILURE, "left unknown by"),
}
"""The statuses that are events of the workspace, too."""


def tell_step(connection: Connection, proposal: Proposal, by: str, row: str, stamp: Stamp) -> None:
    """Record that a plan has come to the status that it has now. The last that a transaction does.

    Args:
        connection: in the transaction.
        proposal: the plan as it is now.
        by: who has brought it there.
        row: the stamp of its row.
        stamp: the keyed digest, to vouch for the row.
    """
    body: dict[str, Value] = {"status": proposal.status.value, "by": by, "digest": proposal.digest}
    body["workspace"] = proposal.basis.workspace
    if proposal.status is Status.PROPOSED:
        body["risk"] = proposal.risk.level.value
        body["changes"] = [[change.address, list(change.actions)] for change in proposal.changes]
    if proposal.outcome is not None:
        body["outcome"] = proposal.outcome.to_json()
    event = None
    if proposal.status in _EVENT:
        type_, status, words = _EVENT[proposal.status]
        event = _event(type_, status, f"plan {proposal.id[:8]} {words} {by}", proposal)
    entry = Entry(datetime.now(UTC), KIND, proposal.id, body)
    _append(connection, vouching(connection, entry, row, stamp), proposal, event)


def tell_approval(connection: Connection, proposal: Proposal, approval: Approval, row: str, stamp: Stamp) -> None:
    """Record that somebody has approved a plan. The last that a transaction does."""
    body = {"approved_by": approval.user, "digest": approval.digest, "signature": approval.signature}
    words = f"plan {proposal.id[:8]} approved by {approval.user}"
    event = _event(EventType.PLAN_APPROVED, EventStatus.SUCCESS, words, proposal)
    entry = Entry(approval.at, KIND, proposal.id, body)
    _append(connection, vouching(connection, entry, row, stamp), proposal, event)


def tell_reseal(connection: Connection, proposal: Proposal, row: str, stamp: Stamp) -> None:
    """Record that a plan's file was sealed anew, and its row stamped anew with it. The last that a transaction does."""
    body = {"status": proposal.status.value, "workspace": proposal.basis.workspace, "sealed": "anew"}
    entry = Entry(datetime.now(UTC), KIND, proposal.id, body)
    _append(connection, vouching(connection, entry, row, stamp), proposal, None)


def tell_write_off(connection: Connection, plan_id: str, by: str, stamp: Stamp) -> None:
    """Record that somebody answers for an apply whose row is not ours any more. The last that a transaction does."""
    entry = Entry(datetime.now(UTC), KIND, plan_id, {"status": WRITTEN_OFF, "by": by})
    ledger.lock(connection)
    ledger.append(connection, [vouching(connection, entry, WRITTEN_OFF, stamp)])


def tell_refusal(connection: Connection, proposal: Proposal, refusal: Refusal, by: str) -> None:
    """Record that the gate did not open."""
    body = {"rule": refusal.rule, "reason": refusal.reason, "by": by}
    _append(connection, Entry(datetime.now(UTC), _REFUSAL, proposal.id, body), proposal, None)


def _event(type_: EventType, status: EventStatus, words: str, proposal: Proposal) -> Event:
    details: Mapping[str, Value] = {
        "plan": proposal.id,
        "digest": proposal.digest,
        "risk": proposal.risk.level.value,
        "addresses": [change.address for change in proposal.changes],
    }
    return Event(type_, status, EventSource.API, words, details)


def _append(connection: Connection, entry: Entry, proposal: Proposal, event: Event | None) -> None:
    ledger.lock(connection)
    entries = [entry]
    if event is not None:
        workspace = proposal.basis.workspace
        cover = events.note(connection, event, workspace, entry.at)
        entries.append(Entry(entry.at, COVER, workspace, {"plan": proposal.id, **cover.body}))
    ledger.append(connection, entries)
