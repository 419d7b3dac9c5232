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
    assert report["findings"] == []
    assert report["error"] is None
    assert all(entry["detail"] for entry in coverage["unknown"])
    return {entry["address"]: entry["reason"] for entry in coverage["unknown"]}


PARAMETERS = {"aws_ssm_parameter.page_size", "aws_ssm_parameter.signing_key"}
NETWORK = {"aws_vpc.main", "aws_security_group.web"}
ROLES = {"aws_iam_role.worker", "aws_iam_role_policy.worker"}
TABLE = {"aws_dynamodb_table.orders"}
BUCKET = {"aws_s3_bucket.uploads"}


@pytest.mark.parametrize(
    ("service", "kind", "unread", "reason"),
    [
        ("ssm", "denied", PARAMETERS, "denied"),
        ("ec2", "denied", NETWORK, "denied"),
        ("iam", "denied", ROLES, "denied"),
        ("s3", "denied", BUCKET, "denied"),
        ("ssm", "throttled", PARAMETERS, "throttled"),
        ("ec2", "throttled", NETWORK, "throttled"),
        ("ec2", "error", NETWORK, "provider_error"),
        ("ssm", "error", PARAMETERS, "provider_error"),
        ("ssm", "garbage", PARAMETERS, "provider_error"),
        ("ec2", "html", NETWORK, "provider_error"),
        ("iam", "html", ROLES, "provider_error"),
        ("dynamodb", "html", TABLE, "provider_error"),
        ("dynamodb", "empty", TABLE, "provider_error"),
        ("ec2", "cut", NETWORK, "timeout"),
        ("ssm", "close", PARAMETERS, "timeout"),
        ("ssm", "hang", PARAMETERS, "timeout"),
    ],
)
def test_what_a_service_does_not_tell_is_unknown_with_its_reason_and_nothing_else_is_lost(
    shop: Shop, sky: Weather, service: str, kind: Kind, unread: set[str], reason: str
) -> None:
    sky.rules = [Rule(service, kind)]
    done = _scan_within(shop, 30)
    assert (done.code, done.err) == (3, "")
    assert _unknown(done) == dict.fromkeys(unread, reason)
