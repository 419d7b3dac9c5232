"""Expressions for values that recorded resources have, so that a new block refers to them and repeats nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from typing import Final

from reconciler.drift.address import Address
from reconciler.drift.snapshot import RecordedInstance

_NAMES: Final = ("id", "arn")
_OF_CLOUD: Final = re.compile(r"arn:.+|[a-z]+(?:-[a-z]+)*-[0-9a-f]{8,}|https://\S+")
"""Ids that the cloud gave: a name that somebody chose may be another's by chance."""


def references(recorded: Iterable[RecordedInstance], declared: Collection[Address]) -> dict[str, str]:
    """For an id or ARN an expression of the root module, where it is unambiguous.

    Args:
        recorded: the state.
        declared: the resources of the template, without keys: what only the state holds cannot be referred to.
    """
    owners: dict[str, list[tuple[RecordedInstance, str]]] = {}
    for instance in recorded:
        address = instance.address
        if address.module or instance.deposed or instance.flat or address.declaration not in declared:
            continue
        for name, value in _identities(instance.attributes).items():
            owners.setdefault(value, []).append((instance, name))
    found = {}
    for value, holders in owners.items():
        owner = _owner(holders)
        if owner is not None:
            instance, name = owner
            found[value] = f"{instance.address}.{name}"
    return found


def _identities(attributes: bytes) -> dict[str, str]:
    try:
        read = json.loads(attributes)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(read, dict):
        return {}
    found: dict[str, str] = {}
    for name in _NAMES:
        value = read.get(name)
        if isinstance(value, str) and _OF_CLOUD.fullmatch(value) and value not in found.values():
            found[name] = value
    return found


def _owner(holders: list[tuple[RecordedInstance, str]]) -> tuple[RecordedInstance, str] | None:
    """The one that has it; of several the one on which all others depend: a policy has its queue's id."""
    if len(holders) == 1:
        return holders[0]
    for instance, name in holders:
        own = str(instance.address.declaration)
        if all(own in other.dependencies for other, _ in holders if other is not instance):
            return instance, name
    return None
