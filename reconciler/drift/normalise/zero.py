"""``zero``: a provider says null where nothing is set before its first read, and the type's empty value after.

Only null against an empty value: two empty values of different types, or an empty value against a full one, are
never equal. A block's presence is no empty value: ``[{}]`` and ``[]`` are two things (a web ACL's ``block {}``).
A map's key is there or not: a tag with an empty value is a tag.
"""

from __future__ import annotations

from reconciler.drift.normalise.place import Place
from reconciler.drift.values import Value, is_zero


def same(place: Place, before: Value, after: Value) -> bool:
    """Null on one side, the empty value on the other."""
    if place.in_map:
        return False
    return (before is None and is_zero(after)) or (after is None and is_zero(before))
