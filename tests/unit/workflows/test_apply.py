"""Applying on a mock of Terraform: every point at which the program may die, and every reason not to begin.

What Terraform itself does is tried with the real one in tests/acceptance/test_gate.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from support.fixing import DRIFTED, POINTS, WANTED, Killed, World, status, unread

from reconciler.drift.finding import Severity
from reconciler.drift.snapshot import Reason
from reconciler.errors import BusyError, CloudError, CutOffError, DatabaseError, ForeignAccountError, TerraformError
from reconciler.gate.policy import Rules
from reconciler.gate.proposal import Act, Direction, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory.memory_plans import MemoryHeldPlan
from reconciler.workflows.approve import Approve
from reconciler.workflows.heard import Heard


def test_the_intent_is_committed_before_the_effect_and_all_is_read_before_the_intent() -> None:
    started = POINTS.index("terraform started")
    assert POINTS.index("cloud read") < POINTS.index("after commit", POINTS.index("cloud read")) < started
    assert POINTS.index("state read") < started
    assert POINTS[started - 1] == "after commit"
    assert POINTS[started + 1 : started + 4] == ["cloud written", "state written", "scan"]
    assert POINTS[-2:] == ["after commit", "lease let go"]


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("point", range(1, len(POINTS) + 1), ids=[f"{n}-{p}" for n, p in enumerate(POINTS, 1)])
def test_wherever_it_dies_there_is_one_effect_at_most_and_it_is_settled(point: int, direction: Direction) -> None:
    world = World()
    plan = world.approved(direction)
    world.points.clear()
    world.dies_at = point
    with pytest.raises(Killed):
        world.apply(plan)
    world.dies_at = None
    effects = list(world.effects)
    assert len(effects) <= 1

    before = world.plans.plan(plan.id).status
    settled = world.recover()
    after = world.plans.plan(plan.id)
    assert world.effects == effects, "recovery only reads"
    assert world.recover() == [], "settled once"
    if before is Status.APPLYING:
        assert [status(each) for each in settled] == ["applied" if effects else "failed"]
    else:
        assert settled == []
        assert before in (Status.APPROVED, Status.APPLIED)
        assert (before is Status.APPLIED) == bool(effects)

    # Whatever came of it: to apply it once more does nothing, or what was never begun.
    again = world.apply(plan)
    if after.status is Status.APPROVED:
        assert status(again) == "applied"
        assert len(world.effects) == 1
    else:
        assert isinstance(again, Refusal)
        assert world.effects == effects


def test_while_one_is_applied_no_other_begins() -> None:
    world = World()
    plan = world.approved()
    with world.plans.lease("shop", "somebody else"), pytest.raises(BusyError):
        world.apply(plan)
    assert world.effects == []


@pytest.mark.parametrize(
    ("moved", "what"),
    [
        ({"delay": 91}, "aws_sqs_queue.jobs in the cloud"),
        ({"delay": None}, "aws_sqs_queue.jobs in the cloud"),
        ({"delay": WANTED}, "aws_sqs_queue.jobs in the cloud"),
        ({"serial": 8}, "the state's serial"),
        ({"template": "sha256:2"}, "the template"),
    ],
)
def test_what_moved_makes_it_stale_and_nothing_is_written(moved: dict[str, object], what: str) -> None:
    world = World()
    plan = world.approved()
    for name, value in moved.items():
        setattr(world, name, value)
    answer = world.apply(plan)
    assert isinstance(answer, Proposal)
    assert answer.status is Status.STALE
    assert answer.outcome is not None
    assert answer.outcome.left == (what,)
    assert world.effects == []
    assert status(world.apply(plan)) == "status"


@pytest.mark.parametrize("reason", list(Reason))
def test_what_cannot_be_read_is_neither_proposed_nor_applied(reason: Reason) -> None:
    world = World()
    plan = world.approved()
    world.unread = unread(reason)
    with pytest.raises(CloudError, match="cannot be read"):
        world.apply(plan)
    with pytest.raises(CloudError, match="cannot be read"):
        world.propose()
    assert world.effects == []
    assert world.plans.plan(plan.id).status is Status.APPROVED


@pytest.mark.parametrize("direction", Direction)
def test_a_cloud_that_moved_while_the_plan_was_made_is_not_proposed(direction: Direction) -> None:
    """People would approve a picture of what Terraform has read, and the digest would be of what we have."""
    world, moved = World(), World(delay=60)
    world.observer = moved.observer  # type: ignore[method-assign]
    with pytest.raises(BusyError, match=r"aws_sqs_queue\.jobs: delay_seconds moved"):
        world.propose(direction)
    assert world.plans.kept == {}


@pytest.mark.parametrize("fault", [ForeignAccountError("of another account"), CloudError("AWS does not say")])
def test_nothing_is_applied_in_an_account_that_is_not_confirmed(fault: CloudError) -> None:
    world = World()
    plan = world.approved()
    world.foreign = fault
    with pytest.raises(CloudError, match=fault.message):
        world.apply(plan)
    assert world.effects == []
    assert world.plans.plan(plan.id).status is Status.APPROVED


def test_a_state_that_its_backend_did_not_take_stops_everything_until_somebody_has_handed_it_over() -> None:
    world = World()
    plan, later = world.approved(), world.approved()
    world.loses = "/state/errored.tfstate"
    done = world.apply(plan)
    assert isinstance(done, Proposal)
    assert done.status is Status.UNKNOWN
    assert done.outcome is not None
    assert "/state/errored.tfstate" in done.outcome.summary
    assert status(world.apply(later)) == "lost_state"
    refused = world.propose()
    assert isinstance(refused, Refusal)
    assert refused.rule == "lost_state"
    assert [status(each) for each in world.recover()] == ["unknown"]
    world.errored = None
    assert [status(each) for each in world.recover()] == ["applied"]
    assert len(world.effects) == 1


def test_what_terraform_did_is_on_record() -> None:
    world = World()
    done = world.apply(world.approved())
    assert isinstance(done, Proposal)
    assert done.outcome is not None
    assert done.outcome.acts == (Act("aws_sqs_queue.jobs", "update", "complete", 2.0),)
    assert done.to_json()["outcome"]["acts"] == [
        {"address": "aws_sqs_queue.jobs", "action": "update", "result": "complete", "seconds": 2.0}
    ]


def test_of_what_terraform_says_no_value_is_kept() -> None:
    said: list[Mapping[str, Any]] = []
    heard = Heard(said.append)
    lines: list[dict[str, Any]] = [
        {"type": "version", "terraform": "1.11.4"},
        {"type": "apply_start", "hook": {"resource": {"addr": "a.b"}, "action": "update", "id_value": "canary"}},
        {"type": "apply_start", "hook": {"resource": {"addr": "a.c"}, "action": "create"}},
        {"type": "apply_errored", "hook": {"resource": {"addr": "a.b"}, "action": "update", "elapsed_seconds": 3}},
        {"type": "apply_start", "hook": {"resource": {"addr": "a.b"}, "action": "create"}},
        {"type": "apply_complete", "hook": "odd"},
        {"type": "apply_complete", "hook": {"resource": 7, "elapsed_seconds": "long"}},
    ]
    for line in lines:
        heard(line)
    assert said == lines
    assert heard.acts == (
        Act("a.b", "update", "errored", 3.0),
        Act("a.c", "create", "started"),
        Act("a.b", "create", "started"),
        Act("", "", "complete"),
    )


def test_a_terraform_that_cannot_be_made_ready_costs_no_approval() -> None:
    world = World(unready=TerraformError("terraform init failed"))
    plan = world.approved()
    with pytest.raises(TerraformError):
        world.apply(plan)
    assert world.plans.plan(plan.id).status is Status.APPROVED
    world.unready = None
    assert status(world.apply(plan)) == "applied"


def test_the_work_copy_is_ours_before_what_is_made_in_it_is_read_again() -> None:
    """Otherwise a plan that is being made there changes it between the reading and the apply."""
    in_order = [POINTS.index(point) for point in ("terraform ready", "template read", "terraform started")]
    assert in_order == sorted(in_order)


def test_an_expired_plan_becomes_that() -> None:
    world = World()
    plan = world.approved()
    world.now += timedelta(hours=24)
    assert status(world.apply(plan)) == "expired"
    assert world.plans.plan(plan.id).status is Status.EXPIRED
    assert world.effects == []


def test_a_plan_of_another_workspace_is_refused() -> None:
    world = World()
    plan = world.approved()
    kept, sealed = world.plans.kept[plan.id]
    world.plans.kept[plan.id] = (replace(kept, basis=replace(kept.basis, workspace="other")), sealed)
    assert status(world.apply(plan)) == "workspace"
    assert world.effects == []


def test_a_plan_file_that_was_swapped_makes_it_stale() -> None:
    world = World()
    plan = world.approved()
    kept, _ = world.plans.kept[plan.id]
    world.plans.kept[plan.id] = (kept, "[7, 15]")
    answer = world.apply(plan)
    assert isinstance(answer, Proposal)
    assert answer.outcome is not None
    assert answer.outcome.left == ("the plan file",)
    assert world.effects == []


def test_a_plan_that_was_rejected_while_all_was_read_again_is_not_applied() -> None:
    world = World()
    plan = world.approved()

    world.points.clear()
    seen = world.tick

    def tick(point: str) -> None:
        seen(point)
        if point == "cloud read":
            with world.plans.hold(plan.id) as held:
                held.move(Status.REJECTED, "ann")

    world.tick = tick
    assert status(world.apply(plan)) == "status"
    assert world.effects == []


def test_who_was_fenced_off_meanwhile_writes_nothing() -> None:
    world = World()
    plan = world.approved()
    seen = world.tick

    def tick(point: str) -> None:
        seen(point)
        if point == "cloud read":
            world.plans.epochs["shop"] += 1  # somebody else has taken the workspace: our connection was lost

    world.tick = tick
    assert status(world.apply(plan)) == "lease"
    assert world.effects == []


@pytest.mark.parametrize("fault", [TerraformError("it failed"), CutOffError("it was ended")])
def test_a_terraform_that_fails_is_told_with_what_is_left(fault: TerraformError | CutOffError) -> None:
    world = World(fails=fault)
    answer = world.apply(world.approved())
    assert isinstance(answer, Proposal)
    assert answer.status is Status.FAILED
    assert answer.outcome is not None
    assert answer.outcome.summary == fault.message
    assert answer.outcome.left == ("aws_sqs_queue.jobs: unapplied",)


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit])
def test_who_interrupts_terraform_leaves_it_settled(ending: type[BaseException]) -> None:
    world = World()
    plan = world.approved()
    seen = world.tick

    def tick(point: str) -> None:
        seen(point)
        if point == "state written":
            raise ending

    world.tick = tick
    with pytest.raises(ending):
        world.apply(plan)
    kept = world.plans.plan(plan.id)
    assert kept.status is Status.FAILED
    assert kept.outcome is not None
    assert (kept.outcome.summary, kept.outcome.left) == ("terraform was interrupted", ())


def test_what_nobody_could_look_at_afterwards_is_unknown() -> None:
    world = World(scan_fails=DatabaseError("the database is gone"))
    answer = world.apply(world.approved())
    assert status(answer) == "unknown"
    assert len(world.effects) == 1


def test_an_unread_resource_afterwards_is_unknown_and_closes_nothing() -> None:
    world = World()
    plan = world.approved()
    scan = world.scan

    def blind(*pass_: object) -> object:
        world.unread = unread()
        return scan(*pass_)

    world.scan = blind
    answer = world.apply(plan)
    assert isinstance(answer, Proposal)
    assert answer.status is Status.UNKNOWN
    assert answer.outcome is not None
    assert answer.outcome.left == ("aws_sqs_queue.jobs: AccessDenied",)


def test_what_still_differs_afterwards_is_a_failure() -> None:
    world = World()
    plan = world.approved()
    scan = world.scan

    def undone(*pass_: object) -> object:
        world.delay = DRIFTED  # a controller puts its own value back at once
        return scan(*pass_)

    world.scan = undone
    assert status(world.apply(plan)) == "failed"


def test_what_only_a_plan_finds_only_a_plan_finds_ended() -> None:
    world = World(delay=DRIFTED, recorded=DRIFTED, unapplied=True)
    plan = world.approved()
    assert plan.closes == {"f2"}
    assert status(world.apply(plan)) == "applied"


def test_two_approvals_of_a_critical_plan() -> None:
    world = World(rules=Rules(approvals=dict.fromkeys(Rules().approvals, 2)))
    plan = world.proposed()
    assert status(world.approve(plan)) == "proposed"
    assert status(world.apply(plan)) == "approvals"
    assert status(world.approve(plan)) == "once"
    assert status(world.approve(plan, "cid")) == "approved"
    assert status(world.apply(plan)) == "applied"


def test_who_approves_twice_at_once_is_told_however_long_the_second_waits() -> None:
    world = World(rules=Rules(approvals={Severity.MEDIUM: 2}))
    plan = world.proposed()
    late = Waited(world, plan)
    answer = Approve(late, world.rules, world.entitled, lambda: world.now).approve(plan.id, "bob", plan.digest)
    assert status(answer) == "once"
    assert len(world.plans.plan(plan.id).approvals) == 1


@dataclass
class Waited:
    """Plans that one gets after the same person has approved, a second later."""

    world: World
    plan: Proposal

    @contextmanager
    def hold(self, plan_id: str) -> Iterator[MemoryHeldPlan]:
        self.world.now += timedelta(seconds=1)
        self.world.approve(self.plan)
        self.world.now += timedelta(seconds=1)
        with self.world.plans.hold(plan_id) as held:
            yield held

    def __getattr__(self, name: str) -> Any:
        return getattr(self.world.plans, name)


def test_a_rule_that_approves_by_itself_needs_nobody() -> None:
    world = World()
    assert status(world.apply(world.proposed(), automatic="tags")) == "applied"


def test_nothing_to_do_is_no_plan() -> None:
    world = World(delay=WANTED)
    answer = world.propose()
    assert isinstance(answer, Refusal)
    assert answer.rule == "nothing_to_do"
