"""The structural difference of two values of one attribute, by the provider's schema.

Scalars and documents differ as a whole, objects and maps by their keys, lists by their places where the length is the
same, sets by what came and what went.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.drift.normalise import Place, same
from reconciler.drift.schema import Attribute, Block, CtyType, NestedBlock, Nesting
from reconciler.drift.values import Path, Sensitive, Value, canonical, is_zero

# What a nested block's own place says of it: a template writes it, nobody computes it.
_WRITTEN = Attribute(optional=True)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two values that are not the same, at a path. ``added`` and ``removed`` tell a set's story."""

    path: Path
    before: Value
    after: Value
    attribute: Attribute
    added: tuple[Value, ...] | None = None
    removed: tuple[Value, ...] | None = None

    @property
    def sensitive(self) -> bool:
        """Whether a secret is in it."""
        return self.attribute.sensitive or _holds_secret(self.before) or _holds_secret(self.after)


def differences(
    resource_type: str, block: Block, name: str, before: Value, after: Value, *, whole: bool = False
) -> list[Difference]:
    """What differs in one top-level attribute or block, sorted by path; with ``whole`` as one difference or none."""
    attribute = block.attributes.get(name)
    if attribute is not None:
        place = Place(resource_type, (name,), attribute, attribute.type)
        found = _attribute(place, before, after)
    else:
        place = Place(resource_type, (name,), _WRITTEN, None)
        found = _nested(place, block.blocks[name], before, after)
    if whole:
        return [Difference(place.path, before, after, place.attribute)] if any(True for _ in found) else []
    return sorted(found, key=lambda difference: tuple(map(str, difference.path)))


def _attribute(place: Place, before: Value, after: Value) -> Iterator[Difference]:
    nested = place.attribute.nested
    if place.attribute.write_only:
        return iter(())
    return _nested(place, nested, before, after) if nested else _typed(place, before, after)


def _typed(place: Place, before: Value, after: Value) -> Iterator[Difference]:
    if same(place, before, after):
        return
    match place.type:
        case ["set", element]:
            yield from _set(place, _Typed(element), before, after)
        case ["list", element] if _same_length(before, after):
            for index, (old, new) in enumerate(zip(before, after, strict=True)):
                yield from _typed(_step(place, index, element), old, new)
        case ["map", element] if _maps(before, after):
            # No map at all and a map are told apart key by key: that is where ignore_changes and people look.
            old, new = before or {}, after or {}
            for key in {*old, *new}:
                yield from _typed(_step(place, key, element, in_map=True), old.get(key), new.get(key))
        case ["object", dict(fields), *_] if _both(dict, before, after):
            for key in {*before, *after}:
                yield from _typed(_step(place, key, fields.get(key, "dynamic")), before.get(key), after.get(key))
        case _:
            yield Difference(place.path, before, after, place.attribute)


def _nested(place: Place, nested: NestedBlock, before: Value, after: Value) -> Iterator[Difference]:
    if same(place, before, after):
        return
    block = nested.block
    match nested.nesting:
        case Nesting.SET:
            yield from _set(place, block, before, after)
        case Nesting.LIST if _same_length(before, after):
            for index, (old, new) in enumerate(zip(before, after, strict=True)):
                yield from _block(_step(place, index, None), block, old, new)
        case Nesting.MAP if _both(dict, before, after):
            for key in {*before, *after}:
                yield from _block(_step(place, key, None), block, before.get(key), after.get(key))
        case Nesting.SINGLE | Nesting.GROUP:
            yield from _block(place, block, before, after)
        case _:
            yield Difference(place.path, before, after, place.attribute)


def _block(place: Place, block: Block, before: Value, after: Value) -> Iterator[Difference]:
    if before == after:
        return
    if not _both(dict, before, after):
        yield Difference(place.path, before, after, place.attribute)
        return
    for name, attribute in block.attributes.items():
        inner = Place(place.resource_type, (*place.path, name), attribute, attribute.type)
        yield from _attribute(inner, before.get(name), after.get(name))
    for name, nested in block.blocks.items():
        inner = Place(place.resource_type, (*place.path, name), _WRITTEN, None)
        yield from _nested(inner, nested, before.get(name), after.get(name))


