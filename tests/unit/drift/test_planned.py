"""A plan's JSON of one resource as changes: what moves, what is only known later, what is secret, what is left out."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from reconciler.drift.finding import Change
from reconciler.drift.planned import because, overtaken, planned_changes
from reconciler.drift.values import UNKNOWN, Sensitive


def digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


def changes(before: Any, after: Any, **marks: Any) -> list[tuple[Any, Any, Any]]:
    found = planned_changes({"before": before, "after": after, **marks}, digest)
    assert all(each.planned and each.configured for each in found)
    return [(each.path, each.recorded, each.observed) for each in found]


def test_only_what_moves_is_told_at_its_innermost_place() -> None:
    before = {"a": {"b": [1, 2], "c": 3}, "d": "same", "e": [1]}
    after = {"a": {"b": [1, 4], "c": 3}, "d": "same", "e": [1, 2]}
    assert changes(before, after) == [(("a", "b", 1), 2, 4), (("e",), [1], [1, 2])]


@pytest.mark.parametrize(("before", "after"), [(True, 1), (1, True), (0, False), (False, 0)])
def test_a_truth_is_no_number(before: Any, after: Any) -> None:
    assert changes({"a": before}, {"a": after}) == [(("a",), before, after)]


def test_what_is_unset_stays_out_of_what_is_made_or_destroyed_and_nowhere_else() -> None:
    assert changes(None, {"a": "x", "b": None, "c": [], "d": 0}) == [(("a",), None, "x")]
    assert changes({"a": "x", "b": None, "c": ""}, None) == [(("a",), "x", None)]
    assert changes({"a": None}, {"a": ""}) == [(("a",), None, "")]


def test_what_is_known_after_the_apply_alone_is_unknown() -> None:
    found = changes({"id": "1", "n": {"x": 1}}, {"n": {}}, after_unknown={"id": True, "n": {"x": True}})
    assert found == [(("id",), "1", UNKNOWN), (("n", "x"), 1, UNKNOWN)]
    assert changes({"l": [1, 2]}, {"l": [1]}, after_unknown={"l": [False, True]}) == [(("l", 1), 2, UNKNOWN)]


def test_secrets_are_masked_on_both_sides_and_the_change_is_marked() -> None:
    found = planned_changes(
        {
            "before": {"password": "hunter22", "name": "a"},
            "after": {"password": "hunter23", "name": "b"},
            "before_sensitive": {"password": True},
            "after_sensitive": {"password": True},
        },
        digest,
    )
    by_path: dict[tuple[str | int, ...], Change] = {each.path: each for each in found}
    assert isinstance(by_path["password",].recorded, Sensitive)
    assert isinstance(by_path["password",].observed, Sensitive)
    assert by_path["password",].sensitive
    assert not by_path["name",].sensitive


@pytest.mark.parametrize(
    ("before", "after"), [({"b": 1}, [1]), ([1], {"b": 1}), ([1], None), (None, [1]), ({"b": 1}, None), ("x", {"b": 1})]
)
def test_values_of_different_forms_differ_as_a_whole(before: Any, after: Any) -> None:
    assert changes({"a": before}, {"a": after}) == [(("a",), before, after)]


def test_a_mark_of_the_unknown_where_nothing_stands_is_passed_over() -> None:
    assert changes({"n": None}, {"n": None}, after_unknown={"n": {"x": True}}) == []
    assert changes({"n": None}, {"n": None}, after_unknown={"n": [True]}) == []


def test_a_secret_that_comes_is_one() -> None:
    [found] = planned_changes({"before": {}, "after": {"a": "s3cret-s3cret"}, "after_sensitive": {"a": True}}, digest)
    assert found.sensitive


def test_a_secret_on_one_side_alone_is_one() -> None:
    [found] = planned_changes({"before": {"a": "s3cret-s3cret"}, "after": {}, "before_sensitive": {"a": True}}, digest)
    assert found.sensitive


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"action_reason": "replace_because_tainted"}, "it is tainted"),
        ({"action_reason": "replace_by_request"}, "it was asked for"),
        ({"action_reason": "replace_by_triggers"}, "replace_triggered_by"),
        ({"change": {"replace_paths": [["engine"], ["ami"], ["engine", 0]]}}, "ami, engine"),
        ({"change": {"replace_paths": [[]]}}, "as the provider demands"),
        ({"action_reason": "replace_because_cannot_update", "change": {}}, "as the provider demands"),
    ],
)
def test_why_it_is_replaced(entry: dict[str, Any], words: str) -> None:
    assert because({"change": {}, **entry}) == words


def _overtaken(before: Any, after: Any, observed: Any, *, accepts: bool = False) -> Any:
    return overtaken(planned_changes({"before": before, "after": after}, digest), observed, accepts=accepts)


@pytest.mark.parametrize(
    ("before", "after", "observed", "where"),
    [
        ({"size": 1}, {"size": 2}, {"size": 3}, ("size",)),
        ({"size": 1}, {"size": 2}, {"size": 2}, ("size",)),
        ({"size": 1}, {"size": 2}, {}, ("size",)),
        ({"tags": {"a": "x"}}, {"tags": {"a": "y"}}, {"tags": {"a": "z"}}, ("tags", "a")),
        ({"tags": {"a": "x"}}, {"tags": {"a": "y"}}, {"tags": None}, ("tags", "a")),
        ({"tags": {}}, {"tags": {"a": "y"}}, {"tags": {"a": "z"}}, ("tags", "a")),
        ({"a": 1, "b": 1}, {"a": 2, "b": 2}, {"a": 1, "b": 3}, ("b",)),
        (None, {"size": 2}, {"size": 1}, ("size",)),
        ({"size": 1}, None, {"size": 2}, ("size",)),
    ],
)
def test_the_cloud_holds_something_else_than_the_plan_shows(before: Any, after: Any, observed: Any, where: Any) -> None:
    assert _overtaken(before, after, observed) == where


@pytest.mark.parametrize(
    ("before", "after", "observed"),
    [
        ({"size": 1}, {"size": 2}, {"size": 1, "other": 5}),
        ({"size": None}, {"size": 2}, {"size": 0}),
        ({"size": ""}, {"size": "a"}, {}),
        ({"in": [{"port": 1}, {"port": 2}]}, {"in": [{"port": 1}, {"port": 3}]}, {"in": [{"port": 2}, {"port": 1}]}),
        ({"rules": [1]}, {"rules": [1, 2]}, {"rules": [3]}),
    ],
)  # fmt: skip
def test_the_cloud_holds_what_the_plan_shows_or_nobody_can_tell(before: Any, after: Any, observed: Any) -> None:
    assert _overtaken(before, after, observed) is None


def test_what_is_accepted_is_what_a_plan_shows_last() -> None:
    assert _overtaken({"size": 1}, {"size": 2}, {"size": 2}, accepts=True) is None
    assert _overtaken({"size": 1}, {"size": 2}, {"size": 1}, accepts=True) == ("size",)


@pytest.mark.parametrize("observed", [Sensitive("3"), "hidden by one side alone"])
def test_secrets_are_shown_to_nobody_and_a_list_of_them_is_told_in_any_order(observed: Any) -> None:
    change = Change(("key",), Sensitive("1"), Sensitive("2"), configured=True)
    assert overtaken([change], {"key": observed}, accepts=False) is None


def test_terraform_composes_texts_and_a_provider_need_not() -> None:
    composed, apart = "caf\u00e9", "cafe\u0301"
    assert _overtaken({"name": composed}, {"name": "x"}, {"name": apart}) is None
    assert _overtaken({"name": composed}, {"name": "x"}, {"name": "cafe"}) == ("name",)
