"""Plans in memory, for tests of what uses them. The contract suite holds them against PostgreSQL's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from reconciler.errors import BusyError, DatabaseError, ReconcilerError
from reconciler.gate.proposal import NEXT, UNSETTLED, Approval, Outcome, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory.plans import SHORTEST_PREFIX
from reconciler.inventory.rows import Lease


class MemoryHeldPlan:
    """A plan that nobody else can move meanwhile."""

    def __init__(self, plans: MemoryPlans, proposal: Proposal, sealed: str) -> None:
        """Hold one of these plans."""
        self._plans = plans
        self.proposal = proposal
        self.sealed = sealed

    def approve(self, approval: Approval) -> None:
        """Write down one person's approval."""
        self.proposal = replace(self.proposal, approvals=(*self.proposal.approvals, approval))

    def refuse(self, refusal: Refusal, by: str) -> None:
        """Write down that the gate did not open, and to whom."""
        self._plans.refusals.append((self.proposal.id, refusal.rule, by))

    def move(
        self, status: Status, by: str, *, outcome: Outcome | None = None, lease: Lease | None = None
    ) -> Refusal | None:
        """Bring the plan to its next status."""
        del by
        if status not in NEXT.get(self.proposal.status, frozenset()):
            return Refusal("status", f"the plan is {self.proposal.status.value}: it cannot become {status.value}")
        if lease is not None and self._plans.epochs.get(lease.workspace) != lease.epoch:
            return Refusal("lease", f"somebody else has taken workspace {lease.workspace} meanwhile")
        self.proposal = replace(self.proposal, status=status, outcome=outcome or self.proposal.outcome)
        return None


@dataclass
class MemoryPlans:
    """All plans."""

    kept: dict[str, tuple[Proposal, str]] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    leased: set[str] = field(default_factory=set)
    refusals: list[tuple[str, str, str]] = field(default_factory=list)
    written_off: set[str] = field(default_factory=set)

    def add(self, proposal: Proposal, sealed: str) -> None:
        """Keep a new proposal with its sealed plan file."""
        self.kept[proposal.id] = (proposal, sealed)

    def plan(self, prefix: str) -> Proposal:
        """The plan whose id begins so."""
        if len(prefix) < SHORTEST_PREFIX:
            raise ReconcilerError(f"a plan's id has {SHORTEST_PREFIX} characters at least")
        found = [proposal for plan_id, (proposal, _) in self.kept.items() if plan_id.startswith(prefix.lower())]
        if len(found) != 1:
            raise ReconcilerError(f"{len(found)} plans' ids begin with {prefix}")
        return found[0]

    def plans(
        self, *, workspace: str | None = None, status: Status | None = None, limit: int = 100
    ) -> list[Proposal | DatabaseError]:
        """Plans, newest first."""
        found = [
            proposal
            for proposal, _ in self.kept.values()
            if workspace in (None, proposal.basis.workspace) and status in (None, proposal.status)
        ]
        newest = sorted(found, key=lambda each: each.created_at, reverse=True)[:limit]
        return [*newest]

    def unsettled(self, workspace: str | None = None) -> dict[str, Proposal | DatabaseError]:
        """The plans of which it is not on record what came of their apply, by id."""
        return {
            plan_id: proposal
            for plan_id, (proposal, _) in sorted(self.kept.items())
            if workspace in (None, proposal.basis.workspace)
            and proposal.status in UNSETTLED
            and plan_id not in self.written_off
        }

    def write_off(self, plan_id: str, by: str) -> None:
        """Record that somebody answers for what came of an unsettled plan."""
        del by
        self.written_off.add(plan_id)

    @contextmanager
    def hold(self, plan_id: str) -> Iterator[MemoryHeldPlan]:
        """Have a plan to oneself; what is done is kept where the context ends in order."""
        if plan_id not in self.kept:
            raise ReconcilerError(f"no plan's id is {plan_id}")
        held = MemoryHeldPlan(self, *self.kept[plan_id])
        yield held
        self.kept[plan_id] = (held.proposal, held.sealed)

    @contextmanager
    def lease(self, workspace: str, holder: str) -> Iterator[Lease]:
        """Take a workspace for writing."""
        if workspace in self.leased:
            raise BusyError(f'Workspace "{workspace}" is being applied by {holder}.', hint="wait for it to end")
        self.leased.add(workspace)
        self.epochs[workspace] = self.epochs.get(workspace, 0) + 1
        try:
            yield Lease(workspace, self.epochs[workspace])
        finally:
            self.leased.discard(workspace)
