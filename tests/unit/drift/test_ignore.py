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
    full = rule("r", "p", kinds=frozenset({Kind.DELETED, Kind.CHANGED}), workspace="w")
    assert (full.name, rule("r", "p").name, rule("r").name) == ("r:p (changed, deleted) in w", "r:p", "r")


def test_what_was_taken_is_counted_and_what_has_expired_is_said() -> None:
    rules = [rule("*", "tags"), rule("never"), rule("old", expires=date(2020, 1, 1))]
    _, taken = suppress("w", [finding("tags.a"), finding("tags.b", "x")], rules, TODAY)
    assert account(rules, taken, TODAY) == (
        Suppression("*:tags", "known", "team", "2026-11-23", 2),
        Suppression("old", "known", "team", "2020-01-01", 0, expired=True),
    )
