"""What deserves another look before it is told, and what does not."""

from __future__ import annotations

from typing import Any

import pytest
from support.drifting import absent, attribute, known, present, schema, unread

from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.snapshot import Baseline
from reconciler.drift.unsettled import unsettled, vanished

QUEUE = schema(delay=attribute("O", "number"), size=attribute("OC", "number"))
A = "aws_sqs_queue.a"
READ = [present(A, QUEUE, {"id": "q", "delay": 1}, {"delay": 2})]


def finding(kind: Kind = Kind.CHANGED, label: str = A, *changes: Change, **more: Any) -> Finding:
    return Finding(kind, Severity.LOW, label, "aws_sqs_queue", changes=changes, **more)


CHANGED = finding(reference=(("delay", 1), ("size", 3)))


@pytest.mark.parametrize(
    ("why", "found", "before", "baseline", "looked_at_again"),
    [
        ("new, and never seen", CHANGED, None, None, True),
        ("gone, and never seen", finding(Kind.DELETED), None, None, True),
        ("seen as it should be", CHANGED, None, {"id": "q", "delay": 1, "size": 3}, False),
        ("seen, and there then", finding(Kind.DELETED), None, {"id": "q"}, False),
        ("seen otherwise in one attribute", CHANGED, None, {"id": "q", "delay": 1, "size": 4}, True),
        ("seen before the attribute was there", CHANGED, None, {"id": "q", "delay": 1}, True),
        ("another object was seen", CHANGED, None, {"id": "old", "delay": 1, "size": 3}, True),
        ("told before", CHANGED, CHANGED, None, False),
        ("another kind was told", CHANGED, finding(Kind.ORPHANED), None, True),
        ("of another resource it was told", CHANGED, finding(label="aws_sqs_queue.b"), None, True),
        ("not of the cloud", finding(Kind.ORPHANED), None, None, False),
        ("not of the cloud either", finding(Kind.UNAPPLIED), None, None, False),
        ("nor this", finding(Kind.UNMANAGED), None, None, False),
    ],
)
def test_what_the_clouds_delay_may_explain(
    why: str,
    found: Finding,
    before: Finding | None,
    baseline: dict[str, Any] | None,
    looked_at_again: bool,  # noqa: FBT001 - a table's column
) -> None:
    baselines = {} if baseline is None else {A: Baseline(baseline)}
    told = [] if before is None else [known(before)]
    assert unsettled([found], told, baselines, READ) == (frozenset({A}) if looked_at_again else frozenset()), why


def test_each_finding_by_its_own_reading_and_memory() -> None:
    b, c = "aws_sqs_queue.b", "aws_sqs_queue.c"
    readings = [unread(c), *READ, absent(b, QUEUE, {"id": "r"})]
    baselines = {A: Baseline({"id": "r"}), b: Baseline({"id": "r"}), c: Baseline({"id": "q"})}
    found = [finding(Kind.DELETED, label) for label in (A, b, c)]
    assert unsettled(found, [], baselines, readings) == {A, c}


def test_a_change_is_of_what_it_changes() -> None:
    """What is seen in one attribute says nothing of another."""
    baselines = {A: Baseline({"id": "q", "delay": 1, "size": 9})}
    assert unsettled([finding(reference=(("delay", 1),))], [], baselines, READ) == frozenset()
    assert unsettled([finding(reference=(("size", 1), ("delay", 1)))], [], baselines, READ) == {A}


def moved(recorded: Any, observed: Any, *, configured: bool = False) -> Change:
    return Change(("size",), recorded, observed, configured=configured)


@pytest.mark.parametrize(
    ("why", "found", "before", "doubted"),
    [
        ("emptied", finding(Kind.CHANGED, A, moved(1, None)), None, True),
        ("emptied list", finding(Kind.CHANGED, A, moved(["a"], [])), None, True),
        ("one of two", finding(Kind.CHANGED, A, moved(1, 2), moved("a", "")), None, True),
        ("another value", finding(Kind.CHANGED, A, moved(1, 2)), None, False),
        ("filled", finding(Kind.CHANGED, A, moved(None, 1)), None, False),
        ("empty before", finding(Kind.CHANGED, A, moved("", None)), None, False),
        ("the template sets it", finding(Kind.CHANGED, A, moved(1, None, configured=True)), None, False),
        ("told before", finding(Kind.CHANGED, A, moved(1, None)), finding(), False),
        ("told of another", finding(Kind.CHANGED, A, moved(1, None)), finding(label="b"), True),
        ("another kind was told", finding(Kind.CHANGED, A, moved(1, None)), finding(Kind.DELETED), True),
        ("not of the cloud", finding(Kind.UNAPPLIED, A, moved(1, None)), None, False),
        ("no change", finding(), None, False),
    ],
)
def test_what_a_refused_call_may_explain(why: str, found: Finding, before: Finding | None, doubted: bool) -> None:  # noqa: FBT001
    told = [] if before is None else [known(before)]
    assert vanished([found], told) == (frozenset({A}) if doubted else frozenset()), why
