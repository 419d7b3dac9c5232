"""Values on their way into PostgreSQL and back."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.drift.values import UNKNOWN, Sensitive, to_json
from reconciler.inventory.stored import dumps, loads, read_text, restored, text

anything = st.text(st.characters(exclude_categories=()))
# A dict of one such key is what a secret or an unknown is stored as, and comes back as one: the core's own form.
keys = anything.filter(lambda key: key not in {"$sensitive", "$unknown"})
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**100), 2**100)
    | st.floats(allow_nan=False)
    | anything
    | st.sampled_from(["\x00", "\ud800", "\udfff", "\ufdd0", "\ufdd0u0000", "\ufdd0f1", "\\u0000", "🙂", "\u2028"])
    | st.builds(Sensitive, st.text("0123456789abcdef"))
    | st.just(UNKNOWN)
)
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20)


@given(values)
def test_a_value_comes_back_as_it_was(value: object) -> None:
    written = dumps(value)
    assert loads(written) == value
    assert restored(json.loads(written)) == value


@given(values)
def test_what_is_written_postgresql_can_hold(value: object) -> None:
    written = dumps(value)
    written.encode()  # no lone surrogate
    assert "\\u0000" not in written.replace("\\\\", "")
    json.loads(written, parse_constant=pytest.fail)  # neither NaN nor an infinity


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text("abc가🙂"), st.lists))
def test_plain_values_are_written_as_the_core_says(value: object) -> None:
    assert json.loads(dumps(value)) == to_json(value, digests=True)


def test_secrets_and_unknowns_are_written_in_the_cores_form() -> None:
    assert json.loads(dumps({"a": Sensitive("d"), "b": [UNKNOWN], "c": (1, 2)})) == {
        "a": {"$sensitive": "d"},
        "b": [{"$unknown": True}],
        "c": [1, 2],
    }


def test_numbers_that_json_lacks_come_back() -> None:
    value = loads(dumps({"nan": math.nan, "inf": [math.inf, -math.inf]}))
    assert math.isnan(value["nan"])
    assert value["inf"] == [math.inf, -math.inf]


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match="a set is no JSON value"):
        dumps({"a": {1, 2}})


@given(anything)
def test_a_text_comes_back_as_it_was(value: str) -> None:
    stored = text(value)
    assert "\x00" not in stored
    stored.encode()
    assert read_text(stored) == value


@given(anything, anything, st.integers(100, 400))
def test_a_long_text_fits_and_stays_apart_from_others(one: str, other: str, limit: int) -> None:
    long, longer = one * 100, other * 100
    stored = text(long, limit)
    assert len(stored.encode()) <= limit
    assert (stored == text(longer, limit)) == (long == longer)
    assert text(long, limit) == stored


def test_a_text_at_its_limit_is_left_alone() -> None:
    assert text("가" * 100, 300) == "가" * 100
    assert text("가" * 100, 299).startswith("가" * 75)
    assert text(None, 5) is None
