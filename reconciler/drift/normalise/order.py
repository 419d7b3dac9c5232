"""``order``: AWS answers lists in any order; where a template cannot set the list, the order means nothing.

Only lists of plain values, with the same elements as often on both sides. A list that a template can set may carry a
meaning in its order (subnets of a zone map, rule priorities) and is compared as it stands.
"""

from __future__ import annotations

from collections import Counter

from reconciler.drift.normalise.place import Place
from reconciler.drift.values import Value


def same(place: Place, before: Value, after: Value) -> bool:
    """The same plain values, as often, in a list that only the provider sets."""
    if not place.answered or not isinstance(before, list) or not isinstance(after, list):
        return False
    plain = all(isinstance(v, str | int | float) for v in (*before, *after))
    return plain and Counter(before) == Counter(after)
