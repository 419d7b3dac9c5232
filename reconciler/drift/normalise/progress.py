"""``progress`` and ``gauge``: what AWS reports while it works, and what it measures.

A status that says *work under way* (``backing-up``, ``modifying``, ``PENDING_VALIDATION``) comes and goes by itself.
What ends something (deleting, stopping, disabling) is news and is never equal to anything. A gauge is a number that
AWS estimates. Both only in attributes that no template can set.
"""

from __future__ import annotations

import re

from reconciler.drift.normalise.place import Place
from reconciler.drift.values import Value

_STATUS = re.compile(r"(.*_)?(status|state)(_reason)?")
_UNDER_WAY = re.compile(
    r"(pending|in[-_ ]progress)([-_ ].*)?|(?!running$|missing$|existing$).*ing([-_ ].*)?", re.IGNORECASE
)
_ENDING = re.compile(r"delet|terminat|stop|shut|disabl|fail|detach|revok|remov|deregister|drain", re.IGNORECASE)
_GAUGE = re.compile(r"(estimated|approximate)_.*|.*size_in_bytes")


def same_progress(place: Place, before: Value, after: Value) -> bool:
    """A status where one side is a stage on the way, and neither side is an end."""
    if not place.answered or not _named(_STATUS, place) or not isinstance(before, str) or not isinstance(after, str):
        return False
    if _ENDING.search(before) or _ENDING.search(after):
        return False
    return any(_UNDER_WAY.fullmatch(word) for word in (before, after))


def same_gauge(place: Place, before: Value, after: Value) -> bool:
    """Two readings of an estimate."""
    # size_in_bytes is a number on some types and a list of one object of numbers on others (EFS).
    gauge = place.answered and _GAUGE.fullmatch(str(place.path[0])) is not None
    return gauge and before is not None and after is not None


def _named(pattern: re.Pattern[str], place: Place) -> bool:
    name = next((step for step in reversed(place.path) if isinstance(step, str)), "")
    return pattern.fullmatch(name) is not None
