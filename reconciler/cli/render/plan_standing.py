"""Where a plan stands: who agreed, what still counts of it, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.cli.render.text import visible
from reconciler.gate.policy import Rules, in_force
from reconciler.gate.proposal import Approval, Direction, Proposal, Status
from reconciler.vault.signatures import signing_command

ID_LENGTH: Final = 8
"""So much of a plan's id, or a finding's, tells it from the others."""

_KEY: Final = "~/.ssh/id_ed25519"


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do next: what it is, and what to type for it."""

    what: str
    command: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a plan stands at a moment.

    ``agreed`` says how many approvals there are, and while the plan waits how many it needs; None where that is of no
    interest. ``approvals`` has a line for each, ``next_steps`` what can be done now.
    """

    agreed: str | None
    approvals: tuple[str, ...]
    next_steps: tuple[Step, ...]


def standing(
    proposal: Proposal, rules: Rules | None, now: datetime, *, automatic: str | None = None, exact: bool = False
) -> Standing:
    """Where a plan stands.

    Args:
        proposal: the plan.
        rules: of its environment; None where nobody asks any more.
        now: the moment. An approval that is too old by then does not count, a plan that has expired does not wait.
        automatic: the rule that approves it by itself, if one does.
        exact: whether commands name the digest, so that what was read is what is approved.
    """
    waits = proposal.status in (Status.PROPOSED, Status.APPROVED) and now < proposal.expires_at
    if rules is None or not waits:
        agreed = str(len(proposal.approvals)) if proposal.approvals else None
        return Standing(agreed, tuple(map(_given, proposal.approvals)), tuple(_after(proposal)))
    apply = Step("apply it", f"reconciler apply {_id(proposal)}")
    if automatic is not None:
        agreed = f"none is needed, the rule {visible(automatic)} approves it"
        return Standing(agreed, tuple(map(_given, proposal.approvals)), (apply,))
    counted, needed = in_force(proposal, rules, now), rules.needed(proposal.risk.level)
    if proposal.status is Status.APPROVED and len(counted) >= needed:
        steps: tuple[Step, ...] = (apply,)
    else:
        steps = tuple(_to_approve(proposal, rules, exact=exact))
    lines = [
        f"{_given(each)}, counts until {_minute(each.at + rules.approval_lifetime)}"
        if each in counted
        else f"{_given(each)}, does not count"
        for each in proposal.approvals
    ]
    return Standing(f"{len(counted)} of {needed}", tuple(lines), steps)


def _given(approval: Approval) -> str:
    return f"{visible(approval.user)}, {_minute(approval.at)}{', signed' if approval.signed else ''}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _to_approve(proposal: Proposal, rules: Rules, *, exact: bool) -> Iterator[Step]:
    who = "somebody" if rules.self_approval else "another person"
    digest = f" --digest {_quoted(proposal.digest)}" if exact else ""
    approve = f"reconciler approve {_id(proposal)}{digest}"
    if rules.require_signature:
        yield Step(f"{who} approves and signs", f"{approve} --sign-with {_KEY}")
        yield Step("or signs where the key is", signing_command(_quoted(proposal.digest), _KEY))
        yield Step("and brings the signature", f"{approve} --signature plan.sig")
    else:
        yield Step(f"{who} approves", approve)
    yield Step("or rejects it", f"reconciler reject {_id(proposal)} --reason 'why not'")


def _after(proposal: Proposal) -> Iterator[Step]:
    """What to do with a plan that does not wait for anybody."""
    workspace = _quoted(proposal.basis.workspace)
    match proposal.status:
        case Status.APPLIED | Status.REJECTED:
            return
        case Status.APPLYING:
            yield Step("if nobody is at it any more", "reconciler recover")
        case Status.UNKNOWN:
            yield Step("see what keeps it from being read", "reconciler doctor")
            yield Step("and settle it by reading", "reconciler recover")
        case _:
            adopt = " --adopt" if proposal.basis.direction is Direction.ADOPT else ""
            yield Step("plan again", f"reconciler plan {workspace}{adopt}")


def _id(proposal: Proposal) -> str:
    return _quoted(proposal.id[:ID_LENGTH])


def _quoted(word: str) -> str:
    """A word as the shell takes it, and as a person sees it."""
    return visible(shlex.quote(word))
