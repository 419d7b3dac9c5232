"""The small modules: patterns, coverage and verdicts, identity, findings."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.drift.coverage import Coverage, UnknownResource, Verdict, overall, verdict
from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.glob import any_matches, matches
from reconciler.drift.identity import GLOBAL, Identity, Location, identify, tags, text
from reconciler.drift.snapshot import Reason
from reconciler.drift.values import Sensitive


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*", "", True), ("*", "a\nb", True), ("a*", "abc", True), ("*c", "abc", True), ("a*c", "abc", True),
        ("a*c", "abd", False), ("abc", "abcd", False), ("a.b", "axb", False), ("a[0]", "a[0]", True),
        ("a[0]", "a0", False), ("a?", "ab", False), ("(a|b)", "a", False), ("**", "x", True), ("", "", True),
        ("", "a", False), ("a*b*c", "aXbYc", True),
    ],
)  # fmt: skip
def test_patterns(pattern: str, text: str, fits: bool) -> None:  # noqa: FBT001
    assert (matches(pattern, text), any_matches(("never", pattern), text)) == (fits, fits)


@given(st.text())
def test_a_text_fits_itself(text: str) -> None:
    assert matches(text.replace("*", ""), text.replace("*", ""))


UNREAD = UnknownResource("a", Reason.DENIED)
FOUND = Finding(Kind.CHANGED, Severity.LOW, "a", "t")


@pytest.mark.parametrize(
    ("findings", "coverage", "problems", "word"),
    [
        ([], Coverage(), 0, "in_sync"),
        ([], Coverage(2, 2), 0, "in_sync"),
        ([], Coverage(2, 1, (UNREAD,)), 0, "unknown"),
        ([], Coverage(2, 1), 0, "unknown"),
        ([], Coverage(2, 2, (UNREAD,)), 0, "unknown"),
        ([], Coverage(2, 2), 1, "unknown"),
        ([FOUND], Coverage(2, 2), 0, "drifted"),
        ([FOUND], Coverage(2, 1, (UNREAD,)), 1, "drifted"),
    ],
)
def test_the_verdict(findings: list[Finding], coverage: Coverage, problems: int, word: str) -> None:
    assert verdict(iter(findings), coverage, problems) == word


def test_the_verdict_over_several() -> None:
    for some in (c for n in range(4) for c in combinations_with_replacement(Verdict, n)):
        worst = next((v for v in (Verdict.DRIFTED, Verdict.UNKNOWN) if v in some), Verdict.IN_SYNC)
        assert overall(iter(some)) == (worst if some else Verdict.UNKNOWN)


def test_what_is_unknown_needs_no_detail() -> None:
    assert (UNREAD.detail, UnknownResource("b", Reason.DENIED) > UNREAD) == ("", True)


def test_exit_codes() -> None:
    assert {v.value: v.exit_code for v in Verdict} == {"in_sync": 0, "drifted": 2, "unknown": 3}


HERE = Location("111122223333", "eu-central-1")


@pytest.mark.parametrize(
    ("attributes", "identity"),
    [
        ({"id": "q", "arn": "arn:aws:sqs:us-east-1:999999999999:q", "name": "jobs"},
         Identity("q", "arn:aws:sqs:us-east-1:999999999999:q", "jobs", "999999999999", "us-east-1")),
        ({"id": "r", "arn": "arn:aws:iam::111122223333:role/r"},
         Identity("r", "arn:aws:iam::111122223333:role/r", "block", "111122223333", GLOBAL)),
        ({"id": "b", "arn": "arn:aws:s3:::b", "bucket": "b", "region": "ap-northeast-2"},
         Identity("b", "arn:aws:s3:::b", "b", "111122223333", "ap-northeast-2")),
        ({"id": "b", "arn": "arn:aws:s3:::b"},
         Identity("b", "arn:aws:s3:::b", "block", "111122223333", "eu-central-1")),
        ({"id": "i", "tags": {"Name": "web"}}, Identity("i", None, "web", "111122223333", "eu-central-1")),
        ({"id": "i", "tags": {"Name": "web"}, "tags_all": {"Name": "all"}},
         Identity("i", None, "all", "111122223333", "eu-central-1")),
        ({"arn": "arn:aws:iam::aws:policy/P"},
         Identity("arn:aws:iam::aws:policy/P", "arn:aws:iam::aws:policy/P", "block", "111122223333", GLOBAL)),
        ({"arn": "not an arn", "id": ""},
         Identity("not an arn", "not an arn", "block", "111122223333", "eu-central-1")),
        ({}, Identity("t.block[0]", None, "block", "111122223333", "eu-central-1")),
        ({"id": Sensitive("1"), "name": Sensitive("1"), "arn": 5},
         Identity("t.block[0]", None, "block", "111122223333", "eu-central-1")),
    ],
)  # fmt: skip
def test_identity(attributes: dict[str, Any], identity: Identity) -> None:
    assert identify(attributes, HERE, "block", "t.block[0]") == identity


NAMES = [
    "name",
    "bucket",
    "function_name",
    "identifier",
    "cluster_identifier",
    "repository_name",
    "alias",
    "domain_name",
]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_resource_is_called(name: str) -> None:
    assert identify({name: "mine", "tags": {"Name": "tag"}}, HERE, "block").name == "mine"
    assert identify({name: "", "tags": {"Name": "tag"}}, HERE, "block").name == "tag"
    assert identify({name: 5, "tags": {"Other": "tag"}}, HERE, "block").name == "block"


def test_the_first_name_counts() -> None:
    every = {name: name for name in reversed(NAMES)}
    assert [identify({k: every[k] for k in NAMES[n:]}, HERE, "b").name for n in range(len(NAMES))] == NAMES


@pytest.mark.parametrize(
    "service", ["iam", "route53", "cloudfront", "organizations", "globalaccelerator", "shield", "waf"]
)
def test_services_without_regions(service: str) -> None:
    assert identify({"arn": f"arn:aws:{service}::1:x", "region": "r"}, HERE, "b").region == GLOBAL
    assert identify({"arn": f"arn:aws:{service}:us-east-1:1:x"}, HERE, "b").region == "us-east-1"
    assert identify({"arn": f"arn:aws:x{service}::1:x"}, HERE, "b").region == HERE.region
    assert GLOBAL == "global"


@pytest.mark.parametrize("arn", ["arn:aws:sqs:eu-west-1:1", "x", "a:b:iam:d"])
def test_what_is_too_short_for_an_arn_says_nothing_of_the_place(arn: str) -> None:
    found = identify({"arn": arn}, HERE, "b")
    assert (found.arn, found.account_id, found.region) == (arn, HERE.account_id, HERE.region)


def test_an_arns_resource_may_hold_colons() -> None:
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/a:*"
    found = identify({"arn": arn}, HERE, "b")
    assert (found.id, found.account_id, found.region) == (arn, "123456789012", "eu-west-1")


def test_an_empty_text_is_none() -> None:
    assert [text(value) for value in ("a", "", None, 5, Sensitive("1"))] == ["a", None, None, None, None]


def test_without_a_label_the_name_stands_for_the_id() -> None:
    assert identify({}, HERE, "block").id == "block"


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({}, None),
        ({"tags": None}, None),
        ({"tags": {}}, {}),
        ({"tags": {"a": "b"}, "tags_all": {"a": "b", "c": "d"}}, {"a": "b", "c": "d"}),
        ({"tags_all": None, "tags": {"a": None, "b": Sensitive("1")}}, {"a": "None", "b": "(sensitive)"}),
        ({"tags": ["a"]}, None),
    ],
)
def test_tags(attributes: dict[str, Any], found: dict[str, str] | None) -> None:
    assert tags(attributes) == found


def test_severities_have_an_order() -> None:
    assert [s.rank for s in (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)] == [0, 1, 2, 3]


def test_a_change_is_written_with_its_path() -> None:
    assert Change(("tags", "a.b"), 1, 2, configured=True).text == 'tags["a.b"]'
