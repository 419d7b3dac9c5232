"""What AWS's library raises, as our errors."""

from __future__ import annotations

import re
from typing import Final

from botocore import exceptions as botocore
from botocore.parsers import ResponseParserError

from reconciler.drift.snapshot import Reason
from reconciler.errors import CloudError

# What botocore's parsers raise where the answer, with status 200, is not one of the service: a login page, say.
UNREADABLE: Final = (
    *(ResponseParserError, LookupError, TypeError, AttributeError, ArithmeticError),
    *(UnicodeError, RecursionError),
)

_DENIED: Final = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AllAccessDisabled",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "Forbidden",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "MissingAuthenticationToken",
        "NotAuthorized",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnauthorizedAccess",
        "UnauthorizedException",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)
_THROTTLED: Final = frozenset(
    {
        "429",
        "503",
        "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
        "TooManyRequestsException",
    }
)
_TIMEOUT: Final = frozenset({"RequestTimeout", "RequestTimeoutException"})
_CREDENTIALS: Final = (
    botocore.NoCredentialsError,
    botocore.PartialCredentialsError,
    botocore.CredentialRetrievalError,
    botocore.ProfileNotFound,
    botocore.ConfigNotFound,
    botocore.ConfigParseError,
    botocore.TokenRetrievalError,
    botocore.SSOError,
)
_HINTS: Final = {
    Reason.DENIED: "check the credentials, and that their role may do this",
    Reason.THROTTLED: "AWS limits how often this is asked; the next pass tries again",
    Reason.TIMEOUT: "check the network between here and AWS",
}
# AWS's codes look like this. Anything else came from something that is not AWS.
_CODE = re.compile(r"[A-Za-z][\w.:-]{0,80}|\d{3}")


def error_code(error: Exception) -> str | None:
    """AWS's word for what went wrong; None where it was not AWS who answered."""
    if not isinstance(error, botocore.ClientError):
        return None
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if _CODE.fullmatch(code) else None


def reason(error: Exception) -> Reason | None:
    """Why AWS did not answer the question, where that can be told."""
    code = error_code(error)
    if code in _DENIED or isinstance(error, _CREDENTIALS):
        return Reason.DENIED
    if code in _THROTTLED:
        return Reason.THROTTLED
    timeouts = (botocore.ConnectTimeoutError, botocore.ReadTimeoutError)
    return Reason.TIMEOUT if code in _TIMEOUT or isinstance(error, timeouts) else None


def cloud_error(error: Exception, task: str) -> CloudError:
    """The error to raise from one of botocore's.

    Args:
        error: what botocore raised. Its text is not repeated: it may quote what the other end sent.
        task: what was being done, ``read s3://bucket/key``.
    """
    why = reason(error)
    word = f" ({why})" if why else ""
    code = error_code(error)
    if isinstance(error, _CREDENTIALS):
        hint = "set the environment's profile, or AWS's variables, for the reconciler's user"
        return CloudError(f"cannot {task}{word}: there are no usable AWS credentials", hint=hint)
    if isinstance(error, botocore.NoRegionError):
        return CloudError(f"cannot {task}: no AWS region is known", hint="set the environment's region")
    if code:
        return CloudError(f"cannot {task}{word}: AWS answers {code}", hint=_HINTS.get(why) if why else None)
    if isinstance(error, (botocore.ClientError, *UNREADABLE)):
        return CloudError(f"cannot {task}: the answer is not AWS's", hint="check the endpoint and proxies")
    if isinstance(error, (botocore.ParamValidationError, botocore.ValidationError, ValueError)):
        return CloudError(f"cannot {task}: an argument is none that AWS takes", hint="check names, region and endpoint")
    said = "AWS does not answer in time" if why is Reason.TIMEOUT else "AWS cannot be reached"
    return CloudError(f"cannot {task}{word}: {said}", hint=_HINTS[Reason.TIMEOUT])
