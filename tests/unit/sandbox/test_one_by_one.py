from __future__ import annotations

import io
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.one_by_one import OneByOne

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def _ask(application: OneByOne, body: Any, call: str = "") -> tuple[str, dict[str, str], bytes]:
    head: list[Any] = []
    environ: dict[str, Any] = {"REQUEST_METHOD": "POST", "wsgi.input": body, "wsgi.input_terminated": True}
    if call:
        environ["HTTP_AMZ_SDK_INVOCATION_ID"] = call
    parts = application(environ, lambda status, headers, _=None: head.extend((status, dict(headers))))  # type: ignore[arg-type,return-value]
    return head[0], head[1], b"".join(parts)


class _Body(io.BytesIO):
    """Tells that it has been read: whoever sends it waits for a turn from then on."""

    def __init__(self) -> None:
        super().__init__(b"")
        self.was_read = threading.Event()

    def read(self, *arguments: Any) -> bytes:
        self.was_read.set()
        return super().read(*arguments)


def test_a_second_request_waits_for_the_first() -> None:
    second, two_inside, inside = _Body(), threading.Event(), []

    def moto(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        inside.append(1)
        if len(inside) > 1:
            two_inside.set()
        assert second.was_read.wait(10)
        overlapped = two_inside.wait(0.2)
        inside.pop()
        start_response("200 OK", [])
        return [b"overlapped" if overlapped else b"alone"]

    application = OneByOne(moto)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(_ask, application, body) for body in (_Body(), second)]
        assert [each.result()[2] for each in asked] == [b"alone", b"alone"]


class _Counting:
    """Answers with how often it was asked, with a status of the test's."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = list(statuses)
        self.asked = 0

    def __call__(self, _: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.asked += 1
        start_response(self.statuses.pop(0), [])
        return [str(self.asked).encode()]


def test_what_has_succeeded_is_answered_again_as_it_was() -> None:
    application = OneByOne(_Counting("200 OK", "200 OK"))
    answers = [_ask(application, io.BytesIO(), call) for call in ("a", "a", "b", "a")]
    assert [body for _, _, body in answers] == [b"1", b"1", b"2", b"1"]
    assert {status for status, _, _ in answers} == {"200 OK"}


def test_what_has_failed_is_tried_again_and_calls_without_a_name_are_all_carried_out() -> None:
    application = OneByOne(_Counting("500 Internal Server Error", "200 OK", "200 OK", "200 OK"))
    assert [_ask(application, io.BytesIO(), call)[2] for call in ("a", "a", "", "")] == [b"1", b"2", b"3", b"4"]


def test_an_answer_says_how_long_it_is() -> None:
    """Otherwise werkzeug sends it in chunks, the last of them apart from the rest."""
    assert _ask(OneByOne(_Counting("200 OK")), io.BytesIO())[1] == {"Content-Length": "1"}
