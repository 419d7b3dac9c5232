"""The sweep over HTTP: boto3's real clients against the emulator, and against servers that answer nonsense."""

from __future__ import annotations

import functools
import io
import json
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from support.moto_server import client

from reconciler.drift.listing import RecordedIdentity, absent, unmanaged
from reconciler.drift.snapshot import Reason
from reconciler.observed.sweep.catalogue import catalogue
from reconciler.observed.sweep.sweep import sweep

ACCOUNT = "123456789012"
HERE = "us-east-1"
THERE = "eu-west-1"


@pytest.fixture(scope="module")
def clients(sweep_server: str) -> Callable[[str, str], Any]:
    return functools.cache(lambda service, region: client(sweep_server, service, region))


@pytest.fixture(scope="module")
def estate(clients: Callable[[str, str], Any]) -> dict[str, str]:
    """A few resources of many services; ids by a name of the test's own."""

    def to(service: str, region: str = HERE) -> Any:
        return clients(service, region)

    ids: dict[str, str] = {}
    ec2 = to("ec2")
    ids["vpc"] = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ids["group"] = ec2.create_security_group(GroupName="web", Description="x", VpcId=ids["vpc"])["GroupId"]
    ids["instance"] = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ended = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.terminate_instances(InstanceIds=[ended])
    ids["ended"] = ended
    sqs = to("sqs")
    for number in range(12):
        ids[f"queue{number}"] = sqs.create_queue(QueueName=f"jobs-{number}")["QueueUrl"]
    ids["queue there"] = to("sqs", THERE).create_queue(QueueName="jobs-0")["QueueUrl"]
    ids["topic"] = to("sns").create_topic(Name="alerts")["TopicArn"]
    to("s3").create_bucket(Bucket="an-estate-bucket")
    to("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    role = to("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=json.dumps({"Statement": []}))
    to("iam").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): ...")
    to("lambda").create_function(
        FunctionName="resize",
        Runtime="python3.11",
        Role=role["Role"]["Arn"],
        Handler="main.handler",
        Code={"ZipFile": code.getvalue()},
    )
    to("logs").create_log_group(logGroupName="/aws/lambda/resize")
    to("logs").create_log_group(logGroupName="/app/web")
    ids["key"] = to("kms").create_key()["KeyMetadata"]["KeyId"]
    zone = to("route53").create_hosted_zone(Name="example.com", CallerReference="x")["HostedZone"]["Id"]
    ids["zone"] = zone.rpartition("/")[2]
    record = {"Name": "*.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    to("route53").change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    )
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "of-a-stack"}}}}
    to("cloudformation").create_stack(StackName="legacy", TemplateBody=json.dumps(template))
    return ids


def test_every_type_of_the_catalogue_is_listed(clients: Callable[[str, str], Any], estate: dict[str, str]) -> None:
    result = sweep(clients, catalogue(), [HERE], account=ACCOUNT)
    assert result.unlisted == ()
    assert result.stacks_unread == ()
    assert {listing.resource_type for listing in result.listings} == set(catalogue())
    assert result.api_calls >= len(catalogue())


