"""The second estate: nothing where nothing changed, whatever state and template look like, and every change by hand."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import psycopg
from support.by_hand_harbour import CHANGES
from support.harbour import Harbour

from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.values import parse_path
from reconciler.sandbox.by_hand.change import Console


def _assert_clean(harbour: Harbour, recorded: int) -> None:
    code, report = harbour.scan()
    assert report["findings"] == report["problems"] == []
    assert report["error"] is None
    assert report["coverage"] == {"recorded": recorded, "checked": recorded, "unknown": []}
    assert code == 0


def _managed(state: Mapping[str, Any]) -> int:
    return sum(len(each["instances"]) for each in state["resources"] if each["mode"] == "managed")


def _resource(state: Mapping[str, Any], type_: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(r for r in state["resources"] if (r["type"], r["name"]) == (type_, name))
    return found


def test_nothing_has_drifted_in_an_older_state_with_the_leavings_of_broken_applies(harbour: Harbour) -> None:
    """Older schemas, which the provider has to bring up to date; an object tainted, one deposed, one moved."""
    state = harbour.state()
    for type_, name in (("aws_vpc", "this"), ("aws_subnet", "this"), ("aws_security_group", "this")):
        _age(_resource(state, type_, name), *_SINCE[type_])
    for type_, name in (("aws_cloudwatch_event_target", "tide"), ("aws_kinesis_stream", "events")):
        _age(_resource(state, type_, name), *_SINCE[type_])
    _age(_resource(state, "aws_cloudfront_distribution", "this"), "wait_for_deployment")
    database = _resource(state, "aws_db_instance", "this")["instances"][0]
    database["schema_version"] = 1
    database["attributes"]["id"] = database["attributes"]["identifier"]  # its id was its name until version 2

    _resource(state, "aws_iam_user", "this")["instances"][0]["status"] = "tainted"
    topic = _resource(state, "aws_sns_topic", "alarms")["instances"]
    deposed = copy.deepcopy(topic[0])
    deposed["deposed"] = "0a1b2c3d"
    topic.append(deposed)
    harbour.put_state(state)
    network = harbour.template / "network" / "main.tf"
    renamed = (
        network.read_text().replace('"aws_eip" "pier"', '"aws_eip" "jetty"').replace("aws_eip.pier", "aws_eip.jetty")
    )
    network.write_text(renamed + "\nmoved {\n  from = aws_eip.pier\n  to   = aws_eip.jetty\n}\n")

    for _ in range(2):
        code, report = harbour.scan()
        assert [each for each in report["findings"] if each["kind"] in ("changed", "deleted")] == []
        assert report["coverage"] == {
            "recorded": _managed(state),
            "checked": _managed(state),
            "unknown": [],
        }
        assert {each["kind"] for each in report["findings"]} <= {"orphaned"}, "what is deposed is to be destroyed"
        assert code in (0, 2)


# What only AWS says, and the state's copy of which is as old as the last apply: a first look takes it as it is.
_AGE = ("attachment_count", "instance_state")

# What an attribute's type has got since its version 0.
_SINCE = {
    "aws_vpc": ("assign_generated_ipv6_cidr_block",),
    "aws_subnet": ("assign_ipv6_address_on_creation",),
    "aws_security_group": ("revoke_rules_on_delete",),
    "aws_cloudwatch_event_target": ("event_bus_name",),
    "aws_kinesis_stream": ("enforce_consumer_deletion",),
}


def _age(resource: dict[str, Any], *since: str) -> None:
    """Write a resource's objects as the first version of its schema had them."""
    for each in resource["instances"]:
        assert each["schema_version"] == 1, resource["type"]
        each["schema_version"] = 0
        for name in since:
            del each["attributes"][name]


def test_nothing_is_found_where_nothing_changed_and_all_changes_by_hand_once_and_nothing_else(
    harbour: Harbour, database_url: str
) -> None:
    """Two hundred and fifty types, modules, two regions, with default tags and without."""
    state = harbour.state()
    types = {resource["type"] for resource in state["resources"] if resource["mode"] == "managed"}
    assert len(types) >= 200
    for _ in range(2):
        _assert_clean(harbour, _managed(state))

    _make_all(harbour)
    _, report = harbour.scan()
    findings = _findings(report)
    assert _missed(findings, Severity.LOW) == []
    assert _invented(findings) == []
    assert report["coverage"]["unknown"] == []
    assert [(each["address"], each["path"]) for each in report["ignored"]] == [
        ("module.compute.aws_dynamodb_table.crews", "read_capacity")
    ], "what the template leaves alone"

    known = _events(database_url)
    _, again = harbour.scan()
    assert {each["id"] for each in again["findings"]} == {each["id"] for each in report["findings"]}
    assert _events(database_url) == known


def test_a_first_look_without_any_baseline_finds_what_is_dangerous_and_what_is_gone(harbour: Harbour) -> None:
    _make_all(harbour)
    findings = _findings(harbour.scan()[1])
    assert [each for each in _missed(findings, Severity.HIGH) if not any(name in each for name in _AGE)] == []
    assert _invented(findings) == []


def test_there_are_enough_changes_and_each_is_told_apart() -> None:
    types = {expected.address.split(".")[-2] for change in CHANGES for expected in change.expected}
    assert (len(CHANGES) >= 66, len(types) >= 40) == (True, True)
    assert len({change.title for change in CHANGES}) == len(CHANGES)


def _make_all(harbour: Harbour) -> None:
    console = Console(harbour.emulator)
    for change in CHANGES:
        change.make(console)


def _findings(report: Mapping[str, Any]) -> list[Finding]:
    return [
        Finding(
            Kind(each["kind"]),
            Severity(each["severity"]),
            each["address"],
            each["resource_type"],
            address=each["address"],
            changes=tuple(
                Change(parse_path(c["path"]), c["recorded"], c["observed"], c["configured"]) for c in each["changes"]
            ),
        )
        for each in report["findings"]
    ]


def _missed(findings: list[Finding], least: Severity) -> list[str]:
    return [
        f"{change.title}: {expected}"
        for change in CHANGES
        for expected in change.expected
        if expected.severity.rank >= least.rank and not any(expected.met_by(finding) for finding in findings)
    ]


def _invented(findings: list[Finding]) -> list[str]:
    expected = {each.address for change in CHANGES for each in change.expected}
    return [str(finding) for finding in findings if finding.address not in expected]


def _events(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        query = "SELECT to_jsonb(t) FROM aws_infrastructure_events t ORDER BY t.id::text"
        return [row for (row,) in connection.execute(query)]
