"""Bad weather between us and AWS: a proxy in front of the emulator that answers in its stead when a rule says so.

It knows AWS's requests well enough to say which service and action is meant, and each service's way to say no.
"""

from __future__ import annotations

import http.client
import json
import re
import select
import threading
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

# fmt: off
Kind = Literal[
    "denied", "expired", "unrecognized", "bad_signature", "opt_in", "throttled", "error", "unavailable",
    "garbage", "gzip", "html", "empty", "close", "cut", "hang", "slow", "trickle",
    "missing", "stale", "empty_page", "other_account", "quoting",
]
# fmt: on
"""``slow``, ``trickle`` and ``stale`` answer rightly, but late, by and by, or as an earlier time; ``missing`` says that
there is no such thing, ``empty_page`` that there is more and never what; ``quoting`` refuses and repeats what came."""

_CODES: dict[Kind, tuple[int, str, str]] = {
    "denied": (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/scan is not authorized to perform this"),
    "throttled": (400, "Throttling", "Rate exceeded"),
    "error": (500, "InternalFailure", "We encountered an internal error"),
    "unavailable": (503, "ServiceUnavailable", "Service is unable to handle request"),
    "expired": (403, "ExpiredToken", "The security token included in the request is expired"),
    "unrecognized": (403, "InvalidClientTokenId", "The security token included in the request is invalid"),
    "bad_signature": (403, "SignatureDoesNotMatch", "The request signature we calculated does not match"),
    "opt_in": (403, "OptInRequired", "The AWS Access Key Id needs a subscription for the service"),
    "missing": (404, "NoSuchEntity", "It does not exist"),
}
# What the services call the same thing, where it differs; most of those that speak JSON have longer words.
_OWN_CODES = {
    ("denied", "ec2"): "UnauthorizedOperation",
    ("denied", "json"): "AccessDeniedException",
    ("throttled", "ec2"): "RequestLimitExceeded",
    ("throttled", "json"): "ThrottlingException",
    ("throttled", "s3"): "SlowDown",
    ("expired", "ec2"): "RequestExpired",
    ("expired", "json"): "ExpiredTokenException",
    ("unrecognized", "ec2"): "AuthFailure",
    ("unrecognized", "json"): "UnrecognizedClientException",
    ("unrecognized", "s3"): "InvalidAccessKeyId",
    ("bad_signature", "ec2"): "AuthFailure",
    ("bad_signature", "json"): "InvalidSignatureException",
    ("missing", "dynamodb"): "ResourceNotFoundException",
    ("missing", "ssm"): "ParameterNotFound",
    ("missing", "sns"): "NotFound",
    ("missing", "s3"): "NoSuchBucket",
}
_NOT_FOUND_IN_EC2 = {"DescribeVpcs": "InvalidVpcID.NotFound", "DescribeSecurityGroups": "InvalidGroup.NotFound"}

Answer = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers and body."""

Between = Callable[[str, str, bytes, Callable[[], Answer]], Answer]
"""Stands between a request and the emulator: given service, action, body and how to ask, it gives the answer. A
ConnectionError leaves the request without one."""

_OURS = ("connection", "content-length")
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class Rule:
    """For requests of a service, and of one action if given: what happens to them.

    ``times`` is how often to each single request, None for ever; ``spared`` lets every so-manieth request through, 0
    none. ``*`` is every service, ``!sts`` every one but STS, without which a provider would not even start.
    """

    service: str
    kind: Kind
    action: str | None = None
    times: int | None = None
    spared: int = 0

    def fits(self, service: str, action: str) -> bool:
        named = service != self.service[1:] if self.service.startswith("!") else self.service in ("*", service)
        return named and self.action in (None, action)


@dataclass
class Weather:
    """The proxy: put rules into it, and read what was asked."""

    url: str
    rules: list[Rule] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    answers: dict[bytes, Answer] = field(default_factory=dict)
    """The first good answer to each request."""
    upstream: str = ""
    """The emulator's URL; another one may take its place."""
    between: Between = lambda service, action, body, ask: ask()
    _asked: Counter[tuple[Rule, bytes]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rule(self, service: str, action: str, request: bytes) -> Rule | None:
        """What happens to a request; it counts."""
        with self._lock:
            for rule in self.rules:
                if rule.fits(service, action):
                    self._asked[rule, b"" if rule.spared else request] += 1
                    count = self._asked[rule, b"" if rule.spared else request]
                    if rule.spared and count % rule.spared == 0:
                        return None
                    return None if rule.times is not None and count > rule.times else rule
        return None

    def fine(self) -> None:
        """The end of bad weather."""
        self.rules = []

    def count(self, service: str) -> int:
        """How many requests of a service came."""
        return sum(1 for each, _ in self.seen if each == service)


@contextmanager
def weather(upstream: str) -> Iterator[Weather]:
    """A proxy before the emulator at ``upstream``, fine weather at first."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.weather = Weather(f"http://127.0.0.1:{server.server_address[1]}", upstream=upstream)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.weather
    finally:
        server.weather.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    weather: Weather

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has gone is nobody's concern."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # an answer goes in one piece, as the emulator's does, or it is lost now and then
    server: _Server

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service, action = self._meaning(body)
        weather = self.server.weather
        weather.seen.append((service, action))
        # Signatures and invocation ids differ each time; what is asked does not.
        request = f"{service} {self.command} {self.path} ".encode() + body
        rule = weather.rule(service, action, request)
        listing = service == "ec2" and b"Id" not in body  # what is missing is missing to those who name it

        def ask() -> Answer:
            return weather.between(service, action, body, lambda: self._ask(body))

        if rule is None or (rule.kind == "missing" and listing):
            self._pass_on(request, ask)
        elif rule.kind in ("slow", "trickle", "stale"):
            if rule.kind == "slow":
                weather.over.wait(2.0)
            self._pass_on(request, ask, stale=rule.kind == "stale", pause=0.02 if rule.kind == "trickle" else 0)
        else:
            self._misbehave(rule.kind, service, action, body)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _any  # noqa: N815 - the names are http.server's

    def _meaning(self, body: bytes) -> tuple[str, str]:
        """Service and action; where a service has paths in place of actions, method and path."""
        scope = _SCOPE.search(self.headers.get("Authorization") or "")
        service = scope[1] if scope else "none"
        if target := self.headers.get("X-Amz-Target"):
            return service, target.rpartition(".")[2]
        form = urllib.parse.parse_qs(body.decode("utf-8", "replace"))
        return service, form.get("Action", [f"{self.command} {self.path}"])[0]

    def _misbehave(self, kind: Kind, service: str, action: str, body: bytes) -> None:
        match kind:
            case "quoting":
                message = f"You said {body.decode()}"
                said = json.dumps({"__type": "ValidationException", "message": message}).encode()
                self._send(400, said, "application/x-amz-json-1.1")
            case "hang":
                while not self.server.weather.over.wait(0.05):
                    readable, _, _ = select.select([self.connection], [], [], 0)
                    if readable:  # nothing more is to come: the caller has gone
                        break
                self.close_connection = True
            case "close":
                self.close_connection = True
            case "cut":
                self._send(200, b'<?xml version="1.0"?><DescribeResponse><item>', "text/xml", claimed=5000)
                self.close_connection = True
            case "missing" if service == "logs":  # a list is how a group is read
                self._send(200, b'{"logGroups": []}', "application/x-amz-json-1.1")
            case _ if kind in _BODIES:
                self._send(200, *_BODIES[kind])
            case _:
                self._refuse(kind, service, action)

    def _refuse(self, kind: Kind, service: str, action: str) -> None:
        status, code, message = _CODES[kind]
        speaks = "json" if self.headers.get("X-Amz-Target") else service
        code = _OWN_CODES.get((kind, service), _OWN_CODES.get((kind, speaks), code))
        if kind == "missing" and service == "ec2":
            status, code = 400, _NOT_FOUND_IN_EC2.get(action, code)
        if service == "s3":
            status = 503 if kind == "throttled" else status
            xml = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        elif service == "ec2":
            status = 503 if kind == "throttled" else status
            error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
            xml = f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"
        elif self.headers.get("X-Amz-Target"):
            body = json.dumps({"__type": code, "message": message}).encode()
            self._send(400 if status == 403 else status, body, "application/x-amz-json-1.1")
            return
        else:
            error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            xml = f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"
        self._send(status, f'<?xml version="1.0"?>{xml}'.encode(), "text/xml")

    def _pass_on(self, request: bytes, ask: Callable[[], Answer], *, stale: bool = False, pause: float = 0) -> None:
        answers = self.server.weather.answers
        status, headers, content = answers[request] if stale and request in answers else ask()
        if status == 200:
            answers.setdefault(request, (status, headers, content))
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        length = dict(headers).get("Content-Length") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        step = 16 if pause else max(1, len(content))
        for start in range(0, len(content), step):
            self.wfile.write(content[start : start + step])
            self.wfile.flush()
            self.server.weather.over.wait(pause)

    def _ask(self, body: bytes) -> Answer:
        target = urllib.parse.urlsplit(self.server.weather.upstream).netloc
        upstream = http.client.HTTPConnection(target, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OURS}
            # The token is ours: nobody behind us knows it.
            body = body.replace(b',"nextToken":"again"', b"").replace(b'"nextToken":"again",', b"")
            headers["Content-Length"] = str(len(body))
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            upstream.close()

    def _send(
        self, status: int, body: bytes, kind: str, encoding: str | None = None, *, claimed: int | None = None
    ) -> None:
        self.send_response_only(status)
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if claimed is None else claimed))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(OSError):
                self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Not to stderr."""


_IDENTITY = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::999999999999:user/other</Arn><UserId>A</UserId><Account>999999999999</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""

_BODIES: dict[Kind, tuple[bytes, str] | tuple[bytes, str, str]] = {
    "garbage": (b"\x1f\x8b\x00\xff}{<not what you asked for", "application/octet-stream"),
    "gzip": (b"\x1f\x8b\x08\x00not gzip at all", "application/json", "gzip"),
    "html": (b"<html><body><h1>Please log in</h1></body></html>", "text/html"),
    "empty": (b"", "text/plain"),
    "empty_page": (b'{"logGroups": [], "nextToken": "again"}', "application/x-amz-json-1.1"),
    "other_account": (_IDENTITY, "text/xml"),
}
