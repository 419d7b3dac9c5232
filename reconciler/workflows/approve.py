"""``approve`` and ``reject``: one person's word on one plan."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from reconciler.gate.policy import Moment, Rules, forbids_approval, missing
from reconciler.gate.proposal import Approval, Outcome, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory.port import PlansPort


@dataclass(frozen=True, slots=True)
class Approve:
    """What a word is taken with. ``entitled`` are those who may approve in the plan's environment, as of now."""

    plans: PlansPort
    rules: Rules
    entitled: Collection[str]
    now: Callable[[], datetime]

    def approve(self, plan_id: str, user: str, digest: str, signature: str | None = None) -> Proposal | Refusal:
        """Take a person's approval of a digest.

        Args:
            plan_id: of the plan.
            user: who approves; that they may is checked already.
            digest: of the plan that they saw.
            signature: over the digest, by the user's own key, checked already.
        """
        with self.plans.hold(plan_id) as held:
            # Asked once the plan is ours: who waited for it would come before what was approved meanwhile.
            now = self.now()
            approval = Approval(user, now, digest, signature)
            refusal = forbids_approval(held.proposal, approval, self.rules, now)
            if refusal is not None:
                held.refuse(refusal, user)
                return refusal
            held.approve(approval)
            wanted = missing(held.proposal, self.rules, self.entitled, Moment(now))
            if not wanted and held.proposal.status is Status.PROPOSED:
                held.move(Status.APPROVED, user)
            return held.proposal

    def reject(self, plan_id: str, user: str, reason: str) -> Proposal | Refusal:
        """Take a person's no: the plan is over."""
        with self.plans.hold(plan_id) as held:
            refusal = held.move(Status.REJECTED, user, outcome=Outcome(f"rejected by {user}: {reason}"))
            return refusal or held.proposal
