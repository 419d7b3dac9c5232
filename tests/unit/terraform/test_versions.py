from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.terraform.versions import Constraint, Version

# What Terraform 1.11.4's init chose of these from a mirror (None: it refused).
_HELD = ["4.9.0", "5.0.0", "5.1.0", "5.10.0", "6.0.0", "6.1.0-beta1"]
_CHOSEN = [
    (None, "6.0.0"),
    ("", "6.0.0"),
    ("~> 4", "4.9.0"),
    ("~> 5", "5.10.0"),
    ("~> 5.1", "5.10.0"),
    ("~>5.1", "5.10.0"),
    ("~> 5.1.0", "5.1.0"),
    ("~> 5.0.0", "5.0.0"),
    ("~> 5.1.0-beta", "5.1.0"),
    (">= 5.0, < 6.0", "5.10.0"),
    ("!= 6.0.0", "5.10.0"),
    ("> 5.1, != 5.10.0", "6.0.0"),
    ("<= 5.1", "5.1.0"),
    ("5", "5.0.0"),
    ("= 5.1", "5.1.0"),
    ("= 6.1.0-beta1", "6.1.0-beta1"),
    ("6.1.0-beta1", "6.1.0-beta1"),
    (">= 6.1.0-beta1", None),
    ("~> 6.1.0-beta1", None),
    (">=6.1.0-beta1, <=6.1.0-beta1", None),
    (">6", None),
    ("= 5.0.0+build1", None),
]


@pytest.mark.parametrize(("constraint", "chosen"), _CHOSEN)
def test_the_newest_match_is_the_one_terraform_takes(constraint: str | None, chosen: str | None) -> None:
    newest = Constraint.parse(constraint).newest(map(Version.parse, _HELD))
    assert (None if newest is None else str(newest)) == chosen


@pytest.mark.parametrize(
    "text", ["v5.1.0", "~> v5.1", ">= 5.0 < 6.0", ">= 5.0,", "=> 5", "5.x", "5.*", "^5.0", "~", ",", "1.2.3.4", "-1"]
)
def test_what_terraform_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        Constraint.parse(text)


def test_precedence_is_that_of_semantic_versioning() -> None:
    ordered = ["1.0.0-1", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0"]
    assert sorted(map(Version.parse, reversed(ordered))) == list(map(Version.parse, ordered))


def test_a_build_does_not_count_in_precedence_but_is_kept() -> None:
    assert Version.parse("1.0.0+a") == Version.parse("1.0.0+b")
    assert str(Version.parse("1.2+linux.1")) == "1.2.0+linux.1"


_numbers = st.tuples(*[st.integers(0, 30)] * 3)
_prereleases = st.lists(st.from_regex(r"[0-9a-z]{1,4}", fullmatch=True), max_size=3).map(tuple)
_versions = st.builds(Version, _numbers, _prereleases)


@given(_versions)
def test_what_is_written_is_read_back(version: Version) -> None:
    assert Version.parse(str(version)) == version


@given(_versions, _versions)
def test_order_is_total_and_agrees_with_the_operators(one: Version, other: Version) -> None:
    assert (one < other) + (one == other) + (one > other) == 1
    if not one.prerelease:
        assert Constraint.parse(f">= {other}").allows(one) == (one >= other)
        assert Constraint.parse(f"< {other}").allows(one) == (one < other)
        assert Constraint.parse(f"!= {other}").allows(one) != Constraint.parse(f"= {other}").allows(one)


@given(_numbers, _numbers)
def test_pessimistic_is_a_lower_and_an_upper_bound(bound: tuple[int, int, int], tried: tuple[int, int, int]) -> None:
    major, minor, patch = bound
    version = Version(tried)
    short = Constraint.parse(f"~> {major}.{minor}")
    assert short.allows(version) == Constraint.parse(f">= {major}.{minor}, < {major + 1}").allows(version)
    long = Constraint.parse(f"~> {major}.{minor}.{patch}")
    assert long.allows(version) == Constraint.parse(f">= {major}.{minor}.{patch}, < {major}.{minor + 1}").allows(
        version
    )


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert Constraint.parse(text).newest([]) is None
