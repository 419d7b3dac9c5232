"""Which list vouches for which type."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from reconciler.drift.listing import Statement
from reconciler.drift.snapshot import Reason
from reconciler.errors import CutOffError
from reconciler.observed.sweep.catalogue import catalogue
from reconciler.observed.sweep.witness import doubts, nearest


@pytest.mark.parametrize(
    ("resource_type", "service"),
    [
        ("aws_vpc", "ec2"),
        ("aws_security_group_rule", "ec2"),
        ("aws_vpc_security_group_ingress_rule", "ec2"),
        ("aws_route", "ec2"),
        ("aws_default_security_group", "ec2"),
        ("aws_iam_role_policy_attachment", "iam"),
        ("aws_cloudwatch_log_metric_filter", "logs"),
        ("aws_s3_bucket_public_access_block", "s3"),
        ("aws_route53_record", "route53"),
        ("aws_ssm_document", "ssm"),
        ("aws_volume_attachment", None),
        ("aws_appautoscaling_target", None),
    ],
)
def test_a_type_is_vouched_for_by_the_list_of_its_service(resource_type: str, service: str | None) -> None:
    entry = nearest(resource_type, catalogue())
    assert (entry.service if entry else None) == service


def gone(resource_type: str, region: str = "eu-west-1", id_: str = "i") -> Statement:
    return Statement(f"{resource_type} {region} {id_}", resource_type, region, id_, suspect=True)


def told(resource_type: str, region: str = "eu-west-1", *, suspect: bool = False) -> Statement:
    return Statement(f"{resource_type} {region} told", resource_type, region, suspect=suspect)


def _nobody(service: str, region: str) -> Any:
    raise AssertionError


def test_a_type_without_a_list_of_its_service_is_not_doubted_and_nobody_is_asked() -> None:
    assert doubts(_nobody, [gone("aws_volume_attachment")], cancel=threading.Event()) == {}


def test_what_is_not_suspected_is_not_asked_about() -> None:
    assert doubts(_nobody, [told("aws_vpc"), told("aws_s3_bucket")], cancel=threading.Event()) == {}


class _Answers:
    """A client whose every page is this one."""

    def __init__(self, page: dict[str, Any] | Exception) -> None:
        self.page = page
        # Of a service that speaks XML, whose bodies nobody looks at before boto3 does.
        self.meta = SimpleNamespace(service_model=SimpleNamespace(metadata={"protocol": "query"}))

    def can_paginate(self, _: str) -> bool:
        return False

    def __getattr__(self, _: str) -> Any:
        return self._answer

    def _answer(self, **_: object) -> Any:
        if isinstance(self.page, Exception):
            raise self.page
        return self.page


def test_a_service_that_does_not_answer_as_aws_is_doubted_in_all_it_said_and_one_that_has_nothing_is_not() -> None:
    def clients(service: str, region: str) -> Any:
        return _Answers({} if region == "eu-west-1" else {"Vpcs": [], "SecurityGroups": []})

    here, there = (
        [gone("aws_vpc", region), told("aws_security_group_rule", region)] for region in ("eu-west-1", "eu-west-2")
    )
    found = doubts(clients, [*here, *there], cancel=threading.Event())
    assert found.keys() == {statement.label for statement in here}
    assert {doubt.reason for doubt in found.values()} == {Reason.PROVIDER_ERROR}


def test_an_answer_that_could_not_be_read_is_reason_enough_to_ask() -> None:
    statements = [told("aws_vpc", suspect=True), told("aws_subnet")]
    found = doubts(lambda *_: _Answers({}), statements, cancel=threading.Event())
    assert found.keys() == {statement.label for statement in statements}


def _refusal() -> ClientError:
    return ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListThings")


def test_a_refused_list_is_an_answer_of_aws() -> None:
    assert doubts(lambda *_: _Answers(_refusal()), [gone("aws_vpc")], cancel=threading.Event()) == {}


class _Bucket(_Answers):
    """Lists well; a second look at one thing is answered so."""

    def __init__(self, second_look: dict[str, Any] | Exception) -> None:
        super().__init__({"Buckets": [], "Owner": {}, "families": []})
        self.look = second_look

    def _second(self, **_: object) -> Any:
        if isinstance(self.look, Exception):
            raise self.look
        return self.look

    def __getattr__(self, name: str) -> Any:
        return self._second if name in ("head_bucket", "describe_task_definition") else self._answer


def _error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Look")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("resource_type", "answer", "reason"),
    [
        ("aws_s3_bucket", _error("404", 404), None),
        ("aws_s3_bucket", _error("403", 403), Reason.DENIED),
        ("aws_s3_bucket", _error("503", 503), Reason.THROTTLED),
        ("aws_s3_bucket", _error("InternalError", 500), Reason.PROVIDER_ERROR),
        ("aws_s3_bucket", KeyError("no answer of AWS"), Reason.PROVIDER_ERROR),
        ("aws_s3_bucket", {}, Reason.PROVIDER_ERROR),
        ("aws_ecs_task_definition", _error("ClientException", 400), None),
        ("aws_ecs_task_definition", {"taskDefinition": {"revision": 2}}, None),
        ("aws_ecs_task_definition", _error("AccessDeniedException", 400), Reason.DENIED),
    ],
)
def test_what_the_provider_calls_gone_when_it_is_refused_is_looked_at_again(
    resource_type: str, answer: Any, reason: Reason | None
) -> None:
    found = doubts(lambda *_: _Bucket(answer), [gone(resource_type)], cancel=threading.Event())
    assert [doubt.reason for doubt in found.values()] == ([reason] if reason else [])


def test_a_cancelled_question_is_cut_off() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(CutOffError):
        doubts(lambda *_: _Answers({}), [gone("aws_vpc")], cancel=cancel)
