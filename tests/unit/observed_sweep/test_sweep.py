"""The sweep on prepared answers: what is no whole list is never a list."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from reconciler.drift.listing import GLOBAL, Listed, SweepResult, Unlisted
from reconciler.drift.snapshot import Reason
from reconciler.errors import CutOffError
from reconciler.observed.sweep.catalogue import catalogue
from reconciler.observed.sweep.sweep import sweep

REGION = "ap-northeast-2"
_SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
Script = Callable[[Stubber], None]


class Cloud:
    """Clients whose answers are prepared; CloudFormation has no stacks unless said otherwise."""

    def __init__(self, **scripts: Script) -> None:
        self.asked: list[tuple[str, str]] = []
        self.scripts: dict[str, Script] = {
            "cloudformation": lambda stub: stub.add_response("describe_stacks", {"Stacks": []}),
            **scripts,
        }

    def __call__(self, service: str, region: str) -> Any:
        self.asked.append((service, region))
        made = _SESSION.client(service, region_name=region)
        stub = Stubber(made)
        self.scripts[service](stub)
        stub.activate()
        return made


def only(script: Script, resource_type: str = "aws_iam_user", **more: Any) -> SweepResult:
    service = catalogue()[resource_type].service
    return sweep(Cloud(**{service: script}), [resource_type], [REGION], **more)


def user(name: str, **more: Any) -> dict[str, Any]:
    return {
        "Path": "/",
        "UserName": name,
        "UserId": "AIDAXXXXXXXXXXXXXXXX",
        "Arn": f"arn:aws:iam::1:user/{name}xxxxxxxxxx",
        "CreateDate": "2026-01-01",
        **more,
    }


def test_all_pages_are_read_and_each_call_is_counted() -> None:
    def pages(stub: Stubber) -> None:
        stub.add_response("list_users", {"Users": [user("a")], "IsTruncated": True, "Marker": "m1"}, {})
        stub.add_response("list_users", {"Users": [user("b")], "IsTruncated": True, "Marker": "m2"}, {"Marker": "m1"})
        stub.add_response("list_users", {"Users": [user("c"), user("a")], "IsTruncated": False}, {"Marker": "m2"})

    result = only(pages)
    (listing,) = result.listings
    assert (listing.resource_type, listing.region) == ("aws_iam_user", GLOBAL)
    assert [resource.id for resource in listing.resources] == ["a", "b", "c"]
    assert result.unlisted == ()
    assert result.api_calls == 4


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDenied", Reason.DENIED),
        ("Throttling", Reason.THROTTLED),
        ("InternalFailure", Reason.PROVIDER_ERROR),
    ],
)
@pytest.mark.parametrize("page", [1, 2])
def test_a_refused_page_leaves_no_list(code: str, reason: Reason, page: int) -> None:
    def pages(stub: Stubber) -> None:
        if page == 2:
            stub.add_response("list_users", {"Users": [user("a")], "IsTruncated": True, "Marker": "m"})
        stub.add_client_error("list_users", code, "canary")

    result = only(pages)
    assert result.listings == ()
    assert result.unlisted == (Unlisted("aws_iam_user", GLOBAL, reason, f"ListUsers: {code}"),)
    assert result.api_calls == page + 1


def test_a_page_that_repeats_leaves_no_list() -> None:
    def pages(stub: Stubber) -> None:
        for _ in range(3):
            stub.add_response("list_users", {"Users": [user("a")], "IsTruncated": True, "Marker": "same"})

    (unlisted,) = only(pages).unlisted
    assert "same next page twice" in unlisted.detail


def test_a_list_that_says_there_is_more_and_not_where_is_no_list() -> None:
    result = only(lambda stub: stub.add_response("list_users", {"Users": [user("a")], "IsTruncated": True}))
    assert result.listings == ()
    assert "there is more" in result.unlisted[0].detail


def test_an_answer_without_its_list_is_no_empty_list() -> None:
    result = only(lambda stub: stub.add_response("list_tables", {}), "aws_dynamodb_table")
    assert result.listings == ()
    assert result.unlisted[0].detail == "list_tables: the answer holds no TableNames"


def test_an_empty_list_is_a_list() -> None:
    result = only(lambda stub: stub.add_response("list_tables", {"TableNames": []}), "aws_dynamodb_table")
    assert [(listing.region, listing.resources) for listing in result.listings] == [(REGION, ())]


def test_an_entry_without_an_id_leaves_no_list() -> None:
    def page(stub: Stubber) -> None:
        stub.add_response("describe_vpcs", {"Vpcs": [{"VpcId": "vpc-1"}, {"CidrBlock": "10.0.0.0/8"}]})

    result = only(page, "aws_vpc")
    assert result.listings == ()
    assert result.unlisted[0].detail == "describe_vpcs: an entry has no id"


def test_pages_by_hand() -> None:
    def pages(stub: Stubber) -> None:
        first = {"DeliveryStreamNames": ["a", "b"], "HasMoreDeliveryStreams": True}
        stub.add_response("list_delivery_streams", first, {})
        last = {"DeliveryStreamNames": ["c"], "HasMoreDeliveryStreams": False}
        stub.add_response("list_delivery_streams", last, {"ExclusiveStartDeliveryStreamName": "b"})

    result = only(pages, "aws_kinesis_firehose_delivery_stream", account="123456789012")
    assert [resource.id for resource in result.listings[0].resources] == ["a", "b", "c"]
    assert result.listings[0].resources[0].arn == f"arn:aws:firehose:{REGION}:123456789012:deliverystream/a"


def test_pages_by_hand_that_repeat_leave_no_list() -> None:
    def pages(stub: Stubber) -> None:
        for _ in range(2):
            stub.add_response("list_delivery_streams", {"DeliveryStreamNames": ["a"], "HasMoreDeliveryStreams": True})

    (unlisted,) = only(pages, "aws_kinesis_firehose_delivery_stream").unlisted
    assert "same next page twice" in unlisted.detail


def test_one_parent_that_cannot_be_read_leaves_no_list() -> None:
    def pages(stub: Stubber) -> None:
        stub.add_response("list_clusters", {"clusterArns": ["arn:aws:ecs:r:1:cluster/a", "arn:aws:ecs:r:1:cluster/b"]})
        stub.add_response("list_services", {"serviceArns": ["arn:aws:ecs:r:1:service/a/web"]})
        stub.add_client_error("list_services", "AccessDeniedException")

    result = only(pages, "aws_ecs_service")
    assert result.listings == ()
    assert result.unlisted[0].reason is Reason.DENIED


def test_records_carry_the_ids_that_terraform_keeps() -> None:
    def pages(stub: Stubber) -> None:
        zone = {"Id": "/hostedzone/Z1", "Name": "example.com.", "CallerReference": "x"}
        stub.add_response(
            "list_hosted_zones", {"HostedZones": [zone], "MaxItems": "1", "IsTruncated": False, "Marker": ""}
        )
        records = [
            {"Name": "example.com.", "Type": "SOA"},
            {"Name": "example.com.", "Type": "MX"},
            {"Name": "\\052.Example.com.", "Type": "A", "SetIdentifier": "blue"},
        ]
        stub.add_response(
            "list_resource_record_sets", {"ResourceRecordSets": records, "MaxItems": "1", "IsTruncated": False}
        )

    (listing,) = only(pages, "aws_route53_record").listings
    assert [(resource.id, resource.noise) for resource in listing.resources] == [
        ("Z1_example.com_SOA", "every zone has it"),
        ("Z1_example.com_MX", None),
        ("Z1_*.example.com_A_blue", None),
    ]


def test_a_resource_is_read_whole() -> None:
    def page(stub: Stubber) -> None:
        tags = [{"Key": "aws:autoscaling:groupName", "Value": "web"}, {"Key": "Name", "Value": "web-1"}]
        running = {"InstanceId": "i-1", "State": {"Name": "running"}, "Tags": tags}
        ended = {"InstanceId": "i-2", "State": {"Name": "terminated"}}
        stub.add_response("describe_instances", {"Reservations": [{"Instances": [running]}, {"Instances": [ended]}]})

    (listing,) = only(page, "aws_instance", account="123456789012").listings
    assert listing.resources == (
        Listed(
            "aws_instance",
            "i-1",
            REGION,
            f"arn:aws:ec2:{REGION}:123456789012:instance/i-1",
            tags=(("Name", "web-1"), ("aws:autoscaling:groupName", "web")),
            made_by=("aws_autoscaling_group", "web"),
        ),
    )


def test_other_lists_are_read_where_one_fails() -> None:
    cloud = Cloud(
        iam=lambda stub: stub.add_client_error("list_users", "AccessDenied"),
        dynamodb=lambda stub: stub.add_response("list_tables", {"TableNames": ["orders"]}),
    )
    result = sweep(cloud, ["aws_iam_user", "aws_dynamodb_table", "aws_nonsense"], [REGION])
    assert [listing.resource_type for listing in result.listings] == ["aws_dynamodb_table"]
    assert {(each.resource_type, each.reason) for each in result.unlisted} == {
        ("aws_iam_user", Reason.DENIED),
        ("aws_nonsense", Reason.UNSUPPORTED),
    }


def test_stacks_say_what_they_own() -> None:
    def stacks(stub: Stubber) -> None:
        stack_id = "arn:aws:cloudformation:r:1:stack/s/1"
        stack = {"StackId": stack_id, "StackName": "s", "CreationTime": "2026-01-01", "StackStatus": "CREATE_COMPLETE"}
        stub.add_response("describe_stacks", {"Stacks": [stack]})
        common = {"LastUpdatedTimestamp": "2026-01-01", "ResourceStatus": "CREATE_COMPLETE", "LogicalResourceId": "x"}
        owned = [
            {"ResourceType": "AWS::DynamoDB::Table", "PhysicalResourceId": "t", **common},
            {"ResourceType": "Custom::Thing", "PhysicalResourceId": "c", **common},
            {"ResourceType": "AWS::SQS::Queue", **common},
        ]
        stub.add_response("list_stack_resources", {"StackResourceSummaries": owned}, {"StackName": stack_id})

    result = sweep(Cloud(cloudformation=stacks), [], [REGION])
    assert [(owned.resource_type, owned.id, owned.region) for owned in result.stack_resources] == [
        ("aws_dynamodb_table", "t", REGION)
    ]
    assert result.stacks_unread == ()
    assert result.api_calls == 2


def test_stacks_that_cannot_be_read_are_said() -> None:
    cloud = Cloud(cloudformation=lambda stub: stub.add_client_error("describe_stacks", "AccessDenied"))
    assert sweep(cloud, [], [REGION]).stacks_unread == (REGION,)


def test_each_region_is_asked_and_global_services_once() -> None:
    cloud = Cloud(
        dynamodb=lambda stub: stub.add_response("list_tables", {"TableNames": []}),
        iam=lambda stub: stub.add_response("list_users", {"Users": [], "IsTruncated": False}),
    )
    result = sweep(cloud, ["aws_dynamodb_table", "aws_iam_user"], ["eu-west-1", REGION], concurrency=1)
    assert [(each.resource_type, each.region) for each in result.listings] == [
        ("aws_dynamodb_table", REGION),
        ("aws_dynamodb_table", "eu-west-1"),
        ("aws_iam_user", GLOBAL),
    ]
    assert [region for service, region in cloud.asked if service == "iam"] == ["us-east-1"]


def test_a_cancelled_sweep_ends_and_says_so() -> None:
    cancel = threading.Event()

    def page(stub: Stubber) -> None:
        stub.add_response("list_users", {"Users": [user("a")], "IsTruncated": True, "Marker": "m"})
        cancel.set()

    with pytest.raises(CutOffError):
        only(page, cancel=cancel)


def test_a_client_that_cannot_be_made_costs_its_list_alone() -> None:
    def broken(service: str, region: str) -> Any:
        raise ValueError("canary")

    result = sweep(broken, ["aws_vpc"], [REGION])
    assert result.listings == ()
    assert "canary" not in result.unlisted[0].detail
    assert result.stacks_unread == (REGION,)
