"""AWS refuses, throttles, babbles or is silent: unknown with the right reason, never deleted, never hanging."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from support.command import Done
from support.shop import RECORDED, Shop
from support.weather import Kind, Rule, Weather, weather

SETTINGS = '[provider]\nread_timeout = "6s"\n'


@pytest.fixture
def sky(shop: Shop) -> Iterator[Weather]:
    """The shop behind the proxy."""
    with weather(shop.emulator.url) as sky:
        shop.installation.endpoint = sky.url
        shop.installation.settings = SETTINGS
        shop.installation.configure()
        yield sky


def _scan_within(shop: Shop, seconds: float) -> Done:
    began = time.monotonic()
    done = shop.installation.scan(timeout=120)
    assert time.monotonic() - began < seconds
    return done


def _unknown(done: Done) -> dict[str, str]:
    """Reason by address; every other resource was checked, and nothing was found."""
    report = done.workspaces["shop"]
    coverage = report["coverage"]
    assert coverage["recorded"] == RECORDED == coverage["checked"] + len(coverage["unknown"])
    assert [(each["address"], each["kind"], each["changes"]) for each in report["findings"]] == []
    assert report["error"] is None
    assert all(entry["detail"] for entry in coverage["unknown"])
    return {entry["address"]: entry["reason"] for entry in coverage["unknown"]}


PARAMETERS = {"aws_ssm_parameter.page_size", "aws_ssm_parameter.signing_key"}
NETWORK = {"aws_vpc.main", "aws_security_group.web"}
ROLES = {"aws_iam_role.worker", "aws_iam_role_policy.worker"}
TABLE = {"aws_dynamodb_table.orders"}
BUCKET = {"aws_s3_bucket.uploads"}


LOGS = {f'aws_cloudwatch_log_group.this["{name}"]' for name in ("mail", "orders", "search")}
TOPIC = {"aws_sns_topic.alarms"}
UNREAD = {"ssm": PARAMETERS, "ec2": NETWORK, "iam": ROLES, "dynamodb": TABLE, "s3": BUCKET, "logs": LOGS, "sns": TOPIC}


@pytest.mark.parametrize(
    "skies",
    [
        {
            "ssm": ("denied", "denied"),
            "ec2": ("denied", "denied"),
            "iam": ("html", "provider_error"),
            "dynamodb": ("html", "provider_error"),
            "s3": ("denied", "denied"),
            # The provider repeats these for longer than a read may take, and says nothing meanwhile.
            "sns": ("error", "provider_error"),
            "logs": ("close", "timeout"),
        },
        {
            "ssm": ("garbage", "provider_error"),
            "ec2": ("html", "provider_error"),
            "iam": ("denied", "denied"),
            "dynamodb": ("empty", "provider_error"),
            "s3": ("throttled", "throttled"),
            "sns": ("hang", "timeout"),
        },
        {
            "ssm": ("hang", "timeout"),
            "ec2": ("cut", "timeout"),
            "iam": ("throttled", "throttled"),
            "sns": ("garbage", "provider_error"),
            "logs": ("denied", "denied"),
        },
    ],
)
def test_what_a_service_does_not_tell_is_unknown_with_its_reason_and_nothing_else_is_lost(
    shop: Shop, sky: Weather, skies: dict[str, tuple[Kind, str]]
) -> None:
    sky.rules = [Rule(service, kind) for service, (kind, _) in skies.items()]
    done = _scan_within(shop, 40)
    assert done.err == ""
    expected = {address: reason for service, (_, reason) in skies.items() for address in UNREAD[service]}
    assert _unknown(done) == expected
    assert done.code == 3
    shop.installation.assert_nothing_runs()


def test_a_template_that_bounds_the_retries_hears_the_reason_itself(shop: Shop, sky: Weather) -> None:
    main = shop.template / "main.tf"
    main.write_text(main.read_text().replace('provider "aws" {', 'provider "aws" {\n  max_retries = 2'))
    sky.rules = [Rule("ssm", "throttled"), Rule("ec2", "throttled"), Rule("sns", "error"), Rule("s3", "throttled")]
    done = _scan_within(shop, 40)
    assert (done.code, done.err) == (3, "")
    expected = {**dict.fromkeys(PARAMETERS | NETWORK | BUCKET, "throttled"), **dict.fromkeys(TOPIC, "provider_error")}
    assert _unknown(done) == expected


def test_what_is_really_gone_is_found_in_spite_of_the_weather(shop: Shop, sky: Weather) -> None:
    shop.aws("dynamodb").delete_table(TableName="shop-orders")
    shop.aws("iam").delete_role_policy(RoleName="shop-worker", PolicyName="logs")
    sky.rules = [Rule("ec2", "html"), Rule("ssm", "denied")]
    done = _scan_within(shop, 40)
    assert (done.code, done.err) == (2, "")
    report = done.workspaces["shop"]
    found = {finding["address"]: finding["kind"] for finding in report["findings"]}
    assert found == dict.fromkeys(("aws_dynamodb_table.orders", "aws_iam_role_policy.worker"), "deleted")
    assert {each["address"] for each in report["coverage"]["unknown"]} == PARAMETERS | NETWORK
    # A pass that cannot tell does not close what is open either.
    sky.rules = [Rule("*", "denied")]
    blind = _scan_within(shop, 40)
    assert blind.code == 2
    assert {finding["address"] for finding in blind.workspaces["shop"]["findings"]} == found.keys()


def test_a_whole_cloud_behind_a_login_page_is_unknown_and_not_gone(shop: Shop, sky: Weather) -> None:
    assert shop.installation.scan().code == 0
    sky.rules = [Rule("*", "html")]
    done = _scan_within(shop, 60)
    assert (done.code, done.err) == (3, "")
    assert len(_unknown(done)) > 0


@pytest.mark.parametrize(("kind", "reason"), [("denied", "denied"), ("error", "denied"), ("html", "denied")])
def test_absence_is_not_believed_where_nobody_says_whose_account_it_is(
    shop: Shop, sky: Weather, kind: Kind, reason: str
) -> None:
    shop.aws("dynamodb").delete_table(TableName="shop-orders")
    main = shop.template / "main.tf"
    skips = "skip_credentials_validation = true\n  skip_requesting_account_id = true\n"
    main.write_text(main.read_text().replace('provider "aws" {', f'provider "aws" {{\n  {skips}'))
    sky.rules = [Rule("sts", kind)]
    done = _scan_within(shop, 40)
    assert done.code == 3
    assert _unknown(done)["aws_dynamodb_table.orders"] == reason


def test_absence_in_another_account_is_a_fault_and_no_deletion(shop: Shop, sky: Weather) -> None:
    shop.aws("dynamodb").delete_table(TableName="shop-orders")
    sky.rules = [Rule("sts", "other_account")]
    done = _scan_within(shop, 40)
    assert done.code == 1
    report = done.workspaces["shop"]
    assert (report["verdict"], report["findings"]) == ("unknown", [])
    assert "account 999999999999" in report["error"]["message"]
    assert "assume_role" in report["error"]["hint"]
