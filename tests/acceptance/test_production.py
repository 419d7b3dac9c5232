"""The main job on production of the example estate: nothing where nothing changed, and everything where it did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from support.command import CANARIES, Done
from support.deadline import eventually
from support.production import Production, tree
from support.weather import Rule, weather

from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.drift.report import Depth, Report
from reconciler.sandbox.by_hand import CHANGES, Console
from reconciler.settings import load_settings
from reconciler.wiring import open_application
from reconciler.workflows.progress import Silent

Open = Callable[..., Production]

# Rows that a pass without news may not add to. A pass itself is a row, and so is its verdict.
_QUIET = ("aws_resources", "aws_infrastructure_events", "findings", "iac_templates", "aws_environments", "workspaces")


def _rows(url: str) -> dict[str, list[Any]]:
    """Every row of the quiet tables, whole: an update shows as well as an insert."""
    query = "SELECT to_jsonb(t) FROM {} t ORDER BY t.id::text"
    with psycopg.connect(url) as connection:
        return {
            table: [row for (row,) in connection.execute(sql.SQL(query).format(sql.Identifier(table)))]
            for table in _QUIET
        }


def _addresses(report: Report) -> set[str | None]:
    return {known.finding.address for workspace in report.workspaces for known in workspace.findings}


def _report(production: Production) -> Report:
    """A pass made in this process."""
    with open_application(load_settings(production.installation.config), {}) as application:
        return application.scan([], Depth.EXACT, Silent())


def _unexpected(findings: list[Finding]) -> list[str]:
    expected = [each for change in CHANGES for each in change.expected]
    return [str(f) for f in findings if not any(each.address == f.address for each in expected)]


def test_a_clean_estate_is_in_sync_by_the_command_and_the_pass_leaves_no_trace_outside_the_database(
    open_production: Open, database_url: str
) -> None:
    production = open_production(database=database_url)
    templates = production.environment.folder.parent
    before = tree(templates)
    with weather(production.emulator.url) as sky:
        production.installation.endpoint = sky.url
        production.installation.configure()
        first = production.installation.scan()
        assert (first.code, first.err) == (0, "")
        _assert_contract(first, production)
        known = _rows(database_url)
        second = production.installation.scan()
        assert (second.code, second.err) == (0, "")
        # Nothing was written, to no service: the state lies in S3, and a lock would be an object or an item.
        written = {action for service, action in sky.seen if action.startswith(("PUT", "DELETE", "PutItem", "Delete"))}
        assert written == set()
    assert _rows(database_url) == known
    assert len(known["aws_resources"]) == production.recorded
    assert {row["event_type"] for row in known["aws_infrastructure_events"]} <= {"create"}
    assert tree(templates) == before
    production.installation.assert_nothing_runs()


def _assert_contract(done: Done, production: Production) -> None:
    """Format version 1.0 of the JSON report, every key of it."""
    report = done.json
    assert report.keys() == {"format_version", "verdict", "pass", "workspaces"}
    assert (report["format_version"], report["verdict"]) == ("1.0", "in_sync")
    made = report["pass"]
    assert made.keys() == {"id", "depth", "started_at", "finished_at", "duration_seconds", "api_calls"}
    UUID(made["id"])
    assert made["depth"] == "exact"
    started, finished = map(datetime.fromisoformat, (made["started_at"], made["finished_at"]))
    assert started.tzinfo is not None
    assert made["duration_seconds"] == pytest.approx((finished - started).total_seconds(), abs=0.01)
    assert made["api_calls"] >= production.recorded
    (workspace,) = report["workspaces"]
    assert workspace.keys() == {
        *("name", "environment", "verdict", "template", "state", "coverage", "findings", "ignored", "suppressed"),
        *("problems", "error"),
    }
    assert (workspace["name"], workspace["environment"]) == ("production", "production")
    assert workspace["verdict"] == "in_sync"
    assert workspace["template"]["path"] == str(production.environment.folder)
    assert workspace["template"]["digest"].startswith("sha256:")
    state = workspace["state"]
    assert state.keys() == {"lineage", "serial", "resources"}
    UUID(state["lineage"])
    assert state["resources"] == production.recorded
    assert workspace["coverage"] == {
        "recorded": production.recorded,
        "checked": production.recorded,
        "unknown": [],
    }
    assert workspace["findings"] == workspace["problems"] == workspace["suppressed"] == []
    assert workspace["error"] is None


def test_all_changes_by_hand_are_found_none_is_invented_and_each_is_told_once(
    open_production: Open, database_url: str
) -> None:
    production = open_production(database=database_url)
    assert _report(production).exit_code == 0
    console = Console(production.emulator)
    for change in CHANGES:
        change.make(console)
    report = _report(production)
    _assert_all_found(report)
    (workspace,) = report.workspaces
    assert any(entry.path == "desired_count" for entry in workspace.ignored), "the autoscaler's change is listed"

    known = _rows(database_url)
    again = _report(production)
    assert {each.id for each in again.workspaces[0].findings} == {each.id for each in workspace.findings}
    after = _rows(database_url)
    assert after["aws_infrastructure_events"] == known["aws_infrastructure_events"]
    assert after["aws_resources"] == known["aws_resources"]

    # One of them is put back.
    sqs = console.aws("sqs")
    queue = sqs.get_queue_url(QueueName="nuri-prod-mail")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "30"})
    label = 'module.app.module.queue["mail"].aws_sqs_queue.this'
    last = _report(production)
    assert {e.finding.address for e in workspace.findings} - {
        e.finding.address for e in last.workspaces[0].findings
    } == {label}
    new = [
        row for row in _rows(database_url)["aws_infrastructure_events"] if row not in after["aws_infrastructure_events"]
    ]
    assert [row["event_type"] for row in new].count("drift_resolved") == 1
    assert {row["event_type"] for row in new} <= {"drift_resolved", "update"}


def _assert_all_found(report: Report) -> None:
    (workspace,) = report.workspaces
    findings = [known.finding for known in workspace.findings]
    missed = [
        f"{change.title}: {expected}"
        for change in CHANGES
        for expected in change.expected
        if not any(expected.met_by(finding) for finding in findings)
    ]
    assert missed == []
    assert _unexpected(findings) == []
    assert workspace.coverage.complete
    assert report.exit_code == 2


def test_a_first_pass_without_any_baseline_already_finds_what_is_dangerous(
    open_production: Open, database_url: str
) -> None:
    production = open_production(database=database_url)
    console = Console(production.emulator)
    for change in CHANGES:
        change.make(console)
    report = _report(production)
    (workspace,) = report.workspaces
    findings = [known.finding for known in workspace.findings]
    assert _unexpected(findings) == []
    missed = {
        change.title: expected.address
        for change in CHANGES
        for expected in change.expected
        if expected.severity.rank >= Severity.HIGH.rank and not any(expected.met_by(each) for each in findings)
    }
    assert missed == {}
    deleted = {each.address for change in CHANGES for each in change.expected if each.kind is Kind.DELETED}
    assert {f.address for f in findings if f.kind is Kind.DELETED} == deleted


def test_a_provider_sees_nothing_of_the_callers_environment(open_production: Open, database_url: str) -> None:
    production = open_production(database=database_url)
    with weather(production.emulator.url) as sky:
        production.installation.endpoint = sky.url
        production.installation.configure()
        sky.rules = [Rule("sqs", "hang")]
        with production.installation.start("scan", "--format", "json") as running:
            eventually(lambda: sky.count("sqs") > 0, 60)
            providers = running.providers()
            assert len(providers) == 2, "one for each region"
            for pid in providers:
                environ = _environ(pid)
                assert not environ.keys() & (CANARIES.keys() - {"TF_LOG"})  # which we set ourselves
                assert not set(environ.values()) & set(CANARIES.values())
                assert database_url not in environ.values()
            sky.rules = []
            sky.over.set()
            done = running.wait(60)
    assert done.code == 0
    for canary in CANARIES.values():
        assert canary not in done.out + done.err
    production.installation.assert_nothing_runs()


def _environ(pid: int) -> dict[str, str]:
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)
