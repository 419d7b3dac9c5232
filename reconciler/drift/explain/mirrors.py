"""``mirror``: ``tags_all`` repeats ``tags``, and tag resources set single tags of other resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from reconciler.drift.differ import Difference
from reconciler.drift.explain.estate import Estate, Held

_TAG_SETTERS: Final = {
    "aws_ec2_tag": "resource_id",
    "aws_dynamodb_tag": "resource_arn",
    "aws_ecs_tag": "resource_arn",
    "aws_transfer_tag": "resource_arn",
}


def explain(held: Held, difference: Difference, estate: Estate) -> Difference | None:
    """Drop the keys of ``tags_all`` that changed in ``tags`` alike, and those that a tag resource sets."""
    root = difference.path[0]
    if root not in ("tags", "tags_all"):
        return difference
    keys = _keys_set_elsewhere(held, estate)
    if root == "tags_all":
        keys |= _changed_tags(held)
    if len(difference.path) > 1:
        return None if difference.path[1] in keys else difference
    # The whole map differs where one side has none at all.
    before, after = _as_map(difference.before), _as_map(difference.after)
    left = {key for key in {*before, *after} - keys if before.get(key) != after.get(key)}
    if not left:
        return None
    return replace(
        difference,
        before={k: v for k, v in before.items() if k not in keys} if difference.before is not None else None,
        after={k: v for k, v in after.items() if k not in keys} if difference.after is not None else None,
    )


def _changed_tags(held: Held) -> set[str]:
    """The keys under which ``tags`` differs: that difference is reported there."""
    recorded, observed = _as_map((held.recorded or {}).get("tags")), _as_map((held.observed or {}).get("tags"))
    return {key for key in {*recorded, *observed} if recorded.get(key) != observed.get(key)}


def _keys_set_elsewhere(held: Held, estate: Estate) -> set[str]:
    names = held.names("id", "arn")
    return {
        key
        for type_, link in _TAG_SETTERS.items()
        for setter in estate.setters((type_,), link, names)
        for key in setter.names("key")
    }


def _as_map(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
