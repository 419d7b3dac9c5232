"""Protocol 5: the real AWS provider, against an emulator, and against an endpoint that misbehaves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from support.provider_host import find_aws_provider, recorded
from support.weather import Rule, weather

from reconciler.drift.schema import Nesting
from reconciler.drift.snapshot import Absent, Present, Reading, Reason, RecordedInstance, Unread
from reconciler.observed.provider.diagnose import Diagnosis
from reconciler.observed.provider.host import Limits
from reconciler.observed.provider.pool import ProviderPool
from reconciler.observed.provider.session import ProviderSession

CONFIGURATION = {
    "region": "eu-west-1",
    "max_retries": 1,
    "skip_requesting_account_id": True,
    "skip_credentials_validation": True,
    "skip_metadata_api_check": "true",
    "default_tags": [{"tags": {"Team": "platform"}}],
}
SECRET_KEY = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY0"


def aws_environment(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": "/nonexistent",
    }


@pytest.fixture(scope="session")
def cloud() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def client(cloud: str) -> Callable[[str], Any]:
    def make(service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]  # a name that is known only here
            endpoint_url=cloud,
            region_name="eu-west-1",
            aws_access_key_id="x",
            aws_secret_access_key="y",
        )

    return make


@pytest.fixture(scope="session")
def aws_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aws-cache")


@pytest.fixture
def aws_pool(aws_cache: Path, sockets: Path) -> Iterator[ProviderPool]:
    with ProviderPool(aws_cache, limits=Limits(read_timeout=15, configure_timeout=20)) as pool:
        yield pool


@pytest.fixture
def session(aws_pool: ProviderPool, cloud: str) -> ProviderSession:
    return aws_pool.session(find_aws_provider(), CONFIGURATION, aws_environment(cloud))


def present(reading: Reading) -> Present:
    assert isinstance(reading, Present), reading
    return reading


def test_what_the_cloud_holds(session: ProviderSession, client: Callable[[str], Any]) -> None:
    queue = client("sqs").create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "90"})["QueueUrl"]
    client("s3").create_bucket(Bucket="a-bucket-to-read", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    ec2 = client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )
    client("iam").create_role(RoleName="app", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')
    client("ssm").put_parameter(Name="/app/key", Value="s3cr3t", Type="SecureString")

    instances = [
        recorded("aws_sqs_queue", {"id": queue, "url": queue, "name": "jobs", "visibility_timeout_seconds": 60}),
        recorded("aws_s3_bucket", {"id": "a-bucket-to-read", "bucket": "a-bucket-to-read"}),
        recorded("aws_security_group", {"id": group, "name": "web", "vpc_id": vpc}, schema_version=1),
        recorded("aws_iam_role", {"id": "app", "name": "app"}),
        recorded("aws_ssm_parameter", {"id": "/app/key", "name": "/app/key", "type": "SecureString"}),
    ]
    sqs, s3, sg, role, parameter = map(present, session.read(instances))

    assert sqs.recorded["visibility_timeout_seconds"] == 60
    assert sqs.observed["visibility_timeout_seconds"] == 90
    assert s3.observed["arn"] == "arn:aws:s3:::a-bucket-to-read"
    assert [(rule["from_port"], rule["cidr_blocks"]) for rule in sg.observed["ingress"]] == [(22, ["0.0.0.0/0"])]
    assert role.observed["assume_role_policy"] == '{"Statement":[],"Version":"2012-10-17"}'
    assert parameter.observed["value"] == "s3cr3t"
    assert ("value",) in set(parameter.schema.block.sensitive_paths())
    assert sg.schema.block.attributes["ingress"].type[0] == "set"
    assert s3.schema.block.blocks["versioning"].nesting is Nesting.LIST
    # The recorded value is the whole object of the current schema, whatever the state had of it.
    assert sqs.recorded.keys() == sqs.observed.keys()


def test_the_provider_understands_the_flat_attributes_of_before_0_12(
    session: ProviderSession, client: Callable[[str], Any]
) -> None:
    queue = client("sqs").create_queue(QueueName="old", tags={"a.b": "c"}, Attributes={"VisibilityTimeout": "90"})
    flat = {
        "id": queue["QueueUrl"],
        "name": "old",
        "visibility_timeout_seconds": "60",
        "fifo_queue": "false",
        "tags.%": "1",
        "tags.a.b": "c",
    }
    (reading,) = session.read([replace(recorded("aws_sqs_queue", flat), flat=True)])
    assert present(reading).recorded["visibility_timeout_seconds"] == 60
    assert present(reading).observed["visibility_timeout_seconds"] == 90
    assert present(reading).recorded["tags"] == present(reading).observed["tags"] == {"a.b": "c"}


def test_what_is_gone_is_absent(session: ProviderSession) -> None:
    instances = [
        recorded("aws_ssm_parameter", {"id": "/gone", "name": "/gone", "type": "String"}),
        recorded("aws_iam_role", {"id": "gone", "name": "gone"}),
        recorded("aws_security_group", {"id": "sg-0123456789abcdef0", "name": "x"}, schema_version=1),
    ]
    assert [type(each) for each in session.read(instances)] == [Absent] * 3


def test_a_second_start_takes_the_schema_from_the_cache(
    aws_cache: Path, aws_pool: ProviderPool, cloud: str, client: Callable[[str], Any]
) -> None:
    client("ssm").put_parameter(Name="/app/plain", Value="v", Type="String")
    instance = recorded("aws_ssm_parameter", {"id": "/app/plain", "name": "/app/plain", "type": "String"})
    binary = find_aws_provider()
    aws_pool.session(binary, CONFIGURATION, aws_environment(cloud)).start()
    with ProviderPool(aws_cache) as second:
        session = second.session(binary, CONFIGURATION, aws_environment(cloud))
        present(session.read([instance])[0])
        assert 10_000_000 < session.private_memory() < 150_000_000


def test_the_provider_does_not_log_requests(session: ProviderSession, client: Callable[[str], Any]) -> None:
    client("ssm").put_parameter(Name="/app/logged", Value="s3cr3t", Type="SecureString")
    instance = recorded("aws_ssm_parameter", {"id": "/app/logged", "name": "/app/logged", "type": "SecureString"})
    present(session.read([instance])[0])
    assert b"s3cr3t" not in session.host().process._stderr
    assert session.host().process._stderr.count(b"@level") <= 1  # the address of the socket


def test_a_resource_in_no_state(session: ProviderSession, client: Callable[[str], Any]) -> None:
    client("iam").create_role(RoleName="manual", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')
    found = session.import_state("aws_iam_role", "manual")
    assert isinstance(found, dict)
    assert found["name"] == "manual"
    assert session.import_state("aws_iam_role", "nobody") is None


class Endpoint(BaseHTTPRequestHandler):
    """Answers every request alike, and in one piece, as the emulator does."""

    wbufsize = 1 << 16
    status: int
    body: bytes
    delay: float

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.waiting.wait(self.delay)  # type: ignore[attr-defined]
        self.send_response(self.status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_GET = do_PUT = do_POST  # noqa: N815 names of the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name is the base class's
        """Nothing: the tests' output is not its place."""


