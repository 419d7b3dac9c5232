"""The gate of one configuration: its workflows, with what they need of everything else."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from reconciler.drift.report import Depth, KnownFinding, Report, WorkspaceReport
from reconciler.errors import ReconcilerError, VaultError
from reconciler.gate.policy import Moment, Rules
from reconciler.gate.proposal import Direction, Proposal
from reconciler.gate.refusal import Refusal
from reconciler.gate.standoff import WINDOW, Sighting, contested
from reconciler.inventory.plans import SHORTEST_PREFIX
from reconciler.inventory.port import PlansPort
from reconciler.settings import Settings
from reconciler.settings.calendar import frozen
from reconciler.settings.conditions import holds
from reconciler.vault.signatures import is_signed, sign
from reconciler.wiring.rules import rules_of
from reconciler.wiring.targets import Targets
from reconciler.wiring.watermark import Watermark
from reconciler.workflows.apply import Apply
from reconciler.workflows.approve import Approve
from reconciler.workflows.progress import Progress
from reconciler.workflows.propose import Propose, Proposed
from reconciler.workflows.recover import Recover
from reconciler.workflows.remedy import OnEvent, Workspace


@dataclass(frozen=True)
class Gate:
    """What stands before every change of the cloud.

    ``findings`` gives a workspace's unresolved findings, ``sightings`` when drift was seen since a moment, ``scan``
    makes a pass, and ``entitled`` tells who may approve in an environment, as of now. ``watermark`` is what this host
    has seen of the ledger.
    """

    settings: Settings
    plans: PlansPort
    targets: Targets
    findings: Callable[[str], Sequence[KnownFinding]]
    sightings: Callable[[str, datetime], Sequence[Sighting]]
    scan: Callable[[Sequence[str], Depth, Progress], Report]
    entitled: Callable[[str], Collection[str]]
    watermark: Watermark

    def propose(
        self,
        workspace: str,
        wanted: Collection[str],
        proposer: str,
        progress: Progress,
        on_event: OnEvent,
        *,
        direction: Direction = Direction.REVERT,
    ) -> Proposal | Refusal:
        """Plan to bring the cloud back to the template, or to accept what it holds, and keep the plan.

        Args:
            workspace: its name.
            wanted: ids of findings, whose resources alone are planned; empty for all.
            proposer: who asks; that they may is checked already.
            progress: told the phases.
            on_event: told what Terraform says.
            direction: which side gives way.
        """
        propose = Propose(
            workspace=self._workspace(workspace),
            findings=lambda: self.findings(workspace),
            rules=self.rules(self.settings.workspace(workspace).environment),
            severity=rules_of(self.settings, _now()).severity,
            now=_now,
        )
        made = propose.run(str(uuid4()), direction, proposer, wanted, progress, on_event)
        if not isinstance(made, Proposed):
            return made
        self.plans.add(made.proposal, self.targets.keys.seal_plan(made.proposal.id, made.plan))
        return made.proposal

    def approve(self, plan_id: str, user: str, digest: str, signature: str | None = None) -> Proposal | Refusal:
        """Take a person's approval of a digest; that they may give it is checked already.

        Raises:
            VaultError: a signature came, and cannot be checked.
        """
        if signature is not None and not self._is_signed(digest, signature, user):
            return Refusal("signature", f"it is no signature of {user} over this plan")
        answer = self._approving(plan_id).approve(plan_id, user, digest, signature)
        self.watermark.raise_to_head()
        return answer

    def reject(self, plan_id: str, user: str, reason: str) -> Proposal | Refusal:
        """Take a person's no."""
        answer = self._approving(plan_id).reject(plan_id, user, reason)
        self.watermark.raise_to_head()
        return answer

    def apply(self, plan_id: str, by: str, progress: Progress, on_event: OnEvent) -> Proposal | Refusal:
        """Carry a plan out, if it may be, and prove by reading what came of it.

        Args:
            plan_id: of the plan.
            by: who asks; that they may is checked already.
            progress: told the phases.
            on_event: told what Terraform says.
        """
        plan = self.plans.plan(plan_id)
        environment = plan.basis.environment
        name = plan.basis.workspace
        if self.settings.workspace(name).environment != environment:
            return Refusal("environment", f"workspace {name} is not in environment {environment} any more")
        broken = self.watermark.broken()
        if broken is not None:
            return Refusal("ledger", f"{broken}: the ledger was altered, or an older one was brought back")
        self.watermark.raise_to_head()
        apply = Apply(
            plans=self.plans,
            workspace=self._workspace(name),
            rules=self.rules(environment),
            entitled=lambda: self.entitled(environment),
            moment=lambda proposal: self._moment(environment, proposal),
            vouched=self._vouched,
            open=lambda proposal, sealed: self.targets.keys.open_plan(proposal.id, sealed),
            scan=lambda depth, scanning: self._pass(name, depth, scanning),
            by=by,
            holder=_holder(),
        )
        return apply.run(plan.id, progress, on_event)

    def write_off(self, prefix: str, by: str) -> str | Refusal:
        """Settle a cut-off apply whose row nobody can read any more, on the word of whoever looked what came of it.

        Args:
            prefix: what the plan's id begins with.
            by: who answers for it; that they may is checked already.

        Returns:
            The plan's id.

        Raises:
            ReconcilerError: no plan whose id begins so is unsettled, or more than one.
        """
        unsettled = self.plans.unsettled() if len(prefix) >= SHORTEST_PREFIX else {}
        found = [each for each in unsettled if each.startswith(prefix.lower())]
        if len(found) != 1:
            message = f"{len(found)} plans whose id begins with {prefix[:36]!r} are not settled"
            raise ReconcilerError(message, hint="see `reconciler recover`, and `reconciler events list`")
        if isinstance(unsettled[found[0]], Proposal):
            return Refusal("status", "its record is whole: `reconciler recover` settles it by reading")
        self.plans.write_off(found[0], by)
        self.watermark.raise_to_head()
        return found[0]

    def recover(self, progress: Progress, workspace: str | None = None) -> Iterator[Proposal | Refusal]:
        """Settle the applies that were cut off, or are unknown, of one workspace or of all."""
        return Recover(self.plans, self._workspace, self._pass, _holder()).run(progress, workspace)

    def rules(self, environment: str) -> Rules:
        """What an environment demands."""
        own = self.settings.environments[environment].gate
        return Rules(
            approvals={**Rules().approvals, **own.approvals},
            self_approval=own.self_approval,
            require_signature=own.require_signature,
            proposal_lifetime=own.proposal_lifetime,
            approval_lifetime=own.approval_lifetime,
            protected=own.protected,
            max_changes=own.max_changes,
            max_percent=own.max_percent,
        )

    def automatic(self, proposal: Proposal) -> str | None:
        """The rule that approves a plan by itself now; None where people have to."""
        moment = self._moment(proposal.basis.environment, proposal)
        return moment.automatic if moment.contested is None else None

    def _moment(self, environment: str, proposal: Proposal) -> Moment:
        now = _now()
        own = self.settings.environments[environment].gate
        shown = proposal.to_json()
        automatic = next((rule.name for rule in own.automatic if holds(rule.when, shown)), None)
        fought = None
        if automatic is not None:
            fought = contested(proposal.changes, self.sightings(proposal.basis.workspace, now - WINDOW), now)
        return Moment(now, frozen=frozen(own.freeze, now), automatic=automatic, contested=fought)

    def _vouched(self, proposal: Proposal) -> Proposal:
        """The plan, its signatures checked once more: one that does not hold is none."""
        checked = (
            each
            if each.signature is not None and self._is_signed(proposal.digest, each.signature, each.user)
            else replace(each, signature=None)
            for each in proposal.approvals
        )
        return replace(proposal, approvals=tuple(checked))

    def _is_signed(self, digest: str, signature: str, user: str) -> bool:
        signers = self.settings.vault.allowed_signers
        if signers is None:
            raise VaultError("nobody's signing key is known", hint="set vault.allowed_signers")
        return is_signed(digest, signature, user, signers)

    def _approving(self, plan_id: str) -> Approve:
        environment = self.plans.plan(plan_id).basis.environment
        return Approve(self.plans, self.rules(environment), self.entitled(environment), _now)

    def _workspace(self, name: str) -> Workspace:
        return Workspace(
            target=self.targets.target(name),
            terraform=self.targets.remediation(name),
            digest=self.targets.keys.digest,
        )

    def _pass(self, name: str, depth: Depth, progress: Progress) -> WorkspaceReport:
        return self.scan([name], depth, progress).workspaces[0]


def signed_with(digest: str, key: Path) -> str:
    """The caller's SSH signature over a plan's digest.

    Raises:
        VaultError: ssh-keygen is not installed, or cannot use the key.
    """
    return sign(digest, key, os.environ)


def _now() -> datetime:
    return datetime.now(UTC)


def _holder() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"
