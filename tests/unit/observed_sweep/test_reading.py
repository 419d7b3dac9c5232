from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.observed.sweep.catalogue import catalogue
from reconciler.observed.sweep.expressions import parse, value
from reconciler.observed.sweep.faults import BrokenListError
from reconciler.observed.sweep.reading import Place, _tags, read

PLACE = Place("us-east-1", "123456789012")


def listed(resource_type: str, item: object, place: Place = PLACE) -> Any:
    return read(catalogue()[resource_type], item, place)


@pytest.mark.parametrize(
    ("resource_type", "item", "identifier"),
    [
        (
            "aws_sqs_queue",
            "https://sqs.us-east-1.amazonaws.com/1/jobs.fifo",
            "https://sqs.us-east-1.amazonaws.com/1/jobs.fifo",
        ),
        ("aws_eip", {"PublicIp": "1.2.3.4"}, "1.2.3.4"),
        ("aws_cloudwatch_event_rule", {"Name": "r", "EventBusName": "default", "Arn": "a"}, "r"),
        ("aws_cloudwatch_event_rule", {"Name": "r", "EventBusName": "own", "Arn": "a"}, "own/r"),
        ("aws_db_instance", {"DbiResourceId": "db-X", "DBInstanceIdentifier": "main"}, "db-X"),
        ("aws_glue_catalog_database", {"Name": "lake", "CatalogId": "1"}, "1:lake"),
        ("aws_route53_zone", {"Id": "/hostedzone/Z1", "Name": "example.com."}, "Z1"),
        ("aws_ecs_cluster", "arn:aws:ecs:us-east-1:1:cluster/main", "arn:aws:ecs:us-east-1:1:cluster/main"),
    ],
)
def test_ids_are_terraforms(resource_type: str, item: object, identifier: str) -> None:
    assert listed(resource_type, item).id == identifier


@pytest.mark.parametrize(
    ("resource_type", "item"),
    [
        ("aws_vpc", {"VpcId": "vpc-1", "IsDefault": True}),
        ("aws_security_group", {"GroupId": "sg-1", "GroupName": "default"}),
        ("aws_route_table", {"RouteTableId": "rtb-1", "Associations": [{"Main": True}]}),
        ("aws_iam_role", {"RoleName": "r", "Path": "/aws-service-role/x/", "Arn": "a"}),
        ("aws_kms_key", {"KeyId": "k", "KeyManager": "AWS"}),
        ("aws_kms_alias", {"AliasName": "alias/aws/s3"}),
        ("aws_secretsmanager_secret", {"ARN": "arn:aws:x", "OwningService": "rds"}),
        ("aws_cloudwatch_log_group", {"logGroupName": "/aws/rds/cluster/x"}),
        ("aws_cloudwatch_event_bus", {"Name": "default"}),
        ("aws_network_interface", {"NetworkInterfaceId": "eni-1", "RequesterManaged": True}),
        ("aws_network_interface", {"NetworkInterfaceId": "eni-1", "InterfaceType": "lambda"}),
    ],
)
def test_noise(resource_type: str, item: object) -> None:
    assert listed(resource_type, item).noise


@pytest.mark.parametrize(
    ("resource_type", "item"),
    [
        ("aws_vpc", {"VpcId": "vpc-1", "IsDefault": False}),
        ("aws_security_group", {"GroupId": "sg-1", "GroupName": "defaults"}),
        ("aws_route_table", {"RouteTableId": "rtb-1", "Associations": [{"Main": False}]}),
        ("aws_route_table", {"RouteTableId": "rtb-1"}),
        ("aws_iam_role", {"RoleName": "r", "Path": "/service-role/", "Arn": "a"}),
        ("aws_kms_key", {"KeyId": "k", "KeyManager": "CUSTOMER"}),
        ("aws_cloudwatch_log_group", {"logGroupName": "/aws/rdsx"}),
        ("aws_network_interface", {"NetworkInterfaceId": "eni-1", "InterfaceType": "interface"}),
    ],
)
def test_what_people_made_is_no_noise(resource_type: str, item: object) -> None:
    assert listed(resource_type, item).noise is None


