"""A made-up workspace that can be fixed: one queue in a cloud of our own, a Terraform that writes there, and a killer.

``World.tick`` is called before and after everything that reaches outside; the test may have the program die at any.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from support.plans import NOW
from support.sides import FakeObserver, instance, observing, present, target, template

from reconciler.drift.coverage import Coverage, UnknownResource, Verdict
from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.report import Depth, KnownFinding, Status, WorkspaceReport
from reconciler.drift.snapshot import Absent, Reason, RecordedState, Template, Unread
from reconciler.errors import BusyError, ReconcilerError, TerraformError
from reconciler.gate.policy import Moment, Rules
from reconciler.gate.proposal import Direction, Proposal
from reconciler.gate.refusal import Refusal
from reconciler.inventory.memory_plans import MemoryHeldPlan, MemoryPlans
from reconciler.inventory.rows import Lease
from reconciler.workflows.apply import Apply
from reconciler.workflows.approve import Approve
from reconciler.workflows.progress import Progress, Silent
from reconciler.workflows.propose import Propose, Proposed
from reconciler.workflows.recover import Recover
from reconciler.workflows.remedy import OnEvent, Planned, Workspace

WANTED = 30
DRIFTED = 90
FINDING = "f1"


class Killed(BaseException):
    """The process is gone: nothing catches it."""


@dataclass
class World:
    """The cloud, the state, the plans, and what has happened."""

    delay: int | None = DRIFTED
    recorded: int | None = WANTED
    wanted: int = WANTED
    unapplied: bool = False
    serial: int = 7
    template: str = "sha256:1"
    unread: Unread | None = None
    plans: MemoryPlans = field(default_factory=MemoryPlans)
    effects: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    dies_at: int | None = None
    unready: ReconcilerError | None = None
    fails: ReconcilerError | None = None
    scan_fails: ReconcilerError | None = None
    errored: str | None = None
    loses: str | None = None
    locked: bool = False
    at_work: bool = False
    foreign: ReconcilerError | None = None
    now: datetime = NOW
    rules: Rules = field(default_factory=Rules)
    vouched: Callable[[Proposal], Proposal] = lambda plan: plan
    entitled: set[str] = field(default_factory=lambda: {"ann", "bob", "cid"})

    def tick(self, point: str) -> None:
        """Something reaches outside; the program may die of it."""
        self.points.append(point)
        if len(self.points) == self.dies_at:
            raise Killed(point)

    # --- the sides -----------------------------------------------------------------------------------

    def read_state(self) -> RecordedState:
        self.tick("state read")
        return RecordedState((instance("jobs"),), "lineage", self.serial, "1.11.4", "terraform.tfstate")

    def observer(self) -> FakeObserver:
        held = present("jobs", delay_seconds=self.delay)
        if self.unread is not None:
            return observing(self.unread)
        if self.delay is None:
            return observing(Absent(held.instance, held.schema, held.recorded))
        return observing(held, before=lambda: self.tick("cloud read"))

    def workspace(self, _: str = "shop") -> Workspace:
        made = target(self.observer(), recorded=self.read_state)
        desired = replace(template("jobs"), digest=self.template)
        return Workspace(
            replace(made, read_template=lambda: desired, observer=_Late(self.observer)),
            FakeTerraform(self),
            lambda value: hashlib.sha256(value).hexdigest(),
        )

    def findings(self) -> list[KnownFinding]:
        """What is known: a difference of cloud and state, and that of state and template as a plan saw it last."""
        found = []
        if self.delay != self.recorded:
            change = Change(("delay_seconds",), self.recorded, self.delay, configured=True)
            found.append(self._known(FINDING, Kind.DELETED if self.delay is None else Kind.CHANGED, change))
        if self.unapplied:
            change = Change(("delay_seconds",), self.recorded, None, configured=True, planned=True)
            found.append(self._known("f2", Kind.UNAPPLIED, change))
        return found

    def _known(self, finding_id: str, kind: Kind, change: Change) -> KnownFinding:
        found = Finding(kind, Severity.MEDIUM, "aws_sqs_queue.jobs", "aws_sqs_queue", "aws_sqs_queue.jobs")
        long_ago = NOW - timedelta(days=1)
        began = long_ago if kind is Kind.CHANGED else self.now
        return KnownFinding(finding_id, replace(found, changes=(change,)), Status.OPEN, began, self.now)

    def scan(self, depth: Depth, _: Progress) -> WorkspaceReport:
        self.tick("scan")
        if self.scan_fails is not None:
            raise self.scan_fails
        unknown = ()
        if self.unread is not None:
            unknown = (UnknownResource(self.unread.instance.label, self.unread.reason, self.unread.detail),)
        if depth is Depth.PLAN:
            self.unapplied = self.recorded != WANTED
        found = tuple(self.findings())
        verdict = Verdict.DRIFTED if found else Verdict.IN_SYNC
        coverage = Coverage(1, 1 - len(unknown), unknown)
        return WorkspaceReport("shop", "production", verdict, "shop", coverage=coverage, findings=found)

    # --- what is done --------------------------------------------------------------------------------

    def propose(self, direction: Direction = Direction.REVERT) -> Proposed | Refusal:
        proposing = Propose(self.workspace(), self.findings, self.rules, (), lambda: self.now)
        made = proposing.run(f"{len(self.plans.kept):08}", direction, "ann", (), Silent(), _deaf)
        if isinstance(made, Proposed):
            self.plans.add(made.proposal, made.plan.decode())
        return made

    def proposed(self, direction: Direction = Direction.REVERT) -> Proposal:
        made = self.propose(direction)
        assert isinstance(made, Proposed), made
        return made.proposal

    def approve(self, plan: Proposal, user: str = "bob") -> Proposal | Refusal:
        approving = Approve(self.plans, self.rules, self.entitled, lambda: self.now)
        return approving.approve(plan.id, user, plan.digest)

    def approved(self, direction: Direction = Direction.REVERT) -> Proposal:
        plan = self.proposed(direction)
        answer = self.approve(plan)
        assert isinstance(answer, Proposal), answer
        return answer

    def apply(self, plan: Proposal, **moment: Any) -> Proposal | Refusal:
        applying = Apply(
            plans=Watched(self.plans, self.tick),
            workspace=self.workspace(),
            rules=self.rules,
            entitled=lambda: self.entitled,
            moment=lambda _: Moment(self.now, **moment),
            vouched=self.vouched,
            open=lambda _, sealed: self.opened(sealed),
            scan=self.scan,
            by="ann",
            holder="the test",
        )
        return applying.run(plan.id, Silent(), _deaf)

    def opened(self, sealed: str) -> bytes:
        self.tick("plan opened")
        return sealed.encode()

    def recover(self) -> list[Proposal | Refusal]:
        return list(self.recovering().run(Silent()))

    def recovering(self) -> Recover:
        return Recover(self.plans, self.workspace, lambda _, *pass_: self.scan(*pass_), "the test")


@dataclass
class FakeTerraform:
    """A mock of Terraform: what the gate does around it is what is tested; the real one runs in tests/acceptance."""

    world: World
    plan_file: bytes = b""

    def plan(
        self,
        template: Template,
        targets: Sequence[str],
        on_event: OnEvent,
        *,
        direction: Direction = Direction.REVERT,
        lock: bool = False,
    ) -> Planned:
        del template, targets, on_event
        world = self.world
        if lock and world.locked:
            raise BusyError("terraform plan could not lock the state")
        side = present("jobs", delay_seconds=world.delay).observed
        gone = world.delay is None
        if direction is Direction.ADOPT:
            actions = ["delete"] if gone else ["update"]
            before, after = {**side, "delay_seconds": world.recorded}, None if gone else dict(side)
            part, moves = "resource_drift", world.delay != world.recorded
        else:
            actions = ["create"] if gone else ["update"]
            before, after = None if gone else dict(side), {**side, "delay_seconds": world.wanted}
            part, moves = "resource_changes", world.delay != world.wanted
        change = {"actions": actions, "before": before, "after": after}
        entry = {"address": "aws_sqs_queue.jobs", "mode": "managed", "type": "aws_sqs_queue", "change": change}
        content = json.dumps([world.serial, world.delay, direction.value]).encode()
        return Planned(content, {part: [entry] if moves else []})

    def confirm_account(self) -> None:
        self.world.tick("account confirmed")
        if self.world.foreign is not None:
            raise self.world.foreign

    @contextmanager
    def ready(self, template: Template, plan: bytes) -> Iterator[FakeTerraform]:
        del template
        self.plan_file = plan
        yield self

    def wait(self) -> None:
        self.world.tick("terraform ready")
        if self.world.unready is not None:
            raise self.world.unready

    def apply(self, on_event: OnEvent) -> None:
        plan = self.plan_file
        hook = {"resource": {"addr": "aws_sqs_queue.jobs"}, "action": "update"}
        on_event({"type": "apply_start", "hook": hook})
        self.world.tick("terraform started")
        if json.loads(plan)[0] != self.world.serial:
            raise TerraformError("terraform apply failed: Saved plan is stale")
        if self.world.fails is not None:
            self.world.recorded = self.world.delay  # a Terraform that fails writes into the state what it has read
            raise self.world.fails
        adopts = json.loads(plan)[2] == Direction.ADOPT.value
        if not adopts:
            self.world.effects.append(plan.decode())
            self.world.delay = self.world.wanted
        on_event({"type": "apply_complete", "hook": {**hook, "elapsed_seconds": 2}})
        self.world.tick("cloud written")
        self.world.recorded = json.loads(plan)[1] if adopts else self.world.wanted
        if adopts:
            self.world.effects.append(plan.decode())
        self.world.serial += 1
        self.world.errored = self.world.loses
        self.world.tick("state written")

    def confirm_nobody_at_work(self) -> None:
        if self.world.at_work:
            raise BusyError("what an apply started is still at work")

    def errored_state(self) -> str | None:
        return self.world.errored

    def template_digest(self, template: Template) -> str:
        self.world.tick("template read")
        return template.digest

    def providers_digest(self, template: Template) -> str:
        del template
        return "sha256:providers"


@dataclass
class _Late:
    """Looks at the cloud as it is when it is asked."""

    make: Callable[[], FakeObserver]

    def observe(self, *arguments: Any) -> Any:
        return self.make().observe(*arguments)


@dataclass
class Watched:
    """Plans whose every step is a point at which the program may die."""

    kept: MemoryPlans
    tick: Callable[[str], None]

    @contextmanager
    def hold(self, plan_id: str) -> Iterator[MemoryHeldPlan]:
        self.tick("plan asked for")
        with self.kept.hold(plan_id) as held:
            yield held
            self.tick("before commit")
        self.tick("after commit")

    @contextmanager
    def lease(self, workspace: str, holder: str) -> Iterator[Lease]:
        self.tick("before the lease")
        with self.kept.lease(workspace, holder) as lease:
            self.tick("after the lease")
            yield lease
        self.tick("lease let go")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.kept, name)


def _deaf(_: Mapping[str, Any]) -> None:
    pass


def unread(reason: Reason = Reason.DENIED) -> Unread:
    return Unread(instance("jobs"), reason, "AccessDenied")


def status(answer: Proposal | Refusal) -> str:
    """Where the plan stands, or the rule that refused."""
    return answer.rule if isinstance(answer, Refusal) else answer.status.value


def points_of_an_apply() -> list[str]:
    world = World()
    plan = world.approved()
    world.points.clear()
    world.apply(plan)
    return world.points


POINTS = points_of_an_apply()
"""Everything that an apply comes by, in its order."""