@dataclass(frozen=True, slots=True)
class _Typed:
    """An element type, beside :class:`Block` for sets of blocks."""

    type: CtyType


def _set(place: Place, element: _Typed | Block, before: Value, after: Value) -> Iterator[Difference]:
    old = [] if before is None else before
    new = [] if after is None else after
    if not _both(list, old, new):
        yield Difference(place.path, before, after, place.attribute)
        return
    removed, added = _unmatched(old, new), _unmatched(new, old)
    # What is left differs in its text; whether it differs in meaning, the rules for equal values tell. Only elements
    # that agree in all that no rule touches can mean the same, so that a large set does not try every pair.
    candidates: dict[bytes, list[Value]] = {}
    for value in added:
        candidates.setdefault(_rigid(place, element, value), []).append(value)
    lost = []
    for value in removed:
        rivals = candidates.get(_rigid(place, element, value), [])
        twin = next((index for index, other in enumerate(rivals) if _equal(place, element, value, other)), None)
        if twin is None:
            lost.append(value)
        else:
            rivals.pop(twin)
    left = {id(value) for rivals in candidates.values() for value in rivals}
    came = [value for value in added if id(value) in left]
    if lost or came:
        yield Difference(place.path, before, after, place.attribute, tuple(came), tuple(lost))


def _unmatched(values: list[Value], others: list[Value]) -> list[Value]:
    """Values not among the others, each as often as it is missing there."""
    left = Counter(map(canonical, others))
    missing = []
    for value in values:
        key = canonical(value)
        if left[key]:
            left[key] -= 1
        else:
            missing.append(value)
    return missing


def _rigid(place: Place, element: _Typed | Block, value: Value) -> bytes:
    """What of an element no rule for equal values touches: elements that mean the same agree in it."""
    if place.answered:
        return b""
    return canonical(_written(element, value) if isinstance(element, Block) else _folded(value))


def _written(block: Block, value: Value) -> Value:
    """A block's value without what only the provider sets, all the way down."""
    if isinstance(value, list):
        return sorted(canonical(_written(block, v)).decode("utf-8", "surrogatepass") for v in value)
    if not isinstance(value, Mapping):
        return _folded(value)
    return {
        name: _written(block.blocks[name].block, v) if name in block.blocks else _folded(v)
        for name, v in value.items()
        if not is_zero(v) and not (name in block.attributes and block.attributes[name].answered)
    }


def _folded(value: Value) -> Value:
    """Without unset fields, the order of lists and the text of documents."""
    if isinstance(value, dict):
        return {k: _folded(v) for k, v in value.items() if not is_zero(v)}
    if isinstance(value, list):
        return sorted(canonical(_folded(v)).decode("utf-8", "surrogatepass") for v in value if not is_zero(v))
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return "{" if isinstance(value, str) and value.lstrip()[:1] in ("{", "[") else value


def _equal(place: Place, element: _Typed | Block, before: Value, after: Value) -> bool:
    if isinstance(element, Block):
        return not any(_block(place, element, before, after))
    return not any(_typed(replace(place, type=element.type), before, after))


def _step(place: Place, step: str | int, type_: CtyType, *, in_map: bool = False) -> Place:
    return Place(place.resource_type, (*place.path, step), place.attribute, type_, in_map)


def _maps(before: Value, after: Value) -> bool:
    """Two maps, or one and nothing."""
    return _both(dict, before if before is not None else {}, after if after is not None else {})


def _same_length(before: Value, after: Value) -> bool:
    return _both(list, before, after) and len(before) == len(after)


def _both(kind: type, before: Value, after: Value) -> bool:
    return isinstance(before, kind) and isinstance(after, kind)


def _holds_secret(value: Value) -> bool:
    match value:
        case Sensitive():
            return True
        case Mapping():
            return any(_holds_secret(v) for v in value.values())
        case list():
            return any(_holds_secret(v) for v in value)
        case _:
            return False
