"""Why a list could not be read, in the ledger's words."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PaginationError,
    PartialCredentialsError,
    ReadTimeoutError,
    ResponseParserError,
    UnknownEndpointError,
    UnknownServiceError,
)

from reconciler.drift.snapshot import Reason

_DENIED: Final = (
    "accessdenied",
    "unauthorized",
    "authfailure",
    "notauthorized",
    "forbidden",
    "expiredtoken",
    "requestexpired",
    "invalidclienttokenid",
    "invalidaccesskeyid",
    "unrecognizedclient",
    "signaturedoesnotmatch",
    "incompletesignature",
    "missingauthenticationtoken",
    "optinrequired",
    "subscriptionrequired",
)
_THROTTLED: Final = (
    "throttl",
    "toomanyrequests",
    "requestlimitexceeded",
    "bandwidthlimitexceeded",
    "slowdown",
    "limitexceeded",
    "priorrequestnotcomplete",
    "provisionedthroughputexceeded",
)
_UNSUPPORTED: Final = ("unsupportedoperation", "unknownoperation", "notimplemented", "invalidaction", "501")
_TIMEOUT: Final = ("requesttimeout", "gatewaytimeout", "504", "408")


class BrokenListError(Exception):
    """An answer came, and it is not a whole list. The text says what is wrong with it and holds no part of it."""


def explain(problem: Exception) -> tuple[Reason, str]:
    """The reason and one line of detail. The line holds codes and names of errors, never a message from outside."""
    match problem:
        case BrokenListError():
            return Reason.PROVIDER_ERROR, str(problem)
        case ClientError():
            code = str(problem.response.get("Error", {}).get("Code") or "no error code")
            status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            return _of_code(code, status), f"{problem.operation_name}: {_plain(code)}"
        case ConnectTimeoutError() | ReadTimeoutError():
            return Reason.TIMEOUT, "no answer in time"
        case NoCredentialsError() | PartialCredentialsError():
            return Reason.DENIED, "no AWS credentials were found"
        case UnknownEndpointError() | UnknownServiceError():
            return Reason.UNSUPPORTED, "the service has no endpoint in this region"
        case EndpointConnectionError():
            return Reason.TIMEOUT, "the endpoint cannot be reached"
        case PaginationError():
            return Reason.PROVIDER_ERROR, "the list names the same next page twice"
        case ResponseParserError():
            return Reason.PROVIDER_ERROR, "the answer is not readable"
        case BotoCoreError():
            return Reason.PROVIDER_ERROR, f"the call failed ({type(problem).__name__})"
        case _:
            return Reason.PROVIDER_ERROR, f"the answer could not be understood ({type(problem).__name__})"


def _of_code(code: str, status: object) -> Reason:
    word = code.lower().replace("_", "")
    # Throttling first: "RequestLimitExceeded" and "Throttling.User" come with status 400, 429 and 503 alike.
    if any(part in word for part in _THROTTLED) or status == 429:
        return Reason.THROTTLED
    if any(part in word for part in _DENIED) or status in (401, 403):
        return Reason.DENIED
    if any(part in word for part in _UNSUPPORTED) or status == 501:
        return Reason.UNSUPPORTED
    if any(part in word for part in _TIMEOUT) or status == 504:
        return Reason.TIMEOUT
    return Reason.PROVIDER_ERROR


def _plain(code: str) -> str:
    """A code is a short word; what a broken service puts in its place is not repeated."""
    return code if len(code) <= 80 and code.isascii() and code.isprintable() and " " not in code else "unreadable code"
