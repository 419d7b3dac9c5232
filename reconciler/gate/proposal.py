"""A proposed fix: what it would do, what it rests on, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from reconciler.drift.finding import Change, Severity
from reconciler.drift.values import to_json


class Direction(StrEnum):
    """Which side gives way: the cloud to the template, or the state to the cloud."""

    REVERT = "revert"
    ADOPT = "adopt"


class Status(StrEnum):
    """Where a proposal stands. The words are part of the contract."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    STALE = "stale"
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"
    UNKNOWN = "unknown"


NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    Status.PROPOSED: frozenset({Status.APPROVED, Status.REJECTED, Status.EXPIRED, Status.STALE, Status.APPLYING}),
    Status.APPROVED: frozenset({Status.REJECTED, Status.EXPIRED, Status.STALE, Status.APPLYING}),
    Status.APPLYING: frozenset({Status.APPLIED, Status.FAILED, Status.UNKNOWN}),
    # What was cut off is settled by reading, and never goes back to be applied again.
    Status.UNKNOWN: frozenset({Status.APPLIED, Status.FAILED}),
}
"""What may follow what. A status that is not named is an end."""

UNSETTLED: Final = (Status.APPLYING, Status.UNKNOWN)
"""Begun, and it is not known what came of it."""

DEPOSED: Final = " (deposed "
"""Stands in an address before the key of an object that was replaced and waits to be destroyed."""


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """What a plan would do to one resource.

    ``actions`` are Terraform's words, in its order (``delete``, ``create`` for a replacement), and ``refresh`` where
    the state alone takes over what the cloud holds. ``changes`` are the attributes that would move, masked. ``because``
    says what makes a replacement necessary. ``taken_back`` says that the template wants otherwise, so that the next
    apply undoes what is accepted here. ``closes`` are the ids of the findings that end with it. ``importing`` is the id
    of what is taken into the state, ``moved_from`` the address that it had. ``runs`` are the kinds of provisioners that
    run with it: what they do no plan tells.
    """

    address: str
    resource_type: str
    actions: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    because: str | None = None
    taken_back: bool = False
    closes: tuple[str, ...] = ()
    importing: str | None = None
    moved_from: str | None = None
    runs: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The address that Terraform takes for it: one of the objects that wait to be destroyed has none of its own."""
        return self.address.partition(DEPOSED)[0]

    @property
    def destroys(self) -> bool:
        """Whether something that is there would not be there any more, or not the same one."""
        return "delete" in self.actions

    @property
    def writes(self) -> bool:
        """Whether the cloud is written at all."""
        return bool({"create", "update", "delete"} & set(self.actions))

    @property
    def replaces(self) -> bool:
        """Whether it is destroyed and made anew."""
        return self.destroys and "create" in self.actions

    @property
    def touched(self) -> frozenset[str]:
        """The top-level attributes that would be written."""
        return frozenset(str(change.path[0]) for change in self.changes if change.path)


def bound(direction: Direction, changes: Iterable[PlannedChange]) -> tuple[PlannedChange, ...]:
    """The changes that hang on what the cloud holds: those that write it, and all by which it is accepted."""
    return tuple(change for change in changes if change.writes or direction is Direction.ADOPT)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan rests on. If any of it has moved, the plan is stale.

    ``template`` is a keyed digest, since variables may be secrets; the others are ``sha256:…`` texts. ``plan`` is of
    the plan file, ``changes`` that of what people were shown of it. ``observed`` holds, by address, a digest over the
    observed values of all attributes that will be written or accepted; None where nothing is there.
    """

    workspace: str
    environment: str
    direction: Direction
    template: str
    lineage: str | None
    serial: int | None
    providers: str
    plan: str
    changes: str
    observed: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Risk:
    """How much could go wrong, and why."""

    level: Severity
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's yes to one digest, with their SSH signature over it if they signed."""

    user: str
    at: datetime
    digest: str
    signature: str | None = None

    @property
    def signed(self) -> bool:
        """Whether there is a signature. Whether it is good is asked where it is used."""
        return self.signature is not None


@dataclass(frozen=True, slots=True)
class Act:
    """What Terraform said that it did to one resource.

    ``result`` is ``complete``, ``errored``, or ``started`` where its end was not heard; ``seconds`` how long it took.
    """

    address: str
    action: str
    result: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an apply: one line, by address what is left to do, and what Terraform did, in its order."""

    summary: str
    left: tuple[str, ...] = ()
    acts: tuple[Act, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plans and records tell it."""
        return {"summary": self.summary, "left": list(self.left), "acts": [asdict(each) for each in self.acts]}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan that waits for its approvals, or has been through them. ``digest`` is over the basis."""

    id: str
    status: Status
    basis: Basis
    digest: str
    risk: Risk
    changes: tuple[PlannedChange, ...]
    proposer: str
    created_at: datetime
    expires_at: datetime
    approvals: tuple[Approval, ...] = ()
    outcome: Outcome | None = None

    @property
    def closes(self) -> frozenset[str]:
        """The ids of all findings that it closes."""
        return frozenset(finding for change in self.changes for finding in change.closes)

    @property
    def beyond(self) -> tuple[PlannedChange, ...]:
        """What it would do that no finding asked for: an unapplied commit must not ride along unseen."""
        return tuple(change for change in self.changes if not change.closes)

    def to_json(self) -> dict[str, Any]:
        """The contract of ``--format json``; secrets are masked. Times are ISO 8601 in UTC."""
        return {
            "id": self.id,
            "status": self.status.value,
            "workspace": self.basis.workspace,
            "environment": self.basis.environment,
            "direction": self.basis.direction.value,
            "digest": self.digest,
            "proposer": self.proposer,
            "created_at": self.created_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "template": {"digest": self.basis.template},
            "state": {"lineage": self.basis.lineage, "serial": self.basis.serial},
            "risk": {"level": self.risk.level.value, "reasons": list(self.risk.reasons)},
            "approvals": [
                {"user": each.user, "at": each.at.isoformat(), "signed": each.signed} for each in self.approvals
            ],
            "changes": [_change(each) for each in self.changes],
            "outcome": None if self.outcome is None else self.outcome.to_json(),
        }


def _change(change: PlannedChange) -> dict[str, Any]:
    return {
        "address": change.address,
        "resource_type": change.resource_type,
        "actions": list(change.actions),
        "closes": list(change.closes) or None,
        "because": change.because,
        "taken_back": change.taken_back,
        "importing": change.importing,
        "moved_from": change.moved_from,
        "runs": list(change.runs),
        "changes": [
            {
                "path": each.text,
                "before": to_json(each.recorded),
                "after": to_json(each.observed),
                "sensitive": each.sensitive,
            }
            for each in change.changes
        ],
    }
