"""Users and groups with what they hold: seen as a role's is, and unknown where it could not be asked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.sides import ACCOUNT, AWS, template

from reconciler.drift.address import Address
from reconciler.drift.classify import Comparison, Rules, Sides, classify
from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.drift.listing import GLOBAL, Unlisted
from reconciler.drift.principals import PRINCIPALS, Rights, completed
from reconciler.drift.schema import Attribute, Block, Schema
from reconciler.drift.snapshot import (
    Absent,
    Baseline,
    Body,
    DeclaredResource,
    Present,
    Reading,
    Reason,
    RecordedInstance,
    Unread,
)
from reconciler.drift.values import Value, canonical
from reconciler.errors import Position

FIXTURES = Path(__file__).parents[2] / "fixtures" / "schema"
SCHEMA = Schema(0, Block({name: Attribute("string", computed=True) for name in ("id", "arn", "name")}))
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
NOTHING: dict[str, Any] = {"managed_policy_arns": [], "inline_policy": [], "groups": []}
ALLOW = '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


def digest(value: bytes) -> str:
    return str(len(value))


def user(name: str = "ann", account: str = ACCOUNT, type_: str = "aws_iam_user") -> Present:
    side = {"id": name, "arn": f"arn:aws:iam::{account}:user/{name}", "name": name}
    instance = RecordedInstance(Address(type_, name), AWS, 0, json.dumps(side).encode())
    return Present(instance, SCHEMA, side, side)


def holding(rights: Rights, reading: Reading | None = None, type_: str = "aws_iam_user") -> Reading:
    [found] = completed([reading or user()], {type_: rights}, ACCOUNT)
    return found


def compared(held: dict[str, Value], baseline: dict[str, Value] | None = None) -> Comparison:
    reading = holding({"ann": held})
    assert isinstance(reading, Present)
    before = {} if baseline is None else {reading.instance.label: Baseline({**user().observed, **baseline})}
    address = reading.instance.address
    declared = DeclaredResource(address, Position("main.tf", 3, 1), Body(frozenset({"name"})), (address,), provider=AWS)
    return classify(
        "shop",
        Sides(replace(template(), resources=(declared,)), [reading], before, (), {}),
        digest,
        Rules(date(2026, 1, 1)),
    )


def changed(held: dict[str, Value], baseline: dict[str, Value] | None = None) -> list[Finding]:
    return [each for each in compared(held, baseline).findings if each.kind is Kind.CHANGED]


def test_one_who_holds_nothing_beside_what_is_recorded_has_no_findings() -> None:
    assert changed(NOTHING) == []
    assert changed(NOTHING, NOTHING) == []


@pytest.mark.parametrize(
    ("name", "value", "severity"),
    [
        ("managed_policy_arns", [ADMIN], Severity.CRITICAL),
        ("inline_policy", [{"name": "mine", "policy": ALLOW}], Severity.CRITICAL),
        ("groups", ["officers"], Severity.HIGH),
    ],
)
def test_what_nobody_declared_is_found_at_the_first_look_and_at_later_ones(
    name: str, value: Value, severity: Severity
) -> None:
    for baseline in (None, NOTHING, user().observed):
        found = changed({**NOTHING, name: value}, None if baseline is None else dict(baseline))
        assert [(f.severity, [c.path for c in f.changes]) for f in found] == [(severity, [(name,)])]


def test_what_was_taken_away_is_found_against_the_baseline() -> None:
    held = {**NOTHING, "groups": ["crew"]}
    [finding] = changed(NOTHING, held)
    assert finding.changes[0].removed == ("crew",)


def test_what_could_not_be_listed_is_unknown_with_the_reason() -> None:
    reading = holding(Unlisted("aws_iam_user", GLOBAL, Reason.DENIED, "GetAccountAuthorizationDetails: AccessDenied"))
    assert isinstance(reading, Unread)
    assert reading.reason is Reason.DENIED
    assert reading.detail == "its policies could not be listed: GetAccountAuthorizationDetails: AccessDenied"


def test_one_whom_the_list_does_not_hold_is_unknown_and_not_without_rights() -> None:
    reading = holding({"bob": NOTHING})
    assert isinstance(reading, Unread)
    assert reading.reason is Reason.PROVIDER_ERROR
    assert reading.detail == "the provider reads it, and IAM's list does not hold it"


def test_what_is_shown_has_the_form_that_a_role_shows_it_in() -> None:
    role = json.loads((FIXTURES / "aws-5.100.0-shared-attributes.json").read_text())["types"]["aws_iam_role"]
    assert (role["managed_policy_arns"], role["inline_policy"]) == ("OC set", "block set")
    texts = Attribute(["set", "string"], computed=True)
    policies = Attribute(["set", ["object", {"name": "string", "policy": "string"}]], computed=True)
    group = {"managed_policy_arns": texts, "inline_policy": policies}
    assert {"aws_iam_group": group, "aws_iam_user": {**group, "groups": texts}} == PRINCIPALS
    assert all(each.answered for shown in PRINCIPALS.values() for each in shown.values())


def test_another_accounts_user_is_not_held_against_this_accounts_list() -> None:
    elsewhere = user(account="999999999999")
    assert holding({"ann": {**NOTHING, "groups": ["officers"]}}, elsewhere) is elsewhere


def test_other_types_and_readings_without_a_value_stay_as_they_are() -> None:
    role = user(type_="aws_iam_role")
    gone = Absent(user().instance, SCHEMA, user().recorded)
    unread = Unread(user().instance, Reason.THROTTLED, "slow down")
    for reading in (role, gone, unread):
        assert holding({"ann": NOTHING}, reading) is reading


def test_an_attribute_that_a_later_provider_shows_by_itself_keeps_its_schema() -> None:
    own = Attribute(["list", "string"], optional=True)
    newer = replace(SCHEMA, block=Block({**SCHEMA.block.attributes, "groups": own}))
    reading = holding({"ann": NOTHING}, replace(user(), schema=newer))
    assert isinstance(reading, Present)
    assert reading.schema.block.attributes["groups"] is own


def test_the_row_keeps_what_was_seen() -> None:
    [row] = compared({**NOTHING, "groups": ["crew"]}).rows
    assert canonical(row.configuration["groups"]) == canonical(["crew"])
