"""Rules that explain a difference by another recorded resource, or by another attribute of the same one.

One fact is reported once: on the resource that sets it. An explainer takes away what the state's other resources
account for and lets the rest through; it never looks at what is *likely*, only at what is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.drift.differ import Difference
from reconciler.drift.explain import counts, entries, mirrors, owners
from reconciler.drift.explain.estate import Estate, Held

__all__ = ["EXPLAINERS", "Estate", "Explainer", "Held", "accounted_at_once", "explain"]


@dataclass(frozen=True, slots=True)
class Explainer:
    """``explain(held, difference, estate)`` returns what is left of the difference, None where nothing is."""

    name: str
    explain: Callable[[Held, Difference, Estate], Difference | None]
    says: str


EXPLAINERS = (
    Explainer("mirror", mirrors.explain, "tags_all follows tags; a tag that a tag resource sets is that resource's"),
    Explainer("owner", owners.explain, "an attribute that another recorded resource sets whole is that resource's"),
    Explainer("entry", entries.explain, "entries of a collection that other recorded resources put there are theirs"),
    Explainer("count", counts.explain, "a count moves by as much as what it counts"),
)

accounted_at_once = entries.accounted_at_once


def explain(held: Held, difference: Difference, estate: Estate) -> Difference | None:
    """What no recorded resource explains of a difference."""
    left: Difference | None = difference
    for explainer in EXPLAINERS:
        if left is None:
            return None
        left = explainer.explain(held, left, estate)
    return left
