"""Why a list could not be read, in the ledger's words."""

from __future__ import annotations

import re
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
    UnknownEndpointError,
    UnknownServiceError,
)
from botocore.parsers import ResponseParserError

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
    "503",  # S3's slow-down where the answer has no body; elsewhere a 503 brings a code of its own
)
_UNSUPPORTED: Final = ("unsupportedoperation", "unknownoperation", "notimplemented", "invalidaction", "501")
_CODE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,80}|no error code")
_TIMEOUT: Final = ("requesttimeout", "gatewaytimeout", "504", "408")


class BrokenListError(Exception):
    """An answer came, and it is not a whole list. The text says what is wrong with it and holds no part of it."""


_KNOWN: Final[tuple[tuple[tuple[type[Exception], ...], Reason, str], ...]] = (
    ((ConnectTimeoutError, ReadTimeoutError), Reason.TIMEOUT, "no answer in time"),
    ((NoCredentialsError, PartialCredentialsError), Reason.DENIED, "no AWS credentials were found"),
    ((UnknownEndpointError, UnknownServiceError), Reason.UNSUPPORTED, "the service has no endpoint in this region"),
    ((EndpointConnectionError,), Reason.TIMEOUT, "the endpoint cannot be reached"),
    ((PaginationError,), Reason.PROVIDER_ERROR, "the list names the same next page twice"),
    ((ResponseParserError,), Reason.PROVIDER_ERROR, "the answer is not readable"),
    ((BotoCoreError,), Reason.PROVIDER_ERROR, "the call failed"),
)


def explain(problem: Exception) -> tuple[Reason, str]:
    """The reason and one line of detail. The line holds codes and names of errors, never a message from outside."""
    if isinstance(problem, BrokenListError):
        return Reason.PROVIDER_ERROR, str(problem)
    if isinstance(problem, ClientError):
        code = str(problem.response.get("Error", {}).get("Code") or "no error code")
        status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return _of_code(code, status), f"{problem.operation_name}: {_plain(code)}"
    for kinds, reason, words in _KNOWN:
        if isinstance(problem, kinds):
            return reason, f"{words} ({type(problem).__name__})"
    return Reason.PROVIDER_ERROR, f"the answer could not be understood ({type(problem).__name__})"


def _of_code(code: str, status: object) -> Reason:
    word = code.lower().replace("_", "")
    # Throttling first: its codes come with status 400, 429 and 503 alike.
    for reason, parts, statuses in (
        (Reason.THROTTLED, _THROTTLED, (429,)),
        (Reason.DENIED, _DENIED, (401, 403)),
        (Reason.UNSUPPORTED, _UNSUPPORTED, (501,)),
        (Reason.TIMEOUT, _TIMEOUT, (408, 504)),
    ):
        if status in statuses or any(part in word for part in parts):
            return reason
    return Reason.PROVIDER_ERROR


def _plain(code: str) -> str:
    """A code is a short word; what a broken service puts in its place is not repeated."""
    return code if _CODE.fullmatch(code) else "unreadable code"
