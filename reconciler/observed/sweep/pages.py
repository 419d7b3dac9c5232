"""One list call read to its end, or not at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from reconciler.errors import CutOffError
from reconciler.observed.sweep.catalogue import Call
from reconciler.observed.sweep.expressions import value
from reconciler.observed.sweep.faults import BrokenListError

Client: TypeAlias = Any
"""A boto3 client: its methods are made at run time."""

_JSON: Final = ("json", "rest-json")
_FORMS: Final = {"structure": dict, "string": str, "list": list, "map": dict}

MAX_PAGES: Final = 20_000
"""A list that goes on for longer is one that never ends."""

# Members by which a page says that more follows, where boto3's paginator looks at the token alone.
_TRUNCATED: Final = ("IsTruncated", "HasMoreStreams", "HasMoreDeliveryStreams")
_TOKENS: Final = ("NextToken", "nextToken", "NextMarker", "Marker", "marker", "PaginationToken")


class Meter:
    """Counts the calls of one task; belongs to one thread."""

    def __init__(self, cancel: threading.Event) -> None:
        """Watch this event before each call."""
        self.calls = 0
        self._cancel = cancel

    def call(self) -> None:
        """A call is about to be made.

        Raises:
            CutOffError: the sweep was cancelled.
        """
        if self._cancel.is_set():
            raise CutOffError
        self.calls += 1


def entries(client: Client, call: Call, meter: Meter, extra: Mapping[str, Any] | None = None) -> list[Any]:
    """All entries of a list.

    Raises:
        BrokenListError: an answer is no page of this list, or the list ends before it is complete.
        botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: the call failed.
        CutOffError: the sweep was cancelled.
    """
    found: list[Any] = []
    _watch(client)
    for page in _pages(client, call, meter, {**call.arguments, **(extra or {})}):
        found += _entries_of(page, call)
    return found


def first_page(client: Client, call: Call, meter: Meter) -> None:
    """Read one page of a list, to see whether the service answers.

    Raises:
        BrokenListError: the answer is no page of this list.
        botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: the call failed.
        CutOffError: the sweep was cancelled.
    """
    _watch(client)
    for page in _pages(client, call, meter, call.arguments):
        _entries_of(page, call)
        return


def _watch(client: Client) -> None:
    # boto3 makes an empty page out of a body that it cannot parse, and a list of letters out of a text: the body itself
    # has to be looked at.
    if client.meta.service_model.metadata["protocol"] in _JSON:
        name = f"before-parse.{client.meta.service_model.service_id.hyphenize()}"
        client.meta.events.register(name, _insist_on_lists, unique_id="reconciler-insist-on-lists")


def _pages(client: Client, call: Call, meter: Meter, arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if call.cursor is not None:
        yield from _by_hand(client, call, meter, arguments)
        return
    if not client.can_paginate(call.operation):
        meter.call()
        only = getattr(client, call.operation)(**arguments)
        yield only
        # The service says that there is more, and nobody taught us how to ask for it.
        if any(only.get(name) for name in (*_TRUNCATED, *_TOKENS)):
            raise BrokenListError(f"{call.operation}: the list has further pages that cannot be asked for")
        return
    page: Mapping[str, Any] = {}
    pages = _counted(iter(client.get_paginator(call.operation).paginate(**arguments)), meter)
    for number, page in enumerate(pages, start=1):
        if number > MAX_PAGES:
            raise BrokenListError(f"{call.operation}: the list has more than {MAX_PAGES} pages")
        yield page
    if any(page.get(name) for name in _TRUNCATED):
        raise BrokenListError(f"{call.operation}: the list says there is more and does not say where")


def _counted(pages: Iterator[Mapping[str, Any]], meter: Meter) -> Iterator[Mapping[str, Any]]:
    while True:
        meter.call()
        try:
            page = next(pages)
        except StopIteration:
            meter.calls -= 1
            return
        yield page


def _by_hand(client: Client, call: Call, meter: Meter, arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """For lists that boto3 has no paginator for: ``more`` says whether, ``cursor`` says from where."""
    argument, where = call.cursor or ("", None)
    seen: set[str] = set()
    extra: dict[str, Any] = {}
    while True:
        meter.call()
        page = getattr(client, call.operation)(**{**arguments, **extra})
        yield page
        if not page.get(call.more or ""):
            return
        cursor = value(where, page)
        if not isinstance(cursor, str) or cursor in seen:
            raise BrokenListError(f"{call.operation}: the list names the same next page twice")
        seen.add(cursor)
        extra = {argument: cursor}


def _entries_of(page: Mapping[str, Any], call: Call) -> list[Any]:
    # boto3 makes an empty answer out of a body that it cannot parse: that is why something must be there.
    if value(call.present, page) is None:
        if call.may_omit:
            return []
        raise BrokenListError(f"{call.operation}: the answer holds no {call.present.expression}")
    found = value(call.items, page)
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise BrokenListError(f"{call.operation}: {call.present.expression} is no list")
    return found


def _insist_on_lists(operation_model: Any, response_dict: Mapping[str, Any], **_: object) -> None:
    """An event handler of botocore's: sees the body of an answer in JSON before it is parsed."""
    if response_dict["status_code"] >= 300:  # a refusal, which has a form of its own
        return
    try:
        body = json.loads(response_dict["body"])
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise BrokenListError("the answer is not readable")
    members = operation_model.output_shape.members if operation_model.output_shape else {}
    for name, shape in members.items():
        held = body.get(shape.serialization.get("name", name))
        if shape.type_name == "list" and held is not None:
            form = _FORMS.get(shape.member.type_name, object)
            if not isinstance(held, list) or not all(isinstance(item, form) for item in held):
                raise BrokenListError(f"the answer's {name} is no list of what it should hold")
