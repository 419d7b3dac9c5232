"""Settling applies that were cut off, on a mock of Terraform. Nothing is ever carried out again."""

from __future__ import annotations

from typing import Any

import pytest
from support.fixing import DRIFTED, POINTS, FakeTerraform, Killed, World, status, unread

from reconciler.errors import BusyError, CutOffError, DatabaseError
from reconciler.gate.proposal import Direction, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory.memory_plans import MemoryPlans
from reconciler.workflows.progress import Silent
from reconciler.workflows.remedy import Planned


def test_what_was_cut_off_before_the_effect_says_so_and_names_what_is_left() -> None:
    world = World()
    plan = world.approved()
    world.points.clear()
    world.dies_at = POINTS.index("terraform started") + 1
    with pytest.raises(Killed):
        world.apply(plan)
    world.dies_at = None
    world.recover()
    outcome = world.plans.plan(plan.id).outcome
    assert outcome is not None
    assert outcome.summary == "the apply was cut off before anything was done"
    assert outcome.left == ("aws_sqs_queue.jobs: update",)


def killed_while_applying(**changed: object) -> tuple[World, Proposal]:
    world = World()
    plan = world.approved()
    world.points.clear()
    world.dies_at = POINTS.index("cloud written") + 1
    with pytest.raises(Killed):
        world.apply(plan)
    world.dies_at = None
    for name, value in changed.items():
        setattr(world, name, value)
    return world, plan


def test_an_object_that_waits_to_be_destroyed_is_left_to_do() -> None:
    world, plan = killed_while_applying()
    made = FakeTerraform.plan

    def planned(self: FakeTerraform, *arguments: Any, **more: Any) -> Planned:
        del self, arguments, more
        change = {"actions": ["delete"], "before": {}, "after": None}
        entry = {"address": "aws_sqs_queue.jobs", "deposed": "0a", "mode": "managed", "type": "aws_sqs_queue"}
        return Planned(b"", {"resource_changes": [{**entry, "change": change}]})

    FakeTerraform.plan = planned  # type: ignore[method-assign]
    try:
        assert [status(each) for each in world.recover()] == ["failed"]
    finally:
        FakeTerraform.plan = made  # type: ignore[method-assign]
    outcome = world.plans.plan(plan.id).outcome
    assert outcome is not None
    assert outcome.left == ("aws_sqs_queue.jobs (deposed 0a): delete",)


def test_of_another_template_nobody_can_tell_what_was_done() -> None:
    world, plan = killed_while_applying(template="sha256:2")
    assert [status(each) for each in world.recover()] == ["failed"]
    outcome = world.plans.plan(plan.id).outcome
    assert outcome is not None
    assert "a template that is another one now" in outcome.summary


def test_nothing_begins_beside_what_is_not_settled() -> None:
    world, plan = killed_while_applying()
    world.delay = DRIFTED
    later = world.approved()
    effects = list(world.effects)
    assert status(world.apply(later)) == "unsettled"
    world.scan_fails = DatabaseError("gone")
    assert [status(each) for each in world.recover()] == ["unknown"]
    assert status(world.apply(later)) == "unsettled"
    world.scan_fails = None
    world.recover()
    assert world.plans.plan(plan.id).status is Status.FAILED
    assert world.effects == effects
    assert status(world.apply(later)) == "applied"


class Altered(MemoryPlans):
    """In it somebody has altered one that was being applied."""

    def plans(self, **asked: Any) -> list[Proposal | DatabaseError]:
        altered = [DatabaseError("The record is altered.")] if asked["status"] is Status.APPLYING else []
        return [*altered, *super().plans(**asked)]


def test_nothing_begins_beside_what_an_apply_has_left_at_work() -> None:
    world = World()
    plan = world.approved()
    world.at_work = True
    with pytest.raises(BusyError, match="still at work"):
        world.apply(plan)
    assert world.plans.plan(plan.id).status is Status.APPROVED
    assert world.effects == []


def test_what_is_told_of_a_recovery_is_committed_whether_or_not_anybody_listens_on() -> None:
    world, plan = killed_while_applying()
    told = world.recovering().run(Silent())
    assert status(next(told)) == "applied"
    told.close()
    assert world.plans.plan(plan.id).status is Status.APPLIED


