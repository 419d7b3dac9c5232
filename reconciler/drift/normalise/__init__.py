"""Rules that call two different values equal. Each is small, has a name, and a test of what it must not hide.

The registry is ordered and closed: a value is equal if the two are identical or the first rule that applies says
so. A rule gets the place of the value with what the provider's schema says of it, never the whole resource.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.drift.normalise import clock, documents, order, progress, zero
from reconciler.drift.normalise.place import Place
from reconciler.drift.values import Value

__all__ = ["RULES", "Place", "Rule", "same"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A normaliser: ``same(place, before, after)`` is True where the two mean the same there."""

    name: str
    same: Callable[[Place, Value, Value], bool]


RULES = (
    # Null and the empty value of the attribute's own type.
    Rule("zero", zero.same),
    # Two readings of a clock that only AWS sets.
    Rule("clock", clock.same),
    # A status on its way, in what only AWS sets.
    Rule("progress", progress.same_progress),
    # Two readings of an estimate that only AWS makes.
    Rule("gauge", progress.same_gauge),
    # Two texts of one IAM policy document.
    Rule("policy", documents.same_policy),
    # Two texts of one JSON document.
    Rule("json", documents.same_json),
    # One list in another order, where only AWS writes it.
    Rule("order", order.same),
)


def same(place: Place, before: Value, after: Value) -> Rule | bool:
    """True if identical, the rule that makes them equal, or False."""
    # bool is an int in Python and 1 == True, but not to a provider.
    if before == after and isinstance(before, bool) == isinstance(after, bool):
        return True
    return next((rule for rule in RULES if rule.same(place, before, after)), False)
