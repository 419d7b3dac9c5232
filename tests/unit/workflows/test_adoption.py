"""Adopting: the state gives way, and the cloud is not written. Terraform is a mock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.fixing import DRIFTED, WANTED, World, status

from reconciler.errors import BusyError
from reconciler.gate.proposal import Direction
from reconciler.gate.refusal import Refusal
from reconciler.workflows.remedy import Workspace


def test_the_state_takes_over_what_the_cloud_holds() -> None:
    world = World(wanted=DRIFTED)  # the template was brought along
    plan = world.approved(Direction.ADOPT)
    [change] = plan.changes
    assert (change.actions, change.closes, change.taken_back) == (("refresh",), ("f1",), False)
    assert [(c.recorded, c.observed) for c in change.changes] == [(WANTED, DRIFTED)]
    assert set(plan.basis.observed) == {"aws_sqs_queue.jobs"}
    assert plan.beyond == ()
    done = world.apply(plan)
    assert status(done) == "applied"
    assert (world.delay, world.recorded) == (DRIFTED, DRIFTED)


def test_what_the_template_wants_otherwise_is_said_and_closes_nothing() -> None:
    world = World()
    [change] = world.proposed(Direction.ADOPT).changes
    assert change.taken_back
    assert change.closes == ()


def test_what_moved_meanwhile_is_not_accepted() -> None:
    world = World(wanted=DRIFTED)
    plan = world.approved(Direction.ADOPT)
    world.delay = 120
    assert status(world.apply(plan)) == "stale"
    assert world.recorded == WANTED


def test_what_is_gone_is_forgotten() -> None:
    world = World(delay=None)
    [change] = world.proposed(Direction.ADOPT).changes
    assert change.actions == ("forget",)
    assert change.taken_back  # the template still declares it


def test_what_is_there_again_is_not_forgotten() -> None:
    """Terraform did not find it, and we do: the cloud is slow to tell what it holds."""
    world = World(delay=None)
    held = world.workspace

    def workspace(name: str = "shop") -> Workspace:
        made = held(name)
        there = World(delay=DRIFTED)
        return replace(made, target=replace(made.target, observer=there.workspace().target.observer))

    world.workspace = workspace  # type: ignore[method-assign]
    with pytest.raises(BusyError, match="there again"):
        world.propose(Direction.ADOPT)


def test_nothing_is_accepted_where_nothing_has_moved() -> None:
    answer = World(delay=WANTED).propose(Direction.ADOPT)
    assert isinstance(answer, Refusal)
    assert answer.rule == "nothing_to_do"
