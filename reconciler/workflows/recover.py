"""``recover``: applies that were cut off are settled by reading. Nothing is ever carried out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from reconciler.drift.report import Depth, WorkspaceReport
from reconciler.errors import BusyError, CutOffError, DatabaseError, ReconcilerError
from reconciler.gate.proposal import Outcome, PlannedChange, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory.port import PlansPort
from reconciler.workflows.apply import in_a_line, look, what_is_left, what_is_unread
from reconciler.workflows.progress import Progress
from reconciler.workflows.remedy import Workspace


@dataclass(frozen=True, slots=True)
class Recover:
    """What cut-off applies are settled with. ``workspace`` gives a workspace by name, ``scan`` makes a pass of it."""

    plans: PlansPort
    workspace: Callable[[str], Workspace]
    scan: Callable[[str, Depth, Progress], WorkspaceReport]
    holder: str

    def run(self, progress: Progress, workspace: str | None = None) -> Iterator[Proposal | Refusal]:
        """Settle what was cut off, and look again at what is unknown. What somebody is still at is left alone.

        Terraform outlives us: where it is still at work, nobody knows yet what will come of it.

        Args:
            progress: told the phases.
            workspace: only of this one.

        Returns:
            Each plan as it stands now, or why it was left alone.

        Raises:
            CutOffError: we were told to end; what is not settled stays as it is.
        """
        for plan_id, proposal in self.plans.unsettled(workspace).items():
            if isinstance(proposal, DatabaseError):
                way = f"Look what came of it, and `reconciler plans write-off {plan_id[:8]}`"
                yield Refusal("altered", f"{proposal.message} {way}")
                continue
            try:
                answer = self._settled(proposal, progress)
            except BusyError as busy:
                answer = Refusal("busy", busy.message)
            yield answer

    def _settled(self, proposal: Proposal, progress: Progress) -> Proposal | Refusal:
        with self.plans.lease(proposal.basis.workspace, self.holder) as lease:
            status, outcome = self._what_came_of(proposal, progress)
            if status is proposal.status:  # unknown, as it was
                return proposal
            with self.plans.hold(proposal.id) as held:
                before = held.proposal.outcome
                outcome = replace(outcome, acts=before.acts) if before is not None else outcome
                return held.move(status, self.holder, outcome=outcome, lease=lease) or held.proposal

    def _what_came_of(self, proposal: Proposal, progress: Progress) -> tuple[Status, Outcome]:
        name = proposal.basis.workspace
        progress.phase(name, "settling")
        try:
            workspace = self.workspace(name)
            workspace.terraform.confirm_nobody_at_work()
            lost = workspace.lost_state()
            found = _Found() if lost else _compared(workspace, proposal, progress)
            in_doubt = bool(found.undone) and not found.untouched
            report = look(proposal, lambda depth: self.scan(name, depth, progress), in_doubt=in_doubt)
        except (BusyError, CutOffError):
            raise
        except ReconcilerError as error:
            return Status.UNKNOWN, Outcome(
                f"the apply was cut off, and what came of it cannot be read: {error.message}"
            )
        if lost is not None:
            return Status.UNKNOWN, Outcome(f"the apply was cut off: {lost.reason}")
        return _settlement(proposal, found, report)


@dataclass(frozen=True, slots=True)
class _Found:
    """What of a plan is still to be done, whether all is as it was before, and the template is the one it was of."""

    undone: tuple[PlannedChange, ...] = ()
    untouched: bool = False
    same_template: bool = True


def _compared(workspace: Workspace, proposal: Proposal, progress: Progress) -> _Found:
    """What a new plan of the same resources says, made under the state's lock."""
    template = workspace.target.read_template()
    state = workspace.target.read_state(template)
    direction = proposal.basis.direction
    targets = sorted({change.target for change in proposal.changes})
    planned = workspace.terraform.plan(template, targets, lambda _: progress.advance(0), direction=direction, lock=True)
    # What is left may have another address: an object that was replaced and waits to be destroyed.
    undone = tuple(change for change in workspace.changes(planned.shown, direction) if change.target in targets)
    same_state = (state.lineage or None, state.serial) == (proposal.basis.lineage, proposal.basis.serial)
    untouched = len(undone) == len(proposal.changes) and same_state and _same(workspace, proposal, progress)
    return _Found(undone, untouched, workspace.terraform.template_digest(template) == proposal.basis.template)


def _settlement(proposal: Proposal, found: _Found, report: WorkspaceReport) -> tuple[Status, Outcome]:
    """What came of it, by what is still to be done and by what a pass found after that."""
    undone = {change.address for change in found.undone}
    left = tuple(f"{change.address}: {' and '.join(change.actions)}" for change in found.undone)
    # What is done, and what the state does not say yet.
    behind = tuple(in_a_line(known) for known in what_is_left(proposal, report) if known.finding.address not in undone)
    if found.untouched:
        return Status.FAILED, Outcome("the apply was cut off before anything was done", left)
    if undone:
        summary = f"the apply was cut off: {len(undone)} of {len(proposal.changes)} changes are left"
        return Status.FAILED, Outcome(summary, (*left, *behind))
    if behind:
        return Status.FAILED, Outcome(
            "the apply was cut off after all of it was done, and before the state said so: "
            "bring it up to date with `reconciler plan --adopt`",
            behind,
        )
    if not found.same_template:
        return Status.FAILED, Outcome(
            "the apply was cut off; nothing is left to do by a template that is another one now, so that nobody can "
            "tell what was done"
        )
    unread = what_is_unread(proposal, report)
    if unread or report.fault is not None:
        return Status.UNKNOWN, Outcome("the apply was cut off, and not all of it could be read afterwards", unread)
    return Status.APPLIED, Outcome("the apply was cut off after all of it was done: nothing is left")


def _same(workspace: Workspace, proposal: Proposal, progress: Progress) -> bool:
    """Whether the cloud still is as it was before the apply."""
    template = workspace.target.read_template()
    state = workspace.target.read_state(template)
    basis = workspace.basis(proposal.basis.direction, template, state, proposal.basis.plan, proposal.changes, progress)
    return basis.observed == proposal.basis.observed
