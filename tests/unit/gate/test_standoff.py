"""Tug-of-war: three times is a fight, twice is not; another attribute, resource or week is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.plans import NOW, QUEUE, change, planned

from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.record import Event, EventType
from reconciler.drift.values import Sensitive
from reconciler.gate.standoff import WINDOW, Sighting, contested, escalated


def sightings(*hours_ago: float, address: str = QUEUE, path: str = "delay_seconds", found: Any = 90) -> list[Sighting]:
    return [Sighting(NOW - timedelta(hours=each), address, path, 30, found) for each in hours_ago]


def told(seen: list[Sighting], *changes: Any) -> str | None:
    return contested(changes or (planned(),), seen, NOW)


def test_three_times_within_the_window_is_a_fight_that_names_both_sides() -> None:
    said = told([*sightings(1, 5), *sightings(0.5, found=91)])
    assert said is not None
    assert QUEUE in said
    assert "delay_seconds has drifted 3 times" in said
    assert "the template wants 30, and somebody keeps setting 91" in said


@pytest.mark.parametrize(
    "seen",
    [
        [],
        sightings(1, 5),
        [*sightings(1, 5), *sightings(2, path="policy")],
        [*sightings(1, 5), *sightings(2, address="aws_sqs_queue.other")],
        [*sightings(1, 5), *sightings(WINDOW / timedelta(hours=1))],
        [*sightings(1, 5), *sightings(-1)],
    ],
)
def test_what_is_no_fight(seen: list[Sighting]) -> None:
    assert told(seen) is None


def test_an_attribute_that_the_plan_leaves_alone_may_be_fought_over() -> None:
    assert told(sightings(1, 2, 3), planned(changes=(change("tags"),))) is None
    assert told(sightings(1, 2, 3), planned(actions=("delete",))) is None


def test_places_inside_of_an_attribute_are_that_attribute() -> None:
    seen = [*sightings(1, path="rule[0].days"), *sightings(2, path="rule"), *sightings(3, path="rule[1]")]
    assert told(seen, planned(changes=(change("rule"),))) is not None


def test_what_one_moment_saw_is_one_flip() -> None:
    places = [*sightings(1, path="rule[0].days"), *sightings(1, path="rule[1].days"), *sightings(2, path="rule")]
    assert told(places, planned(changes=(change("rule"),))) is None


def opened(*paths: str, configured: bool = True, label: str = QUEUE) -> Finding:
    changes = tuple(Change((path,), 30, 90, configured=configured) for path in paths)
    return Finding(Kind.CHANGED, Severity.LOW, label, "aws_sqs_queue", label, changes=changes)


def events(finding: Finding, *hours_ago: float, path: str = "delay_seconds") -> tuple[Event, ...]:
    return escalated([finding], sightings(*hours_ago, path=path), NOW)


def test_the_third_flip_is_one_event_that_names_both_sides() -> None:
    [event] = events(opened("delay_seconds"), 5, 1)
    assert event.type is EventType.DRIFT_CONTESTED
    assert event.label == QUEUE
    assert "has drifted 3 times in 7 days: the template wants 30, and somebody keeps setting 90" in event.description
    assert event.details == {
        "address": QUEUE, "path": "delay_seconds", "times": 3, "template_wants": 30, "somebody_sets": 90
    }  # fmt: skip


@pytest.mark.parametrize(
    ("finding", "hours_ago"),
    [
        (opened("delay_seconds"), (1,)),
        (opened("delay_seconds"), (1, 2, 3)),  # said already
        (opened("delay_seconds"), (1, WINDOW / timedelta(hours=1))),
        (opened("policy"), (1, 2)),
        (opened("delay_seconds", label="aws_sqs_queue.other"), (1, 2)),
        (opened("delay_seconds", configured=False), (1, 2)),  # the template wants nothing there
    ],
)
def test_where_no_fight_begins_nothing_is_said(finding: Finding, hours_ago: tuple[float, ...]) -> None:
    assert events(finding, *hours_ago) == ()


def test_two_places_of_one_attribute_are_one_fight() -> None:
    rules = replace(
        opened("rule"),
        changes=tuple(Change(("rule", i, "days"), 30, 90, configured=True) for i in (0, 1)),
    )
    assert len(events(rules, 1, 2, path="rule")) == 1


def test_a_secret_is_fought_over_without_being_shown() -> None:
    said = told(sightings(1, 2, 3, found=Sensitive("0")))
    assert said is not None
    assert said.endswith("setting (sensitive)")
