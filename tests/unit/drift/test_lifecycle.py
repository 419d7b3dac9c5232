"""The life of findings: literal steps, and a machine that plays passes against a plain model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from support.drifting import known

from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.lifecycle import Life, Scope, advance
from reconciler.drift.record import Step
from reconciler.drift.report import KnownFinding
from reconciler.drift.values import Sensitive

ALL = Scope(frozenset(Kind))


def finding(label: str = "a", kind: Kind = Kind.CHANGED, observed: Any = 1, **more: Any) -> Finding:
    changes = (Change(("p",), 0, observed, configured=True),)
    return Finding(kind, Severity.LOW, label, "t", **{"changes": changes, **more})


def steps(life: Life) -> list[tuple[str, str, str | None]]:
    return [(t.step.value, t.finding.label, t.finding_id) for t in life.transitions]


ONE = finding()


@pytest.mark.parametrize(
    ("was", "now", "step"),
    [
        (None, ONE, "opened"),
        (ONE, None, "resolved"),
        (ONE, ONE, "persisted"),
        (ONE, finding(observed=2), "changed"),
        (ONE, replace(ONE, severity=Severity.HIGH), "changed"),
        (ONE, replace(ONE, detail="x"), "changed"),
        (ONE, replace(ONE, changes=()), "changed"),
        (finding(observed=Sensitive("1")), finding(observed=Sensitive("1")), "persisted"),
        (finding(observed=Sensitive("1")), finding(observed=Sensitive("2")), "changed"),
        # What is no news.
        (ONE, replace(ONE, reasons=("x",), resource_id="y", reference=(("p", 0),), position="z"), "persisted"),
        (finding(changes=(Change(("s",), [1, 2], [2, 3], configured=False, added=(3, 4), removed=(1,)),)),
         finding(changes=(Change(("s",), [2, 1], [3, 2], configured=False, added=(4, 3), removed=(1,)),)), "persisted"),
        (finding(changes=(Change(("s",), [1], [3], configured=False, added=(3,), removed=(1,)),)),
         finding(changes=(Change(("s",), [1], [3], configured=False, added=(3,), removed=(2,)),)), "changed"),
        (finding(changes=(Change(("s",), [1], [3], configured=False, added=(3,), removed=()),)),
         finding(changes=(Change(("s",), [1], [3], configured=False, added=(), removed=(3,)),)), "changed"),
        *((finding(changes=(Change(("s",), [1], [3], configured=False, **one),)),
           finding(changes=(Change(("s",), [1], [3], configured=False, **two),)), step) for one, two, step in (
            ({"added": (Sensitive("1"),)}, {"added": (Sensitive("2"),)}, "changed"),
            ({"added": (Sensitive("1"),)}, {"added": (Sensitive("1"),)}, "persisted"),
            ({"removed": (1,)}, {"removed": (2,)}, "changed"),
            ({"removed": (1, 2)}, {"removed": (2, 1)}, "persisted"),
            ({"removed": (1,)}, {"added": (1,)}, "changed"),
            ({"added": ("\ud800",)}, {"added": ("\ud800",), "removed": ()}, "persisted"),
            ({}, {"added": (), "removed": ()}, "changed"),
        )),
        (finding(changes=(Change(("s",), [1], [3], configured=False, added=(3,)),)),
         finding(changes=(Change(("t",), [1], [3], configured=False, added=(3,)),)), "changed"),
        # Of a set counts what came and went, of anything else both sides.
        (finding(changes=(Change(("s",), [1], [3], configured=False, added=(3,)),)),
         finding(changes=(Change(("s",), [5], [7], configured=False, added=(3,)),)), "persisted"),
        (finding(changes=(Change(("s",), 1, 3, configured=False),)),
         finding(changes=(Change(("s",), 2, 3, configured=False),)), "changed"),
        (finding(changes=(Change(("s",), Sensitive("1"), 3, configured=False),)),
         finding(changes=(Change(("s",), Sensitive("2"), 3, configured=False),)), "changed"),
        (finding(changes=(Change(("a",), 1, 2, configured=True), Change(("b",), 1, 2, configured=True))),
         finding(changes=(Change(("b",), 1, 2, configured=True), Change(("a",), 1, 2, configured=True))), "persisted"),
        (finding(changes=(Change(("a",), 1, 2, configured=True),)),
         finding(changes=(Change(("b",), 1, 2, configured=True),)), "changed"),
    ],
)  # fmt: skip
def test_steps(was: Finding | None, now: Finding | None, step: str) -> None:
    life = advance([known(was)] if was else [], [now] if now else [], ALL)
    assert steps(life) == [(step, "a", None if step == "opened" else "f1")]
    assert life.open == (() if now is None else (now,))


@pytest.mark.parametrize(
    "scope",
    [
        Scope(frozenset(Kind) - {Kind.CHANGED}),
        Scope(frozenset(Kind), frozenset({"a"})),
        Scope(frozenset(Kind), undecided=frozenset({("a", Kind.CHANGED)})),
        Scope(frozenset()),
    ],
)
def test_what_a_pass_could_not_tell_stays(scope: Scope) -> None:
    assert advance([known(ONE)], [], scope) == Life((), (ONE,))


def test_what_is_left_open_is_one_kind_of_one_resource() -> None:
    others = frozenset({("a", Kind.DELETED), ("b", Kind.CHANGED)})
    assert steps(advance([known(ONE)], [], Scope(frozenset(Kind), undecided=others))) == [("resolved", "a", "f1")]


def test_another_kind_is_another_finding() -> None:
    gone = finding(kind=Kind.DELETED)
    assert steps(advance([known(ONE)], [gone], ALL)) == [("opened", "a", None), ("resolved", "a", "f1")]


class Passes(RuleBasedStateMachine):
    """Random passes. The model: what is really there, and what is open."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, KnownFinding] = {}
        self.next = 0
        self.last: tuple[list[Finding], Scope] = ([], ALL)

    @rule(
        seen=st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from(Kind)), st.integers(0, 2), max_size=5),
        unknown=st.frozensets(st.sampled_from("abc"), max_size=2),
        kinds=st.frozensets(st.sampled_from(Kind)),
    )
    def a_pass(self, seen: dict[tuple[str, Kind], int], unknown: frozenset[str], kinds: frozenset[Kind]) -> None:
        current = [
            finding(label, kind, n) for (label, kind), n in seen.items() if kind in kinds and label not in unknown
        ]
        self.look(current, Scope(kinds, unknown))

    @rule()
    def the_same_again(self) -> None:
        current, scope = self.last
        life = self.look(current, scope)
        assert {t.step for t in life.transitions} <= {Step.PERSISTED}

    def look(self, current: list[Finding], scope: Scope) -> Life:
        before = {(e.finding.label, e.finding.kind): e for e in self.known.values()}
        life = advance(list(self.known.values()), current, scope)
        there = {(f.label, f.kind): f for f in current}
        for t in life.transitions:
            key = (t.finding.label, t.finding.kind)
            match t.step:
                case Step.OPENED:
                    assert key not in before
                    assert t.finding_id is None
                    self.next += 1
                    self.known[f"f{self.next}"] = known(t.finding, f"f{self.next}")
                case Step.RESOLVED:
                    assert t.finding_id is not None
                    assert key not in there
                    assert t.finding.kind in scope.kinds
                    assert t.finding.label not in scope.unknown
                    del self.known[t.finding_id]
                case _:
                    assert t.finding_id == before[key].id
                    assert (t.step is Step.PERSISTED) == (before[key].finding == t.finding)
                    self.known[before[key].id] = known(t.finding, before[key].id)
        expected = there | {
            key: e.finding
            for key, e in before.items()
            if key not in there and not (key[1] in scope.kinds and key[0] not in scope.unknown)
        }
        assert {(f.label, f.kind): f for f in life.open} == expected
        assert len(life.open) == len(expected)
        self.last = (current, scope)
        return life

    @invariant()
    def never_two_open_of_one_kind_on_one_resource(self) -> None:
        keys = [(e.finding.label, e.finding.kind) for e in self.known.values()]
        assert len(keys) == len(set(keys))


