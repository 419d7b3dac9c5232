from __future__ import annotations

import pytest
from botocore import exceptions as botocore

from reconciler.drift.snapshot import Reason
from reconciler.vault.failures import cloud_error, reason


def refused(code: str) -> botocore.ClientError:
    return botocore.ClientError({"Error": {"Code": code, "Message": "canary-secret"}}, "GetObject")


@pytest.mark.parametrize(
    ("error", "why", "message"),
    [
        (refused("AccessDenied"), Reason.DENIED, "cannot look (denied): AWS answers AccessDenied"),
        (refused("UnauthorizedOperation"), Reason.DENIED, "cannot look (denied): AWS answers UnauthorizedOperation"),
        (refused("ExpiredToken"), Reason.DENIED, "cannot look (denied): AWS answers ExpiredToken"),
        (refused("403"), Reason.DENIED, "cannot look (denied): AWS answers 403"),
        (refused("Throttling"), Reason.THROTTLED, "cannot look (throttled): AWS answers Throttling"),
        (refused("SlowDown"), Reason.THROTTLED, "cannot look (throttled): AWS answers SlowDown"),
        (refused("RequestTimeout"), Reason.TIMEOUT, "cannot look (timeout): AWS answers RequestTimeout"),
        (refused("InternalError"), None, "cannot look: AWS answers InternalError"),
        (refused("<html> canary"), None, "cannot look: the answer is not AWS's"),
        (refused(""), None, "cannot look: the answer is not AWS's"),
        (
            botocore.ConnectTimeoutError(endpoint_url="http://canary"),
            Reason.TIMEOUT,
            "cannot look (timeout): AWS does not answer in time",
        ),
        (
            botocore.ReadTimeoutError(endpoint_url="http://canary"),
            Reason.TIMEOUT,
            "cannot look (timeout): AWS does not answer in time",
        ),
        (botocore.EndpointConnectionError(endpoint_url="canary"), None, "cannot look: AWS cannot be reached"),
        (
            botocore.NoCredentialsError(),
            Reason.DENIED,
            "cannot look (denied): there are no usable AWS credentials",
        ),
        (
            botocore.ProfileNotFound(profile="canary"),
            Reason.DENIED,
            "cannot look (denied): there are no usable AWS credentials",
        ),
        (botocore.NoRegionError(), None, "cannot look: no AWS region is known"),
        (
            botocore.ParamValidationError(report="canary"),
            None,
            "cannot look: an argument is none that AWS takes",
        ),
        (ValueError("canary"), None, "cannot look: an argument is none that AWS takes"),
        (ConnectionResetError("canary"), None, "cannot look: AWS cannot be reached"),
    ],
)
def test_reason_and_message(error: Exception, why: Reason | None, message: str) -> None:
    assert reason(error) == why
    found = cloud_error(error, "look")
    assert found.message == message
    assert "canary" not in f"{found} {found.hint}"