def test_what_was_made_by_hand_is_found_and_nothing_else(
    clients: Callable[[str, str], Any], estate: dict[str, str]
) -> None:
    types = [name for name in catalogue() if name not in {"aws_ebs_snapshot", "aws_network_interface"}]
    result = sweep(clients, types, [HERE, THERE], account=ACCOUNT)
    recorded = [
        RecordedIdentity("aws_vpc.main", "aws_vpc", estate["vpc"], None, HERE),
        RecordedIdentity("aws_sns_topic.alerts", "aws_sns_topic", estate["topic"], estate["topic"], HERE),
        RecordedIdentity("aws_sqs_queue.jobs_1", "aws_sqs_queue", estate["queue1"], None, HERE),
        RecordedIdentity("aws_sqs_queue.gone", "aws_sqs_queue", "https://sqs/gone", None, HERE),
        RecordedIdentity("aws_instance.ended", "aws_instance", estate["ended"], None, HERE),
    ]
    found = unmanaged(result, recorded)
    assert {(each.resource.resource_type, each.resource.id) for each in found} == {
        ("aws_security_group", estate["group"]),
        ("aws_instance", estate["instance"]),
        *(("aws_sqs_queue", estate[f"queue{number}"]) for number in range(12) if number != 1),
        ("aws_sqs_queue", estate["queue there"]),
        ("aws_s3_bucket", "an-estate-bucket"),
        ("aws_dynamodb_table", "orders"),
        ("aws_iam_role", "deploy"),
        ("aws_lambda_function", "resize"),
        ("aws_cloudwatch_log_group", "/app/web"),
        ("aws_kms_key", estate["key"]),
        ("aws_route53_zone", estate["zone"]),
        ("aws_route53_record", f"{estate['zone']}_*.example.com_A"),
    }
    assert {gone.address for gone in absent(result, recorded)} == {"aws_sqs_queue.gone", "aws_instance.ended"}
    assert len({each.suggested_address for each in found}) == len(found)
    assert "aws_sqs_queue.jobs_1" not in {each.suggested_address for each in found}


class Oracle:
    """A server that gives every question the same answer, and clients for it."""

    def __init__(self) -> None:
        self.status, self.content_type, self.body = 200, "text/html", b""
        oracle = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(oracle.status)
                self.send_header("Content-Type", oracle.content_type)
                self.send_header("Content-Length", str(len(oracle.body)))
                self.end_headers()
                self.wfile.write(oracle.body)

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return self.answer
                raise AttributeError(name)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str) -> Any:
        """Clients are kept: to make them all takes seconds."""
        if (service, region) not in self._clients:
            url = f"http://127.0.0.1:{self.server.server_port}"
            self._clients[service, region] = client(url, service, region)
        return self._clients[service, region]


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    oracle = Oracle()
    thread = threading.Thread(target=oracle.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield oracle
    finally:
        oracle.server.shutdown()
        thread.join()
        oracle.server.server_close()


@pytest.mark.parametrize(
    ("status", "content_type", "body", "reason"),
    [
        (200, "text/html", b"<html><body>Please log in</body></html>", Reason.PROVIDER_ERROR),
        (200, "text/html", b"Please log in", Reason.PROVIDER_ERROR),
        (200, "text/html", b"", Reason.PROVIDER_ERROR),
        (200, "application/json", b'{"Queues": [', Reason.PROVIDER_ERROR),
        (200, "text/xml", b"<a><b></a>", Reason.PROVIDER_ERROR),
        (200, "application/json", b"[]", Reason.PROVIDER_ERROR),
        (403, "text/html", b"<html>Forbidden</html>", Reason.DENIED),
        (429, "text/html", b"", Reason.THROTTLED),
        (500, "text/html", b"<html>Oops</html>", Reason.PROVIDER_ERROR),
        (504, "text/html", b"", Reason.TIMEOUT),
    ],
)
def test_no_broken_answer_of_any_service_makes_a_list(
    oracle: Oracle, status: int, content_type: str, body: bytes, reason: Reason
) -> None:
    oracle.status, oracle.content_type, oracle.body = status, content_type, body
    result = sweep(oracle.client, catalogue(), [HERE])
    assert [listing.resource_type for listing in result.listings] == []
    assert len(result.unlisted) == len(catalogue())
    assert result.stacks_unread == (HERE,)
    # Some protocols cannot make anything of a refusal without a body; that is no list either.
    assert reason in {unlisted.reason for unlisted in result.unlisted} <= {reason, Reason.PROVIDER_ERROR}


def test_a_server_that_is_not_there_makes_no_list() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        result = sweep(lambda service, region: client(url, service, region), ["aws_sqs_queue", "aws_vpc"], [HERE])
    assert result.listings == ()
    assert {unlisted.reason for unlisted in result.unlisted} == {Reason.TIMEOUT}
