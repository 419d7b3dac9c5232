"""A plan on a terminal."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from support.any_plans import created, every_kind, moves, policy
from support.plans import NOW, approval, planned, proposal

from reconciler.cli.render.plan_page import plan_page, plans_table
from reconciler.drift.finding import Severity
from reconciler.gate.policy import Rules
from reconciler.gate.proposal import Act, Outcome, Proposal, Risk, Status


def text_of(plan: Proposal, width: int = 80, *, full: bool = True) -> str:
    return "".join(f"{line.plain}\n" for line in plan_page(plan, Rules(), NOW, width, full=full))


def test_what_nobody_asked_for_stands_before_what_findings_end_with() -> None:
    lines = text_of(every_kind()).splitlines()
    beyond = lines.index("BEYOND THE FINDINGS, nobody asked for this (4)")
    closes = lines.index("closes 7 findings")
    for change in every_kind().changes:
        (at,) = [n for n, line in enumerate(lines) if line.endswith(f"  {change.address}")]
        assert (beyond < at < closes) is (not change.closes)
        assert (at > closes) is bool(change.closes)
    assert lines[0].startswith("plan 8c41d7a2  proposed  shop (production): 1 destroyed, 1 replaced, 4 changed,")


def test_the_worst_comes_first() -> None:
    assert re.findall(r"^  [-/+~x=]+ +([a-z]+) {2,}", text_of(every_kind()), re.MULTILINE) == [
        *("changed", "forgotten", "imported", "moved"),
        *("destroyed", "replaced", "changed", "changed", "changed", "created", "refreshed"),
    ]


@pytest.mark.parametrize(
    "passage",
    [
        "risk CRITICAL\n  - destroys aws_db_instance.legacy\n  - aws_security_group.web: open to the world\n",
        "revert: bring the cloud back to the template\nproposed by ann 2026-03-01 11:00 UTC\n",
        "\nexpires 2026-03-02 11:00 UTC\ndigest sha256:",
        "\nstate serial 7, lineage lineage\ntemplate sha256:template\n",
        '\n  -/+ replaced   module.network.aws_subnet.private["a"]\n      replaced because of cidr_block, vpc_id\n',
        # what forces it before the rest, and what goes away with it last
        (
            '      cidr_block: "10.0.3.0/24" → "10.0.1.0/24"\n      vpc_id: "vpc-0fedcba" → (known after apply)\n'
            '      tags.Name: "a" → "b"\n'
        ),
        '      id: "subnet-0a1b2c3d" → (known after apply)\n',
        (
            '  -   destroyed  aws_db_instance.legacy\n      closes f-gone\n      engine: "postgres"\n'
            "      password: (sensitive)\n"
        ),
        "      value: (sensitive) would change\n",
        "      known after apply: a03, a07, a11, a15, a19, a23, a27, a31, a35, a39\n",
        "  =   refreshed  aws_instance.kept\n      taken into the state; the cloud is not written\n",
        "  =   imported   aws_cloudwatch_log_group.found\n      imported as /shop/found\n",
        "  =   moved      aws_sns_topic.alerts\n      moved from aws_sns_topic.alarms\n",
        (
            "  x   forgotten  aws_instance.old\n      the state lets go of it; the cloud is not written\n"
            '      ami: "ami-1"\n'
        ),
        '      ingress\n        - []\n        + [\n        +   {\n        +     "cidr_blocks": [\n',
        '        -         "s3:*"\n        +         "s3:GetObject"\n',
        "\napprovals: 0 of 2\n\nnext: reconciler approve 8c41d7a2  (another person approves)\n",
    ],
)
def test_what_an_approver_wants_to_read(passage: str) -> None:
    assert passage in text_of(every_kind())


def test_a_new_policy_is_told_line_by_line() -> None:
    change = planned("aws_iam_policy.reader", ("create",), changes=(moves("policy", None, policy("s3:GetObject")),))
    assert '      policy\n        + {\n        +   "Statement": [\n' in text_of(proposal(change))


def test_plan_shows_a_few_attributes_of_each_and_plans_show_all() -> None:
    short, full = text_of(proposal(created()), full=False), text_of(proposal(created()))
    assert "      … 22 attributes more\n" in short
    assert "known after" not in short
    for number in range(40):
        assert f"a{number:02}" in full
    assert "more" not in full


def test_plan_shows_a_few_reasons_and_plans_show_all() -> None:
    plan = replace(proposal(), risk=Risk(Severity.HIGH, tuple(f"reason {number}" for number in range(12))))
    assert "  - reason 7\n  … 4 reasons more\n" in text_of(plan, full=False)
    assert "  - reason 11\n" in text_of(plan)


def test_that_nothing_is_beyond_is_said() -> None:
    assert "\ncloses 1 finding, and nothing beyond\n" in text_of(proposal())


def test_a_long_value_begins_beside_its_mark() -> None:
    arn = "arn:aws:ec2:ap-northeast-2:123456789012:subnet/subnet-0a1b2c3d4e5f60718"
    text = text_of(proposal(planned(changes=(moves("arn", arn, None),))), 60)
    assert '        - "arn:aws:ec2:ap-northeast-2:123456789012:subnet/su\n          bnet-0a1b2c3d4e5f60718"\n' in text


def test_what_came_of_it_is_told_last_with_what_is_left() -> None:
    outcome = Outcome("applied, and not all of it holds", ("aws_sqs_queue.jobs: delay_seconds",))
    text = text_of(proposal(status=Status.FAILED, outcome=outcome, approvals=(approval(),)))
    assert text.endswith(
        "\napprovals: 1\n  bob, 2026-03-01 11:55 UTC\n"
        "\napplied, and not all of it holds\n  - aws_sqs_queue.jobs: delay_seconds\n"
        "\nnext: reconciler plan shop  (plan again)\n"
    )


def test_what_terraform_did_is_told_where_nothing_is_left_out() -> None:
    acts = (Act("aws_sqs_queue.jobs", "update", "complete", 3.0), Act("aws_sqs_queue.x", "create", "started"))
    plan = proposal(status=Status.UNKNOWN, outcome=Outcome("it was cut off", (), acts))
    told = "  update aws_sqs_queue.jobs: complete, 3 s\n  create aws_sqs_queue.x: started\n"
    assert told in text_of(plan, full=True)
    assert "complete" not in text_of(plan, full=False)


def test_a_list_tells_what_each_plan_does_on_any_width() -> None:
    plans = [every_kind(), proposal(id="0123456789", created_at=NOW - timedelta(days=1))]
    assert [line.plain for line in plans_table(plans[1:], 80)] == [
        "01234567  proposed  MEDIUM    02-28 12:00  shop: 1 changed, by ann",
        "1 plan",
    ]
    assert [line.plain for line in plans_table(plans[1:], 60)] == [
        *("01234567  proposed  MEDIUM    02-28 12:00", "    shop: 1 changed, by ann", "1 plan"),
    ]
    assert [line.plain for line in plans_table([], 80)] == ["no plans"]
