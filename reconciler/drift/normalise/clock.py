"""``clock``: a time that only AWS sets (last modified, latest restorable time) moves without anybody's doing.

Both sides must be whole timestamps, and the attribute one that no template can set. A date somebody can set (an
expiry, a maintenance start) and a computed value that is no time (a code digest) are compared. So is the moment of
creation, as an instant: it moves only where somebody has deleted the thing and made it anew under the same name.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from reconciler.drift.normalise.place import Place
from reconciler.drift.values import Value

# RFC 3339, and what Lambda writes: 2026-11-23T17:00:00.000+0000; Go's own form has the zone twice.
_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?(?: ?(Z|UTC|[+-]\d{2}:?\d{2}))?(?: UTC| [+-]\d{4})?"
)
_BIRTH = re.compile(r"(.*_)?(creat(e|ed|ion)(_.*)?|launch_time|joined_timestamp)")


def same(place: Place, before: Value, after: Value) -> bool:
    """Two timestamps in an attribute that only the provider sets; two of one creation only if they are one instant."""
    if not place.answered or not isinstance(before, str) or not isinstance(after, str):
        return False
    first, second = _TIME.fullmatch(before), _TIME.fullmatch(after)
    if first is None or second is None:
        return False
    return not place.named(_BIRTH) or _instant(first) == _instant(second)


def _instant(time: re.Match[str]) -> datetime | str:
    """To the second: providers cut the fraction or do not."""
    day, clock, zone = time.groups()
    offset = "+00:00" if zone in (None, "UTC") else zone
    try:
        return datetime.fromisoformat(f"{day}T{clock}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return time.group()