def test_a_state_that_its_backend_did_not_take_is_shown_and_not_guessed_at() -> None:
    world, plan = killed_while_applying(errored="/state/errored.tfstate")
    assert [status(each) for each in world.recover()] == ["unknown"]
    outcome = world.plans.plan(plan.id).outcome
    assert outcome is not None
    assert "/state/errored.tfstate" in outcome.summary


def test_who_is_told_to_end_while_settling_leaves_it_to_the_next() -> None:
    world, plan = killed_while_applying(scan_fails=CutOffError())
    with pytest.raises(CutOffError):
        world.recover()
    assert world.plans.plan(plan.id).status is Status.APPLYING
    world.scan_fails = None
    assert [status(each) for each in world.recover()] == ["applied"]


def test_what_is_unknown_is_looked_at_once_each_time() -> None:
    world, plan = killed_while_applying(scan_fails=DatabaseError("gone"))
    assert [status(each) for each in world.recover()] == ["unknown"]
    assert [status(each) for each in world.recover()] == ["unknown"]
    world.scan_fails = None
    assert [status(each) for each in world.recover()] == ["applied"]
    assert world.plans.plan(plan.id).status is Status.APPLIED
    assert len(world.effects) == 1


def test_an_altered_plan_is_told_and_the_others_are_settled() -> None:
    world, plan = killed_while_applying()

    class Altered(MemoryPlans):
        def unsettled(self, workspace: str | None = None) -> dict[str, Proposal | DatabaseError]:
            return {"1" * 36: DatabaseError("The record is altered."), **super().unsettled(workspace)}

    world.plans = Altered(world.plans.kept, world.plans.epochs)
    altered, settled = world.recover()
    assert isinstance(altered, Refusal)
    assert (altered.rule, status(settled)) == ("altered", "applied")
    assert altered.reason == "The record is altered. Look what came of it, and `reconciler plans write-off 11111111`"
    assert world.plans.plan(plan.id).status is Status.APPLIED


def test_only_the_workspace_that_is_asked_for_is_settled() -> None:
    world, _ = killed_while_applying()
    assert list(world.recovering().run(Silent(), "other")) == []
    assert [status(each) for each in world.recovering().run(Silent(), "shop")] == ["applied"]


@pytest.mark.parametrize("sign", ["locked", "at_work"])
def test_while_terraform_still_runs_it_is_left_alone(sign: str) -> None:
    world, plan = killed_while_applying(**{sign: True})
    assert [status(each) for each in world.recover()] == ["busy"]
    assert world.plans.plan(plan.id).status is Status.APPLYING
    setattr(world, sign, False)
    assert [status(each) for each in world.recover()] == ["applied"]


def test_what_the_state_does_not_say_yet_is_told_and_not_called_applied() -> None:
    world, plan = killed_while_applying(recorded=DRIFTED)
    assert [status(each) for each in world.recover()] == ["failed"]
    outcome = world.plans.plan(plan.id).outcome
    assert outcome is not None
    assert "before the state said so" in outcome.summary
    assert outcome.left == ("aws_sqs_queue.jobs: changed",)


def test_what_cannot_be_read_after_a_recovery_is_unknown() -> None:
    world, _ = killed_while_applying(unread=unread())
    assert [status(each) for each in world.recover()] == ["unknown"]


def test_what_somebody_else_is_at_is_left_alone() -> None:
    world, plan = killed_while_applying()
    with world.plans.lease("shop", "somebody else"):
        assert [status(each) for each in world.recover()] == ["busy"]
    assert world.plans.plan(plan.id).status is Status.APPLYING
    assert [status(each) for each in world.recover()] == ["applied"]


def test_an_adoption_is_settled_as_one() -> None:
    """An adoption that was cut off is not settled by what the template would still change."""
    world = World()
    plan = world.approved(Direction.ADOPT)
    world.points.clear()
    world.dies_at = POINTS.index("state written") + 1
    with pytest.raises(Killed):
        world.apply(plan)
    world.dies_at = None
    assert [status(each) for each in world.recover()] == ["applied"]
    assert world.delay == DRIFTED
