"""Rules that explain a difference by another recorded resource, or by another attribute of the same one.

One fact is reported once: on the resource that sets it. An explainer takes away what the state's other resources
account for and lets the rest through; it never looks at what is *likely*, only at what is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reconciler.drift.differ import Difference
from reconciler.drift.explain import collections, counts, entries, mirrors, owners
from reconciler.drift.explain.estate import Estate, Held

__all__ = [
    "EXPLAINERS",
    "SETTERS",
    "Estate",
    "Explainer",
    "Held",
    "accounted_at_once",
    "explain",
    "has_guarded",
    "is_collection",
    "is_shared",
    "may_be_anothers",
    "measure",
]


@dataclass(frozen=True, slots=True)
class Explainer:
    """``explain(held, difference, estate)`` returns what is left of the difference, None where nothing is."""

    name: str
    explain: Callable[[Held, Difference, Estate], Difference | None]


EXPLAINERS = (
    # What moved in tags shows in tags_all alike; a tag that a tag resource sets is that resource's.
    Explainer("mirror", mirrors.explain),
    # An attribute that another recorded resource sets whole is that resource's.
    Explainer("owner", owners.explain),
    # Entries of a collection that other recorded resources put there are theirs.
    Explainer("entry", entries.explain),
    # A count moves by as much as what it counts.
    Explainer("count", counts.explain),
)

accounted_at_once = entries.accounted_at_once
has_guarded = entries.has_guarded
is_collection = entries.is_collection
measure = entries.measure

SETTERS: Final = frozenset(
    {
        *(s.type for table in collections.COLLECTIONS.values() for entry in table.values() for s in entry.setters),
        *(type_ for table in owners.OWNERS.values() for setters in table.values() for type_, _ in setters),
        *(type_ for type_, _, _ in counts.COUNTS.values()),
        *mirrors.TAG_SETTERS,
    }
)
"""All types that set something on another resource."""


def is_shared(resource_type: str, attribute: str) -> bool:
    """Whether other resources may set the attribute, or part of it."""
    return is_collection(resource_type, attribute) or owners.is_owned(resource_type, attribute)


def may_be_anothers(resource_type: str, attribute: str) -> bool:
    """Whether what differs in the attribute may be accounted for by a resource of its own, here or in another state."""
    return (
        is_shared(resource_type, attribute) or counts.is_counted(resource_type, attribute) or attribute in mirrors.TAGS
    )


def explain(held: Held, difference: Difference, estate: Estate) -> Difference | None:
    """What no recorded resource explains of a difference."""
    left: Difference | None = difference
    for explainer in EXPLAINERS:
        if left is None:
            return None
        left = explainer.explain(held, left, estate)
    return left
