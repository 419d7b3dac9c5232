"""Rules that approve by themselves: true and nothing like it; what cannot be evaluated approves nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support.plans import change, planned, proposal

from reconciler.drift.finding import Severity
from reconciler.settings.conditions import holds, is_condition
from reconciler.settings.model import Automatic

TAGS_ONLY = """plan.environment == "production" && plan.changes.all(c,
    c.actions == ["update"] && c.changes.all(a, a.path.startsWith("tags")))"""


def plan(*paths: str, **more: Any) -> dict[str, Any]:
    return proposal(planned(changes=tuple(change(path) for path in paths)), **more).to_json()


def test_a_rule_for_tags_approves_tags_and_nothing_else() -> None:
    assert holds(TAGS_ONLY, plan("tags", "tags_all"))
    assert not holds(TAGS_ONLY, plan("tags", "delay_seconds"))
    assert not holds(TAGS_ONLY, proposal(planned(actions=("delete",))).to_json())
    assert holds('plan.risk.level == "low"', plan("tags", risk=Severity.LOW))
    assert not holds('plan.risk.level == "low"', plan("tags", risk=Severity.HIGH))


@pytest.mark.parametrize(
    "text",
    [TAGS_ONLY, "plan.changes.exists(one, one.closes == null)", "plan.changes.filter( c ,true).size() > 1", "true"],
)
def test_names_that_a_macro_binds_are_no_mistake(text: str) -> None:
    assert Automatic(name="x", when=text).when == text


@pytest.mark.parametrize("text", ["1", "plan", '"true"', "plan.nothing", "plan.changes", "plan.risk.level"])
def test_what_is_not_true_is_not_true(text: str) -> None:
    assert not holds(text, plan("tags"))


@pytest.mark.parametrize(
    "text", ["plan.", "", "risk.level == 1", "plan.risk == other", "plan.changes.all(c, d)", "(" * 500]
)
def test_what_is_no_condition_on_a_plan_is_a_mistake_in_the_settings(text: str) -> None:
    assert not is_condition(text)
    assert not holds(text, plan("tags"))
    with pytest.raises(ValidationError, match="CEL expression over plan"):
        Automatic(name="x", when=text)


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_a_mistake_and_never_a_crash(text: str) -> None:
    if not is_condition(text):
        assert not holds(text, {})
