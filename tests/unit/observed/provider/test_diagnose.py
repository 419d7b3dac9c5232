from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.drift.snapshot import Reason
from reconciler.observed.provider.diagnose import classify, diagnose, diagnose_status

V2 = "operation error SQS: GetQueue, https response error StatusCode: {}, RequestID: 4035-501, api error {}: {}"

CASES = [
    (V2.format(403, "AccessDenied", "User: arn:aws:iam::1:user/x is not authorized to perform: sqs:x"), Reason.DENIED),
    (V2.format(400, "AccessDeniedException", "no"), Reason.DENIED),
    (V2.format(400, "com.amazonaws.kms#KMSAccessDeniedException", "no"), Reason.DENIED),
    (V2.format(403, "UnauthorizedOperation", "You are not authorized"), Reason.DENIED),
    (V2.format(403, "ExpiredToken", "The security token included in the request is expired"), Reason.DENIED),
    (V2.format(403, "InvalidClientTokenId", "The security token is invalid"), Reason.DENIED),
    ("https response error StatusCode: 403, RequestID: x, HostID: y, Forbidden", Reason.DENIED),
    ("AccessDenied: Access Denied\n\tstatus code: 403, request id: 429-501", Reason.DENIED),
    ("reading X: Error: is not authorized to perform: iam:GetRole", Reason.DENIED),
    ("No valid credential sources found: failed to refresh cached credentials, no EC2 IMDS role found", Reason.DENIED),
    ("Cannot assume IAM Role", Reason.DENIED),
    (V2.format(400, "Throttling", "Rate exceeded"), Reason.THROTTLED),
    (V2.format(400, "ThrottlingException", "Rate exceeded"), Reason.THROTTLED),
    (V2.format(503, "SlowDown", "Please reduce your request rate."), Reason.THROTTLED),
    (V2.format(503, "RequestLimitExceeded", "Request limit exceeded."), Reason.THROTTLED),
    (V2.format(429, "Whatever", "x"), Reason.THROTTLED),
    ("exceeded maximum number of attempts, 25, https response error StatusCode: 429", Reason.THROTTLED),
    ("failed to get rate limit token, retry quota exceeded", Reason.THROTTLED),
    ("TooManyRequestsException: Too Many Requests", Reason.THROTTLED),
    ('Post "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused', Reason.TIMEOUT),
    ("dial tcp: lookup sqs.eu-west-1.amazonaws.com: no such host", Reason.TIMEOUT),
    ("read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer", Reason.TIMEOUT),
    ("net/http: TLS handshake timeout", Reason.TIMEOUT),
    ("dial tcp 10.0.0.1:443: i/o timeout", Reason.TIMEOUT),
    ("context deadline exceeded (Client.Timeout exceeded while awaiting headers)", Reason.TIMEOUT),
    ("https response error StatusCode: 0, RequestID: , request send failed", Reason.TIMEOUT),
    ("StatusCode: 400, decomposing response: read tcp: use of closed network connection", Reason.TIMEOUT),
    ("operation error SQS: GetQueueAttributes, request canceled, context canceled", Reason.TIMEOUT),
    ('Get "http://localhost/": EOF', Reason.TIMEOUT),
    (V2.format(504, "Odd", "x"), Reason.TIMEOUT),
    (V2.format(400, "InvalidAction", "The action X is not valid for this web service"), Reason.UNSUPPORTED),
    (V2.format(501, "NotImplemented", "A header you provided implies functionality"), Reason.UNSUPPORTED),
    ("https response error StatusCode: 501, RequestID: x", Reason.UNSUPPORTED),
    (V2.format(400, "UnknownOperationException", ""), Reason.UNSUPPORTED),
    (V2.format(500, "InternalFailure", "x"), Reason.PROVIDER_ERROR),
    (V2.format(400, "ValidationException", "x"), Reason.PROVIDER_ERROR),
    ("Provider produced garbage", Reason.PROVIDER_ERROR),
    # Names of resources are no reasons: the cloud's code decides.
    (V2.format(400, "Throttling", "reading alarm AccessDenied-alarm"), Reason.THROTTLED),
    ("reading policy AccessDeniedAlarm: " + V2.format(400, "Throttling", "Rate exceeded"), Reason.THROTTLED),
    ("waiting for Timeout-rule: " + V2.format(403, "AccessDenied", "no"), Reason.DENIED),
    # The innermost error is the cloud's.
    ("api error ValidationException: wrapped: api error AccessDenied: no", Reason.DENIED),
]


@pytest.mark.parametrize(("text", "reason"), CASES, ids=[text[:40] + reason for text, reason in CASES])
def test_reason_of_an_error(text: str, reason: Reason) -> None:
    assert classify(text) is reason


def test_request_ids_are_no_statuses() -> None:
    assert classify("reading thing (403): RequestID: 403-429-501, api error Odd: no") is Reason.PROVIDER_ERROR


def test_summary_and_detail_are_one_line() -> None:
    found = diagnose([("reading SQS Queue", "line one\n\tline two\r\n\x1b[31mred")])
    assert found.detail == "reading SQS Queue: line one line two [31mred"


def test_the_telling_error_among_several_is_told() -> None:
    found = diagnose([("first", "something"), ("second", "AccessDenied")])
    assert (found.reason, found.detail) == (Reason.DENIED, "second: AccessDenied")


def test_an_error_without_text_is_still_told() -> None:
    assert diagnose([("", "")]).detail == "the provider reported an error without a text"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("DEADLINE_EXCEEDED", Reason.TIMEOUT),
        ("UNIMPLEMENTED", Reason.UNSUPPORTED),
        ("UNAVAILABLE", Reason.PROVIDER_ERROR),
        ("UNKNOWN", Reason.PROVIDER_ERROR),
    ],
)
def test_reason_of_a_failed_call(status: str, reason: Reason) -> None:
    assert diagnose_status(status, "x").reason is reason


@given(st.text(max_size=2000))
def test_any_text_gives_one_bounded_line(text: str) -> None:
    found = diagnose([(text, text)])
    assert found.detail.isprintable()
    assert 0 < len(found.detail) <= 300
