"""``entry``: collections that several resources fill, compared entry by entry.

A security group shows all its rules, whoever made them; a role all its policies. Both sides of such a collection are
taken apart into entries as AWS keeps them (AWS regroups security group rules at will, so one rule with two ranges and
two rules with one are the same), and an entry that another recorded resource accounts for, by its state or by what is
observed of it, is that resource's. What is left was put there, or taken away, by nobody we know.

A collection that only AWS fills (the members of a cluster, the accounts of an organisation) needs no table: an entry
that names a resource new in the state came with it, one that names a resource gone from the state went with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from reconciler.drift.differ import Difference
from reconciler.drift.explain.collections import COLLECTIONS, Collection
from reconciler.drift.explain.estate import Estate, Held
from reconciler.drift.normalise.documents import policy
from reconciler.drift.values import Sensitive, Value, canonical

_GUARDED: Final = frozenset(t for t, table in COLLECTIONS.items() if any(c.guarded for c in table.values()))


def is_collection(resource_type: str, attribute: str) -> bool:
    """Whether the attribute is compared entry by entry."""
    return attribute in COLLECTIONS.get(resource_type, {})


def accounted_at_once(resource_type: str, attribute: str) -> bool:
    """Whether every entry of the attribute must be accounted for already at the first look, without a baseline."""
    return is_collection(resource_type, attribute) and COLLECTIONS[resource_type][attribute].guarded


def has_guarded(resource_type: str) -> bool:
    """Whether the type has a collection of which every entry must be accounted for."""
    return resource_type in _GUARDED


def measure(held: Held, attribute: str, estate: Estate) -> Value:
    """What a guarded collection is held against where it was never seen before.

    A refresh takes what was put there by hand into the state. So where recorded resources fill the collection, the
    state's copy counts without the entries that are there and that none of them accounts for.
    """
    collection = COLLECTIONS[held.type][attribute]
    recorded, observed = ((side or {}).get(attribute) for side in (held.recorded, held.observed))
    here = {_key(entry) for entry in _accounted(held, collection, estate, then=False)}
    if not here:
        return recorded
    there = {_key(entry) for entry in collection.split(observed, held)}
    entries = list(collection.split(recorded, held))
    kept = [e for e in entries if _key(collection.identity(e)) in here or _key(e) not in there]
    return recorded if len(kept) == len(entries) else kept


def explain(held: Held, difference: Difference, estate: Estate) -> Difference | None:
    """Leave only the entries that nobody accounts for, shown one by one as added and removed."""
    if len(difference.path) > 1 or not (_readable(difference.before) and _readable(difference.after)):
        return difference
    collection = COLLECTIONS.get(held.type, {}).get(str(difference.path[0]))
    if collection is not None:
        return _by_setters(held, collection, difference, estate)
    return _by_arrivals(difference, estate) if difference.attribute.answered else difference


def _readable(value: Value) -> bool:
    """Whether it can be taken apart: a secret cannot, and stays a difference as a whole."""
    return value is None or (isinstance(value, list) and not any(isinstance(v, Sensitive) for v in value))


def _by_setters(held: Held, collection: Collection, difference: Difference, estate: Estate) -> Difference | None:
    here = {_key(entry) for entry in _accounted(held, collection, estate, then=False)}
    # What a resource has set before may go with it, or with its change. That it comes back is news.
    before_too = here | {_key(entry) for entry in _accounted(held, collection, estate, then=True)}
    before = {_key(entry): entry for entry in collection.split(difference.before, held)}
    after = {_key(entry): entry for entry in collection.split(difference.after, held)}
    came = {k: e for k, e in after.items() if k not in before}
    went = {k: e for k, e in before.items() if k not in after}
    added = {k: e for k, e in came.items() if _key(collection.identity(e)) not in here}
    removed = {k: e for k, e in went.items() if _key(collection.identity(e)) not in before_too}
    if not added and not removed:
        return None
    if len(added) == len(came) and len(removed) == len(went):
        return replace(difference, added=tuple(added.values()), removed=tuple(removed.values()))
    # What is explained is taken over into what it is held against, or it would be a difference at the next pass.
    measure = [*(e for k, e in after.items() if k not in added), *removed.values()]
    return replace(difference, before=measure, added=tuple(added.values()), removed=tuple(removed.values()))


def _accounted(held: Held, collection: Collection, estate: Estate, *, then: bool) -> Iterator[Value]:
    names = held.names(*collection.names)
    for rule in collection.setters:
        for setter, side in estate.linked(rule.type, rule.link, names, then=then):
            if setter is not held:
                yield from rule.entries(side, held)


def _by_arrivals(difference: Difference, estate: Estate) -> Difference | None:
    before, after = difference.before or [], difference.after or []
    came = [entry for entry in after if entry not in before]
    went = [entry for entry in before if entry not in after]
    added = [entry for entry in came if not _names_one(entry, estate.arrived)]
    removed = [entry for entry in went if not _names_one(entry, estate.departed)]
    if len(added) == len(came) and len(removed) == len(went):
        return difference
    if not added and not removed:
        return None
    measure = [*(entry for entry in after if entry not in added), *removed]
    return replace(difference, before=measure, added=tuple(added), removed=tuple(removed))


def _names_one(entry: Value, names: frozenset[str]) -> bool:
    if isinstance(entry, Mapping):
        return any(_names_one(value, names) for value in entry.values())
    if isinstance(entry, list):
        return any(_names_one(value, names) for value in entry)
    return entry in names


def _key(entry: Value) -> bytes:
    if isinstance(entry, Mapping) and (document := policy(entry.get("policy"))):
        return canonical({**entry, "policy": document.decode("utf-8", "surrogatepass")})
    return canonical(entry)
