"""``apply``: an approved plan, carried out once, and proved by reading.

What happens in which order is the point of this module. Everything that the plan rests on is read anew; the intent is
committed; only then does Terraform start; what came of it is read from the cloud, and committed. Whatever ends the
process in between leaves a plan that is ``applying`` and that nobody holds: ``recover`` settles it by reading.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Final

from reconciler.drift.finding import Kind
from reconciler.drift.report import Depth, KnownFinding, WorkspaceReport
from reconciler.drift.snapshot import RecordedState, Template
from reconciler.errors import CutOffError, ReconcilerError
from reconciler.gate.digest import moved
from reconciler.gate.policy import Moment, Rules, forbids_apply
from reconciler.gate.proposal import Direction, Outcome, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory.port import HeldPlanPort, PlansPort
from reconciler.inventory.rows import Lease
from reconciler.workflows.heard import Heard
from reconciler.workflows.progress import Progress
from reconciler.workflows.remedy import OnEvent, Planned, Ready, Workspace

_MOVED: Final = 5
"""So many of the things that moved are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Apply:
    """What a plan is applied with.

    ``entitled`` are those who may approve in the plan's environment, ``moment`` is what is to be known of now, and
    ``vouched`` takes away the signatures that do not hold: all three are asked anew. ``open`` opens a sealed plan file,
    ``scan`` makes a pass of the workspace, of a depth, and tells what it found. ``by`` is who asks, ``holder`` the
    process that applies, for others to see.
    """

    plans: PlansPort
    workspace: Workspace
    rules: Rules
    entitled: Callable[[], Collection[str]]
    moment: Callable[[Proposal], Moment]
    vouched: Callable[[Proposal], Proposal]
    open: Callable[[Proposal, str], bytes]
    scan: Callable[[Depth, Progress], WorkspaceReport]
    by: str
    holder: str

    def run(self, plan_id: str, progress: Progress, on_event: OnEvent) -> Proposal | Refusal:
        """Apply a plan, or say why not.

        Returns:
            The plan after the fact: applied, failed, unknown or stale; or the refusal of a rule.

        Raises:
            BusyError: somebody else applies to this workspace.
            CloudError: what would be written cannot be read, or it is not confirmed whose account it is; nothing was
                written.
            ReconcilerError: template or state cannot be read; nothing was written.
        """
        with self.plans.lease(self.workspace.target.name, self.holder) as lease:
            due = self._due(plan_id)
            if not isinstance(due, _Due):
                return due
            begun, fault, heard = False, None, Heard(on_event)
            try:
                with self.workspace.terraform.ready(due.template, due.content) as ready:
                    answer = self._begin(due, ready, lease, progress)
                    if answer is not None:
                        return answer
                    begun = True
                    progress.phase(self.workspace.target.name, "applying")
                    try:
                        ready.apply(heard)
                    except ReconcilerError as error:
                        fault = error
            except (KeyboardInterrupt, SystemExit):
                # Terraform was told, and has ended in order: what it has done is read before we go.
                if begun:
                    self._settle(due.proposal, CutOffError("terraform was interrupted"), heard, lease, progress)
                raise
            return self._settle(due.proposal, fault, heard, lease, progress)

    def _due(self, plan_id: str) -> Refusal | _Due:
        """A plan that nothing speaks against so far."""
        # A plan that only creates reads nothing that would tell another account from ours.
        self.workspace.terraform.confirm_account()
        # The lease tells of other processes of ours, and not of what a killed one has left at work.
        self.workspace.terraform.confirm_nobody_at_work()
        template = self.workspace.target.read_template()
        state = self.workspace.target.read_state(template)
        with self.plans.hold(plan_id) as held:
            refusal = self._forbids(held.proposal, len(state.instances))
            if refusal is not None:
                return self._noted(held, refusal)
            unsettled = self._unsettled(plan_id)
            if unsettled is not None:
                return self._noted(held, unsettled)
            return _Due(held.proposal, template, state, self.open(held.proposal, held.sealed))

    def _unsettled(self, plan_id: str) -> Refusal | None:
        """Why nothing may begin: of an earlier apply, which nobody is at any more, it is not known what it has done."""
        others = [each for each in self.plans.unsettled(self.workspace.target.name) if each != plan_id]
        if others:
            return Refusal("unsettled", f"what came of plan {others[0][:8]} is not known yet: reconciler recover")
        return None

    def _begin(self, due: _Due, ready: Ready, lease: Lease, progress: Progress) -> Proposal | Refusal | None:
        """The last before the effect: nothing moved, everybody still agrees, and the intent is written down.

        Returns:
            None where it may begin.
        """
        proposal, name = due.proposal, self.workspace.target.name
        # First: from then on no other plan makes anything in the copy that is applied from.
        progress.phase(name, "making ready")
        ready.wait()
        progress.phase(name, "reading again")
        plan = Planned(due.content, {}).digest
        basis = self.workspace.basis(
            proposal.basis.direction, due.template, due.state, plan, proposal.changes, progress
        )
        what = moved(proposal.basis, basis)
        with self.plans.hold(proposal.id) as held:
            if what:
                return held.move(Status.STALE, self.by, outcome=_stale(what)) or held.proposal
            # Once more, since reading took a while: a plan may have been rejected or have expired meanwhile.
            refusal = self._forbids(held.proposal, len(due.state.instances))
            refusal = refusal or held.move(Status.APPLYING, self.by, lease=lease)
            return None if refusal is None else self._noted(held, refusal)

    def _noted(self, held: HeldPlanPort, refusal: Refusal) -> Refusal:
        if refusal.rule == "expired":
            held.move(Status.EXPIRED, self.by)
        held.refuse(refusal, self.by)
        return refusal

    def _forbids(self, proposal: Proposal, resources: int) -> Refusal | None:
        if proposal.basis.workspace != self.workspace.target.name:
            return Refusal("workspace", f"the plan is of workspace {proposal.basis.workspace}")
        lost = self.workspace.lost_state()
        if lost is not None:
            return lost
        vouched = self.vouched(proposal) if self.rules.require_signature else proposal
        return forbids_apply(vouched, self.rules, self.entitled(), resources, self.moment(proposal))

    def _settle(
        self, proposal: Proposal, fault: ReconcilerError | None, heard: Heard, lease: Lease, progress: Progress
    ) -> Proposal | Refusal:
        """Everything after the effect: what the cloud says of it."""
        status, outcome = self._outcome(proposal, fault, progress)
        outcome = replace(outcome, acts=heard.acts)
        with self.plans.hold(proposal.id) as held:
            return held.move(status, self.by, outcome=outcome, lease=lease) or held.proposal

    def _outcome(self, proposal: Proposal, fault: ReconcilerError | None, progress: Progress) -> tuple[Status, Outcome]:
        try:
            report = look(proposal, lambda depth: self.scan(depth, progress), in_doubt=fault is not None)
        except ReconcilerError as error:
            said = "terraform failed" if fault else "applied"
            return Status.UNKNOWN, Outcome(f"{said}, and nobody could look what came of it: {error.message}")
        lost = self.workspace.lost_state()
        if lost is not None:
            return Status.UNKNOWN, Outcome(lost.reason)
        left = tuple(map(in_a_line, what_is_left(proposal, report)))
        unread = what_is_unread(proposal, report)
        if fault is not None:
            return Status.FAILED, Outcome(fault.message, (*left, *unread))
        if unread or report.fault is not None:
            return Status.UNKNOWN, Outcome("applied, and not all of it could be read afterwards", (*left, *unread))
        if left:
            return Status.FAILED, Outcome("applied, and not all of it holds", left)
        done = "taken into the state" if proposal.basis.direction is Direction.ADOPT else "written"
        return Status.APPLIED, Outcome(f"{done} and read again: {len(proposal.closes)} findings are closed")


