from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PaginationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from reconciler.drift.snapshot import Reason
from reconciler.observed.sweep.faults import BrokenListError, explain


def refused(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "canary"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "ListQueues",
    )


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        ("AccessDenied", 403, Reason.DENIED),
        ("AccessDeniedException", 400, Reason.DENIED),
        ("UnauthorizedOperation", 403, Reason.DENIED),
        ("AuthFailure", 401, Reason.DENIED),
        ("AuthorizationError", 403, Reason.DENIED),
        ("ExpiredToken", 400, Reason.DENIED),
        ("ExpiredTokenException", 400, Reason.DENIED),
        ("UnrecognizedClientException", 400, Reason.DENIED),
        ("InvalidClientTokenId", 403, Reason.DENIED),
        ("OptInRequired", 400, Reason.DENIED),
        ("Throttling", 400, Reason.THROTTLED),
        ("ThrottlingException", 400, Reason.THROTTLED),
        ("RequestLimitExceeded", 503, Reason.THROTTLED),
        ("TooManyRequestsException", 429, Reason.THROTTLED),
        ("SlowDown", 503, Reason.THROTTLED),
        ("429", 429, Reason.THROTTLED),
        ("UnsupportedOperation", 400, Reason.UNSUPPORTED),
        ("UnknownOperationException", 400, Reason.UNSUPPORTED),
        ("InvalidAction", 400, Reason.UNSUPPORTED),
        ("501", 501, Reason.UNSUPPORTED),
        ("RequestTimeout", 400, Reason.TIMEOUT),
        ("504", 504, Reason.TIMEOUT),
        ("InternalFailure", 500, Reason.PROVIDER_ERROR),
        ("ServiceUnavailable", 503, Reason.PROVIDER_ERROR),
        ("500", 500, Reason.PROVIDER_ERROR),
    ],
)
def test_codes(code: str, status: int, reason: Reason) -> None:
    assert explain(refused(code, status)) == (reason, f"ListQueues: {code}")


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (ConnectTimeoutError(endpoint_url="http://canary"), Reason.TIMEOUT),
        (ReadTimeoutError(endpoint_url="http://canary"), Reason.TIMEOUT),
        (EndpointConnectionError(endpoint_url="http://canary"), Reason.TIMEOUT),
        (NoCredentialsError(), Reason.DENIED),
        (PaginationError(message="canary"), Reason.PROVIDER_ERROR),
        (ResponseParserError("canary"), Reason.PROVIDER_ERROR),
        (KeyError("canary"), Reason.PROVIDER_ERROR),
        (BrokenListError("list_queues: an entry has no id"), Reason.PROVIDER_ERROR),
    ],
)
def test_faults_of_the_way(problem: Exception, reason: Reason) -> None:
    found, detail = explain(problem)
    assert found is reason
    assert detail
    assert "canary" not in detail


@pytest.mark.parametrize("code", ["<html><body>canary", "canary " * 30, "", "can\nary", "cänary"])
def test_what_stands_in_place_of_a_code_is_not_repeated(code: str) -> None:
    assert "canary" not in explain(refused(code))[1]
    assert "\n" not in explain(refused(code))[1]
