"""From the entries of a list to resources: identity, tags, and what is AWS's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.drift.listing import Listed
from reconciler.observed.sweep.catalogue import Entry
from reconciler.observed.sweep.expressions import text, value
from reconciler.observed.sweep.faults import BrokenListError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list was read. ``account`` is None where it is not known; then ARNs that need it stay unknown."""

    region: str
    account: str | None = None
    partition: str = "aws"


def read(entry: Entry, item: object, place: Place) -> Listed | None:
    """One entry as a resource; None where the list shows what has already ended.

    Raises:
        BrokenListError: the entry has no id, so it cannot be told from others.
    """
    item = {**item, "_region": place.region, "_account": place.account} if isinstance(item, Mapping) else item
    if entry.gone is not None and value(entry.gone, item):
        return None
    identifier = text(entry.id, item)
    if identifier is None:
        raise BrokenListError(f"{entry.call.operation}: an entry has no id")
    name = text(entry.name, item)
    aliases = (text(alias, item) for alias in entry.aliases)
    return Listed(
        entry.resource_type,
        identifier,
        place.region,
        arn=_arn(entry, item, place, identifier, name),
        name=name,
        aliases=tuple(alias for alias in aliases if alias),
        tags=_tags(value(entry.tags, item)) if entry.tags is not None else None,
        noise=next((reason for reason, when in entry.noise if value(when, item)), None),
        made_by=next(((maker, found) for maker, where in entry.made_by if (found := text(where, item))), None),
    )


def _arn(entry: Entry, item: object, place: Place, identifier: str, name: str | None) -> str | None:
    if entry.arn is None:
        return text(entry.arn_path, item)
    if "{account}" in entry.arn and place.account is None:
        return None
    return entry.arn.format(
        partition=place.partition, region=place.region, account=place.account, id=identifier, name=name
    )


def _tags(raw: Any) -> tuple[tuple[str, str], ...] | None:
    """Tags in any of AWS's shapes: a map, or a list of Key/Value, key/value, TagKey/TagValue pairs."""
    if raw is None:
        return ()
    if isinstance(raw, Mapping):
        return tuple(sorted((str(key), str(held)) for key, held in raw.items()))
    if not isinstance(raw, list):
        return None
    pairs = []
    for tag in raw:
        if not isinstance(tag, Mapping):
            return None
        lower = {str(key).lower().removeprefix("tag"): held for key, held in tag.items()}
        pairs.append((str(lower.get("key", "")), str(lower.get("value") or "")))
    return tuple(sorted(pairs))
