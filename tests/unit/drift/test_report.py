from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from support.drifting import MOMENT, known

from reconciler.drift.coverage import Coverage, UnknownResource, Verdict
from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.report import (
    Depth,
    IgnoredAttribute,
    PassFacts,
    Problem,
    Report,
    Suppression,
    WorkspaceReport,
    change_to_json,
    finding_to_json,
)
from reconciler.drift.snapshot import Reason
from reconciler.drift.values import UNKNOWN, Sensitive

CHANGE = Change(("visibility_timeout_seconds",), 60, 90, configured=True)
FINDING = Finding(
    Kind.CHANGED, Severity.HIGH, "aws_sqs_queue.jobs[0]", "aws_sqs_queue", "aws_sqs_queue.jobs[0]", None, "https://q",
    "arn:q", "123456789012", "eu-central-1", (CHANGE,), ("configuration changed",), (("x", Sensitive("1")),),
    "main.tf:3", "why",
)  # fmt: skip
EMPTY = WorkspaceReport("production", "production", Verdict.IN_SYNC, "iac/production")


def test_the_contract_whole() -> None:
    workspace = replace(
        EMPTY, verdict=Verdict.DRIFTED, template_digest="sha256:1",
        state_lineage="l", state_serial=12, state_resources=2,
        coverage=Coverage(2, 1, (UnknownResource("aws_x.y", Reason.DENIED, "no"),)), findings=(known(FINDING),),
        ignored=(IgnoredAttribute("aws_x.y", "tags.a"),),
        suppressed=(Suppression("r", "known", "team", "2026-11-23", 1),),
        problems=(Problem("m", "h", "f", 1, 2),),
    )  # fmt: skip
    facts = PassFacts("p1", Depth.EXACT, MOMENT, MOMENT + timedelta(seconds=1, microseconds=412_345), 131)
    report = Report(facts, (workspace,))
    assert json.loads(json.dumps(report.to_json())) == {
        "format_version": "1.0",
        "verdict": "drifted",
        "pass": {
            "id": "p1", "depth": "exact", "started_at": "2026-11-23T12:00:00+00:00",
            "finished_at": "2026-11-23T12:00:01.412345+00:00", "duration_seconds": 1.412, "api_calls": 131,
        },
        "workspaces": [{
            "name": "production", "environment": "production", "verdict": "drifted",
            "template": {"path": "iac/production", "digest": "sha256:1"},
            "state": {"lineage": "l", "serial": 12, "resources": 2},
            "coverage": {
                "recorded": 2, "checked": 1, "unknown": [{"address": "aws_x.y", "reason": "denied", "detail": "no"}],
            },
            "findings": [{
                "id": "f1", "kind": "changed", "status": "open", "severity": "high",
                "address": "aws_sqs_queue.jobs[0]",
                "resource_type": "aws_sqs_queue", "resource_id": "https://q", "arn": "arn:q",
                "account_id": "123456789012", "region": "eu-central-1",
                "changes": [{
                    "path": "visibility_timeout_seconds", "recorded": 60, "observed": 90, "configured": True,
                    "sensitive": False,
                }],
                "reasons": ["configuration changed"], "position": "main.tf:3", "detail": "why", "attribution": None,
                "first_seen": "2026-11-23T12:00:00+00:00", "last_seen": "2026-11-23T12:00:00+00:00",
            }],
            "ignored": [{"address": "aws_x.y", "path": "tags.a"}],
            "suppressed": [{
                "rule": "r", "reason": "known", "owner": "team", "expires": "2026-11-23", "count": 1, "expired": False,
            }],
            "problems": [{"message": "m", "hint": "h", "file": "f", "line": 1, "column": 2}],
            "error": None,
        }],
    }  # fmt: skip


def test_a_secret_is_not_in_it() -> None:
    secret = Change(("p",), Sensitive("1"), {"a": Sensitive("2")}, configured=False, sensitive=True)
    assert change_to_json(secret) == {
        "path": "p", "recorded": "(sensitive)", "observed": {"a": "(sensitive)"},
        "configured": False, "sensitive": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("added", "removed", "told"),
    [
        ((1,), (2,), {"added": [1], "removed": [2]}),
        ((Sensitive("1"),), (), {"added": ["(sensitive)"], "removed": []}),
        (None, (2,), {"added": [], "removed": [2]}),
        ((1,), None, {"added": [1], "removed": []}),
        (None, None, {}),
    ],
)
def test_a_set_tells_what_came_and_went(added: object, removed: object, told: dict[str, object]) -> None:
    entry = change_to_json(replace(CHANGE, added=added, removed=removed))  # type: ignore[arg-type]
    assert {k: v for k, v in entry.items() if k in ("added", "removed")} == told


def test_what_an_apply_would_make_is_no_observation() -> None:
    planned = change_to_json(replace(CHANGE, planned=True))
    assert {k: v for k, v in planned.items() if k in ("recorded", "observed", "desired")} == {
        "recorded": 60, "observed": None, "desired": 90,
    }  # fmt: skip
    assert change_to_json(replace(CHANGE, planned=True, observed=UNKNOWN))["desired"] == "(known after apply)"
    assert "desired" not in change_to_json(CHANGE)


def test_what_is_not_counted_is_none() -> None:
    assert (EMPTY.state_resources, PassFacts("p", Depth.EXACT, MOMENT, MOMENT).api_calls) == (0, 0)


def test_an_unmanaged_one_has_a_suggested_address() -> None:
    entry = finding_to_json(known(Finding(Kind.UNMANAGED, Severity.LOW, "l", "t", suggested_address="t.new")))
    assert (entry["address"], entry["suggested_address"]) == (None, "t.new")
    assert "suggested_address" not in finding_to_json(known(FINDING))


def test_attribution() -> None:
    entry = replace(known(FINDING), attribution={"user": "bob"})
    assert finding_to_json(entry)["attribution"] == {"user": "bob"}


@pytest.mark.parametrize(
    ("workspaces", "word", "code"),
    [
        ((), "unknown", 3),
        ((EMPTY,), "in_sync", 0),
        ((EMPTY, replace(EMPTY, verdict=Verdict.DRIFTED)), "drifted", 2),
        ((EMPTY, replace(EMPTY, verdict=Verdict.UNKNOWN)), "unknown", 3),
        ((replace(EMPTY, verdict=Verdict.UNKNOWN, fault=Problem("broken")),), "unknown", 1),
        ((replace(EMPTY, verdict=Verdict.DRIFTED), replace(EMPTY, fault=Problem("broken"))), "drifted", 1),
    ],
)
def test_verdict_and_exit_code(workspaces: tuple[WorkspaceReport, ...], word: str, code: int) -> None:
    report = Report(None, workspaces)
    assert (report.verdict.value, report.exit_code, report.to_json()["pass"]) == (word, code, None)


def test_a_fault_is_told() -> None:
    entry = Report(None, (replace(EMPTY, fault=Problem("broken", "mend it")),)).to_json()["workspaces"][0]
    assert entry["error"] == {"message": "broken", "hint": "mend it", "file": None, "line": None, "column": None}