@dataclass(frozen=True, slots=True)
class _Due:
    """A plan that may be applied if nothing has moved: what it is of, and its file."""

    proposal: Proposal
    template: Template
    state: RecordedState
    content: bytes


def look(proposal: Proposal, scan: Callable[[Depth], WorkspaceReport], *, in_doubt: bool) -> WorkspaceReport:
    """A pass that can tell what is left.

    Args:
        proposal: the plan that was applied.
        scan: makes a pass of a depth.
        in_doubt: whether Terraform did not come to its end. It writes into the state what it has read, also of what it
            did not change: then state and cloud are at one, and only a plan tells that the template wants it otherwise.
            An adoption leaves it so by itself.
    """
    if in_doubt or proposal.basis.direction is Direction.ADOPT:
        return scan(Depth.PLAN)
    report = scan(Depth.EXACT)
    if any(known.finding.kind is Kind.UNAPPLIED for known in what_is_left(proposal, report)):
        return scan(Depth.PLAN)  # what a plan has found only a plan finds ended
    return report


def what_is_left(proposal: Proposal, report: WorkspaceReport) -> tuple[KnownFinding, ...]:
    """What a pass after the apply finds where the plan wrote: what it was to end, and what is new."""
    written = {change.address for change in proposal.changes if change.writes}
    return tuple(
        known
        for known in report.findings
        if known.id in proposal.closes or (known.finding.address in written and known.first_seen >= proposal.created_at)
    )


def what_is_unread(proposal: Proposal, report: WorkspaceReport) -> tuple[str, ...]:
    """What the plan wrote and the pass could not read, each in one line."""
    written = {change.address for change in proposal.changes if change.writes}
    return tuple(f"{each.label}: {each.detail}" for each in report.coverage.unknown if each.label in written)


def in_a_line(known: KnownFinding) -> str:
    """A finding as an outcome tells it."""
    return f"{known.finding.address}: {known.finding.kind.value}"


def _stale(what: Collection[str]) -> Outcome:
    named = list(what)[:_MOVED]
    more = f" and {len(what) - _MOVED} more" if len(what) > _MOVED else ""
    return Outcome(f"nothing was written: {', '.join(named)}{more} moved since the plan was made", tuple(what))
