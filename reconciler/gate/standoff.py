"""Tug-of-war: an attribute that somebody keeps setting one way and the template the other.

No rule may approve such a fix by itself: the two sides have to talk. The pass that sees it says so, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from reconciler.drift.finding import Finding
from reconciler.drift.record import Event, EventSource, EventStatus, EventType
from reconciler.drift.values import Value, to_json
from reconciler.gate.proposal import PlannedChange

FLIPS: Final = 3
"""So often an attribute has to have drifted."""

WINDOW: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Sighting:
    """An attribute that the template sets was found to have drifted. ``path`` as people write it."""

    at: datetime
    address: str
    path: str
    wanted: Value
    found: Value


_Attribute: TypeAlias = tuple[str, str]
"""An address and the name of a top-level attribute."""


def contested(changes: Iterable[PlannedChange], sightings: Iterable[Sighting], now: datetime) -> str | None:
    """What is being fought over among the attributes that a plan writes, naming both sides; None where nothing is.

    Args:
        changes: the plan's.
        sightings: of drift, in any order.
        now: the moment.
    """
    seen = _by_attribute(sightings, now)
    for change in changes:
        for name in sorted(change.touched):
            flips = seen.get((change.address, name), [])
            if len(flips) >= FLIPS:
                return _told(flips)
    return None


def escalated(opened: Iterable[Finding], before: Iterable[Sighting], now: datetime) -> tuple[Event, ...]:
    """One event for each attribute whose fight begins with this pass.

    Args:
        opened: the findings that the pass opens.
        before: the sightings of the passes before it, in any order.
        now: the moment of the pass.
    """
    seen = _by_attribute(before, now)
    told = []
    for finding in opened:
        fresh = _by_attribute(_of(finding, now), now)
        for attribute, sightings in sorted(fresh.items()):
            earlier = seen.get(attribute, [])
            # A finding that names two places of one attribute is one flip of it.
            if len(earlier) == FLIPS - 1:
                told.append(_event(finding, [*earlier, sightings[0]]))
    return tuple(told)


def _of(finding: Finding, now: datetime) -> Iterator[Sighting]:
    for change in finding.changes:
        if change.configured:
            yield Sighting(now, finding.label, change.text, change.recorded, change.observed)


def _event(finding: Finding, flips: Sequence[Sighting]) -> Event:
    last = flips[-1]
    return Event(
        type=EventType.DRIFT_CONTESTED,
        status=EventStatus.SUCCESS,
        source=EventSource.SCHEDULED,
        description=_told(flips),
        details={
            "address": finding.address,
            "path": last.path,
            "times": len(flips),
            "template_wants": to_json(last.wanted),
            "somebody_sets": to_json(last.found),
        },
        label=finding.label,
        resource_type=finding.resource_type,
    )


def _by_attribute(sightings: Iterable[Sighting], now: datetime) -> Mapping[_Attribute, list[Sighting]]:
    """The flips of each attribute within the window, oldest first; what one moment saw is one flip."""
    seen: dict[_Attribute, dict[datetime, Sighting]] = {}
    for each in sightings:
        if now - WINDOW < each.at <= now:
            seen.setdefault((each.address, _root(each.path)), {})[each.at] = each
    return {attribute: [flips[at] for at in sorted(flips)] for attribute, flips in seen.items()}


def _told(flips: Sequence[Sighting]) -> str:
    last = flips[-1]
    return (
        f"{last.address} {last.path} has drifted {len(flips)} times in {WINDOW.days} days: "
        f"the template wants {_text(last.wanted)}, and somebody keeps setting {_text(last.found)}"
    )


def _root(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _text(value: Value) -> str:
    return str(to_json(value))[:60]