@pytest.fixture
def endpoint() -> Iterator[Callable[..., str]]:
    """An AWS that always answers so."""
    servers: list[ThreadingHTTPServer] = []

    def start(status: int, body: bytes, delay: float = 0) -> str:
        handler = type("Handler", (Endpoint,), {"status": status, "body": body, "delay": delay})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.waiting = threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.waiting.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()


PARAMETER = recorded("aws_ssm_parameter", {"id": "/x", "name": "/x", "type": "String"})


def error(code: str, message: str) -> bytes:
    return json.dumps({"__type": code, "message": message}).encode()


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, error("AccessDeniedException", f"User x with {SECRET_KEY} is not authorized to perform"), Reason.DENIED),
        (400, error("ExpiredTokenException", "The security token included in the request is expired"), Reason.DENIED),
        (403, b"", Reason.DENIED),
        (400, error("ThrottlingException", "Rate exceeded"), Reason.THROTTLED),
        (500, error("InternalServerError", "oops"), Reason.PROVIDER_ERROR),
        (200, b"<html>this is no JSON</html>", Reason.PROVIDER_ERROR),
        (501, b"", Reason.UNSUPPORTED),
    ],
)
def test_a_cloud_that_refuses(
    aws_pool: ProviderPool, endpoint: Callable[..., str], status: int, body: bytes, reason: Reason
) -> None:
    session = aws_pool.session(find_aws_provider(), CONFIGURATION, aws_environment(endpoint(status, body)))
    (found,) = session.read([PARAMETER])
    assert isinstance(found, Unread)
    assert found.reason is reason, found.detail
    assert SECRET_KEY not in found.detail
    assert "\n" not in found.detail


