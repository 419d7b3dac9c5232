"""A plan as rows: what is stored of it, what its stamp covers, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from reconciler.drift.finding import Severity
from reconciler.drift.values import canonical
from reconciler.errors import DatabaseError
from reconciler.gate.proposal import Act, Approval, Basis, Direction, Outcome, PlannedChange, Proposal, Risk, Status
from reconciler.inventory.faults import reads
from reconciler.inventory.findings import read_change, stored_change
from reconciler.inventory.stored import loads

Stamp: TypeAlias = Callable[[bytes], str]
"""A keyed digest: who can write to the database, and has not got the key, cannot make one."""

COLUMNS: Final = (
    *("id", "environment", "direction", "status", "digest", "basis", "changes", "risk", "reasons", "proposer"),
    *("created_at", "expires_at", "outcome", "epoch", "stamp", "sealed"),
)
"""The columns that :func:`read_plan` reads, in its order; those of jsonb and the id are asked for as text."""


def stored_changes(changes: Sequence[PlannedChange]) -> list[dict[str, Any]]:
    """The changes as JSON."""
    return [
        {
            "address": change.address,
            "resource_type": change.resource_type,
            "actions": list(change.actions),
            "changes": [stored_change(each) for each in change.changes],
            "because": change.because,
            "taken_back": change.taken_back,
            "closes": list(change.closes),
            "importing": change.importing,
            "moved_from": change.moved_from,
            "runs": list(change.runs),
        }
        for change in changes
    ]


def stored_basis(basis: Basis) -> dict[str, Any]:
    """The basis as JSON, without what has columns of its own."""
    return {
        "workspace": basis.workspace,
        "template": basis.template,
        "lineage": basis.lineage,
        "serial": basis.serial,
        "providers": basis.providers,
        "plan": basis.plan,
        "changes": basis.changes,
        "observed": dict(basis.observed),
    }


def plan_stamp(stamp: Stamp, proposal: Proposal, sealed: str, epoch: int | None) -> str:
    """The stamp of a plan's row: over all of it, what it rests on and what people are shown of it as well."""
    basis, outcome = proposal.basis, None if proposal.outcome is None else proposal.outcome.to_json()
    return stamp(
        canonical(
            [
                *("plan", proposal.id, proposal.status.value, proposal.digest, proposal.risk.level.value),
                *(list(proposal.risk.reasons), proposal.proposer, _moment(proposal.created_at)),
                *(_moment(proposal.expires_at), sealed, epoch, outcome),
                *(basis.environment, basis.direction.value, stored_basis(basis), stored_changes(proposal.changes)),
            ]
        )
    )


def approval_stamp(stamp: Stamp, plan_id: str, approval: Approval) -> str:
    """The stamp of an approval's row."""
    return stamp(
        canonical(["approval", plan_id, approval.user, _moment(approval.at), approval.digest, approval.signature])
    )


@reads("plans")
def read_plan(row: Sequence[Any], workspace: str, approvals: Sequence[Approval], stamp: Stamp) -> Proposal:
    """A row as the gate's value.

    Raises:
        DatabaseError: the row is not as this program wrote it.
    """
    values = dict(zip(COLUMNS, row, strict=True))
    basis, outcome = loads(values["basis"]), loads(values["outcome"]) if values["outcome"] else None
    proposal = Proposal(
        id=values["id"],
        status=Status(values["status"]),
        basis=Basis(
            workspace=basis["workspace"],
            environment=values["environment"],
            direction=Direction(values["direction"]),
            template=basis["template"],
            lineage=basis["lineage"],
            serial=basis["serial"],
            providers=basis["providers"],
            plan=basis["plan"],
            changes=basis["changes"],
            observed=basis["observed"],
        ),
        digest=values["digest"],
        risk=Risk(Severity(values["risk"]), tuple(loads(values["reasons"]))),
        changes=tuple(_read_change(each) for each in loads(values["changes"])),
        proposer=values["proposer"],
        created_at=values["created_at"],
        expires_at=values["expires_at"],
        approvals=tuple(approvals),
        outcome=None if outcome is None else _read_outcome(outcome),
    )
    if (
        plan_stamp(stamp, proposal, values["sealed"], values["epoch"]) != values["stamp"]
        or basis["workspace"] != workspace
    ):
        raise altered("plan", proposal.id)
    return proposal


@reads("plan_approvals")
def read_approval(plan_id: str, row: Sequence[Any], stamp: Stamp) -> Approval:
    """A row of an approval as the gate's value.

    Raises:
        DatabaseError: the row is not as this program wrote it.
    """
    user, at, digest, signature, written = row
    approval = Approval(user, at, digest, signature)
    if approval_stamp(stamp, plan_id, approval) != written:
        raise altered("approval of plan", plan_id)
    return approval


def altered(what: str, plan_id: str) -> DatabaseError:
    """The fault of a row that somebody else wrote."""
    return DatabaseError(
        f"The record of {what} {plan_id[:8]} is not as this program wrote it.",
        hint="somebody altered it, or it was written with another master key; propose again, and see who writes there",
    )


def _read_outcome(stored: Mapping[str, Any]) -> Outcome:
    return Outcome(stored["summary"], tuple(stored["left"]), tuple(Act(**each) for each in stored["acts"]))


def _read_change(stored: Mapping[str, Any]) -> PlannedChange:
    return PlannedChange(
        address=stored["address"],
        resource_type=stored["resource_type"],
        actions=tuple(stored["actions"]),
        changes=tuple(read_change(each) for each in stored["changes"]),
        because=stored["because"],
        taken_back=stored["taken_back"],
        closes=tuple(stored["closes"]),
        importing=stored["importing"],
        moved_from=stored["moved_from"],
        runs=tuple(stored["runs"]),
    )


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
