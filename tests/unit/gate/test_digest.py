"""What binds an approval: every part of the basis moves the digest, and is told by name."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from support.plans import QUEUE, basis, change, planned

from reconciler.drift.values import Sensitive
from reconciler.gate.digest import digest, digest_of_changes, digest_of_observed, moved
from reconciler.gate.proposal import Basis, Direction

BASIS = basis((planned(),))
MOVED: list[tuple[dict[str, Any], str]] = [
    ({"workspace": "other"}, "the workspace"),
    ({"environment": "staging"}, "the environment"),
    ({"direction": Direction.ADOPT}, "the direction"),
    ({"template": "x"}, "the template"),
    ({"lineage": None}, "the state's lineage"),
    ({"serial": None}, "the state's serial"),
    ({"providers": "x"}, "the provider lock"),
    ({"plan": "x"}, "the plan file"),
    ({"changes": "x"}, "what the plan was shown to do"),
    ({"observed": {QUEUE: "sha256:x"}}, f"{QUEUE} in the cloud"),
    ({"observed": {QUEUE: None}}, f"{QUEUE} in the cloud"),
    ({"observed": {}}, f"{QUEUE} in the cloud"),
    ({"observed": {**BASIS.observed, "a.b": None}}, "a.b in the cloud"),
]


def test_every_part_of_the_basis_is_tried_here() -> None:
    assert {name for parts, _ in MOVED for name in parts} == {field.name for field in fields(Basis)}


@pytest.mark.parametrize(("parts", "words"), MOVED)
def test_each_part_moves_the_digest_and_is_told(parts: dict[str, Any], words: str) -> None:
    other = replace(BASIS, **parts)
    assert digest(other) != digest(BASIS)
    assert moved(BASIS, other) == [words]
    assert moved(other, BASIS) == [words]


def test_the_same_basis_has_the_same_digest_in_any_order() -> None:
    one = replace(BASIS, observed={"a": "1", "b": "2"})
    assert digest(one) == digest(replace(BASIS, observed={"b": "2", "a": "1"}))
    assert moved(one, one) == []
    assert digest(one).startswith("sha256:")


@pytest.mark.parametrize(
    "other",
    [
        planned("aws_sqs_queue.other"),
        planned("aws_sns_topic.jobs"),
        planned(actions=("delete",)),
        planned(changes=(change(after=31),)),
        planned(changes=(change(before=91),)),
        planned(changes=(change("other"),)),
        planned(closes=()),
        planned(because="engine"),
        planned(importing="id"),
        planned(moved_from="a.b"),
        planned(runs=("local-exec",)),
    ],
)
def test_what_is_shown_moves_the_digest(other: Any) -> None:
    assert digest_of_changes((other,)) != digest_of_changes((planned(),))


def test_a_secret_that_moved_moves_the_digest() -> None:
    shown = [planned(changes=(change(after=Sensitive(text)),)) for text in ("1", "2", "1")]
    one, two, again = (digest_of_changes((each,)) for each in shown)
    assert one != two
    assert one == again


def test_only_what_will_be_written_is_observed() -> None:
    held = {"delay_seconds": 90, "arn": "a", "messages": 7}
    assert digest_of_observed(held, ["delay_seconds"]) == digest_of_observed({**held, "messages": 8}, ["delay_seconds"])
    assert digest_of_observed(held, ["delay_seconds"]) != digest_of_observed(
        {**held, "delay_seconds": 91}, ["delay_seconds"]
    )
    assert digest_of_observed(held, ["a", "b"]) == digest_of_observed(held, ["b", "a", "a"])
    assert digest_of_observed({}, ["a"]) != digest_of_observed({}, ["b"])
