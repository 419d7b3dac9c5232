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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Kind = Literal["denied", "throttled", "error", "garbage", "html", "empty", "close", "cut", "hang", "other_account"]

_CODES: dict[Kind, tuple[int, str, str]] = {
    "denied": (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/scan is not authorized to perform this"),
    "throttled": (400, "Throttling", "Rate exceeded"),
    "error": (500, "InternalFailure", "We encountered an internal error"),
}
# What the services call the same thing, where it differs; most of those that speak JSON have longer words.
_OWN_CODES = {
    ("denied", "ec2"): "UnauthorizedOperation",
    ("denied", "json"): "AccessDeniedException",
    ("throttled", "ec2"): "RequestLimitExceeded",
    ("throttled", "json"): "ThrottlingException",
    ("throttled", "s3"): "SlowDown",
}
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class Rule:
    """For requests of a service, and of one action if given: what happens to them. ``times`` runs out, None never."""

    service: str
    kind: Kind
    action: str | None = None

    def fits(self, service: str, action: str) -> bool:
        return self.service in ("*", service) and self.action in (None, action)


@dataclass
class Weather:
    """The proxy: put rules into it, and read what was asked."""

    url: str
    rules: list[Rule] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def rule(self, service: str, action: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.fits(service, action)), None)

    def count(self, service: str) -> int:
        """How many requests of a service came."""
        return sum(1 for each, _ in self.seen if each == service)


@contextmanager
def weather(upstream: str) -> Iterator[Weather]:
    """A proxy before the emulator at ``upstream``, fine weather at first."""
    target = urllib.parse.urlsplit(upstream).netloc
    server = _Server(("127.0.0.1", 0), _Handler)
    server.target = target
    server.weather = Weather(f"http://127.0.0.1:{server.server_address[1]}")
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
    target: str

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has gone is nobody's concern."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service, action = self._meaning(body)
        weather = self.server.weather
        weather.seen.append((service, action))
        rule = weather.rule(service, action)
        if rule is None:
            self._pass_on(body)
        else:
            self._misbehave(rule.kind, service)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _any  # noqa: N815 - the names are http.server's

    def _meaning(self, body: bytes) -> tuple[str, str]:
        """Service and action; where a service has paths in place of actions, method and path."""
        scope = _SCOPE.search(self.headers.get("Authorization") or "")
        service = scope[1] if scope else "none"
        if target := self.headers.get("X-Amz-Target"):
            return service, target.rpartition(".")[2]
        form = urllib.parse.parse_qs(body.decode("utf-8", "replace"))
        return service, form.get("Action", [f"{self.command} {self.path}"])[0]

    def _misbehave(self, kind: Kind, service: str) -> None:
        match kind:
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
            case "garbage":
                self._send(200, b"\x1f\x8b\x00\xff}{<not what you asked for", "application/octet-stream")
            case "html":
                self._send(200, b"<html><body><h1>Please log in</h1></body></html>", "text/html")
            case "empty":
                self._send(200, b"", "text/plain")
            case "other_account":
                self._send(200, _IDENTITY, "text/xml")
            case _:
                self._refuse(kind, service)

    def _refuse(self, kind: Kind, service: str) -> None:
        status, code, message = _CODES[kind]
        code = _OWN_CODES.get((kind, "json" if self.headers.get("X-Amz-Target") else service), code)
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

    def _pass_on(self, body: bytes) -> None:
        upstream = http.client.HTTPConnection(self.server.target, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            self.wfile.write(content)
        finally:
            upstream.close()

    def _send(self, status: int, body: bytes, kind: str, claimed: int | None = None) -> None:
        self.send_response_only(status)
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
