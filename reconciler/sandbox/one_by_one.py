"""An account in memory that many ask at once: one request after the other, and none is carried out twice."""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_KEPT: Final = 1000
"""Answers that may still be asked for again."""

_INVOCATION: Final = "HTTP_AMZ_SDK_INVOCATION_ID"


@dataclass(frozen=True, slots=True)
class _Answer:
    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def give(self, start_response: StartResponse) -> Iterable[bytes]:
        start_response(self.status, list(self.headers))
        return [self.body]


class OneByOne:
    """A WSGI application around moto, which is not made for threads: its dictionaries change while it walks them.

    The SDKs of AWS name a call in ``amz-sdk-invocation-id``, the same in each attempt. AWS loses few answers; a busy
    machine loses some, and a subnet that is asked for again is a conflict. So a call that has succeeded is answered
    again as it was. A request whose body ends early, because its sender was killed, is none.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._turn = threading.Lock()
        self._given: OrderedDict[tuple[Any, ...], _Answer] = OrderedDict()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request. Only the work itself is in turn: a slow client keeps nobody waiting."""
        body = _body(environ)
        if body is None:
            return _Answer("400 Bad Request", (), b"").give(start_response)
        environ["wsgi.input"] = io.BytesIO(body)
        name = environ.get(_INVOCATION)
        call = (name, environ["REQUEST_METHOD"], environ.get("RAW_URI"), hashlib.sha256(body).digest())
        with self._turn:
            answer = self._given.get(call) if name else None
            if answer is None:
                answer = _ask(self._application, environ)
                if name and answer.status.startswith("2"):
                    self._given[call] = answer
                    if len(self._given) > _KEPT:
                        self._given.popitem(last=False)
        return answer.give(start_response)


def _body(environ: WSGIEnvironment) -> bytes | None:
    """All that was sent; None where it ends early."""
    sent = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):  # in chunks: it knows its end
        whole: bytes = sent.read()
        return whole
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = sent.read(length)
    return body if len(body) == length else None


def _ask(application: WSGIApplication, environ: WSGIEnvironment) -> _Answer:
    head: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
        head[:] = status, tuple(headers)
        return io.BytesIO().write  # nobody writes this way any more

    parts = application(environ, start)
    try:
        body = b"".join(parts)
    finally:
        if (close := getattr(parts, "close", None)) is not None:
            close()
    status, headers = head
    if body and all(name.lower() != "content-length" for name, _ in headers):
        # In chunks the last would be sent apart from the rest.
        headers += (("Content-Length", str(len(body))),)
    return _Answer(status, headers, body)
