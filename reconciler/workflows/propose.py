"""``propose``: from findings to a plan that people can approve."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from reconciler.drift.finding import Kind
from reconciler.drift.report import KnownFinding
from reconciler.drift.severity import Row
from reconciler.drift.snapshot import Template
from reconciler.errors import BusyError, ConfigError, TerraformError
from reconciler.gate.closing import with_closed
from reconciler.gate.digest import digest
from reconciler.gate.policy import Rules, forbids
from reconciler.gate.proposal import Direction, PlannedChange, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.gate.risk import risk
from reconciler.workflows.progress import Progress
from reconciler.workflows.remedy import OnEvent, Workspace

_ACCEPTED: Final = (Kind.CHANGED, Kind.DELETED)
"""What the state can take over."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A new proposal with its plan file, which holds secrets and belongs sealed."""

    proposal: Proposal
    plan: bytes


@dataclass(frozen=True, slots=True)
class Propose:
    """What proposals are made with. ``findings`` are the workspace's unresolved ones."""

    workspace: Workspace
    findings: Callable[[], Sequence[KnownFinding]]
    rules: Rules
    severity: tuple[Row, ...]
    now: Callable[[], datetime]

    def run(
        self,
        plan_id: str,
        direction: Direction,
        proposer: str,
        wanted: Collection[str],
        progress: Progress,
        on_event: OnEvent,
    ) -> Proposed | Refusal:
        """Plan to bring the cloud back to the template, or to take into the state what the cloud holds.

        Args:
            plan_id: of the new proposal.
            direction: which side gives way.
            proposer: who asks.
            wanted: ids of findings, whose resources alone are planned; empty for the whole workspace, or for all that
                can be adopted.
            progress: told the phases.
            on_event: told what Terraform says meanwhile.

        Returns:
            The proposal; or why there is none: a rule forbids it, or the plan changes nothing.

        Raises:
            BusyError: the state or the cloud moved while the plan was made.
            CloudError: what would be written cannot be read.
            ConfigError: a wanted finding is none of this workspace's, or of none that a plan could end.
            TerraformError: the plan could not be made.
        """
        target = self.workspace.target
        lost = self.workspace.lost_state()
        if lost is not None:
            return lost
        findings = self.findings()
        if direction is Direction.ADOPT:
            wanted = wanted or [known.id for known in findings if known.finding.kind in _ACCEPTED]
            if not wanted:
                return Refusal("nothing_to_do", "no finding says that the cloud has moved: there is nothing to accept")
        targets = _targets(findings, wanted, target.name, direction)
        template = target.read_template()
        state = target.read_state(template)
        progress.phase(target.name, "planning")
        planned = self.workspace.terraform.plan(template, targets, on_event, direction=direction)
        changes = self.workspace.changes(planned.shown, direction)
        if direction is Direction.ADOPT and changes:
            changes = self._weighed(changes, template, targets, on_event)
        changes = with_closed(changes, findings, target.environment.region)
        if not changes:
            return Refusal("nothing_to_do", _nothing(direction, findings, wanted))
        basis = self.workspace.basis(direction, template, state, planned.digest, changes, progress, is_new=True)
        there_again = [
            each.address for each in changes if each.actions == ("forget",) and basis.observed.get(each.address)
        ]
        if direction is Direction.ADOPT and there_again:
            raise BusyError(f"{there_again[0]} was gone, and is there again", hint="scan, and propose again")
        again = target.read_state(target.read_template())
        if (again.lineage, again.serial) != (state.lineage, state.serial):
            raise BusyError(
                f'the state of workspace "{target.name}" moved while the plan was made', hint="propose again"
            )
        created = self.now()
        proposal = Proposal(
            id=plan_id,
            status=Status.PROPOSED,
            basis=basis,
            digest=digest(basis),
            risk=risk(changes, self.severity),
            changes=changes,
            proposer=proposer,
            created_at=created,
            expires_at=created + self.rules.proposal_lifetime,
        )
        return forbids(proposal, self.rules, len(state.instances)) or Proposed(proposal, planned.content)

    def _weighed(
        self, changes: Sequence[PlannedChange], template: Template, targets: Sequence[str], on_event: OnEvent
    ) -> tuple[PlannedChange, ...]:
        """What is accepted, with what the template would take back by the next apply."""
        try:
            opposite = self.workspace.terraform.plan(template, targets, on_event)
        except TerraformError:
            # It cannot be made (`prevent_destroy`): the template wants otherwise, or nobody can tell that it does not.
            return tuple(replace(change, taken_back=True) for change in changes)
        written = {change.address for change in self.workspace.changes(opposite.shown) if change.writes}
        return tuple(replace(change, taken_back=change.address in written) for change in changes)


def _targets(
    findings: Iterable[KnownFinding], wanted: Collection[str], workspace: str, direction: Direction
) -> tuple[str, ...]:
    known = {finding.id: finding for finding in findings}
    addresses: list[str] = []
    for each in wanted:
        if each not in known:
            raise ConfigError(f"finding {each} is none of workspace {workspace!r}", hint="see `reconciler drift list`")
        address, kind = known[each].finding.address, known[each].finding.kind
        if address is None:
            raise ConfigError(
                f"finding {each} is of a resource that no template declares", hint="take it in with `reconciler adopt`"
            )
        if direction is Direction.ADOPT and kind not in _ACCEPTED:
            raise ConfigError(
                f"finding {each} is {kind.value}: the cloud has not moved",
                hint="plan it without --adopt, or edit the template",
            )
        addresses.append(address)
    return tuple(dict.fromkeys(addresses))


def _nothing(direction: Direction, findings: Iterable[KnownFinding], wanted: Collection[str]) -> str:
    if direction is Direction.ADOPT:
        return "the state says already what the cloud holds: accept it with `adopt` or `drift acknowledge`"
    left = [known for known in findings if not wanted or known.id in wanted]
    if not left:
        return "the plan changes nothing: the cloud is as the template wants it"
    return (
        f"the plan changes nothing, and {len(left)} findings stay: they are of what the template does not set, "
        "which no apply reverts, or of a state that lags behind the cloud (`reconciler plan --adopt`)"
    )
