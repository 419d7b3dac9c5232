"""A second witness: whether a service that calls resources gone answers as AWS at all, and means it.

A proxy's login page, or an empty body with status 200, is to a provider an answer that holds nothing: everything that
it asks for is gone. The sweep's lists can tell, since a list that is empty still says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import takewhile
from typing import Final, TypeAlias

from botocore.exceptions import ClientError

from reconciler.drift.listing import GLOBAL, SAME_OBJECT, Statement, Unlisted
from reconciler.drift.snapshot import Reason
from reconciler.errors import CutOffError
from reconciler.observed.sweep.catalogue import Entry, catalogue
from reconciler.observed.sweep.faults import explain
from reconciler.observed.sweep.pages import Client, Meter, first_page
from reconciler.observed.sweep.sweep import HOME_REGION, Clients

_AT_ONCE: Final = 10

HEARSAY: Final[Mapping[str, tuple[str, str]]] = {
    "aws_s3_bucket": ("head_bucket", "Bucket"),
    "aws_ecs_task_definition": ("describe_task_definition", "taskDefinition"),
}
"""Types that the provider calls gone where it was refused (a refused HeadBucket, for one, has no body that would say
why), and the call that tells, with the argument that takes the id."""

_Place: TypeAlias = tuple[str, str]
"""A service, and a region or ``GLOBAL``."""


def doubts(
    clients: Clients, statements: Iterable[Statement], *, partition: str = "aws", cancel: threading.Event
) -> dict[str, Unlisted]:
    """Ask each suspected service once, and tell what is not to be believed: by the statement's label.

    A service of which the catalogue has no list is not doubted. One that does not answer as AWS is doubted in all that
    it said.

    Args:
        clients: makes a boto3 client for a service and a region; called from one thread.
        statements: what was said of each resource.
        partition: ``aws``, ``aws-cn`` or ``aws-us-gov``.
        cancel: set it to end soon.

    Raises:
        CutOffError: it was cancelled.
    """
    said: dict[_Place, list[Statement]] = {}
    asked: dict[_Place, Entry] = {}
    for statement in statements:
        entry = nearest(statement.resource_type, catalogue())
        if entry is not None:
            place = (entry.service, GLOBAL if entry.is_global else statement.region)
            said.setdefault(place, []).append(statement)
            if statement.suspect:
                asked.setdefault(place, entry)
    home = HOME_REGION.get(partition, HOME_REGION["aws"])
    asking: list[Callable[[], dict[str, Unlisted]]] = []
    for place, entry in asked.items():
        client = clients(place[0], home if place[1] == GLOBAL else place[1])
        asking.append(partial(_ask, entry, said[place], client, Meter(cancel)))
        asking += [
            partial(_look_again, each, each.gone_id, clients(place[0], each.region), Meter(cancel))
            for each in said[place]
            if each.gone_id is not None and each.resource_type in HEARSAY
        ]
    if not asking:
        return {}
    with ThreadPoolExecutor(min(_AT_ONCE, len(asking)), thread_name_prefix="witness") as pool:
        return {label: doubt for part in pool.map(lambda ask: ask(), asking) for label, doubt in part.items()}


def nearest(resource_type: str, known: Mapping[str, Entry]) -> Entry | None:
    """The entry of the type, or of the one that shares most of the words it begins with: two at least."""
    resource_type = SAME_OBJECT.get(resource_type, resource_type)
    if resource_type in known:
        return known[resource_type]
    words = resource_type.split("_")
    shared = {name: _shared(words, name.split("_")) for name in known}
    best = max(shared, key=lambda name: shared[name], default=None)
    return known[best] if best is not None and shared[best] > 1 else None


def _shared(one: list[str], other: list[str]) -> int:
    """With how many equal words both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _ask(entry: Entry, said: list[Statement], client: Client, meter: Meter) -> dict[str, Unlisted]:
    """All that a service said, where it does not answer as AWS."""
    try:
        # Where a list exists for each parent, the list of parents is proof enough.
        first_page(client, entry.parent.call if entry.parent else entry.call, meter)
    except CutOffError:
        raise
    except Exception as problem:  # noqa: BLE001 - whatever goes wrong with one list, it is no answer
        reason, detail = explain(problem)
        # That a list is refused, or not known, is itself AWS's answer.
        if reason not in (Reason.DENIED, Reason.UNSUPPORTED):
            return {each.label: _unlisted(each, reason, detail) for each in said}
    return {}


def _look_again(statement: Statement, gone_id: str, client: Client, meter: Meter) -> dict[str, Unlisted]:
    """The statement, where AWS does not itself say that there is no such thing."""
    operation, argument = HEARSAY[statement.resource_type]
    meter.call()
    try:
        getattr(client, operation)(**{argument: gone_id})
    except Exception as problem:  # noqa: BLE001 - likewise
        reason, detail = explain(problem)
        if reason in (Reason.PROVIDER_ERROR, Reason.UNSUPPORTED) and _denied_existence(problem):
            return {}
        return {statement.label: _unlisted(statement, reason, detail)}
    if operation == "head_bucket":
        return {statement.label: _unlisted(statement, Reason.PROVIDER_ERROR, "AWS says that it is there")}
    return {}  # a task definition's family is there, which says nothing of the revision that is gone


def _denied_existence(problem: Exception) -> bool:
    if not isinstance(problem, ClientError):
        return False
    return problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in (400, 404)


def _unlisted(statement: Statement, reason: Reason, detail: str) -> Unlisted:
    return Unlisted(statement.resource_type, statement.region, reason, detail)
