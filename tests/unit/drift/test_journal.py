from __future__ import annotations

from dataclasses import replace
from typing import Any

from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.journal import journal
from reconciler.drift.record import Event, ResourceRow, RowStatus, Step, Transition
from reconciler.drift.snapshot import Baseline
from reconciler.drift.values import Sensitive

FINDING = Finding(
    Kind.CHANGED, Severity.HIGH, "aws_x.a", "aws_x", "aws_x.a",
    changes=(Change(("p",), Sensitive("1"), 2, configured=True, sensitive=True),), reasons=("r",),
)  # fmt: skip


def row(label: str = "aws_x.a", status: RowStatus = RowStatus.ACTIVE, **configuration: Any) -> ResourceRow:
    return ResourceRow(label, "aws_x", "id-1", "a", "r", "1", status, configuration)


def told(events: tuple[Event, ...]) -> list[tuple[str, str, str]]:
    return [(e.type.value, e.source.value, e.description) for e in events]


def test_steps_of_findings() -> None:
    steps = [Transition(step, FINDING, "f") for step in (Step.OPENED, Step.CHANGED, Step.PERSISTED, Step.RESOLVED)]
    events = journal(steps, [], [], {}, [])
    assert told(events) == [
        ("drift_detected", "scheduled", "drift found: aws_x.a changed (high)"),
        ("drift_changed", "scheduled", "drift has changed: aws_x.a changed (high)"),
        ("drift_resolved", "scheduled", "drift is resolved: aws_x.a changed (high)"),
    ]
    assert events[0].details == {
        "kind": "changed", "severity": "high", "reasons": ["r"], "address": "aws_x.a",
        "changes": [{"path": "p", "recorded": "(sensitive)", "observed": 2, "configured": True, "sensitive": True}],
    }  # fmt: skip
    assert (events[0].label, events[0].resource_type) == ("aws_x.a", "aws_x")


def test_rows() -> None:
    before = {"aws_x.old": Baseline({"a": 1, "b": 1, "c": 1}), "aws_x.same": Baseline({"a": 1})}
    rows = [row("aws_x.new"), row("aws_x.old", a=2, b=1, d=1), row("aws_x.same", a=1)]
    events = journal([], rows, ["aws_x.gone"], before, [])
    assert told(events) == [
        ("create", "scheduled", "aws_x.new is in the inventory now"),
        ("update", "scheduled", "aws_x.old was brought up to date"),
        ("delete", "terraform", "aws_x.gone is in the state no longer"),
    ]
    assert events[1].details == {"resource_id": "id-1", "attributes": ["a", "c", "d"]}


def test_what_has_moved_is_told_in_order() -> None:
    names = "abcdefghijkl"
    events = journal([], [row(**dict.fromkeys(reversed(names), 2))], [], {"aws_x.a": Baseline({})}, [])
    assert events[0].details["attributes"] == list(names)


def test_a_row_is_silent_where_a_finding_speaks() -> None:
    before = {"aws_x.a": Baseline({"p": 1})}
    assert journal([], [row(p=2)], [], before, [FINDING]) == ()
    opened = journal([Transition(Step.OPENED, FINDING)], [row(p=2)], [], before, [FINDING])
    assert [e.type.value for e in opened] == ["drift_detected"]


def test_putting_things_back_is_not_ascribed_to_terraform() -> None:
    resolved = [Transition(Step.RESOLVED, FINDING, "f1")]
    events = journal(iter(resolved), [row(p=1)], [], {"aws_x.a": Baseline({"p": 2})}, [])
    assert [e.type.value for e in events] == ["drift_resolved"]


def test_what_is_not_there_is_not_new() -> None:
    assert journal([], [row(status=RowStatus.DELETED)], [], {}, []) == ()


def test_what_an_ignore_rule_took_is_not_resolved() -> None:
    other = replace(FINDING, label="aws_x.b")
    steps = [Transition(Step.RESOLVED, FINDING, "f"), Transition(Step.RESOLVED, other, "g")]
    assert told(journal(steps, [], [], {}, [], {"aws_x.a"})) == [
        ("drift_changed", "scheduled", "drift is covered by an ignore rule: aws_x.a changed (high)"),
        ("drift_resolved", "scheduled", "drift is resolved: aws_x.b changed (high)"),
    ]
    # One that opens or changes is told as that, whatever else a rule has taken.
    steps = [Transition(Step.OPENED, FINDING), Transition(Step.CHANGED, FINDING, "f")]
    assert [e.type.value for e in journal(steps, [], [], {}, [], {"aws_x.a"})] == ["drift_detected", "drift_changed"]


def test_each_event_says_whose_it_is_and_that_it_went_well() -> None:
    events = journal(
        [Transition(Step.OPENED, replace(FINDING, label="aws_x.f"))], [row("aws_x.new"), row("aws_x.old", a=2)],
        ["aws_x.gone"], {"aws_x.old": Baseline({"a": 1})}, [],
    )  # fmt: skip
    assert [(e.label, e.resource_type, e.status.value) for e in events] == [
        ("aws_x.f", "aws_x", "success"), ("aws_x.new", "aws_x", "success"), ("aws_x.old", "aws_x", "success"),
        ("aws_x.gone", None, "success"),
    ]  # fmt: skip
    assert [dict(e.details) for e in events[1:]] == [
        {"resource_id": "id-1"}, {"resource_id": "id-1", "attributes": ["a"]}, {},
    ]  # fmt: skip


def test_what_was_there_and_is_no_more_is_told_as_a_move() -> None:
    before = {"aws_x.a": Baseline({"p": 1})}
    gone = journal([], [row(status=RowStatus.DELETED, p=2)], [], before, [])
    assert [(e.type.value, e.details["attributes"]) for e in gone] == [("update", ["p"])]
    assert journal([], [row(status=RowStatus.DELETED, p=1)], [], before, []) == ()