@pytest.mark.parametrize(
    ("resource_type", "item", "maker"),
    [
        ("aws_cloudwatch_log_group", {"logGroupName": "/aws/lambda/f"}, ("aws_lambda_function", "f")),
        (
            "aws_ebs_volume",
            {"VolumeId": "vol-1", "Attachments": [{"InstanceId": "i-1", "DeleteOnTermination": True}]},
            ("aws_instance", "i-1"),
        ),
        (
            "aws_ebs_volume",
            {"VolumeId": "vol-1", "Attachments": [{"InstanceId": "i-1", "DeleteOnTermination": False}]},
            None,
        ),
        ("aws_network_interface", {"NetworkInterfaceId": "eni-1"}, None),
        (
            "aws_network_interface",
            {"NetworkInterfaceId": "eni-1", "Attachment": {"DeleteOnTermination": True, "InstanceId": "i-1"}},
            ("aws_instance", "i-1"),
        ),
        (
            "aws_elasticache_cluster",
            {"CacheClusterId": "c-001", "ReplicationGroupId": "c"},
            ("aws_elasticache_replication_group", "c"),
        ),
    ],
)
def test_makers(resource_type: str, item: object, maker: object) -> None:
    assert listed(resource_type, item).made_by == maker


@pytest.mark.parametrize(
    ("resource_type", "item"),
    [
        ("aws_nat_gateway", {"NatGatewayId": "nat-1", "State": "deleted"}),
        ("aws_kms_key", {"KeyId": "k", "KeyState": "PendingDeletion"}),
        ("aws_sns_topic_subscription", {"SubscriptionArn": "PendingConfirmation", "TopicArn": "arn:x"}),
        ("aws_cloudtrail", {"TrailARN": "arn:aws:x", "HomeRegion": "eu-west-1"}),
        ("aws_ebs_snapshot", {"SnapshotId": "snap-1", "OwnerId": "999999999999"}),
    ],
)
def test_what_has_ended_or_is_not_ours_is_not_there(resource_type: str, item: object) -> None:
    assert listed(resource_type, item) is None


def test_without_the_account_an_arn_that_needs_it_is_unknown() -> None:
    assert listed("aws_vpc", {"VpcId": "vpc-1"}, Place("us-east-1")).arn is None
    assert listed("aws_s3_bucket", {"Name": "b"}, Place("global")).arn == "arn:aws:s3:::b"
    assert listed("aws_ebs_snapshot", {"SnapshotId": "snap-1", "OwnerId": "1"}, Place("us-east-1")).id == "snap-1"


@pytest.mark.parametrize(
    ("raw", "tags"),
    [
        (None, ()),
        ([], ()),
        ({"b": "2", "a": "1"}, (("a", "1"), ("b", "2"))),
        ([{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}], (("a", "1"), ("b", "2"))),
        ([{"key": "a", "value": "1"}], (("a", "1"),)),
        ([{"TagKey": "a", "TagValue": "1"}], (("a", "1"),)),
        ([{"Key": "a"}], (("a", ""),)),
        ("tags", None),
        (["tags"], None),
    ],
)
def test_tags_in_every_shape(raw: object, tags: object) -> None:
    assert _tags(raw) == tags


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = [
    "InstanceId",
    "State",
    "Tags",
    "SubnetId",
    "GroupName",
    "Attachments",
    "Name",
    "Path",
    "RoleName",
    "Id",
    "Type",
]


@given(st.sampled_from(sorted(catalogue())), st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_an_entry_of_any_shape_is_read_or_refused(resource_type: str, item: dict[str, Any]) -> None:
    """What an expression cannot take is an error of jmespath's, a ValueError: the sweep makes an unknown of it."""
    try:
        found = listed(resource_type, item)
    except (BrokenListError, ValueError):
        return
    assert found is None or (isinstance(found.id, str) and found.id)


@pytest.mark.parametrize(
    ("expression", "item", "found"),
    [
        ("after(@, '/')", "a/b/c", "c"),
        ("after(@, '/')", "abc", "abc"),
        ("within(@, '/x/')", "/x/y", "y"),
        ("within(@, '/x/')", "/y/x/", None),
        ("path(@)", "http://host:1/1/jobs", "1/jobs"),
        ("path(@)", "jobs", None),
        ("domain(@)", "\\052.A.example.com.", "*.a.example.com"),
    ],
)
def test_functions(expression: str, item: str, found: object) -> None:
    assert value(parse(expression), item) == found


def test_an_expression_that_is_not_valid_is_refused() -> None:
    with pytest.raises(ValueError, match="Parse error"):
        parse("a..b")
