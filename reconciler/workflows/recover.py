"""``recover``: applies that were cut off are settled by reading. Nothing is ever carried out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.drift.report import WorkspaceReport
from reconciler.errors import BusyError, ReconcilerError
from reconciler.gate.proposal import Outcome, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory.port import PlansPort
from reconciler.workflows.progress import Progress
from reconciler.workflows.remedy import Workspace


@dataclass(frozen=True, slots=True)
class Recover:
    """What cut-off applies are settled with. ``workspace`` gives a workspace by name, ``scan`` makes a pass of it."""

    plans: PlansPort
    workspace: Callable[[str], Workspace]
    scan: Callable[[str, Progress], WorkspaceReport]
    holder: str

    def run(self, progress: Progress) -> Iterator[Proposal | Refusal]:
        """Settle every apply that nobody holds. One that somebody is still at is left alone, and told as a refusal.

        Terraform outlives us: where it is still at work, nobody knows yet what will come of it.
        """
        for proposal in self.plans.plans(status=Status.APPLYING):
            try:
                answer = self._settled(proposal, progress)
            except BusyError as busy:
                answer = Refusal("busy", busy.message)
            yield answer

    def _settled(self, proposal: Proposal, progress: Progress) -> Proposal | Refusal:
        with self.plans.lease(proposal.basis.workspace, self.holder) as lease:
            status, outcome = self._what_came_of(proposal, progress)
            with self.plans.hold(proposal.id) as held:
                return held.move(status, self.holder, outcome=outcome, lease=lease) or held.proposal

    def _what_came_of(self, proposal: Proposal, progress: Progress) -> tuple[Status, Outcome]:
        name = proposal.basis.workspace
        progress.phase(name, "settling")
        try:
            workspace = self.workspace(name)
            found = _compared(workspace, proposal, progress)
            self.scan(name, progress)
        except BusyError:
            raise
        except ReconcilerError as error:
            return Status.UNKNOWN, Outcome(
                f"the apply was cut off, and what came of it cannot be read: {error.message}"
            )
        return found


def _compared(workspace: Workspace, proposal: Proposal, progress: Progress) -> tuple[Status, Outcome]:
    """What of the plan is still to be done, by a new plan of the same resources, under the state's lock."""
    workspace.terraform.confirm_nobody_at_work()
    template = workspace.target.read_template()
    lost = workspace.terraform.errored_state()
    if lost is not None:
        return Status.UNKNOWN, Outcome(
            f"the apply was cut off before its backend took the state, which lies in {lost}: "
            "look at it, hand it over with `terraform state push`, and remove it there"
        )
    state = workspace.target.read_state(template)
    wanted = {change.address: change for change in proposal.changes if change.writes}
    planned = workspace.terraform.plan(template, sorted(wanted), _silent, lock=True)
    open_ = [change for change in workspace.changes(planned.shown) if change.writes and change.address in wanted]
    left = tuple(f"{change.address}: {' and '.join(change.actions)}" for change in open_)
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


def _silent(_: Mapping[str, Any]) -> None:
    """Says nothing of what Terraform says: a plan that is only looked at."""
