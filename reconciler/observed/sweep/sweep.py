"""The sweep: every type in every region, in threads, each either listed whole or unknown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from reconciler.drift.listing import GLOBAL, Listed, Listing, StackResource, SweepResult, Unlisted
from reconciler.drift.snapshot import Reason
from reconciler.errors import CutOffError
from reconciler.observed.sweep.catalogue import Entry, catalogue
from reconciler.observed.sweep.expressions import value
from reconciler.observed.sweep.faults import BrokenListError, explain
from reconciler.observed.sweep.pages import Client, Meter, entries
from reconciler.observed.sweep.reading import Place, read
from reconciler.observed.sweep.stacks import stack_resources

Clients = Callable[[str, str], Client]
"""Makes a boto3 client for a service and a region."""

HOME_REGION = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where each partition answers for services that have one list for the whole account."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one task brought."""

    listing: Listing | None = None
    unlisted: Unlisted | None = None
    stack_resources: tuple[StackResource, ...] = ()
    stacks_unread: tuple[str, ...] = ()
    calls: int = 0


def sweep(
    clients: Clients,
    types: Iterable[str],
    regions: Collection[str],
    *,
    account: str | None = None,
    partition: str = "aws",
    concurrency: int = 10,
    cancel: threading.Event | None = None,
) -> SweepResult:
    """List the types in the regions.

    Args:
        clients: makes a boto3 client; called from one thread at a time, once for each service and region. Timeouts
            and retries are the client's.
        types: Terraform types; one that the catalogue does not know is unlisted as unsupported.
        regions: the regions to look in. Services with one list for the account are asked once, whatever the regions.
        account: the account's id, for ARNs that lists do not show.
        partition: ``aws``, ``aws-cn`` or ``aws-us-gov``.
        concurrency: how many lists are read at once.
        cancel: set it to end soon.

    Raises:
        CutOffError: it was cancelled.
    """
    cancel = cancel or threading.Event()
    make = _Clients(clients)
    wanted = [(resource_type, region) for resource_type in sorted(set(types)) for region in sorted(set(regions))]
    tasks: list[Callable[[], _Part]] = [partial(_stacks, make, region, cancel) for region in sorted(set(regions))]
    tasks += _lists(make, wanted, Place("", account, partition), cancel)
    return _joined(_done(tasks, concurrency, cancel))


def listed(
    clients: Clients,
    wanted: Iterable[tuple[str, str]],
    *,
    account: str | None = None,
    partition: str = "aws",
    concurrency: int = 10,
    cancel: threading.Event | None = None,
) -> SweepResult:
    """List these types, each in its region, and nothing else. Arguments and errors are those of :func:`sweep`."""
    cancel = cancel or threading.Event()
    tasks = _lists(_Clients(clients), wanted, Place("", account, partition), cancel)
    return _joined(_done(tasks, concurrency, cancel))


class _Clients:
    """One client for each service and region. boto3's clients may be shared by threads, making them may not."""

    def __init__(self, make: Clients) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], Client] = {}

    def __call__(self, service: str, region: str) -> Client:
        with self._lock:
            if (service, region) not in self._made:
                self._made[service, region] = self._make(service, region)
            return self._made[service, region]


def _lists(
    make: _Clients, wanted: Iterable[tuple[str, str]], place: Place, cancel: threading.Event
) -> list[Callable[[], _Part]]:
    """The tasks that list each type in its region; a service with one list for the account is asked once."""
    known = catalogue()
    tasks: dict[tuple[str, str], Callable[[], _Part]] = {}
    for resource_type, region in wanted:
        entry = known.get(resource_type)
        if entry is None:
            detail = "the sweep does not know how to list this type"
            unlisted = Unlisted(resource_type, region, Reason.UNSUPPORTED, detail)
            tasks[resource_type, region] = partial(_Part, unlisted=unlisted)
        else:
            there = GLOBAL if entry.is_global else region
            tasks[resource_type, there] = partial(_list, make, entry, replace(place, region=there), cancel)
    return list(tasks.values())


def _done(tasks: list[Callable[[], _Part]], concurrency: int, cancel: threading.Event) -> list[_Part]:
    with ThreadPoolExecutor(max_workers=max(1, concurrency), thread_name_prefix="sweep") as pool:
        parts = list(pool.map(lambda task: task(), tasks))
    if cancel.is_set():
        raise CutOffError
    return parts


def _list(make: _Clients, entry: Entry, place: Place, cancel: threading.Event) -> _Part:
    meter = Meter(cancel)
    try:
        region = HOME_REGION.get(place.partition, "us-east-1") if place.region == GLOBAL else place.region
        items = _items(make(entry.service, region), entry, meter)
        resources: dict[str, Listed] = {}
        for item in items:
            resource = read(entry, item, place)
            if resource is not None:
                resources.setdefault(resource.id, resource)
    except CutOffError:
        return _Part(calls=meter.calls)
    except Exception as problem:  # noqa: BLE001 - whatever goes wrong with one list, the others are read
        reason, detail = explain(problem)
        return _Part(unlisted=Unlisted(entry.resource_type, place.region, reason, detail), calls=meter.calls)
    return _Part(Listing(entry.resource_type, place.region, tuple(resources.values())), calls=meter.calls)


def _items(client: Client, entry: Entry, meter: Meter) -> list[object]:
    if entry.parent is None:
        return entries(client, entry.call, meter)
    items: list[object] = []
    for parent in entries(client, entry.parent.call, meter):
        argument = value(entry.parent.value, parent)
        if argument is None:
            raise BrokenListError(f"{entry.parent.call.operation}: an entry has no id")
        children = entries(client, entry.call, meter, {entry.parent.argument: argument})
        items += [{**child, "_parent": parent} if isinstance(child, dict) else child for child in children]
    return items


def _stacks(make: _Clients, region: str, cancel: threading.Event) -> _Part:
    meter = Meter(cancel)
    try:
        found = stack_resources(make("cloudformation", region), region, meter)
    except CutOffError:
        return _Part(calls=meter.calls)
    except Exception:  # noqa: BLE001 - without the stacks a sweep is still worth its lists; it says what it lacks
        return _Part(stacks_unread=(region,), calls=meter.calls)
    return _Part(stack_resources=tuple(found), calls=meter.calls)


def _joined(parts: Iterable[_Part]) -> SweepResult:
    result = SweepResult()
    for part in parts:
        result = replace(
            result,
            listings=(*result.listings, part.listing) if part.listing else result.listings,
            unlisted=(*result.unlisted, part.unlisted) if part.unlisted else result.unlisted,
            stack_resources=result.stack_resources + part.stack_resources,
            stacks_unread=result.stacks_unread + part.stacks_unread,
            api_calls=result.api_calls + part.calls,
        )
    return result
