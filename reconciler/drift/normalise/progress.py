"""``progress`` and ``gauge``: what AWS reports while it works, and what it measures.

A status that says *work under way* (``backing-up``, ``modifying``, ``PENDING_VALIDATION``) comes and goes by itself, to
and from a status that says *all is well*. Both are closed lists: a word that is on neither (``stopped``, ``failed``,
``impaired``, ``pending-acceptance``, and what AWS will invent) is never equal to anything. A few flags tell the same:
a subscription is confirmed, a domain is verified; never the other way round. A gauge is a number that AWS counts or
estimates. All only in attributes that no template can set.
"""

from __future__ import annotations

import re
from typing import Final

from reconciler.drift.normalise.place import Place
from reconciler.drift.values import Value

_STATUS: Final = re.compile(r"(.*_)?(status|state|reason)")
_UNDER_WAY: Final = re.compile(
    r"(pending|queued|processing|in[-_ ]?progress|backing[-_ ]?up|maintenance|initiali[sz]ing|provisioning|starting"
    r"|creating|modifying|updating|upgrading|rebooting|renaming|resizing|scaling|configuring|optimizing|moving|warming"
    r"|refreshing|syncing|propagating|registering|associating|attaching|enabling|validating|deploying|preparing"
    r"|resetting[-_ ]master[-_ ]credentials|storage[-_ ](optimization|initialization|config[-_ ]upgrade)"
    r"|configuring[-_ ].*|pending[-_ ](validation|creation|associate|association|deployment|update|verification)"
    r"|(creation|create|update|updating|validation|deployment)[-_ ]?(in[-_ ]?progress|pending))",
    re.IGNORECASE,
)
_WELL: Final = re.compile(
    r"active|available|running|in[-_ ]?use|ready|ok|online|live|complete|completed|issued|deployed|enabled|success"
    r"|successful|succeeded|in[-_ ]?sync|in[-_ ]?service|healthy|associated|attached|registered|verified|valid"
    r"|(create|creation|update|deployment|validation)[-_ ]?(complete|completed|success|succeeded)",
    re.IGNORECASE,
)
_WAITS: Final = re.compile(r"pending_(confirmation|renewal)")
_ARRIVES: Final = re.compile(r"verified_for_sending_status|confirmation_was_authenticated")
_GAUGE: Final = re.compile(
    r"(estimated|approximate)_.*|.*(size_in_bytes|size_bytes|usage_in_bytes)|recovery_points|item_count|label_count"
    r"|(running|warm|predicted|provisioned)_.*(count|capacity)|warm_pool_size|predicted_capacity|registration_count"
    r"|vgw_telemetry|in_progress_validation_batches|percent_progress"
)


def same_progress(place: Place, before: Value, after: Value) -> bool:
    """A status where one side is a stage on the way, and the other one too or a good end; a flag that came to it."""
    if place.answered and isinstance(before, bool) and isinstance(after, bool):
        return place.named(_WAITS if before else _ARRIVES)
    if not place.answered or not place.named(_STATUS) or not isinstance(before, str) or not isinstance(after, str):
        return False
    stages = [_UNDER_WAY.fullmatch(word) is not None for word in (before, after)]
    fine = [_WELL.fullmatch(word) is not None for word in (before, after)]
    return any(stages) and all(stage or good for stage, good in zip(stages, fine, strict=True))


def same_gauge(place: Place, before: Value, after: Value) -> bool:
    """Two readings of an estimate."""
    # size_in_bytes is a number on some types and a list of one object of numbers on others (EFS).
    gauge = place.answered and _GAUGE.fullmatch(str(place.path[0])) is not None
    return gauge and before is not None and after is not None
