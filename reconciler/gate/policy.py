"""Whether a plan may be proposed, approved and applied: the rules of its environment, as functions of values.

Each check answers with the first refusal, or with None. What asks a clock, a calendar or a policy language is asked
outside and handed in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from reconciler.drift.finding import Severity
from reconciler.drift.glob import matches
from reconciler.gate.digest import digest, digest_of_changes
from reconciler.gate.proposal import Approval, Proposal, Status
from reconciler.gate.refusal import Refusal

_NEEDED = MappingProxyType({Severity.LOW: 1, Severity.MEDIUM: 1, Severity.HIGH: 1, Severity.CRITICAL: 2})


@dataclass(frozen=True, slots=True)
class Rules:
    """What one environment demands.

    ``approvals`` is how many people have to agree, by risk. ``protected`` are patterns of addresses and types that no
    plan may destroy, however many approve. ``max_changes`` and ``max_percent`` bound how much of a workspace one plan
    may write. ``self_approval`` lifts the rule of four eyes: the proposer's own approval counts.
    """

    approvals: Mapping[Severity, int] = field(default_factory=lambda: _NEEDED)
    self_approval: bool = False
    require_signature: bool = False
    proposal_lifetime: timedelta = timedelta(hours=24)
    approval_lifetime: timedelta = timedelta(hours=4)
    protected: tuple[str, ...] = ()
    max_changes: int | None = None
    max_percent: float | None = None

    def needed(self, risk: Severity) -> int:
        """How many people have to approve a plan of this risk: one at least."""
        return max(1, self.approvals.get(risk, _NEEDED[risk]))


@dataclass(frozen=True, slots=True)
class Moment:
    """When a check is made, and what the configuration says of this plan at that moment.

    ``frozen`` says why nothing may be applied now. ``automatic`` names the rule that approves the plan by itself, and
    ``contested`` says what is being fought over, so that no rule may.
    """

    now: datetime
    frozen: str | None = None
    automatic: str | None = None
    contested: str | None = None


def forbids(proposal: Proposal, rules: Rules, resources: int) -> Refusal | None:
    """What no approval lifts.

    Args:
        proposal: the plan.
        rules: of its environment.
        resources: how many the workspace's state records.
    """
    return next(_outright(proposal, rules, resources), None)


def _outright(proposal: Proposal, rules: Rules, resources: int) -> Iterator[Refusal]:
    for change in proposal.changes:
        for pattern in rules.protected if change.destroys else ():
            if matches(pattern, change.address) or matches(pattern, change.resource_type):
                yield Refusal("protected", f"it would destroy {change.address}, which {pattern!r} protects")
    written = sum(1 for change in proposal.changes if change.writes)
    if rules.max_changes is not None and written > rules.max_changes:
        yield Refusal("max_changes", f"it would write {written} resources, and {rules.max_changes} at most may be")
    if rules.max_percent is not None and written * 100 > rules.max_percent * resources:
        most = f"{rules.max_percent:g} % at most may be"
        yield Refusal("max_percent", f"it would write {written} of {resources} resources, and {most}")


def forbids_approval(proposal: Proposal, approval: Approval, rules: Rules, now: datetime) -> Refusal | None:
    """Why this person's approval cannot be taken. Their role is checked apart (:mod:`reconciler.gate.people`)."""
    return next(_against_approval(proposal, approval, rules, now), None)


def _against_approval(proposal: Proposal, approval: Approval, rules: Rules, now: datetime) -> Iterator[Refusal]:
    yield from _against_use(proposal, Status.APPROVED, now)
    if approval.digest != proposal.digest:
        yield Refusal("digest", "the approval is for another plan: its digest differs")
    if approval.user == proposal.proposer and not rules.self_approval:
        yield Refusal("four_eyes", f"{approval.user} proposed it, and somebody else has to approve")
    if any(given.user == approval.user for given in in_force(proposal, rules, now)):
        yield Refusal("once", f"{approval.user} has approved it already, and counts once")
    if rules.require_signature and not approval.signed:
        yield Refusal("require_signature", "an approval here has to be signed with the approver's SSH key")


def in_force(proposal: Proposal, rules: Rules, now: datetime) -> Sequence[Approval]:
    """The approvals that count now: of this digest, not too old, by another than the proposer, each person once."""
    counted: dict[str, Approval] = {}
    for given in proposal.approvals:
        if (
            given.digest == proposal.digest
            and timedelta(0) <= now - given.at < rules.approval_lifetime
            and (rules.self_approval or given.user != proposal.proposer)
            and (given.signed or not rules.require_signature)
        ):
            counted.setdefault(given.user, given)
    return tuple(counted.values())


def missing(proposal: Proposal, rules: Rules, entitled: Collection[str], moment: Moment) -> int:
    """How many approvals are still wanted.

    Args:
        proposal: the plan.
        rules: of its environment.
        entitled: who may approve in this environment, as of now.
        moment: now. A rule that approves by itself leaves none wanted, unless the plan is contested.
    """
    if moment.automatic is not None and moment.contested is None:
        return 0
    given = sum(1 for approval in in_force(proposal, rules, moment.now) if approval.user in entitled)
    return max(0, rules.needed(proposal.risk.level) - given)


def forbids_apply(
    proposal: Proposal, rules: Rules, entitled: Collection[str], resources: int, moment: Moment
) -> Refusal | None:
    """Why the plan may not be applied at this moment. What it rests on is compared apart, last of all.

    Args:
        proposal: the plan, as it is stored.
        rules: of its environment, as they are now.
        entitled: who may approve in this environment, as of now.
        resources: how many the workspace's state records.
        moment: now, and what is to be known of it.
    """
    return next(_against_apply(proposal, rules, entitled, resources, moment), None)


def _against_apply(
    proposal: Proposal, rules: Rules, entitled: Collection[str], resources: int, moment: Moment
) -> Iterator[Refusal]:
    yield from _against_use(proposal, Status.APPLYING, moment.now)
    yield from _outright(proposal, rules, resources)
    if moment.frozen is not None:
        yield Refusal("freeze", moment.frozen)
    wanted = missing(proposal, rules, entitled, moment)
    if wanted:
        needed = rules.needed(proposal.risk.level)
        reason = f"{needed - wanted} of {needed} approvals are in force"
        if moment.contested is not None and moment.automatic is not None:
            reason += f"; {moment.automatic} does not approve it: {moment.contested}"
        yield Refusal("approvals", reason)


def _against_use(proposal: Proposal, status: Status, now: datetime) -> Iterator[Refusal]:
    """A plan that was altered, is over, or has expired, whatever is wanted of it."""
    if digest(proposal.basis) != proposal.digest:
        yield Refusal("digest", "what the plan rests on is not what its digest was made of: the record was altered")
    if digest_of_changes(proposal.changes) != proposal.basis.changes:
        yield Refusal("digest", "what the plan is shown to do is not what was proposed: the record was altered")
    if proposal.status not in (Status.PROPOSED, Status.APPROVED):
        yield Refusal("status", f"the plan is {proposal.status.value}: it cannot become {status.value}")
    if now >= proposal.expires_at:
        yield Refusal("expired", f"the plan expired at {proposal.expires_at:%Y-%m-%d %H:%M} UTC")