TestPasses = Passes.TestCase
TestPasses.settings = settings(max_examples=40, stateful_step_count=12)


STRAY = Finding(Kind.UNMANAGED, Severity.MEDIUM, "t i", "t", resource_id="i", region="r")


@pytest.mark.parametrize(
    ("finding", "recorded", "resolved"),
    [
        (STRAY, ("t", "i", "r"), True),
        (STRAY, ("t", "i", "elsewhere"), False),  # the same name in another region is another object
        (STRAY, ("t", "other", "r"), False),
        (STRAY, ("u", "i", "r"), False),
        (replace(STRAY, kind=Kind.DELETED), ("t", "i", "r"), False),
        (replace(STRAY, arn="arn:1"), ("t", "arn:1", None), True),
        (replace(STRAY, arn="arn:1"), ("t", "i", "r"), False),  # the same name in another account
        (replace(STRAY, arn="arn:1"), ("t", "arn:2", None), False),
    ],
)
def test_what_a_pass_read_from_the_state_is_unmanaged_no_longer(
    finding: Finding,
    recorded: tuple[str, str, str | None],
    resolved: bool,  # noqa: FBT001
) -> None:
    scope = Scope(frozenset({Kind.CHANGED}), recorded=frozenset({recorded}))
    assert (advance([known(finding)], [], scope).open == ()) == resolved
