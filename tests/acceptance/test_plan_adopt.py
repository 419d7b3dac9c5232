"""Accepting what the cloud says: text into the template, then the state, behind the gate. AWS is never written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.command import Done
from support.shop import Shop

TOPIC, PARAMETER = "aws_sns_topic.alarms", "aws_ssm_parameter.page_size"


class Gate:
    """The gate of a shop by its commands: Ann proposes and applies, Bob approves."""

    def __init__(self, shop: Shop) -> None:
        self.run = shop.installation.run
        self.ann = {"RECONCILER_TOKEN": self._token("ann", "admin", "")}
        self.bob = {"RECONCILER_TOKEN": self._token("bob", "approver", self.ann["RECONCILER_TOKEN"])}

    def _token(self, name: str, role: str, admin: str) -> str:
        return self.run("users", "add", name, "--role", role, env={"RECONCILER_TOKEN": admin}).out.strip()

    def plan(self, *arguments: str) -> dict[str, Any]:
        done = self.run("plan", "shop", "--format", "json", *arguments, env=self.ann)
        assert done.code == 0, done.out + done.err
        return done.json

    def apply(self, plan: dict[str, Any]) -> dict[str, Any]:
        assert self.run("apply", plan["id"], env=self.ann).code == 4
        assert self.run("approve", plan["id"], env=self.bob).code == 0
        return self.run("apply", plan["id"], "--format", "json", env=self.ann).json


@pytest.fixture
def gate(shop: Shop) -> Gate:
    assert shop.installation.scan().code == 0
    return Gate(shop)


def _topic(shop: Shop) -> str:
    arn: str = shop.aws("sns").list_topics()["Topics"][0]["TopicArn"]
    return arn


def _say(shop: Shop, name: str) -> None:
    shop.aws("sns").set_topic_attributes(TopicArn=_topic(shop), AttributeName="DisplayName", AttributeValue=name)


def _findings(done: Done) -> dict[str, str]:
    return {each["address"] or each["suggested_address"]: each["id"] for each in done.workspaces["shop"]["findings"]}


def _recorded(shop: Shop, type_: str, attribute: str) -> Any:
    [resource] = [each for each in shop.state()["resources"] if each["type"] == type_]
    return resource["instances"][0]["attributes"][attribute]


def test_the_template_is_brought_along_then_the_state_and_all_is_in_sync(shop: Shop, gate: Gate) -> None:
    _say(shop, "night shift")
    finding = _findings(shop.installation.scan())[TOPIC]
    assert gate.run("adopt", finding, "--write").code == 0
    shop.installation.scan()

    plan = gate.plan("--finding", finding, "--adopt")
    [change] = plan["changes"]
    assert (plan["direction"], change["actions"], change["closes"]) == ("adopt", ["refresh"], [finding])
    assert change["changes"] == [{"path": "display_name", "before": "", "after": "night shift", "sensitive": False}]
    assert not change["taken_back"]

    done = gate.apply(plan)
    assert done["status"] == "applied", done["outcome"]
    assert _recorded(shop, "aws_sns_topic", "display_name") == "night shift"
    assert shop.aws("sns").get_topic_attributes(TopicArn=_topic(shop))["Attributes"]["DisplayName"] == "night shift"
    assert shop.installation.scan().code == 0
    assert shop.installation.scan("--depth", "plan").code == 0
    assert gate.run("plan", "shop", "--adopt", env=gate.ann).code == 4


def test_without_the_template_the_plan_says_that_it_is_taken_back(shop: Shop, gate: Gate) -> None:
    _say(shop, "night shift")
    shop.aws("ssm").put_parameter(Name="/shop/page-size", Value="96", Type="String", Overwrite=True)
    findings = _findings(shop.installation.scan())
    plan = gate.plan("--adopt")
    told = {each["address"]: (each["taken_back"], each["closes"]) for each in plan["changes"]}
    assert told == {TOPIC: (True, None), PARAMETER: (True, None)}
    assert findings.keys() == told.keys()
    page = gate.run("plans", "show", plan["id"])
    assert page.out.count("the next apply takes it back") == 2
    assert '"96"' not in json.dumps(plan)  # the value of a parameter is a secret


def test_the_cloud_that_moves_on_after_the_approval_is_not_accepted(shop: Shop, gate: Gate) -> None:
    _say(shop, "night shift")
    shop.installation.scan()
    plan = gate.plan("--adopt")
    assert gate.run("approve", plan["id"], env=gate.bob).code == 0
    _say(shop, "day shift")
    done = gate.run("apply", plan["id"], "--format", "json", env=gate.ann)
    assert (done.code, done.json["status"]) == (5, "stale")
    assert _recorded(shop, "aws_sns_topic", "display_name") == ""


def test_what_is_gone_is_forgotten_where_the_template_forgot_it_too(shop: Shop, gate: Gate) -> None:
    template = shop.template / "main.tf"
    before, block, after = template.read_text().partition('resource "aws_ssm_parameter" "page_size" {')
    template.write_text(before + after.partition("\n}\n")[2])
    assert block
    shop.aws("ssm").delete_parameter(Name="/shop/page-size")
    done = shop.installation.scan()
    findings = done.workspaces["shop"]["findings"]
    assert {each["kind"] for each in findings} == {"deleted", "orphaned"}
    plan = gate.plan("--adopt")
    [change] = plan["changes"]
    assert (change["actions"], change["closes"]) == (["forget"], sorted(each["id"] for each in findings))
    assert gate.apply(plan)["status"] == "applied"
    assert PARAMETER not in {f"{each['type']}.{each['name']}" for each in shop.state()["resources"]}
    assert shop.installation.scan().code == 0


def test_what_nobody_managed_is_imported_and_its_finding_closed(shop: Shop, gate: Gate) -> None:
    shop.aws("sqs").create_queue(QueueName="by-hand", Attributes={"VisibilityTimeout": "77"})
    finding = _findings(shop.installation.scan("--depth", "sweep"))["aws_sqs_queue.by_hand"]
    refused = gate.run("plan", "shop", "--finding", finding, "--adopt", env=gate.ann)
    assert refused.told()[1] == "take it in with `reconciler adopt`"
    assert gate.run("adopt", finding, "--write").code == 0

    plan = gate.plan()
    told = {each["address"]: each for each in plan["changes"]}
    assert told["aws_sqs_queue.by_hand"]["importing"].endswith("/by-hand")
    assert told["aws_sqs_queue.by_hand"]["closes"] == [finding]
    assert all(set(each["actions"]) <= {"no-op"} for each in plan["changes"])
    done = gate.apply(plan)
    assert done["status"] == "applied", done["outcome"]
    assert shop.installation.scan("--depth", "sweep").workspaces["shop"]["findings"] == []
