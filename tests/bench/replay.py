"""An AWS that answers after a fixed time: what the emulator answered once, given again to whoever asks the same.

    python -m bench.replay UPSTREAM

prints its URL and serves until its input closes. It begins by recording: a request that it does not know goes to
``UPSTREAM``. ``POST /-/replay?latency=0.05`` ends that: from then on an unknown request is answered with 501 and
counted as missed. ``POST /-/counts`` gives the number of requests by service and action since the last time.

It is small on purpose, so that the latency decides and not the server: one thread, requests told apart by
:mod:`bench.wire` and answered with bytes that were made ready before, any number of them at once.
HTTP/1.1 as AWS clients speak it (RFC 9112): lengths are given, requests of a connection follow each other.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from bench.wire import Request, parse_head

_AT_ONCE = 60
_PER_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"})
CONTROL = "/-/"


@dataclass
class Book:
    """What was recorded, and how it is given again. ``latency`` is None while recording, else in seconds."""

    upstream: str
    latency: float | None = None
    answers: dict[bytes, bytes] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    asking: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_AT_ONCE))

    def ask(self, request: Request) -> bytes:
        """The answer of the real one, as bytes to send. Blocks."""
        connection = http.client.HTTPConnection(self.upstream, timeout=60)
        with contextlib.closing(connection):
            connection.request(request.method, request.target, request.body, dict(request.headers))
            answer = connection.getresponse()
            body = answer.read()
        return rendered(answer.status, answer.reason, answer.getheaders(), body, head=request.method == "HEAD")

    def control(self, target: str) -> bytes:
        """Do what was asked for, and say how the book stands."""
        parts = urlsplit(target)
        if parts.path == f"{CONTROL}replay":
            self.latency = float(parse_qs(parts.query)["latency"][0])
        told = {"answers": len(self.answers), "counts": dict(self.counts), "missed": dict(self.missed)}
        if parts.path == f"{CONTROL}counts":
            self.counts.clear()
            self.missed.clear()
        return rendered(200, "OK", [("Content-Type", "application/json")], json.dumps(told).encode())


def rendered(status: int, reason: str, headers: list[tuple[str, str]], body: bytes, *, head: bool = False) -> bytes:
    """An answer as it goes over the wire. To a ``HEAD``, the length is that of what a ``GET`` would bring."""
    lines = [f"HTTP/1.1 {status} {reason}"]
    lines += [f"{name}: {value}" for name, value in headers if name.lower() not in _PER_HOP]
    told = next((value for name, value in headers if name.lower() == "content-length"), "0") if head else len(body)
    return "\r\n".join((*lines, f"Content-Length: {told}", "", "")).encode("latin-1") + body


class _Connection(asyncio.Protocol):
    """One client: a request at a time, as HTTP/1.1 without pipelining has it."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._held = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, mark, rest = self._held.partition(b"\r\n\r\n")
        if not mark:
            return
        request, length = parse_head(head)
        if len(rest) < length:
            if not rest and request.headers.get("expect"):
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        self._held = rest[length:]
        self._answer(Request(request.method, request.target, request.headers, rest[:length]))

    def _answer(self, request: Request) -> None:
        book = self._book
        if request.target.startswith(CONTROL):
            self._transport.write(book.control(request.target))
            return
        action = request.action
        book.counts[action] += 1
        known = book.answers.get(request.key)
        if book.latency is None:
            # Recording: what was answered last counts, since the estate may just have been made.
            asked = asyncio.get_running_loop().run_in_executor(book.asking, book.ask, request)
            asked.add_done_callback(lambda done: self._record(request, done))
            return
        if known is None:
            book.missed[f"{action} {request.target}"] += 1
            known = rendered(501, "Not Recorded", [("x-amzn-errortype", "NotRecorded")], b"")
        if book.latency:
            asyncio.get_running_loop().call_later(book.latency, self._send, known)
        else:
            self._send(known)

    def _record(self, request: Request, done: asyncio.Future[bytes]) -> None:
        if done.exception() is not None:
            self._transport.close()
            return
        self._book.answers[request.key] = done.result()
        self._send(done.result())

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


async def _serve(upstream: str) -> None:
    loop = asyncio.get_running_loop()
    book = Book(upstream)
    server = await loop.create_server(lambda: _Connection(book), "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    over = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), over.set)  # it is only ever closed
    await over.wait()
    server.close()
    book.asking.shutdown(wait=False, cancel_futures=True)


def main(upstream: str) -> None:
    """Serve until the input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(_serve(urlsplit(upstream).netloc))


def control(url: str, path: str) -> Mapping[str, object]:
    """Tell a replay server something, and hear how its book stands."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", CONTROL + path)
        told: Mapping[str, object] = json.loads(connection.getresponse().read())
    return told


if __name__ == "__main__":
    main(*sys.argv[1:])
