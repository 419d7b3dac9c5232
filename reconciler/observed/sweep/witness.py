"""A second witness: whether a service that calls resources gone answers as AWS at all, and means it.

A proxy's login page, or an empty body with status 200, is to a provider an answer that holds nothing: everything that
it asks for is gone. The sweep's lists can tell, since a list that is empty still says so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from typing import Final, TypeAlias

from reconciler.drift.listing import GLOBAL, SAME_OBJECT, Statement, Unlisted
from reconciler.drift.snapshot import Reason
from reconciler.errors import CutOffError
from reconciler.observed.sweep.catalogue import Entry, catalogue
from reconciler.observed.sweep.expressions import value
from reconciler.observed.sweep.faults import explain
from reconciler.observed.sweep.pages import Client, Meter, entries, first_page
from reconciler.observed.sweep.sweep import HOME_REGION, Clients

_AT_ONCE: Final = 10
# That a list is refused, or not known, is itself AWS's answer.
_ANSWERED: Final = (Reason.DENIED, Reason.UNSUPPORTED)

HEARSAY: Final = frozenset({"aws_s3_bucket", "aws_ecs_task_definition"})
"""Types that the provider calls gone where it was refused. A refused HeadBucket, for one, has no body that would say
why. Without a list nothing is believed of these."""

_LISTED_ONE_BY_ONE: Final = frozenset({"aws_s3_bucket"})
# Of the others in HEARSAY the list says less: a family of task definitions is there while one revision has gone.

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
    tasks = [
        (entry, said[place], clients(place[0], home if place[1] == GLOBAL else place[1]))
        for place, entry in asked.items()
    ]
    if not tasks:
        return {}
    with ThreadPoolExecutor(min(_AT_ONCE, len(tasks)), thread_name_prefix="witness") as pool:
        parts = pool.map(lambda task: _ask(task[0], task[1], task[2], Meter(cancel)), tasks)
        return {label: unlisted for part in parts for label, unlisted in part.items()}


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
    """What of one service's statements is in doubt."""
    hearsay = [each for each in said if each.gone_id is not None and each.resource_type in HEARSAY]
    try:
        if any(each.resource_type in _LISTED_ONE_BY_ONE for each in hearsay):
            listed = {value(entry.id, item) for item in entries(client, entry.call, meter)}
            detail = "AWS lists it, so its reading was refused; s3:ListBucket is needed"
            kept = [e for e in hearsay if e.resource_type in _LISTED_ONE_BY_ONE and e.gone_id in listed]
            return {each.label: _unlisted(each, Reason.DENIED, detail) for each in kept}
        # Where a list exists for each parent, the list of parents is proof enough.
        first_page(client, entry.parent.call if entry.parent else entry.call, meter)
    except CutOffError:
        raise
    except Exception as problem:  # noqa: BLE001 - whatever goes wrong with one list, it is no answer
        reason, detail = explain(problem)
        doubted = hearsay if reason in _ANSWERED else said
        return {each.label: _unlisted(each, reason, detail) for each in doubted}
    return {}


def _unlisted(statement: Statement, reason: Reason, detail: str) -> Unlisted:
    return Unlisted(statement.resource_type, statement.region, reason, detail)
