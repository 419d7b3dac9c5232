"""Answers that were recorded come again, to any client, in any order, from however many at once; others do not."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from bench.latency import replay
from bench.replay import control
from botocore.config import Config
from botocore.exceptions import ClientError

from reconciler.sandbox.emulator import REGION, Emulator
from reconciler.sandbox.estate import client

COUNT = 30


@pytest.fixture(scope="module")
def filled(blank_emulator: Emulator) -> Iterator[Emulator]:
    """An emulator with parameters and a bucket."""
    with blank_emulator.clone() as emulator:
        ssm = client(emulator, "ssm")
        for number in range(COUNT):
            ssm.put_parameter(Name=f"/{number}", Value=f"value {number}", Type="String")
        client(emulator, "s3").create_bucket(Bucket="exports", CreateBucketConfiguration={"LocationConstraint": REGION})
        yield emulator


@pytest.fixture
def recorded(filled: Emulator) -> Iterator[tuple[Emulator, str]]:
    """A copy of it, and a server in front that has not recorded anything yet."""
    with filled.clone() as emulator, replay(emulator.url) as url:
        yield emulator, url


def aws(url: str, service: str, key: str = "one") -> Any:
    """A client with credentials of its own, so that every signature is another."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=key,
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=COUNT),
    )


def values(url: str, numbers: Iterator[int] | range, key: str = "one") -> list[str]:
    """Many parameters at once."""
    ssm = aws(url, "ssm", key)
    with ThreadPoolExecutor(COUNT) as pool:
        found = pool.map(lambda number: ssm.get_parameter(Name=f"/{number}")["Parameter"]["Value"], numbers)
        return list(found)


def test_what_was_recorded_is_given_again_after_the_real_one_is_gone(recorded: tuple[Emulator, str]) -> None:
    emulator, url = recorded
    expected = values(url, range(COUNT))
    assert expected == [f"value {number}" for number in range(COUNT)]
    buckets = [each["Name"] for each in aws(url, "s3").list_buckets()["Buckets"]]
    aws(url, "s3").head_bucket(Bucket="exports")
    emulator.stop()
    control(url, "replay?latency=0.01")
    assert values(url, reversed(range(COUNT)), "other") == expected[::-1]
    assert [each["Name"] for each in aws(url, "s3", "other").list_buckets()["Buckets"]] == buckets == ["exports"]
    assert aws(url, "s3", "other").head_bucket(Bucket="exports")["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_errors_are_recorded_too(recorded: tuple[Emulator, str]) -> None:
    _, url = recorded
    codes = []
    for _ in range(2):
        with pytest.raises(ClientError) as caught:
            aws(url, "ssm").get_parameter(Name="/nowhere")
        codes.append(caught.value.response["Error"]["Code"])
        control(url, "replay?latency=0")
    assert codes == ["ParameterNotFound", "ParameterNotFound"]


def test_what_was_not_recorded_is_refused_and_told(recorded: tuple[Emulator, str]) -> None:
    _, url = recorded
    values(url, range(1))
    control(url, "replay?latency=0")
    with pytest.raises(ClientError) as caught:
        values(url, range(1, 2))
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert control(url, "counts")["missed"] == {"ssm:GetParameter /": 1}
    assert control(url, "counts")["missed"] == {}


def test_calls_are_counted(recorded: tuple[Emulator, str]) -> None:
    _, url = recorded
    values(url, range(3))
    assert control(url, "counts")["counts"] == {"ssm:GetParameter": 3}
    control(url, "replay?latency=0")
    values(url, range(2))
    assert control(url, "counts")["counts"] == {"ssm:GetParameter": 2}


def test_a_request_that_comes_in_pieces_and_a_second_one_on_its_connection(recorded: tuple[Emulator, str]) -> None:
    _, url = recorded
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    try:
        for _ in range(2):
            connection.putrequest("POST", "/")
            connection.putheader("X-Amz-Target", "AmazonSSM.GetParameter")
            connection.putheader("Content-Type", "application/x-amz-json-1.1")
            connection.putheader(
                "Authorization", "AWS4-HMAC-SHA256 Credential=k/20260101/ap-northeast-2/ssm/aws4_request"
            )
            connection.putheader("Content-Length", "14")
            connection.endheaders()
            connection.send(b'{"Name":')
            connection.send(b' "/1"}')
            answer = connection.getresponse()
            assert (answer.status, b"value 1" in answer.read()) == (200, True)
    finally:
        connection.close()