def test_a_cloud_that_is_not_there(aws_pool: ProviderPool) -> None:
    session = aws_pool.session(find_aws_provider(), CONFIGURATION, aws_environment("http://127.0.0.1:1"))
    (found,) = session.read([PARAMETER])
    assert isinstance(found, Unread)
    assert found.reason is Reason.TIMEOUT, found.detail


def test_a_cloud_that_never_answers(aws_cache: Path, endpoint: Callable[..., str]) -> None:
    silent = endpoint(200, b"", delay=60)
    instances: list[RecordedInstance] = [PARAMETER] * 3
    with ProviderPool(aws_cache, limits=Limits(read_timeout=2)) as pool:
        began = time.monotonic()
        found = pool.session(find_aws_provider(), CONFIGURATION, aws_environment(silent)).read(instances)
        assert time.monotonic() - began < 40  # a busy host starts a second, frank provider in 10 s
    assert [getattr(each, "reason", None) for each in found] == [Reason.TIMEOUT] * 3


def test_credentials_that_are_refused_at_the_start(aws_pool: ProviderPool, endpoint: Callable[..., str]) -> None:
    refusing = endpoint(403, b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>")
    configuration = {**CONFIGURATION, "skip_credentials_validation": False}
    session = aws_pool.session(find_aws_provider(), configuration, aws_environment(refusing))
    found = session.read([PARAMETER, PARAMETER])
    assert [getattr(each, "reason", None) for each in found] == [Reason.DENIED] * 2
    refused = session.import_state("aws_ssm_parameter", "/x")
    assert isinstance(refused, Diagnosis)
    assert refused.reason is Reason.DENIED


def test_a_cloud_that_throttles_for_longer_than_a_read_is_told_as_that(aws_cache: Path, cloud: str) -> None:
    """At each read, and at the start, where STS is asked whose keys these are: the provider repeats, and is silent."""
    patient = {name: value for name, value in CONFIGURATION.items() if name != "max_retries"}
    with weather(cloud) as sky, ProviderPool(aws_cache, limits=Limits(read_timeout=3, configure_timeout=3)) as pool:
        sky.rules = [Rule("*", "throttled")]
        for skip in (True, False):
            configuration = {**patient, "skip_credentials_validation": skip}
            session = pool.session(find_aws_provider(), configuration, aws_environment(sky.url))
            found = session.read([PARAMETER, PARAMETER])
            assert [getattr(each, "reason", None) for each in found] == [Reason.THROTTLED] * 2, found


def test_what_a_provider_passes_over_it_tells_when_asked_frankly(
    aws_pool: ProviderPool, cloud: str, client: Callable[[str], Any]
) -> None:
    vpc = client("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    instance = recorded("aws_vpc", {"id": vpc}, schema_version=1)
    with weather(cloud) as sky:
        session = aws_pool.session(find_aws_provider(), CONFIGURATION, aws_environment(sky.url))
        assert present(session.read([instance])[0]).observed["default_security_group_id"]
        assert session.passed_over([instance], cancel=None) == []
        sky.rules = [Rule("ec2", "denied", "DescribeSecurityGroups", times=1)]
        assert session.passed_over([instance], cancel=None) == [], "once is a mishap"
        assert session.passed_over([instance], cancel=None) == []
        sky.rules = [Rule("ec2", "denied", "DescribeSecurityGroups")]
        assert not present(session.read([instance])[0]).observed["default_security_group_id"]
        (found,) = session.passed_over([instance], cancel=None)
    assert found.reason is Reason.DENIED
    assert "default Security Group" in found.detail
    assert len(aws_pool.sessions) == 1, "the frank provider is not kept"
