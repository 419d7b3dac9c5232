"""Every kind of AWS weather over the whole shop: nothing is called drift, all is told, and the next pass is good.

Some of each by default; all of them with ``ALL_WEATHER=1`` (``make weather``).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support.command import Done
from support.shop import RECORDED, Shop
from support.weather import Kind, Rule, Weather, weather

REASONS = {"denied", "throttled", "timeout", "unsupported", "provider_error", "config_unresolved"}
ADDRESSES = {
    *("aws_ssm_parameter.page_size", "aws_ssm_parameter.signing_key", "aws_sns_topic.alarms", "aws_vpc.main"),
    *("aws_security_group.web", "aws_iam_role.worker", "aws_iam_role_policy.worker", "aws_dynamodb_table.orders"),
    *("aws_s3_bucket.uploads", *(f'aws_cloudwatch_log_group.this["{name}"]' for name in ("mail", "orders", "search"))),
}
QUICK = '[provider]\nread_timeout = "6s"\n'


ALL = bool(os.environ.get("ALL_WEATHER"))


def _kinds(some: tuple[Any, ...], others: tuple[Any, ...]) -> tuple[Any, ...]:
    return some + others if ALL else some


@pytest.fixture
def sky(shop: Shop) -> Iterator[Weather]:
    """The shop behind the proxy, with a short patience."""
    with weather(shop.emulator.url) as sky:
        _configure(shop, sky.url, QUICK)
        yield sky


def _configure(shop: Shop, endpoint: str, settings: str) -> None:
    shop.installation.endpoint, shop.installation.settings = endpoint, settings
    shop.installation.configure()


def _without_repetition(shop: Shop) -> None:
    main = shop.template / "main.tf"
    main.write_text(main.read_text().replace('provider "aws" {', 'provider "aws" {\n  max_retries = 1'))


def _scan(shop: Shop, seconds: float = 60) -> Done:
    began = time.monotonic()
    done = shop.installation.scan(timeout=180)
    assert time.monotonic() - began < seconds
    assert done.err == ""
    report = done.workspaces["shop"]
    assert report["error"] is None
    assert [(each["address"], each["kind"], each["changes"]) for each in report["findings"]] == []
    coverage = report["coverage"]
    assert coverage["recorded"] == RECORDED == coverage["checked"] + len(coverage["unknown"])
    assert all(entry["detail"] for entry in coverage["unknown"])
    assert done.code == (3 if coverage["unknown"] else 0)
    return done


def _unknown(done: Done) -> dict[str, str]:
    return {entry["address"]: entry["reason"] for entry in done.workspaces["shop"]["coverage"]["unknown"]}


def _good_again(shop: Shop, sky: Weather) -> None:
    sky.fine()
    assert _unknown(_scan(shop)) == {}


def test_what_the_shop_holds(shop: Shop, sky: Weather) -> None:
    assert _scan(shop).code == 0
    recorded = {f"{each['type']}.{each['name']}" for each in shop.state()["resources"] if each["mode"] == "managed"}
    assert {address.split("[")[0] for address in ADDRESSES} == recorded
    assert len(ADDRESSES) == RECORDED


@pytest.mark.parametrize(
    ("kind", "reason"),
    _kinds(
        (("expired", "denied"), ("throttled", "throttled"), ("unavailable", "provider_error")),
        (
            ("denied", "denied"),
            ("unrecognized", "denied"),
            ("bad_signature", "denied"),
            ("opt_in", "denied"),
            ("error", "provider_error"),
        ),
    ),
)
def test_what_every_service_says_is_the_reason_for_everything(
    shop: Shop, sky: Weather, kind: Kind, reason: str
) -> None:
    sky.rules = [Rule("!sts", kind)]
    expected = dict.fromkeys(ADDRESSES, reason)
    if kind == "unavailable":  # to HeadBucket there is no body: a bare 503 is how S3 says to slow down
        expected["aws_s3_bucket.uploads"] = "throttled"
    unknown = _unknown(_scan(shop))
    if kind in ("unavailable", "error"):
        # It is repeated until the time is over; on a busy machine the time to ask why is over too.
        unknown = {address: "provider_error" if reason == "timeout" else reason for address, reason in unknown.items()}
    assert unknown == expected
    _good_again(shop, sky)


@pytest.mark.parametrize("kind", _kinds(("unrecognized",), ("expired", "bad_signature")))
def test_keys_that_sts_refuses_as_well_are_denied(shop: Shop, sky: Weather, kind: Kind) -> None:
    sky.rules = [Rule("*", kind)]
    assert _unknown(_scan(shop)) == dict.fromkeys(ADDRESSES, "denied")
    _good_again(shop, sky)


@pytest.mark.parametrize("kind", _kinds(("gzip", "empty"), ("html", "cut", "close")))
def test_babble_of_every_service_deletes_nothing(shop: Shop, sky: Weather, kind: Kind) -> None:
    sky.rules = [Rule("!sts", kind)]
    unknown = _unknown(_scan(shop, 90))
    assert unknown.keys() == ADDRESSES
    assert set(unknown.values()) <= {"provider_error", "timeout"}
    _good_again(shop, sky)


def test_in_a_storm_four_of_five_calls_are_throttled(shop: Shop, sky: Weather) -> None:
    sky.rules = [Rule("!sts", "throttled", spared=5)]
    unknown = _unknown(_scan(shop))
    # A throttled HeadBucket has no body that says so, and the provider takes it for no bucket. The list has it.
    assert unknown.pop("aws_s3_bucket.uploads", "throttled") in ("throttled", "timeout", "provider_error")
    assert set(unknown.values()) <= {"throttled", "timeout"}
    assert sky.count("ssm") > 0
    _good_again(shop, sky)


@pytest.mark.parametrize("kind", _kinds(("throttled",), ("error", "unavailable", "close")))
def test_a_burst_is_waited_out(shop: Shop, sky: Weather, kind: Kind) -> None:
    """Each single request fails once: the provider repeats it, and nothing is unknown."""
    _configure(shop, sky.url, "")
    sky.rules = [Rule("!sts", kind, times=1)]
    assert _unknown(_scan(shop, 120)) == {}


@pytest.mark.parametrize("kind", _kinds(("trickle",), ("slow",)))
def test_slow_answers_are_waited_for(shop: Shop, sky: Weather, kind: Kind) -> None:
    _configure(shop, sky.url, "")
    sky.rules = [Rule("!s3", kind)]
    assert _unknown(_scan(shop, 90)) == {}


def test_pages_without_end_are_cut_off_in_time(shop: Shop, sky: Weather) -> None:
    sky.rules = [Rule("logs", "empty_page", "DescribeLogGroups")]
    unknown = _unknown(_scan(shop))
    assert unknown == dict.fromkeys((each for each in ADDRESSES if "log_group" in each), "timeout")
    _good_again(shop, sky)


def test_a_page_that_is_empty_is_not_the_last_one(shop: Shop, sky: Weather) -> None:
    sky.rules = [Rule("logs", "empty_page", "DescribeLogGroups", times=1)]
    assert _unknown(_scan(shop)) == {}


@pytest.mark.parametrize("address", _kinds(("http://aws.invalid",), ("http://127.0.0.1:9",)))
def test_an_endpoint_that_is_not_there_is_a_timeout(shop: Shop, sky: Weather, address: str) -> None:
    _configure(shop, address, QUICK)
    assert _unknown(_scan(shop, 120)) == dict.fromkeys(ADDRESSES, "timeout")
    _configure(shop, sky.url, QUICK)
    _good_again(shop, sky)


@pytest.mark.parametrize("kind", _kinds(("denied",), ("throttled", "error")))
def test_each_single_call_may_fail(shop: Shop, sky: Weather, kind: Kind) -> None:
    """One action of each service at a time, until all that a pass asks has had its turn."""
    _without_repetition(shop)
    assert _scan(shop).code == 0
    actions: dict[str, list[str]] = {}
    for service, action in dict.fromkeys(sky.seen):
        if service not in ("sts", "none"):
            actions.setdefault(service, []).append(action)
    most = max(map(len, actions.values()))
    assert most > 3
    for turn in range(most):
        failing = [(service, names[turn]) for service, names in actions.items() if turn < len(names)]
        sky.rules = [Rule(service, kind, action) for service, action in failing]
        unknown = _unknown(_scan(shop))
        assert set(unknown.values()) <= REASONS
        if turn == 0:
            assert unknown, "the first call of a resource is the one that finds it"
    _good_again(shop, sky)


@pytest.mark.parametrize("times", _kinds((2,), (1,)))
def test_what_was_applied_just_now_may_not_be_found_yet(shop: Shop, sky: Weather, times: int) -> None:
    state = shop.template / "terraform.tfstate"
    os.utime(state)
    sky.rules = [
        Rule("ssm", "missing", "GetParameter", times=times),
        Rule("dynamodb", "missing", "DescribeTable", times=times),
        Rule("ec2", "missing", "DescribeVpcs", times=times),
        Rule("ec2", "missing", "DescribeSecurityGroups", times=times),
        Rule("iam", "missing", "GetRole", times=times),
        Rule("iam", "missing", "GetRolePolicy", times=times),
        Rule("sns", "missing", "GetTopicAttributes", times=times),
        Rule("logs", "missing", "DescribeLogGroups", times=times),
    ]
    assert _unknown(_scan(shop)) == {}


def test_what_was_changed_just_now_may_show_its_old_value(shop: Shop, sky: Weather) -> None:
    assert _scan(shop).code == 0  # and the proxy knows the old answers
    shop.aws("ssm").put_parameter(Name="/shop/page-size", Value="64", Type="String", Overwrite=True)
    state = shop.state()
    _parameter(state)["attributes"] |= {"value": "64", "insecure_value": None, "version": 2}
    state["serial"] += 1
    (shop.template / "terraform.tfstate").write_text(json.dumps(state))
    main = shop.template / "main.tf"
    main.write_text(main.read_text().replace('value = "48"', 'value = "64"'))
    sky.rules = [Rule("ssm", "stale", "GetParameter", times=2)]
    assert _unknown(_scan(shop)) == {}
    assert sky.rules


def _parameter(state: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(
        instance
        for resource in state["resources"]
        if resource["type"] == "aws_ssm_parameter" and resource["name"] == "page_size"
        for instance in resource["instances"]
    )
    return found
