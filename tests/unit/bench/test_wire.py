"""Which requests ask for the same."""

from __future__ import annotations

import pytest
from bench.wire import Request, parse_head

SIGNED = "AWS4-HMAC-SHA256 Credential={key}/{day}/{region}/{service}/aws4_request, SignedHeaders=host, Signature={mark}"


def request(
    body: str = "",
    *,
    method: str = "POST",
    target: str = "/",
    region: str = "eu-west-1",
    service: str = "sqs",
    mark: str = "a",
    **headers: str,
) -> Request:
    signed = SIGNED.format(key=f"AKIA{mark}", day=f"2026010{len(mark)}", region=region, service=service, mark=mark)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    own = {"authorization": signed, "x-amz-date": mark, "amz-sdk-invocation-id": mark, "host": f"h{mark}", **named}
    return Request(method, target, own, body.encode())


JSON = {"content_type": "application/x-amz-json-1.0", "x_amz_target": "AmazonSQS.GetQueueAttributes"}
FORM = {"content_type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (request(mark="a"), request(mark="bb")),
        (request('{"a": 1, "b": [2]}', **JSON), request('{"b":[2],"a":1}', **JSON)),
        (request('{"a": 1, "ClientToken": "x"}', **JSON), request('{"a": 1, "clientToken": "y"}', **JSON)),
        (request("Action=X&A=1&B=", **FORM), request("B=&A=1&Action=X", **FORM)),
        (request("Action=X&ClientToken=1", **FORM), request("Action=X&ClientToken=2", **FORM)),
        (
            request(method="GET", target="/b?x-id=GetObject&versioning=", service="s3"),
            request(method="GET", target="/b?versioning", service="s3"),
        ),
        (
            request(method="POST", target="/b?creatorRequestId=1&a=1", service="s3"),
            request(method="POST", target="/b?a=1&creatorRequestId=2", service="s3"),
        ),
        (
            request(method="GET", target="/b?b=2&a=1&X-Amz-Signature=s", service="s3"),
            request(method="GET", target="/b?a=1&b=2", service="s3"),
        ),
    ],
)
def test_who_signs_when_and_in_which_order_makes_no_difference(one: Request, other: Request) -> None:
    assert one.key == other.key


@pytest.mark.parametrize(
    "other",
    [
        request('{"QueueUrl": "b"}', **JSON),
        request('{"QueueUrl": "a", "More": null}', **JSON),
        request('{"QueueUrl": "a"}', region="us-east-1", **JSON),
        request('{"QueueUrl": "a"}', service="sns", **JSON),
        request('{"QueueUrl": "a"}', target="/1", **JSON),
        request('{"QueueUrl": "a"}', method="PUT", **JSON),
        request('{"QueueUrl": "a"}', **{**JSON, "x_amz_target": "AmazonSQS.ListQueueTags"}),
    ],
)
def test_what_is_asked_for_makes_a_difference(other: Request) -> None:
    assert other.key != request('{"QueueUrl": "a"}', **JSON).key


def test_values_of_a_form_and_paths_and_queries_make_a_difference() -> None:
    assert request("Action=X&A=1", **FORM).key != request("Action=X&A=2", **FORM).key
    assert request("Action=X&A=1&A=1", **FORM).key != request("Action=X&A=1", **FORM).key
    assert request(method="GET", target="/b?acl").key != request(method="GET", target="/b?policy").key
    assert request(method="GET", target="/b").key != request(method="GET", target="/B").key


@pytest.mark.parametrize(
    ("asked", "action"),
    [
        (request("{}", **JSON), "sqs:GetQueueAttributes"),
        (request("Action=DescribeVpcs&Version=1", service="ec2", **FORM), "ec2:DescribeVpcs"),
        (request(method="HEAD", target="/b", service="s3"), "s3:HEAD"),
        (Request("GET", "/"), ":GET"),
    ],
)
def test_actions(asked: Request, action: str) -> None:
    assert asked.action == action


def test_a_head_is_read() -> None:
    found, length = parse_head(b"POST /a?b=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\nX-Amz-Target: T.Do")
    assert (found.method, found.target, length) == ("POST", "/a?b=1", 12)
    assert found.headers == {"host": "x", "content-length": "12", "x-amz-target": "T.Do"}


def test_what_is_no_head_is_an_error() -> None:
    with pytest.raises(ValueError, match="unpack"):
        parse_head(b"nonsense")
