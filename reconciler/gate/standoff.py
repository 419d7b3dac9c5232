"""Tug-of-war: an attribute that somebody keeps setting one way and the template the other.

No rule may approve such a fix by itself: the two sides have to talk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.drift.values import Value, to_json
from reconciler.gate.proposal import PlannedChange

FLIPS: Final = 3
"""So often an attribute has to have drifted."""

WINDOW: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Sighting:
    """An attribute was found to have drifted. ``path`` as people write it; both values are for people."""

    at: datetime
    address: str
    path: str
    wanted: Value
    found: Value


def contested(changes: Iterable[PlannedChange], sightings: Iterable[Sighting], now: datetime) -> str | None:
    """What is being fought over among the attributes that a plan writes, naming both sides; None where nothing is.

    Args:
        changes: the plan's.
        sightings: of drift, in any order.
        now: the moment.
    """
    seen: dict[tuple[str, str], list[Sighting]] = {}
    for each in sightings:
        if now - WINDOW < each.at <= now:
            seen.setdefault((each.address, _root(each.path)), []).append(each)
    for change in changes:
        for name in sorted(change.touched):
            flips = seen.get((change.address, name), [])
            if len(flips) >= FLIPS:
                last = max(flips, key=lambda one: one.at)
                return (
                    f"{change.address} {last.path} has drifted {len(flips)} times in {WINDOW.days} days: "
                    f"the template wants {_text(last.wanted)}, and somebody keeps setting {_text(last.found)}"
                )
    return None


def _root(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _text(value: Value) -> str:
    return str(to_json(value))[:60]
