"""A plan as a page for those who approve: what nobody asked for first and loudly, then what it mends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.cli.render.html_base import Look, Sign, Tone, render_page
from reconciler.cli.render.html_change import ChangeView, change_view, one_sided_view
from reconciler.cli.render.plan_standing import ID_LENGTH, standing
from reconciler.cli.render.plan_summary import (
    DIRECTION_MEANING,
    MEANING,
    Deed,
    act_text,
    attributes,
    by_deed,
    closing,
    deed,
    forces,
    notes,
    only_side,
    state_text,
    summary,
    why,
)
from reconciler.cli.render.text import plural, value_text, visible
from reconciler.drift.finding import Change
from reconciler.gate.policy import Rules
from reconciler.gate.proposal import Basis, PlannedChange, Proposal, Status

_LOOK: Final = {
    Status.PROPOSED: Look(Tone.MEDIUM, Sign.WAITING),
    Status.APPROVED: Look(Tone.LOW, Sign.DONE),
    Status.REJECTED: Look(Tone.PLAIN, Sign.OVER),
    Status.EXPIRED: Look(Tone.PLAIN, Sign.OVER),
    Status.STALE: Look(Tone.HIGH, Sign.WARNING),
    Status.APPLYING: Look(Tone.LOW, Sign.WAITING),
    Status.APPLIED: Look(Tone.GOOD, Sign.DONE),
    Status.FAILED: Look(Tone.CRITICAL, Sign.WARNING),
    Status.UNKNOWN: Look(Tone.CRITICAL, Sign.QUESTION),
}
_TONE: Final = {
    Deed.DESTROYED: Tone.CRITICAL,
    Deed.REPLACED: Tone.HIGH,
    Deed.CHANGED: Tone.MEDIUM,
    Deed.CREATED: Tone.GOOD,
    Deed.FORGOTTEN: Tone.MEDIUM,
}
# Beyond this many resources those that findings asked for are folded at first, unless something is destroyed.
_ALL_OPEN: Final = 60


@dataclass(frozen=True, slots=True)
class ResourceView:
    """What is done to one resource. ``later`` names what only the apply will tell, with the value that it has now."""

    address: str
    deed: str
    tone: Tone
    reason: str | None
    facts: tuple[tuple[str, str], ...]
    changes: tuple[ChangeView, ...]
    later: tuple[tuple[str, str | None], ...]
    open: bool


@dataclass(frozen=True, slots=True)
class GroupView:
    """The resources to which the same is done."""

    deed: str
    meaning: str
    resources: tuple[ResourceView, ...]


def render_plan(proposal: Proposal, rules: Rules | None, now: datetime, automatic: str | None = None) -> str:
    """The page.

    Args:
        proposal: the plan.
        rules: of its environment; None where nobody asks any more.
        now: the moment at which it stands where it stands.
        automatic: the rule that approves it by itself, if one does.
    """
    look = _LOOK[proposal.status]
    short = visible(proposal.id[:ID_LENGTH])
    many = len(proposal.changes) > _ALL_OPEN
    return render_page(
        "plan",
        title=f"Plan {short}: {proposal.status.value}",
        kicker=f"Plan {short}",
        tone=look.tone,
        look=look,
        words=proposal.status.value.upper(),
        headline=f"{visible(proposal.basis.workspace)}: {summary(proposal.changes)}",
        digest=visible(proposal.digest),
        risk=proposal.risk.level.value,
        reasons=[visible(reason) for reason in proposal.risk.reasons],
        facts=tuple(_facts(proposal, now)),
        standing=standing(proposal, rules, now, automatic=automatic, exact=True),
        outcome=None if proposal.outcome is None else visible(proposal.outcome.summary),
        left=[] if proposal.outcome is None else [visible(each) for each in proposal.outcome.left],
        acts=[] if proposal.outcome is None else [act_text(each) for each in proposal.outcome.acts],
        beyond=_groups(proposal.beyond, many=False),
        beyond_count=plural(len(proposal.beyond), "resource"),
        closing=_groups(closing(proposal), many=many),
        closes=plural(len(proposal.closes), "finding"),
        basis=tuple(_basis(proposal.basis)),
    )


def _facts(proposal: Proposal, now: datetime) -> Iterator[tuple[str, str]]:
    basis = proposal.basis
    yield "workspace", visible(basis.workspace)
    yield "environment", visible(basis.environment)
    yield "direction", f"{basis.direction.value}: {DIRECTION_MEANING[basis.direction]}"
    yield "proposed by", visible(proposal.proposer)
    yield "created", f"{proposal.created_at:%Y-%m-%d %H:%M} UTC"
    yield "expires" if now < proposal.expires_at else "expired", f"{proposal.expires_at:%Y-%m-%d %H:%M} UTC"
    yield "plan", visible(proposal.id)


def _basis(basis: Basis) -> Iterator[tuple[str, str]]:
    """What the digest is over."""
    yield "state", state_text(basis)
    yield "template", visible(basis.template)
    yield "provider lock", visible(basis.providers)
    yield "plan file", visible(basis.plan)
    yield "what is shown here", visible(basis.changes)
    yield "what the cloud holds", f"the attributes to be written, of {plural(len(basis.observed), 'resource')}"


def _groups(changes: Sequence[PlannedChange], *, many: bool) -> tuple[GroupView, ...]:
    return tuple(
        GroupView(word.value, MEANING[word], tuple(_resource(change, many=many) for change in alike))
        for word, alike in by_deed(changes)
    )


def _resource(change: PlannedChange, *, many: bool) -> ResourceView:
    word = deed(change)
    told, later = attributes(change)
    closed = [("closes", visible(each)) for each in change.closes]
    return ResourceView(
        address=visible(change.address),
        deed=word.value,
        tone=_TONE.get(word, Tone.PLAIN),
        reason=why(change),
        facts=(*notes(change), *closed),
        changes=tuple(_change(change, each) for each in told),
        later=tuple((visible(each.text), _now(each)) for each in later),
        open=change.destroys or not many,
    )


def _change(change: PlannedChange, attribute: Change) -> ChangeView:
    tags = ("forces the replacement",) if forces(change, attribute) else ()
    side = only_side(change, attribute)
    return change_view(attribute, *tags) if side is None else one_sided_view(attribute, side, *tags)


def _now(attribute: Change) -> str | None:
    return None if attribute.recorded is None else value_text(attribute.recorded)
