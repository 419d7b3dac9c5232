"""References for ids that recorded resources have."""

from __future__ import annotations

import json

from reconciler.drift.address import Address, ProviderAddress
from reconciler.drift.references import references
from reconciler.drift.snapshot import RecordedInstance

AWS = ProviderAddress("registry.terraform.io/hashicorp/aws")


def recorded(address: str, *depends: str, deposed: str | None = None, **attributes: object) -> RecordedInstance:
    text = json.dumps(attributes).encode()
    return RecordedInstance(Address.parse(address), AWS, 0, text, dependencies=depends, deposed=deposed)


def told(*instances: RecordedInstance) -> dict[str, str]:
    return references(instances, {each.address.declaration for each in instances})


def test_an_id_and_an_arn_are_told_with_their_instances_key() -> None:
    found = told(recorded('aws_vpc.main["a"]', id="vpc-0123456789", arn="arn:aws:ec2:r:1:vpc/vpc-0123456789"))
    assert found == {
        "vpc-0123456789": 'aws_vpc.main["a"].id',
        "arn:aws:ec2:r:1:vpc/vpc-0123456789": 'aws_vpc.main["a"].arn',
    }


def test_an_arn_that_is_the_id_too_is_told_once() -> None:
    assert told(recorded("aws_sns_topic.t", id="arn:aws:sns:x", arn="arn:aws:sns:x")) == {
        "arn:aws:sns:x": "aws_sns_topic.t.id"
    }


def test_a_name_that_somebody_chose_is_not_taken_for_another() -> None:
    assert told(recorded("aws_iam_role.r", id="worker"), recorded("aws_x.n", id=7), recorded("aws_x.m")) == {}


def test_of_several_the_one_is_meant_on_which_the_others_depend() -> None:
    queue = recorded("aws_sqs_queue.q", id="https://sqs/1/q")
    policy = recorded("aws_sqs_queue_policy.p", "aws_sqs_queue.q", id="https://sqs/1/q")
    assert told(policy, queue) == {"https://sqs/1/q": "aws_sqs_queue.q.id"}
    stranger = recorded("aws_sqs_queue_policy.s", id="https://sqs/1/q")
    assert told(policy, queue, stranger) == {}


def test_what_no_expression_of_the_root_module_reaches_is_left_out() -> None:
    inner = recorded("module.a.aws_vpc.main", id="vpc-0123456789")
    gone = recorded("aws_vpc.old", id="vpc-1123456789", deposed="ab")
    orphan = recorded("aws_vpc.orphan", id="vpc-2123456789")
    assert references([inner, gone, orphan], {Address.parse("aws_vpc.old"), inner.address.declaration}) == {}
