"""``propose``: from findings to a plan that people can approve."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.drift.report import KnownFinding
from reconciler.drift.severity import Row
from reconciler.errors import BusyError, ConfigError
from reconciler.gate.closing import with_closed
from reconciler.gate.digest import digest
from reconciler.gate.policy import Rules, forbids
from reconciler.gate.proposal import Direction, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.gate.risk import risk
from reconciler.workflows.progress import Progress
from reconciler.workflows.remedy import OnEvent, Workspace


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

    def revert(
        self, plan_id: str, proposer: str, wanted: Collection[str], progress: Progress, on_event: OnEvent
    ) -> Proposed | Refusal:
        """Plan to bring the cloud back to the template.

        Args:
            plan_id: of the new proposal.
            proposer: who asks.
            wanted: ids of findings, whose resources alone are planned; empty for the whole workspace.
            progress: told the phases.
            on_event: told what Terraform says meanwhile.

        Returns:
            The proposal; or why there is none: a rule forbids it, or the plan changes nothing.

        Raises:
            BusyError: the state moved while the plan was made.
            CloudError: what would be written cannot be read.
            ConfigError: a wanted finding is none of this workspace's, or of no resource that Terraform knows.
            TerraformError: the plan could not be made.
        """
        target = self.workspace.target
        findings = self.findings()
        targets = _targets(findings, wanted, target.name)
        template = target.read_template()
        state = target.read_state(template)
        progress.phase(target.name, "planning")
        planned = self.workspace.terraform.plan(template, targets, on_event)
        changes = with_closed(self.workspace.changes(planned.shown), findings)
        if not changes:
            return Refusal("nothing_to_do", _nothing(findings, wanted))
        basis = self.workspace.basis(Direction.REVERT, template, state, planned.digest, changes, progress)
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


def _targets(findings: Iterable[KnownFinding], wanted: Collection[str], workspace: str) -> tuple[str, ...]:
    known = {finding.id: finding for finding in findings}
    addresses: list[str] = []
    for each in wanted:
        if each not in known:
            raise ConfigError(f"finding {each} is none of workspace {workspace!r}", hint="see `reconciler drift list`")
        address = known[each].finding.address
        if address is None:
            raise ConfigError(
                f"finding {each} is of a resource that no template declares", hint="take it in with `reconciler adopt`"
            )
        addresses.append(address)
    return tuple(dict.fromkeys(addresses))


def _nothing(findings: Iterable[KnownFinding], wanted: Collection[str]) -> str:
    left = [known for known in findings if not wanted or known.id in wanted]
    if not left:
        return "the plan changes nothing: the cloud is as the template wants it"
    return (
        f"the plan changes nothing, and {len(left)} findings stay: they are of what the template does not set, "
        "which no apply reverts, or of a state that lags behind the cloud (`terraform apply -refresh-only`)"
    )
