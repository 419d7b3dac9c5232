"""Terraform's plan, read."""

from __future__ import annotations

from typing import Any

import pytest
from support.sides import state, template

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
    (finding,) = Planner(lambda *_: {"resource_changes": [change]}).unapplied(template(), state())
    assert (finding.label, finding.detail) == ("aws_x.y", detail)


@pytest.mark.parametrize(
    "change",
    [entry("no-op"), entry("read", mode="data"), entry("delete"), entry("delete", deposed="1a2b"), entry("forget")],
)
def test_what_is_not_ahead_of_the_state_is_no_finding(change: dict[str, Any]) -> None:
    assert Planner(lambda *_: {"resource_changes": [change]}).unapplied(template(), state()) == ()


def test_no_value_of_a_plan_is_told() -> None:
    secret = entry("update", change={"before": {"token": "old-canary"}, "after": {"token": "new-canary"}})
    (finding,) = Planner(lambda *_: {"resource_changes": [secret]}).unapplied(template(), state())
    assert "canary" not in repr(finding)


def test_a_plan_of_another_form_is_a_typed_error() -> None:
    with pytest.raises(TerraformError, match="not of a form that we know"):
        Planner(lambda *_: {"resource_changes": [{"mode": "managed"}]}).unapplied(template(), state())
