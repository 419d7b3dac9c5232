"""Why a provider could not read: its diagnostics, and gRPC's, put into the reasons of the report.

The only module of the provider host that knows a cloud: tables of AWS's error codes and of texts.
Codes: https://docs.aws.amazon.com/IAM/latest/UserGuide/CommonErrors.html and the services' own pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reconciler.drift.scrub import one_line
from reconciler.drift.snapshot import Reason


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why something was not read. ``detail`` is one line without secrets."""

    reason: Reason
    detail: str


_CODES: Final[dict[Reason, str]] = {
    Reason.DENIED: """
        AccessDenied AccessDeniedException AuthFailure AuthorizationError AuthorizationErrorException
        AuthorizationHeaderMalformed ExpiredToken ExpiredTokenException Forbidden ForbiddenException IncompleteSignature
        InvalidAccessKeyId InvalidClientTokenId InvalidIdentityToken InvalidSignatureException InvalidToken
        KMSAccessDeniedException MissingAuthenticationToken MissingAuthenticationTokenException NotAuthorized
        NotAuthorizedException OptInRequired RequestExpired SignatureDoesNotMatch TokenRefreshRequired
        UnauthorizedAccess UnauthorizedException UnauthorizedOperation UnrecognizedClientException
        """,
    Reason.THROTTLED: """
        BandwidthLimitExceeded EC2ThrottledException LimitExceededException PriorRequestNotComplete
        ProvisionedThroughputExceededException RequestLimitExceeded RequestThrottled RequestThrottledException SlowDown
        ThrottledException Throttling ThrottlingException TooManyRequestsException TransactionInProgressException
        """,
    Reason.TIMEOUT: "GatewayTimeout RequestTimeout RequestTimeoutException",
    Reason.UNSUPPORTED: """
        InvalidAction NotImplemented NotImplementedException UnknownOperationException UnsupportedOperation
        UnsupportedOperationException
        """,
}

_REASON_OF_CODE: Final = {code: reason for reason, codes in _CODES.items() for code in codes.split()}

_STATUSES: Final = {
    401: Reason.DENIED,
    403: Reason.DENIED,
    408: Reason.TIMEOUT,
    429: Reason.THROTTLED,
    501: Reason.UNSUPPORTED,
    504: Reason.TIMEOUT,
}

# How the AWS SDKs for Go write a code: "api error Throttling: Rate exceeded" (v2),
# "Throttling: Rate exceeded\n\tstatus code: 400, request id: …" (v1). The innermost, last one is the cloud's.
_API_ERROR: Final = re.compile(r"api error ([A-Za-z][\w.:#-]*?):? |\b([A-Z]\w+): [^\n]*\n\s*status code: \d")
_STATUS: Final = re.compile(r"(?i)\b(?:status ?code|http(?:/[\d.]+)?(?: status)?)[:= ]+(\d{3})\b")

_WORDS: Final[dict[Reason, tuple[str, ...]]] = {
    Reason.DENIED: (
        r"not authorized to perform",
        r"access ?denied",
        r"unauthori[sz]ed",
        r"explicit deny",
        r"403 forbidden",
        r"expired ?token",
        r"InvalidClientTokenId",
        r"SignatureDoesNotMatch",
        r"no valid credential",
        r"NoCredentialProviders",
        r"failed to refresh cached credentials",
        r"failed to (?:get|retrieve) credentials",
        r"unable to locate credentials",
        r"security token (?:included in the request )?is (?:invalid|expired)",
        r"cannot assume iam role",
        r"no ec2 imds role found",
    ),
    Reason.THROTTLED: (
        r"\bthrottl",
        r"RequestLimitExceeded",
        r"too ?many ?requests",
        r"rate exceeded",
        r"rate limit",
        r"\bslow ?down",
        r"retry quota exceeded",
        r"reduce your request rate",
    ),
    # Nobody at the other end, or an end that falls silent: the cloud did not answer in time.
    Reason.TIMEOUT: (
        r"deadline exceeded",
        # How Go words the same where the deadline meets it in the middle of an answer.
        r"(?:context|request|operation) cancell?ed",
        r"use of closed network connection",
        r"timed? ?out",
        r"(?:i/o|handshake) timeout",
        r"timeout (?:exceeded|while|awaiting)",
        r"connection (?:refused|reset)",
        r"no such host",
        r"no route to host",
        r"network is unreachable",
        r"temporary failure in name resolution",
        r"server misbehaving",
        r"broken pipe",
        r"unexpected EOF",
        r": EOF\b",
        r"StatusCode: 0\b",
    ),
    Reason.UNSUPPORTED: (
        r"not (?:yet )?(?:been )?implemented",
        r"not supported (?:in|by) (?:this|the)",
        r"operation is not supported",
        r"unsupported operation",
        r"unknown operation",
        r"is not valid for this (?:web service|endpoint)",
    ),
}

_TEXTS: Final = tuple((re.compile("(?i)" + "|".join(words)), reason) for reason, words in _WORDS.items())

_STATUS_NAMES: Final = {
    "DEADLINE_EXCEEDED": Reason.TIMEOUT,
    "UNIMPLEMENTED": Reason.UNSUPPORTED,
}


def classify(text: str) -> Reason:
    """The reason in an error text: by the cloud's code, else by the HTTP status, else by its words."""
    for found in reversed(_API_ERROR.findall(text)):
        code = (found[0] or found[1]).rsplit("#", 1)[-1].rsplit(".", 1)[-1]
        if reason := _REASON_OF_CODE.get(code):
            return reason
    for status in reversed(_STATUS.findall(text)):
        if reason := _STATUSES.get(int(status)):
            return reason
    for words, reason in _TEXTS:
        if words.search(text):
            return reason
    return Reason.PROVIDER_ERROR


def diagnose(errors: Iterable[tuple[str, str]], secrets: Iterable[str] = ()) -> Diagnosis:
    """Read the diagnostics of severity error, each a summary and a detail; the first is what is told.

    Args:
        errors: at least one.
        secrets: values that must not appear in the detail.
    """
    found = [f"{summary}: {detail}" if detail else summary for summary, detail in errors]
    # A provider that reports several errors says the cause in any of them; "else" is the weakest statement.
    told = next((text for text in found if classify(text) is not Reason.PROVIDER_ERROR), found[0])
    return Diagnosis(classify(told), one_line(told, secrets) or "the provider reported an error without a text")


def diagnose_status(status: str, text: str, secrets: Iterable[str] = ()) -> Diagnosis:
    """Read a failed gRPC call.

    Args:
        status: the name of the gRPC status code.
        text: what the provider's server said.
        secrets: values that must not appear in the detail.
    """
    reason = _STATUS_NAMES.get(status, Reason.PROVIDER_ERROR)
    return Diagnosis(reason, one_line(f"the provider's answer was {status}: {text}", secrets))
