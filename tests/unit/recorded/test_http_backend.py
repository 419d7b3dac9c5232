"""The http backend against servers that misbehave, on a real socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reconciler.errors import BackendError
from reconciler.recorded.backends.http import HttpBackend

STATE = b'{"version": 4}'


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@contextmanager
def server(*answers: bytes | Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """Gives one answer to each connection, in order; then closes. Yields the URL and the requests seen."""
    listener = socket.create_server(("127.0.0.1", 0))
    requests: list[bytes] = []

    def serve() -> None:
        for item in answers:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                requests.append(connection.recv(65_536))
                if callable(item):
                    item(connection)
                else:
                    connection.sendall(item)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/state?token=canary", requests
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def backend(url: str, *, retries: int = 0, limit: int = 1_000, timeout: float = 5, deadline: float = 5) -> HttpBackend:
    return HttpBackend(url, retries=retries, limit=limit, timeout=timeout, deadline=deadline, pause=lambda _: None)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer("200 OK", STATE), STATE),
        (answer("200 OK", STATE, "Content-MD5: Ujug8oz/DB09QwZJuRIfqQ=="), STATE),
        (answer("200 OK"), None),
        (answer("204 No Content"), None),
        (answer("404 Not Found", b"nothing"), None),
    ],
)
def test_answers(given: bytes, expected: bytes | None) -> None:
    with server(given) as (url, _):
        assert backend(url).read() == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (answer("401 Unauthorized", b"canary"), "the server answers 401"),
        (answer("403 Forbidden"), "the server answers 403"),
        (answer("400 Bad", b"canary"), "the server answers 400"),
        (answer("302 Found", b"", "Location: http://127.0.0.1:1/canary"), "the server answers 302"),
        (answer("500 Oops", b"canary"), "the server answers 500"),
        (answer("200 OK", b"x" * 1_001), "more than 1,000 bytes"),
        (answer("200 OK", STATE).replace(b"Length: 14", b"Length: 99"), "the answer was cut off"),
        (answer("200 OK", STATE, "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA=="), "does not match its Content-MD5"),
        (b"canary canary canary\r\n\r\n", "the answer is not HTTP"),
        (b"", "the connection failed|not HTTP|reset"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"canary" * 20_000 + b"\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ncanary\r\n", "the answer is not HTTP|cut off|failed"),
    ],
)
def test_refusals_and_garbage(given: bytes, message: str) -> None:
    with server(given) as (url, _), pytest.raises(BackendError, match=message) as raised:
        backend(url).read()
    assert "canary" not in str(raised.value) + str(raised.value.hint)
    assert "\n" not in str(raised.value)


def test_another_try_after_what_passes() -> None:
    answers = (answer("503 Busy"), answer("429 Slow"), answer("200 OK", STATE))
    with server(*answers) as (url, requests):
        assert backend(url, retries=2).read() == STATE
    assert len(requests) == 3


def test_waits_grow_to_the_longest() -> None:
    waits: list[float] = []
    nobody = HttpBackend("http://127.0.0.1:1/", retries=4, first_wait=1, longest_wait=3, pause=waits.append)
    with pytest.raises(BackendError, match="Connection refused"):
        nobody.read()
    assert waits == [1, 2, 3, 3]


@pytest.mark.parametrize("status", ["400 Bad", "401 No", "404 Not Found"])
def test_no_other_try_after_what_stays(status: str) -> None:
    with server(answer(status), answer("200 OK", STATE)) as (url, requests):
        try:
            assert backend(url, retries=3).read() is None
        except BackendError:
            assert not status.startswith("404")
    assert len(requests) == 1


def test_silence_has_an_end() -> None:
    released = threading.Event()
    with server(lambda _: released.wait(10) and None) as (url, _):
        with pytest.raises(BackendError, match="no answer in time"):
            backend(url, timeout=0.05).read()
        released.set()


def test_a_drip_has_an_end() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            try:
                connection.sendall(b"x")
            except OSError:
                return
            hung_up.wait(0.01)

    hung_up = threading.Event()
    with server(drip) as (url, _), pytest.raises(BackendError, match="takes longer"):
        backend(url, limit=10**9, deadline=0.05).read()


def test_only_a_get_with_the_headers_given() -> None:
    with server(answer("200 OK", STATE)) as (url, requests):
        HttpBackend(url, headers={"Authorization": "Basic x", "X-A": "b"}).read()
    assert requests[0].startswith(b"GET /state?token=canary HTTP/1.1\r\n")
    assert b"Authorization: Basic x\r\n" in requests[0]
    assert b"X-A: b\r\n" in requests[0]
