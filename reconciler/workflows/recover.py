"""``recover``: applies that were cut off are settled by reading. Nothing is ever carried out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from reconciler.drift.report import WorkspaceReport
from reconciler.errors import BusyError, CutOffError, DatabaseError, ReconcilerError
from reconciler.gate.proposal import Outcome, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory.port import PlansPort
from reconciler.workflows.progress import Progress
from reconciler.workflows.remedy import Workspace

_MOST: Final = 10_000
"""Plans that are settled at once."""


@dataclass(frozen=True, slots=True)
class Recover:
    """What cut-off applies are settled with. ``workspace`` gives a workspace by name, ``scan`` makes a pass of it."""

    plans: PlansPort
    workspace: Callable[[str], Workspace]
    scan: Callable[[str, Progress], WorkspaceReport]
    holder: str

    def run(
        self, progress: Progress, workspace: str | None = None, *, unknown: bool = False
    ) -> Iterator[Proposal | Refusal]:
        """Settle every apply that nobody holds. One that somebody is still at is left alone, and told as a refusal.

        Terraform outlives us: where it still holds the state's lock, it is at work, or was killed too.

        Args:
            progress: told the phases.
            workspace: only of this one.
            unknown: look again, too, at those of which nobody could tell what came of them.

        Raises:
            CutOffError: we were told to end; what is not settled stays as it is.
        """
        for status in (Status.APPLYING, Status.UNKNOWN) if unknown else (Status.APPLYING,):
            for proposal in self.plans.plans(workspace=workspace, status=status, limit=_MOST):
                if isinstance(proposal, DatabaseError):
                    yield Refusal("altered", proposal.message)
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
            found = _compared(workspace, proposal, progress)
            self.scan(name, progress)
        except (BusyError, CutOffError):
            raise
        except ReconcilerError as error:
            return Status.UNKNOWN, Outcome(
                f"the apply was cut off, and what came of it cannot be read: {error.message}"
            )
        return found


def _compared(workspace: Workspace, proposal: Proposal, progress: Progress) -> tuple[Status, Outcome]:
    """What of the plan is still to be done, by a new plan of the same resources, under the state's lock."""
    template = workspace.target.read_template()
    lost = workspace.lost_state()
    if lost is not None:
        return Status.UNKNOWN, Outcome(f"the apply was cut off: {lost.reason}")
    state = workspace.target.read_state(template)
    direction = proposal.basis.direction
    wanted = {change.address: change.target for change in proposal.changes}
    targets = sorted(set(wanted.values()))
    planned = workspace.terraform.plan(template, targets, lambda _: progress.advance(0), direction=direction, lock=True)
    # What is left may have another address: an object that was replaced and waits to be destroyed.
    open_ = [change for change in workspace.changes(planned.shown, direction) if change.target in targets]
    left = tuple(f"{change.address}: {' and '.join(change.actions)}" for change in open_)
    if not left and workspace.terraform.template_digest(template) != proposal.basis.template:
        return Status.FAILED, Outcome(
            "the apply was cut off; nothing is left to do by a template that is another one now, so that nobody can "
            "tell what was done"
        )
    if not left:
        return Status.APPLIED, Outcome("the apply was cut off after all of it was done: nothing is left")
    untouched = (state.lineage or None, state.serial) == (proposal.basis.lineage, proposal.basis.serial)
    if len(left) == len(wanted) and untouched and _same(workspace, proposal, progress):
        return Status.FAILED, Outcome("the apply was cut off before anything was done", left)
    return Status.FAILED, Outcome(f"the apply was cut off: {len(left)} of {len(wanted)} changes are left", left)


def _same(workspace: Workspace, proposal: Proposal, progress: Progress) -> bool:
    """Whether the cloud still is as it was before the apply."""
    template = workspace.target.read_template()
    state = workspace.target.read_state(template)
    basis = workspace.basis(proposal.basis.direction, template, state, proposal.basis.plan, proposal.changes, progress)
    return basis.observed == proposal.basis.observed
