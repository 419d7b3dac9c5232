"""``clock``: a time that only AWS sets (last modified, latest restorable time) moves without anybody's doing.

Both sides must be whole timestamps, and the attribute one that no template can set. A date somebody can set (an
expiry, a maintenance start) and a computed value that is no time (a code digest) are compared.
"""

from __future__ import annotations

import re

from reconciler.drift.normalise.place import Place
from reconciler.drift.values import Value

# RFC 3339, and what Lambda writes: 2026-11-23T17:00:00.000+0000.
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?( ?(Z|UTC|[+-]\d{2}:?\d{2}))*")


def same(place: Place, before: Value, after: Value) -> bool:
    """Two timestamps in an attribute that only the provider sets."""
    return (
        place.answered
        and isinstance(before, str)
        and isinstance(after, str)
        and _TIME.fullmatch(before) is not None
        and _TIME.fullmatch(after) is not None
    )
