"""Plans of real Terraform as people and programs get them: on a terminal, as JSON, and as a page to review."""

from __future__ import annotations

import json
import re

from support.pages import check_inert, check_whole
from support.shop import Shop

SECRET = "canary-of-the-signing-key-8841"

EDITS = {
    'value = "48"': 'value = "96"',
    'resource "aws_sns_topic" "alarms"': 'resource "aws_sns_topic" "alerts"',
    'cidr_block = "10.0.0.0/16"': 'cidr_block = "10.9.0.0/16"',
    'resource "aws_s3_bucket" "uploads" {\n  bucket = "shop-uploads"\n}\n': "",
    'default   = "no key"': f'default   = "{SECRET}"',
}
"""Commits that nobody has applied."""

MORE = """
moved {
  from = aws_sns_topic.alarms
  to   = aws_sns_topic.alerts
}

import {
  to = aws_sqs_queue.found
  id = "QUEUE"
}

resource "aws_sqs_queue" "found" {
  name = "shop-found"
}

resource "aws_iam_policy" "reader" {
  name = "shop-reader"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:ListBucket"], Resource = "*" }]
  })
}
"""
DEEDS = {
    "aws_s3_bucket.uploads": "destroyed",
    "aws_security_group.web": "replaced",
    "aws_vpc.main": "replaced",
    "aws_sqs_queue.found": "changed",
    "aws_ssm_parameter.page_size": "changed",
    "aws_ssm_parameter.signing_key": "changed",
    "aws_iam_policy.reader": "created",
    "aws_sns_topic.alerts": "moved",
}
DRIFTED = {'aws_cloudwatch_log_group.this["mail"]': "changed", "aws_iam_role_policy.worker": "changed"}


def drift(shop: Shop) -> None:
    """What a person in the console would do."""
    shop.aws("logs").put_retention_policy(logGroupName="/shop/mail", retentionInDays=365)
    statement = {"Effect": "Allow", "Action": ["logs:*", "s3:*"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    shop.aws("iam").put_role_policy(RoleName="shop-worker", PolicyName="logs", PolicyDocument=document)


def edit(shop: Shop) -> None:
    """What rides along."""
    queue = shop.aws("sqs").create_queue(QueueName="shop-found")["QueueUrl"]
    template = shop.template / "main.tf"
    text = template.read_text()
    for old, new in EDITS.items():
        assert old in text
        text = text.replace(old, new)
    template.write_text(text + MORE.replace("QUEUE", queue))


def cards(source: str) -> dict[str, str]:
    """The resources of a part of a page: address and what is done."""
    found = re.findall(r'<span class="chip">(\w+)</span><h3>([^<]*)</h3>', source)
    return {address.replace("&#34;", '"'): deed for deed, address in found}


def test_a_plan_that_does_one_of_everything_and_what_came_of_it(shop: Shop) -> None:
    run = shop.installation.run
    admin = run("users", "add", "ann", "--role", "admin", env={"RECONCILER_TOKEN": ""}).out.strip()
    ann = {"RECONCILER_TOKEN": admin}
    bob = {"RECONCILER_TOKEN": run("users", "add", "bob", "--role", "approver", env=ann).out.strip()}
    drift(shop)
    finding = shop.installation.scan().workspaces["shop"]["findings"][0]
    fix = run("plan", "shop", "--finding", finding["id"], "--format", "json", env=ann).json

    edit(shop)
    page = run("plan", "shop", "--format", "html", env=ann)
    assert (page.code, page.err) == (0, "")
    check_whole(page.out)
    check_inert(page.out)
    head, rest = page.out.split('<section class="beyond', 1)
    unasked, asked = rest.split('id="closes"', 1)
    assert "8 resources beyond the findings" in head
    assert cards(unasked) == DEEDS
    assert cards(asked) == DRIFTED
    assert "replaced because of cidr_block" in unasked
    assert "<ins>        &#34;s3:GetObject&#34;,</ins>" in unasked
    assert "<del>        &#34;s3:*&#34;</del>" in asked

    ids = [plan["id"] for plan in run("plans", "list", "--format", "json").json["plans"]]
    [whole] = [each for each in ids if each != fix["id"]]
    assert run("plans", "show", whole, "--format", "html").out == page.out
    told = run("plans", "show", whole, "--format", "json")
    assert {each["address"] for each in told.json["changes"]} == {*DEEDS, *DRIFTED}
    terminal = run("plans", "show", whole)
    assert max(map(len, terminal.out.splitlines())) <= 80
    assert terminal.out.index("BEYOND THE FINDINGS") < terminal.out.index("closes 2 findings")
    assert "known after apply: arn, attachment_count, id, name_prefix, policy_id" in terminal.out
    for text in (page.out, told.out, terminal.out):
        assert SECRET not in text

    assert run("approve", fix["id"], env=bob).code == 0
    stale = run("apply", fix["id"], env=ann)
    assert stale.code == 5
    ended = run("plans", "show", fix["id"], "--format", "html").out
    check_whole(ended)
    assert "STALE</span>" in ended
    assert "the template moved since the plan was made" in ended
    assert "bob, " in ended
    assert "reconciler approve" not in ended
