from __future__ import annotations

from datetime import date, timedelta

import pytest
from support.drifting import TODAY

from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.ignore import IgnoreRule, account, suppress
from reconciler.drift.report import Suppression
from reconciler.drift.values import parse_path


def rule(resource: str, path: str | None = None, **more: object) -> IgnoreRule:
    return IgnoreRule(resource, "known", "team", **{"expires": TODAY, "path": path, **more})  # type: ignore[arg-type]


def finding(*paths: str, kind: Kind = Kind.CHANGED) -> Finding:
    changes = tuple(Change(parse_path(path), 1, 2, configured=True) for path in paths)
    address = 'module.m["k"].aws_sqs_queue.jobs[0]'
    return Finding(kind, Severity.LOW, address, "aws_sqs_queue", address, resource_id="https://q", changes=changes)


@pytest.mark.parametrize(
    ("applied", "left"),
    [
        (rule("aws_sqs_queue"), None),
        (rule("aws_sqs_*"), None),
        (rule('module.m["k"].aws_sqs_queue.jobs[0]'), None),
        (rule("module.m*jobs*"), None),
        (rule("https://q"), None),
        (rule("*", workspace="prod*"), None),
        (rule("*", kinds=frozenset({Kind.CHANGED})), None),
        (rule("*", "tags"), ["visibility", "policy[0].id"]),
        (rule("*", "tags.a"), ["tags.b", "visibility", "policy[0].id"]),
        (rule("*", 'tags["a"]'), ["tags.b", "visibility", "policy[0].id"]),
        (rule("*", "policy"), ["tags.a", "tags.b", "visibility"]),
        (rule("*", "policy[*].id"), ["tags.a", "tags.b", "visibility"]),
        (rule("*", "*"), None),
        # Not covered.
        (rule("aws_sns_topic"), ["tags.a", "tags.b", "visibility", "policy[0].id"]),
        (rule("aws_sqs"), ["tags.a", "tags.b", "visibility", "policy[0].id"]),
        (rule("*", "tag"), ["tags.a", "tags.b", "visibility", "policy[0].id"]),
        (rule("*", "policy[1]"), ["tags.a", "tags.b", "visibility", "policy[0].id"]),
        (rule("*", "id"), ["tags.a", "tags.b", "visibility", "policy[0].id"]),
        (rule("*", "broken["), ["tags.a", "tags.b", "visibility", "policy[0].id"]),
        (rule("*", workspace="staging"), ["tags.a", "tags.b", "visibility", "policy[0].id"]),
        (rule("*", kinds=frozenset({Kind.DELETED})), ["tags.a", "tags.b", "visibility", "policy[0].id"]),
        (rule("*", expires=TODAY - timedelta(1)), ["tags.a", "tags.b", "visibility", "policy[0].id"]),
    ],
)
def test_rules(applied: IgnoreRule, left: list[str] | None) -> None:
    whole = finding("tags.a", "tags.b", "visibility", "policy[0].id")
    kept, taken = suppress("production", [whole], [applied], TODAY)
    assert [[c.text for c in f.changes] for f in kept] == ([] if left is None else [left])
    taken_paths = [c.text for t in taken for c in t.finding.changes]
    assert sorted([*taken_paths, *(left or [])]) == sorted(c.text for c in whole.changes)
    assert {t.rule for t in taken} <= {applied.name}


@pytest.mark.parametrize(
    ("resource", "taken"),
    [("t.a (deposed 0a1b)", True), ("t.a", True), ("t", True), ("i-1", True), ("t.a (deposed *", True), ("t.b", False)],
)
def test_any_of_its_names_will_do(resource: str, taken: bool) -> None:  # noqa: FBT001 - a table's column
    deposed = Finding(Kind.DELETED, Severity.LOW, "t.a (deposed 0a1b)", "t", "t.a", resource_id="i-1")
    assert suppress("w", [deposed], [rule(resource)], TODAY)[0] == ([] if taken else [deposed])


def test_a_resource_without_an_address_has_its_other_names() -> None:
    stray = Finding(Kind.UNMANAGED, Severity.LOW, "aws_instance i-1", "aws_instance")
    assert suppress("w", [stray], [rule("aws_x*"), rule("None")], TODAY) == ([stray], [])
    assert suppress("w", [stray], [rule("aws_x*"), rule("*i-1")], TODAY)[0] == []


@pytest.mark.parametrize(
    "other", [rule("*", expires=TODAY - timedelta(1)), rule("aws_sns_topic"), rule("*", workspace="staging")]
)
def test_a_rule_that_does_not_hold_stops_no_other(other: IgnoreRule) -> None:
    assert suppress("w", [finding("a")], [other, rule("*")], TODAY)[0] == []
    assert suppress("w", [finding("a")], [rule("*", "b"), rule("*", "a")], TODAY)[0] == []


def test_a_rule_without_a_path_is_about_every_change() -> None:
    change = finding("tags.a").changes[0]
    assert (rule("*").covers_change(change), rule("*", "b").covers_change(change)) == (True, False)


def test_it_holds_on_its_last_day_and_no_longer() -> None:
    last, after = rule("*", expires=TODAY), rule("*", expires=TODAY - timedelta(1))
    assert [bool(suppress("w", [finding("a")], [r], TODAY)[1]) for r in (last, after)] == [True, False]
    assert [s.expired for s in account([last, after], suppress("w", [finding("a")], [last], TODAY)[1], TODAY)] == [
        False, True,
    ]  # fmt: skip


def test_a_rule_about_paths_does_not_take_a_deletion() -> None:
    gone = finding(kind=Kind.DELETED)
    assert suppress("w", [gone], [rule("*", "*")], TODAY) == ([gone], [])
    assert suppress("w", [gone], [rule("*")], TODAY)[0] == []


def test_each_rule_takes_its_part() -> None:
    kept, taken = suppress("w", [finding("tags.a", "b")], [rule("*", "tags"), rule("*", "b"), rule("*")], TODAY)
    assert (kept, [(t.rule, [c.text for c in t.finding.changes]) for t in taken]) == (
        [], [("*:tags", ["tags.a"]), ("*:b", ["b"])],
    )  # fmt: skip


def test_names() -> None:
    full = rule("r", "p", kinds=frozenset(Kind), workspace="w")
    assert (full.name, rule("r", "p").name, rule("r").name) == (
        "r:p (changed, deleted, orphaned, unapplied, unmanaged) in w", "r:p", "r",
    )  # fmt: skip


def test_what_was_taken_is_counted_and_what_has_expired_is_said() -> None:
    rules = [rule("*", "tags"), rule("never"), rule("old", expires=date(2020, 1, 1))]
    _, taken = suppress("w", [finding("tags.a"), finding("tags.b", "x")], rules, TODAY)
    assert account(rules, taken, TODAY) == (
        Suppression("*:tags", "known", "team", "2026-11-23", 2),
        Suppression("old", "known", "team", "2020-01-01", 0, expired=True),
    )
