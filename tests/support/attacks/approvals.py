"""Who approves their own, twice, something else, too late, or has ceased to be somebody who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from support.attacks import Attack
from support.attacks.scene import Scene
from support.command import Done

from reconciler.gate.proposal import Status

_TWO = "approvals = { low = 2, medium = 2, high = 2 }"
_LONG_AGO = timedelta(hours=5)
"""Longer than an approval is good."""


def _one_person_twice(scene: Scene) -> Done:
    scene.configure(_TWO)
    plan = scene.another()
    assert scene.run("approve", plan, by="bob").code == 0
    return scene.run("approve", plan, by="bob")


def _one_person_for_two(scene: Scene) -> Done:
    scene.configure(_TWO)
    return scene.apply(scene.another("bob", "bob"))


def _disabled_since(scene: Scene) -> Done:
    assert scene.run("users", "disable", "bob", by="dan").code == 0
    return scene.apply()


def _another_role_since(*role: str) -> Callable[[Scene], Done]:
    """A role is changed as the runbook has it: the row goes, and the person is added again."""

    def act(scene: Scene) -> Done:
        scene.sql("DELETE FROM users WHERE name = 'bob'")
        assert scene.add("bob", *role, by="dan").code == 0
        return scene.apply()

    return act


def _expired(scene: Scene) -> str:
    return scene.another("bob", expires_at=datetime.now(UTC) - timedelta(seconds=1))


def _over(*through: Status, door: str = "apply") -> Callable[[Scene], Done]:
    def act(scene: Scene) -> Done:
        plan = scene.another("bob")
        scene.move(plan, *through)
        return scene.run(door, plan, by="cid")

    return act


APPROVALS = [
    Attack("none", lambda s: s.apply(s.another()), 4, "approvals: 0 of 1 approvals are in force"),
    Attack("of one's own", lambda s: s.run("approve", s.another(), by="ann"), 4, "four_eyes: ann proposed it"),
    Attack("of one's own, kept past the check", lambda s: s.apply(s.another("ann")), 4, "approvals: 0 of 1"),
    Attack("twice by one person", _one_person_twice, 4, "once: bob has approved it already"),
    Attack("twice by one person, kept past the check", _one_person_for_two, 4, "approvals: 1 of 2"),
    Attack(
        "of another digest",
        lambda s: s.run("approve", s.another(), "--digest", "sha256:0", by="bob"),
        4,
        "digest: the approval is for another plan",
    ),
    Attack("of who was disabled since", _disabled_since, 4, "approvals: 0 of 1"),
    Attack("of who is a viewer since", _another_role_since("viewer"), 4, "approvals: 0 of 1"),
    Attack(
        "of who may elsewhere alone since",
        _another_role_since("approver", "--environment", "development"),
        4,
        "approvals: 0 of 1",
    ),
    Attack("too old", lambda s: s.apply(s.another("bob", ago=_LONG_AGO)), 4, "approvals: 0 of 1"),
    Attack("of the future", lambda s: s.apply(s.another("bob", ago=-_LONG_AGO)), 4, "approvals: 0 of 1"),
    Attack("for an expired plan", lambda s: s.run("approve", _expired(s), by="cid"), 4, "expired: the plan expired"),
    Attack("an expired plan is applied", lambda s: s.apply(_expired(s)), 4, "expired: the plan expired"),
    *(
        Attack(f"{what} {through[-1].value} plan", _over(*through, door=door), 4, f"status: the plan is {through[-1]}")
        for through in (
            (Status.REJECTED,),
            (Status.STALE,),
            (Status.APPLYING, Status.APPLIED),
            (Status.APPLYING, Status.FAILED),
            (Status.APPLYING, Status.UNKNOWN),
        )
        for what, door in (("approval for a(n)", "approve"), ("apply of a(n)", "apply"))
    ),
]
