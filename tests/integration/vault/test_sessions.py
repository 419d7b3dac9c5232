"""Ways into AWS, against an emulator."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.moto_server import client, moto_server

from reconciler.errors import CloudError
from reconciler.vault.objects import S3Objects
from reconciler.vault.sessions import AwsAccess, AwsSession, Role

ROLE = "arn:aws:iam::111122223333:role/scan"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def no_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither files nor instance metadata of the machine that runs the tests."""
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def session(url: str, **more: Any) -> AwsSession:
    keys = {"access_key": "testing", "secret_key": "canary"}
    return AwsSession(AwsAccess(**{"region": "eu-west-1", "endpoint_url": url, **keys, **more}))


def test_the_account_is_asked_for_once(url: str) -> None:
    aws = session(url)
    assert aws.account_id() == "123456789012"
    aws.client("sts").get_caller_identity = None
    assert aws.account_id() == "123456789012"


def test_clients_are_made_once_per_service_and_region(url: str) -> None:
    aws = session(url)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(aws.client("sqs"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(item) for item in found}) == 1
    assert aws.client("sqs").meta.region_name == "eu-west-1"
    assert aws.client("sqs", region="us-east-1").meta.region_name == "us-east-1"


def test_every_client_tries_again_and_has_an_end(url: str) -> None:
    config = session(url).client("sqs").meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}
    assert (config.connect_timeout, config.read_timeout) == (5, 30)


def test_an_inherited_endpoint_does_not_count(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    assert "amazonaws.com" in session(url, endpoint_url=None).client("sqs").meta.endpoint_url


def test_a_role_is_taken_before_anything_is_asked(url: str) -> None:
    aws = session(url, role=Role(ROLE, external_id="ext", session_name="night"))
    assert aws.account_id() == "111122223333"
    assert aws.client("sts").get_caller_identity()["Arn"].endswith("assumed-role/scan/night")
    variables = aws.variables()
    assert set(variables) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    assert variables["AWS_ACCESS_KEY_ID"] != "testing"


def test_keys_for_a_child(url: str) -> None:
    assert session(url).variables() == {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "canary"}


def test_a_profile_from_a_file(url: str, tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text("[mine]\naws_access_key_id = AKIAMINE\naws_secret_access_key = canary\n")
    aws = session(url, access_key=None, secret_key=None, profile="mine", credentials_file=str(path))
    assert aws.variables()["AWS_ACCESS_KEY_ID"] == "AKIAMINE"


@pytest.mark.usefixtures("no_files")
def test_no_credentials(url: str) -> None:
    aws = session(url, access_key=None, secret_key=None)
    with pytest.raises(CloudError, match="no usable AWS credentials") as raised:
        aws.account_id()
    assert raised.value.hint
    assert aws.variables() == {}


@pytest.mark.usefixtures("no_files")
def test_no_credentials_for_the_role(url: str) -> None:
    with pytest.raises(CloudError, match="no usable AWS credentials"):
        session(url, access_key=None, secret_key=None, role=Role(ROLE)).account_id()


@pytest.mark.usefixtures("no_files")
def test_no_such_profile(url: str) -> None:
    with pytest.raises(CloudError, match="no usable AWS credentials"):
        session(url, profile="absent").client("sqs")


def test_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CloudError, match="no AWS region"):
        AwsSession(AwsAccess(access_key="a", secret_key="b")).client("sqs")


@pytest.mark.parametrize("endpoint", ["nonsense", "http://127.0.0.1:1"])
def test_an_endpoint_that_is_none(endpoint: str) -> None:
    with pytest.raises(CloudError, match=r"cannot ask whose credentials|cannot make a client"):
        session(endpoint).account_id()


def test_secrets_are_not_shown() -> None:
    access = AwsAccess(access_key="canary", secret_key="canary", token="canary")
    assert "canary" not in repr(access)


@pytest.fixture
def bucket(url: str) -> str:
    storage = client(url, "s3", "us-east-1")
    storage.create_bucket(Bucket="states")
    storage.put_object(Bucket="states", Key="a", Body=b"x" * 3_000_000)
    storage.put_object(Bucket="states", Key="empty", Body=b"")
    return "states"


@pytest.mark.parametrize("limit", [0, 1, 2_999_999, 3_000_000, 5_000_000])
def test_objects_are_read_up_to_one_byte_more_than_the_limit(url: str, bucket: str, limit: int) -> None:
    data = S3Objects(session(url)).read(bucket, "a", limit=limit)
    assert data == b"x" * min(limit + 1, 3_000_000)


def test_no_object_and_an_empty_one(url: str, bucket: str) -> None:
    objects = S3Objects(session(url))
    assert objects.read(bucket, "absent", limit=10) is None
    assert objects.read(bucket, "empty", limit=10) == b""


@pytest.mark.parametrize(
    ("name", "message"),
    [("absent", "there is no bucket absent"), ("Not A Bucket!", "an argument is none that AWS takes")],
)
def test_no_bucket_is_no_missing_object(url: str, name: str, message: str) -> None:
    with pytest.raises(CloudError, match=message):
        S3Objects(session(url)).read(name, "a", limit=10)
