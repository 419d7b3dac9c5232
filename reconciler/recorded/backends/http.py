"""The ``http`` backend: a GET. https://developer.hashicorp.com/terraform/language/backend/http."""

from __future__ import annotations

import base64
import hashlib
import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

from reconciler.errors import BackendError
from reconciler.recorded.backends.arguments import Arguments
from reconciler.recorded.backends.base import DEFAULT_WORKSPACE, MAX_STATE_BYTES, within

_TIMEOUT: Final = 20.0  # seconds of silence
_DEADLINE: Final = 300.0  # seconds for the whole answer
_CHUNK: Final = 1024**2


class _Transient(Exception):  # noqa: N818  it never leaves this module
    """Worth another try."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Credentials are for the address that was configured, not for where it points to."""

    def redirect_request(self, *args: object) -> None:  # noqa: ARG002  urllib's signature
        return None


@dataclass(frozen=True, slots=True)
class HttpBackend:
    """A state behind a URL."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    verify: bool = True
    retries: int = 2
    first_wait: float = 1.0
    longest_wait: float = 30.0
    limit: int = MAX_STATE_BYTES
    timeout: float = _TIMEOUT
    deadline: float = _DEADLINE
    pause: Callable[[float], None] = time.sleep

    @property
    def location(self) -> str:
        """The URL without its query, which may hold a token."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))

    def read(self) -> bytes | None:
        """The answer's body; None for 404, 204 or an empty one.

        Raises:
            BackendError: the server refuses, fails or does not answer, also after some tries.
        """
        for attempt in range(self.retries + 1):
            if attempt:
                self.pause(min(self.first_wait * 2 ** (attempt - 1), self.longest_wait))
            try:
                return self._get()
            except _Transient as error:
                failure = error
        raise BackendError(f"cannot read {self.location}: {failure}") from failure.__cause__

    def _get(self) -> bytes | None:
        request = urllib.request.Request(self.url, headers=dict(self.headers))  # noqa: S310  open_http checks the scheme
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
        if not self.verify:
            handlers.append(urllib.request.HTTPSHandler(context=_unverified()))
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=self.timeout) as response:
                return self._body(response)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == http.HTTPStatus.NOT_FOUND:
                    return None
                raise self._refused(error) from error
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                message = f"cannot read {self.location}: {error.reason.verify_message}"
                raise BackendError(message, hint="add the certificate's issuer to the host's trust store") from error
            raise _Transient(_plain(error.reason)) from error
        except (OSError, http.client.HTTPException) as error:
            raise _Transient(_plain(error)) from error

    def _refused(self, error: urllib.error.HTTPError) -> Exception:
        if error.code == http.HTTPStatus.TOO_MANY_REQUESTS or error.code >= 500:
            return _Transient(f"the server answers {error.code}")
        hint = None
        if error.code in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN):
            hint = "check the backend's username and password (TF_HTTP_USERNAME, TF_HTTP_PASSWORD)"
        elif 300 <= error.code < 400:
            hint = "redirects are not followed, to give the password to nobody else: set the final address"
        return BackendError(f"cannot read {self.location}: the server answers {error.code}", hint=hint)

    def _body(self, response: http.client.HTTPResponse) -> bytes | None:
        if response.status == http.HTTPStatus.NO_CONTENT:
            return None
        until = time.monotonic() + self.deadline
        body = bytearray()
        while len(body) <= self.limit and (chunk := response.read1(_CHUNK)):
            body += chunk
            if time.monotonic() > until:
                raise BackendError(f"cannot read {self.location}: the answer takes longer than {self.deadline:.0f} s")
        data = within(bytes(body), self.limit, self.location)
        # http.client takes a connection closed early for the end.
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) != len(data):
            raise _Transient("the answer was cut off")
        digest = response.headers.get("Content-MD5")
        if digest and base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode() != digest:
            raise _Transient("the answer does not match its Content-MD5")
        return data or None


def open_http(arguments: Arguments, *, workspace: str, limit: int) -> HttpBackend:
    """The state behind ``address``.

    Raises:
        BackendError: the address is no http or https URL, or a workspace is asked for, which this backend has not.
    """
    if workspace != DEFAULT_WORKSPACE:
        raise BackendError(
            "the http backend has no workspaces", hint="use the default one", position=arguments.position
        )
    try:
        parts = urlsplit(arguments.required("address", "TF_HTTP_ADDRESS"))
        host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
        netloc = f"{host}:{parts.port}" if parts.port else host
    except ValueError:
        host = netloc = None
    if not host or not netloc or parts.scheme not in ("http", "https"):
        raise BackendError("the http backend's address must be an http or https URL", position=arguments.position)
    user = arguments.text("username", "TF_HTTP_USERNAME") or unquote(parts.username or "")
    password = arguments.text("password", "TF_HTTP_PASSWORD") or unquote(parts.password or "")
    headers = {name: arguments.table("headers").required(name) for name in arguments.table("headers").values}
    if user or password:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    return HttpBackend(
        url=urlunsplit((parts.scheme, netloc, parts.path, parts.query, "")),
        headers=headers,
        verify=not arguments.flag("skip_cert_verification"),
        retries=int(arguments.number("retry_max", 2, "TF_HTTP_RETRY_MAX")),
        first_wait=arguments.number("retry_wait_min", 1, "TF_HTTP_RETRY_WAIT_MIN"),
        longest_wait=arguments.number("retry_wait_max", 30, "TF_HTTP_RETRY_WAIT_MAX"),
        limit=limit,
    )


def _plain(error: object) -> str:
    """A fault of the connection in few words. Its text may quote what the server sent."""
    match error:
        case TimeoutError():
            return "no answer in time"
        case OSError(strerror=str(text)):
            return text
        case http.client.HTTPException():
            return "the answer is not HTTP"
        case _:
            return "the connection failed"


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
