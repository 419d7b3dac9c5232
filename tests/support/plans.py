"""Made-up plans: a queue's delay put back, approved by two people."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.drift.finding import Change, Severity
from reconciler.gate.digest import digest, digest_of_changes
from reconciler.gate.proposal import Approval, Basis, Direction, PlannedChange, Proposal, Risk, Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUEUE = "aws_sqs_queue.jobs"


def stamp(text: bytes) -> str:
    """A keyed digest, as the vault makes them."""
    return hashlib.sha256(b"key" + text).hexdigest()


def change(path: str = "delay_seconds", before: Any = 90, after: Any = 30) -> Change:
    return Change((path,), before, after, configured=True, planned=True)


def planned(address: str = QUEUE, actions: tuple[str, ...] = ("update",), **more: Any) -> PlannedChange:
    changes = (change(),) if actions == ("update",) else ()
    values = {"changes": changes, "closes": ("f1",), **more}
    return PlannedChange(address, address.split(".", maxsplit=1)[0], actions, **values)


def basis(changes: tuple[PlannedChange, ...], **more: Any) -> Basis:
    made = Basis(
        workspace="shop",
        environment="production",
        direction=Direction.REVERT,
        template="sha256:template",
        lineage="lineage",
        serial=7,
        providers="sha256:lock",
        plan="sha256:plan",
        changes=digest_of_changes(changes),
        observed={QUEUE: "sha256:observed"},
    )
    return replace(made, **more)


def proposal(*changes: PlannedChange, risk: Severity = Severity.MEDIUM, **more: Any) -> Proposal:
    changes = changes or (planned(),)
    made = basis(changes)
    values: dict[str, Any] = {
        "id": "p1",
        "status": Status.PROPOSED,
        "basis": made,
        "digest": digest(made),
        "risk": Risk(risk, ("differs",)),
        "changes": changes,
        "proposer": "ann",
        "created_at": NOW - timedelta(hours=1),
        "expires_at": NOW + timedelta(hours=23),
        **more,
    }
    return Proposal(**values)


def approval(user: str = "bob", minutes_ago: float = 5, **more: Any) -> Approval:
    values = {"digest": proposal().digest, **more}
    return Approval(user, NOW - timedelta(minutes=minutes_ago), **values)
