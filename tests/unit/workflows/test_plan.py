"""Terraform's plan, read."""

from __future__ import annotations

from typing import Any

import pytest
from support.drifting import digest
from support.sides import template

from reconciler.drift.finding import Finding
from reconciler.drift.report import change_to_json
from reconciler.drift.values import UNKNOWN, Sensitive
from reconciler.errors import TerraformError
from reconciler.workflows.plan import Planner


def entry(*actions: str, **changed: Any) -> dict[str, Any]:
    change = {"actions": list(actions), "before": {"a": 1, "b": 2}, "after": {"a": 1, "b": 3}, "after_unknown": {}}
    plain = {
        "address": "aws_x.y",
        "type": "aws_x",
        "mode": "managed",
        "change": {**change, **changed.pop("change", {})},
    }
    return {**plain, **changed}


def planned(*changes: dict[str, Any]) -> tuple[Finding, ...]:
    return Planner(digest, lambda _: {"resource_changes": list(changes)}).unapplied(template())


def update(before: dict[str, Any], after: dict[str, Any], **more: Any) -> list[tuple[str, Any, Any]]:
    """Path, before and after of what an update would change."""
    (finding,) = planned(entry("update", change={"before": before, "after": after, **more}))
    assert all(change.planned and change.configured for change in finding.changes)
    return [(change.text, change.recorded, change.observed) for change in finding.changes]


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (entry("create"), "declared, but in no state"),
        (entry("update"), "an apply would change b"),
        (entry("update", change={"after_unknown": {"c": True, "d": False}}), "an apply would change b, c"),
        (
            entry("update", change={"before": {"a": 1}, "after": {"a": 1}}),
            "an apply would change what only Terraform sees",
        ),
        (entry("delete", "create", change={"replace_paths": [["b"]]}), "an apply would replace it: b"),
        (
            entry("create", "delete", action_reason="replace_because_tainted"),
            "an apply would replace it: it is tainted",
        ),
    ],
)
def test_what_an_apply_would_do_is_unapplied(change: dict[str, Any], detail: str) -> None:
    (finding,) = planned(change)
    assert (finding.label, finding.detail) == ("aws_x.y", detail)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
        ({"a": 1}, {}, [("a", 1, None)]),
        ({"a": False}, {"a": 0}, [("a", False, 0)]),
        ({"tags": {"A": "1", "B": "2"}}, {"tags": {"A": "1", "B": "3", "C": "4"}},
         [("tags.B", "2", "3"), ("tags.C", None, "4")]),
        ({"rule": [{"days": 1, "id": "a"}]}, {"rule": [{"days": 7, "id": "a"}]}, [("rule[0].days", 1, 7)]),
        ({"l": [1, 2]}, {"l": [1]}, [("l", [1, 2], [1])]),
        ({"a": 1, "b": [1, {"c": None}]}, {"a": 1, "b": [1, {"c": None}]}, []),
    ],
)  # fmt: skip
def test_each_change_is_told_where_it_is(before: dict[str, Any], after: dict[str, Any], told: list[Any]) -> None:
    assert update(before, after) == told


def test_what_is_known_only_after_an_apply_says_so() -> None:
    unknown = {"arn": True, "block": [{"id": True, "name": False}], "a": False}
    before = {"a": 1, "arn": "x", "block": [{"id": "i", "name": "n"}]}
    after = {"a": 1, "block": [{"name": "n"}]}
    assert update(before, after, after_unknown=unknown) == [("arn", "x", UNKNOWN), ("block[0].id", "i", UNKNOWN)]
    (finding,) = planned(entry("update", change={"before": before, "after": after, "after_unknown": unknown}))
    assert change_to_json(finding.changes[0]) == {
        "path": "arn", "recorded": "x", "observed": None, "desired": "(known after apply)",
        "configured": True, "sensitive": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [entry("no-op"), entry("read", mode="data"), entry("delete"), entry("delete", deposed="1a2b"), entry("forget")],
)
def test_what_is_not_ahead_of_the_state_is_no_finding(change: dict[str, Any]) -> None:
    assert planned(change) == ()


@pytest.mark.parametrize(
    ("before", "after", "before_sensitive", "after_sensitive"),
    [
        ({"token": "old-canary"}, {"token": "new-canary"}, {"token": True}, {"token": True}),
        ({"token": "old-canary"}, {"token": "new-canary"}, {}, {"token": True}),
        ({"list": [{"token": "old-canary"}]}, {"list": [{"token": "new-canary"}]}, {"list": [{"token": True}]}, {}),
        ({"t": "old-canary", "u": "x"}, {"t": "old-canary", "u": "https://old-canary@host"}, {"t": True}, {"t": True}),
        ({"t": "old-canary"}, {"t": "new-canary"}, True, False),
    ],
)
def test_no_secret_of_a_plan_is_told(before: Any, after: Any, before_sensitive: Any, after_sensitive: Any) -> None:
    marks = {"before_sensitive": before_sensitive, "after_sensitive": after_sensitive}
    (finding,) = planned(entry("update", change={"before": before, "after": after, **marks}))
    assert "canary" not in repr(finding)
    assert [change.sensitive for change in finding.changes] == [True]
    assert isinstance(finding.changes[0].observed, Sensitive)


def test_a_secret_that_stays_is_no_change() -> None:
    marks = {"before_sensitive": {"t": True}, "after_sensitive": {"t": True}}
    assert update({"t": "canary-one", "a": 1}, {"t": "canary-one", "a": 2}, **marks) == [("a", 1, 2)]


def test_a_plan_of_another_form_is_a_typed_error() -> None:
    with pytest.raises(TerraformError, match="not of a form that we know"):
        planned({"mode": "managed"})
