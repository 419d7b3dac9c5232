"""``mirror``: ``tags_all`` repeats ``tags``, and tag resources set single tags of other resources.

An instance shows the tags of every volume attached to it. And what AWS moves by itself because the same resource asks
for it: a stage that deploys by itself has another deployment after every change of a route.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.drift.differ import Difference
from reconciler.drift.explain.estate import Estate, Held

TAGS: Final = ("tags", "tags_all")
TAG_SETTERS: Final = {
    "aws_ec2_tag": "resource_id",
    "aws_dynamodb_tag": "resource_arn",
    "aws_ecs_tag": "resource_arn",
    "aws_transfer_tag": "resource_arn",
}
FOLLOWERS: Final = {("aws_apigatewayv2_stage", "deployment_id"): "auto_deploy"}
"""Attributes that AWS moves by itself for as long as another one of the same resource is on."""


def explain(held: Held, difference: Difference, estate: Estate) -> Difference | None:
    """Drop a tag that a tag resource sets, and one of ``tags_all`` that changed in ``tags`` alike.

    The other way round, ``tags`` is what the provider's default tags leave of ``tags_all``: where the defaults have
    moved and nothing has been applied, ``tags`` differs though the cloud's tags, all of them, are as recorded.
    """
    switch = FOLLOWERS.get((held.type, str(difference.path[0])))
    if switch is not None and held.recorded is not None and held.observed is not None:
        return None if held.recorded.get(switch) is held.observed.get(switch) is True else difference
    if _on_attached_volume(held, difference, estate):
        return None
    if len(difference.path) != 2 or difference.path[0] not in TAGS:
        return difference
    root, key = difference.path
    if _set_elsewhere(held, str(key), estate):
        return None
    follows = _differs(held, "tags", str(key)) if root == "tags_all" else not _differs(held, "tags_all", str(key))
    return None if follows else difference


def _differs(held: Held, root: str, key: str) -> bool:
    """Whether the state's and the cloud's maps differ under a key; True for ``tags_all`` where a side has none."""
    recorded, observed = (_side or {} for _side in (held.recorded, held.observed))
    if root == "tags_all" and not (_is_map(recorded.get(root)) and _is_map(observed.get(root))):
        return True
    return _under(recorded.get(root), key) != _under(observed.get(root), key)


def _is_map(value: object) -> bool:
    return isinstance(value, Mapping)


def _under(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, Mapping) else None


def _set_elsewhere(held: Held, key: str, estate: Estate) -> bool:
    names = held.names("id", "arn")
    return any(
        key in setter.names("key")
        for type_, link in TAG_SETTERS.items()
        for then in (False, True)
        for setter, _ in estate.linked(type_, link, names, then=then)
    )


def _on_attached_volume(held: Held, difference: Difference, estate: Estate) -> bool:
    """Whether a tag that came to an instance's ``volume_tags`` is there on a recorded volume attached to it.

    The provider merges the tags of all attached volumes into one map. A tag that went is left to both: the map does
    not tell whose it was.
    """
    if held.type != "aws_instance" or difference.path[:1] != ("volume_tags",) or len(difference.path) != 2:
        return False
    if difference.before is not None or difference.after is None:
        return False
    attached = {
        name
        for attachment, _ in estate.linked("aws_volume_attachment", "instance_id", held.names("id"))
        for name in attachment.names("volume_id")
    }
    return any(
        volume.observed is not None
        and _under(volume.observed.get("tags_all"), str(difference.path[1])) == difference.after
        for volume, _ in estate.linked("aws_ebs_volume", "id", attached)
    )
