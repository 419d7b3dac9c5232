"""Where a plan stands: what counts of its approvals now, and what to type next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.plans import NOW, approval, proposal

from reconciler.cli.render.plan_standing import standing
from reconciler.gate.policy import Rules
from reconciler.gate.proposal import Direction, Proposal, Status

AGAIN = ["reconciler plan shop"]
APPROVE = ["reconciler approve p1", "reconciler reject p1 --reason 'why not'"]


def commands(plan: Proposal, rules: Rules | None = None, later: timedelta = timedelta()) -> list[str]:
    return [step.command for step in standing(plan, rules or Rules(), NOW + later).next_steps]


@pytest.mark.parametrize(
    ("status", "next_"),
    [
        (Status.PROPOSED, APPROVE),
        (Status.APPROVED, ["reconciler apply p1"]),
        (Status.REJECTED, []),
        (Status.EXPIRED, AGAIN),
        (Status.STALE, AGAIN),
        (Status.APPLYING, ["reconciler recover"]),
        (Status.APPLIED, []),
        (Status.FAILED, AGAIN),
        (Status.UNKNOWN, ["reconciler doctor", "reconciler recover"]),
    ],
)
def test_each_status_has_its_next_step(status: Status, next_: list[str]) -> None:
    assert commands(proposal(status=status, approvals=(approval(),))) == next_


def test_an_approval_counts_until_its_lifetime_is_over() -> None:
    plan = proposal(status=Status.APPROVED, approvals=(approval(minutes_ago=0),))
    before, after = (standing(plan, Rules(), NOW + timedelta(hours=hours)) for hours in (3.99, 4))
    assert (before.agreed, before.approvals) == (
        "1 of 1",
        ("bob, 2026-03-01 12:00 UTC, counts until 2026-03-01 16:00 UTC",),
    )
    assert (after.agreed, after.approvals) == ("0 of 1", ("bob, 2026-03-01 12:00 UTC, does not count",))
    assert [step.command for step in before.next_steps] == ["reconciler apply p1"]
    assert [step.command for step in after.next_steps] == APPROVE


def test_the_proposers_own_approval_and_an_unsigned_one_do_not_count() -> None:
    plan = proposal(approvals=(approval("ann"), approval("bob"), approval("cid", signature="s")))
    assert standing(plan, Rules(require_signature=True), NOW).agreed == "1 of 1"
    assert standing(plan, Rules(), NOW).agreed == "2 of 1"
    assert standing(plan, Rules(self_approval=True), NOW).agreed == "3 of 1"


def test_a_plan_that_has_expired_waits_for_nobody() -> None:
    plan = proposal(status=Status.APPROVED, approvals=(approval(),))
    assert commands(plan, later=timedelta(hours=23)) == AGAIN
    assert standing(plan, Rules(), NOW + timedelta(hours=23)).agreed == "1"


def test_where_signatures_are_required_the_commands_make_them() -> None:
    plan = replace(proposal(), digest="sha256:ab")
    assert [step.command for step in standing(plan, Rules(require_signature=True), NOW, exact=True).next_steps] == [
        "reconciler approve p1 --digest sha256:ab --sign-with ~/.ssh/id_ed25519",
        "printf %s sha256:ab | ssh-keygen -Y sign -n reconciler-plan -f ~/.ssh/id_ed25519 > plan.sig",
        "reconciler approve p1 --digest sha256:ab --signature plan.sig",
        "reconciler reject p1 --reason 'why not'",
    ]


def test_who_approves_is_another_person_unless_the_rules_say_otherwise() -> None:
    assert standing(proposal(), Rules(), NOW).next_steps[0].what == "another person approves"
    assert standing(proposal(), Rules(self_approval=True), NOW).next_steps[0].what == "somebody approves"


def test_the_other_direction_is_planned_again_in_its_own() -> None:
    plan = proposal(status=Status.STALE)
    assert commands(replace(plan, basis=replace(plan.basis, direction=Direction.ADOPT))) == [
        "reconciler plan shop --adopt"
    ]


def test_what_is_copied_into_a_shell_is_one_word_there() -> None:
    plan = proposal(status=Status.STALE)
    assert commands(replace(plan, basis=replace(plan.basis, workspace="a; rm -rf ~\n"))) == [
        r"reconciler plan 'a; rm -rf ~\n'"
    ]


def test_where_nobody_asks_nothing_is_said_of_approvals() -> None:
    assert standing(proposal(status=Status.APPLIED), None, NOW).agreed is None
