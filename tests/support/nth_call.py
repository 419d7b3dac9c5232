"""The n-th call of a kind fails: once, or from there on for good.

One seam for each kind of input and output, below everything of ours: the driver's waiting for the database, Python's
own audit events for files and processes, the channel of gRPC, the sending of botocore.
"""

from __future__ import annotations

import errno
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import grpc
import psycopg
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

Way = str
"""How a call fails; each kind has its own ways."""

WAYS: dict[str, tuple[Way, ...]] = {
    # Before: the statement never reaches the server. After: it does, and its answer is lost.
    "database": ("lost before", "lost after", "disk full", "deadlock"),
    "file": ("EIO", "ENOSPC", "EACCES"),
    "process": ("EAGAIN", "ENOENT"),
    "provider": ("UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED"),
    "aws": ("unreachable", "timeout"),
}

_FILE_EVENTS = frozenset(
    (
        *("open", "os.listdir", "os.scandir", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link"),
        *("os.symlink", "os.chmod", "os.chown", "os.truncate"),
    )
)
# Python's own modules, and the data files of libraries: without those there is no program.
_INSTALLED = (sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"))


@dataclass
class Fault:
    """Which call fails and how. ``seen`` counts the calls, ``fired`` tells whether one has failed."""

    kind: str
    way: Way
    at: int
    for_good: bool = False
    seen: int = 0
    fired: bool = False
    what: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hits(self, what: str) -> bool:
        """Whether this call fails; counts it."""
        with self._lock:
            self.seen += 1
            hit = self.seen == self.at or (self.for_good and self.seen > self.at)
            self.fired |= hit
            if hit:
                self.what.append(what)
            return hit


_armed: Fault | None = None


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    fault = _armed
    if fault is None or fault.kind not in ("file", "process"):
        return
    if event == "subprocess.Popen" and fault.kind == "process":
        what = str(arguments[0])
    elif event in _FILE_EVENTS and fault.kind == "file" and isinstance(arguments[0], str | bytes):
        path = arguments[0].decode("utf-8", "replace") if isinstance(arguments[0], bytes) else arguments[0]
        if path.startswith(_INSTALLED):
            return
        what = f"{event} {path}"
    else:
        return
    if fault.hits(what):
        number = getattr(errno, fault.way)
        raise OSError(number, errno.errorcode[number], arguments[0])


@contextmanager
def failing(fault: Fault) -> Iterator[Fault]:
    """Inside, the fault is armed: all threads of this process meet it."""
    global _armed  # noqa: PLW0603 - an audit hook has no other way to hear of it, and cannot be taken off again
    with (
        patch.object(psycopg.Connection, "wait", _waiting(fault, psycopg.Connection.wait)),
        patch("psycopg.waiting.wait_conn", _connecting(fault, psycopg.waiting.wait_conn)),
        patch.object(URLLib3Session, "send", _sending(fault, URLLib3Session.send)),
    ):
        _hook()
        _armed = _intercepting.fault = fault
        try:
            yield fault
        finally:
            _armed = _intercepting.fault = None


@contextmanager
def interceptable() -> Iterator[None]:
    """Channels that are opened inside go through the seam for as long as they live."""

    def wrapped(make: Callable[..., grpc.Channel]) -> Callable[..., grpc.Channel]:
        return lambda *a, **k: grpc.intercept_channel(make(*a, **k), _intercepting)

    secure, insecure = wrapped(grpc.secure_channel), wrapped(grpc.insecure_channel)
    with patch("grpc.secure_channel", secure), patch("grpc.insecure_channel", insecure):
        yield


_hooked: list[bool] = []


def _hook() -> None:
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked.append(True)


def _waiting(fault: Fault, real: Callable[..., Any]) -> Callable[..., Any]:
    def wait(self: psycopg.Connection[Any], generator: Any, *arguments: Any, **more: Any) -> Any:
        if fault.kind != "database" or not fault.hits("statement"):
            return real(self, generator, *arguments, **more)
        if fault.way == "lost after":
            real(self, generator, *arguments, **more)
        generator.close()
        if fault.way == "disk full":
            raise psycopg.errors.DiskFull("no space left on device")
        if fault.way == "deadlock":
            raise psycopg.errors.DeadlockDetected("deadlock detected")
        self.pgconn.finish()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    return wait


def _connecting(fault: Fault, real: Callable[..., Any]) -> Callable[..., Any]:
    def wait_conn(*arguments: Any, **more: Any) -> Any:
        if fault.kind == "database" and fault.hits("connect"):
            raise psycopg.OperationalError("connection refused")
        return real(*arguments, **more)

    return wait_conn


def _sending(fault: Fault, real: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: URLLib3Session, request: Any) -> Any:
        if fault.kind == "aws" and fault.hits(request.url):
            if fault.way == "timeout":
                raise ReadTimeoutError(endpoint_url=request.url)
            raise EndpointConnectionError(endpoint_url=request.url)
        return real(self, request)

    return send


class _Refusal(grpc.RpcError, grpc.Call, grpc.Future):  # type: ignore[misc]  # gRPC has no types
    """A call that has failed already."""

    def __init__(self, status: str) -> None:
        self._status = grpc.StatusCode[status]

    def code(self) -> grpc.StatusCode:
        return self._status

    def details(self) -> str:
        return "planted"

    def result(self, timeout: float | None = None) -> Any:
        raise self

    def exception(self, timeout: float | None = None) -> BaseException:
        return self

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        fn(self)

    def cancel(self) -> bool:
        return False

    def done(self) -> bool:
        return True

    cancelled = running = is_active = cancel

    def _nothing(self, *_: Any) -> None:
        return None

    traceback = initial_metadata = trailing_metadata = time_remaining = add_callback = _nothing


class _Intercepting(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]  # likewise
    fault: Fault | None = None

    def intercept_unary_unary(self, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        fault = self.fault
        if fault is not None and fault.kind == "provider" and fault.hits(str(details.method)):
            return _Refusal(fault.way)
        return continuation(details, request)


_intercepting = _Intercepting()
