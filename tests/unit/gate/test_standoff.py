"""Tug-of-war: three times is a fight, twice is not; another attribute, resource or week is none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.plans import NOW, QUEUE, change, planned

from reconciler.drift.values import Sensitive
from reconciler.gate.standoff import WINDOW, Sighting, contested


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


def test_a_secret_is_fought_over_without_being_shown() -> None:
    said = told(sightings(1, 2, 3, found=Sensitive("0")))
    assert said is not None
    assert said.endswith("setting (sensitive)")
