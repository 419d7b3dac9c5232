"""``recover``: applies that were cut off are settled by reading. Nothing is ever carried out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.drift.report import Depth, WorkspaceReport
from reconciler.errors import BusyError, ReconcilerError
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
            workspace.terraform.confirm_nobody_at_work()
            lost = workspace.terraform.errored_state()
            found = _Found() if lost else _compared(workspace, proposal, progress)
            in_doubt = bool(found.undone) and not found.untouched
            report = look(proposal, lambda depth: self.scan(name, depth, progress), in_doubt=in_doubt)
        except BusyError:
            raise
        except ReconcilerError as error:
            return Status.UNKNOWN, Outcome(
                f"the apply was cut off, and what came of it cannot be read: {error.message}"
            )
        if lost is not None:
            return Status.UNKNOWN, Outcome(
                f"the apply was cut off before its backend took the state, which lies in {lost}: "
                "look at it, hand it over with `terraform state push`, and remove it there"
            )
        return _settlement(proposal, found, report)


@dataclass(frozen=True, slots=True)
class _Found:
    """What of a plan is still to be done, and whether all is as it was before it was applied."""

    undone: tuple[PlannedChange, ...] = ()
    untouched: bool = False


def _compared(workspace: Workspace, proposal: Proposal, progress: Progress) -> _Found:
    """What a new plan of the same resources says, made under the state's lock."""
    template = workspace.target.read_template()
    state = workspace.target.read_state(template)
    wanted = {change.address for change in proposal.changes if change.writes}
    planned = workspace.terraform.plan(template, sorted(wanted), _silent, lock=True)
    undone = tuple(change for change in workspace.changes(planned.shown) if change.writes and change.address in wanted)
    same_state = (state.lineage or None, state.serial) == (proposal.basis.lineage, proposal.basis.serial)
    untouched = len(undone) == len(wanted) and same_state and _same(workspace, proposal, progress)
    return _Found(undone, untouched)


def _settlement(proposal: Proposal, found: _Found, report: WorkspaceReport) -> tuple[Status, Outcome]:
    """What came of it, by what is still to be done and by what a pass found after that."""
    undone = {change.address for change in found.undone}
    left = tuple(f"{change.address}: {' and '.join(change.actions)}" for change in found.undone)
    # What is done, and what the state does not say yet.
    behind = tuple(in_a_line(known) for known in what_is_left(proposal, report) if known.finding.address not in undone)
    if found.untouched:
        return Status.FAILED, Outcome("the apply was cut off before anything was done", left)
    if undone:
        wanted = sum(1 for change in proposal.changes if change.writes)
        summary = f"the apply was cut off: {len(undone)} of {wanted} changes are left"
        return Status.FAILED, Outcome(summary, (*left, *behind))
    if behind:
        return Status.FAILED, Outcome(
            "the apply was cut off after all of it was done, and before the state said so: "
            "bring it up to date with `terraform apply -refresh-only`",
            behind,
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


def _silent(_: Mapping[str, Any]) -> None:
    """Says nothing of what Terraform says: a plan that is only looked at."""
