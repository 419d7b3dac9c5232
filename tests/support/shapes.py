"""Random schemas, values of them that no rule for equal values touches, and the places in a value."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st
from support.drifting import attribute

from reconciler.drift.schema import Block, CtyType, NestedBlock, Nesting
from reconciler.drift.values import Path, canonical

SCALAR_TYPES = st.sampled_from(["string", "number", "bool"])
TYPES: st.SearchStrategy[CtyType] = st.recursive(
    SCALAR_TYPES,
    lambda inner: (
        st.tuples(st.sampled_from(["list", "set", "map"]), inner).map(list)
        | st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=2).map(lambda f: ["object", f])
    ),
    max_leaves=4,
)
ATTRIBUTES = st.builds(attribute, st.sampled_from(["R", "O", "OC"]), TYPES)
BLOCKS: st.SearchStrategy[Block] = st.recursive(
    st.dictionaries(st.sampled_from("pqr"), ATTRIBUTES, min_size=1, max_size=3).map(Block),
    lambda inner: st.builds(
        lambda a, n, i: Block(a, {"inner": NestedBlock(n, i)}),
        st.dictionaries(st.sampled_from("pqr"), ATTRIBUTES, max_size=2),
        st.sampled_from([Nesting.LIST, Nesting.SET, Nesting.SINGLE, Nesting.MAP]),
        inner,
    ),
    max_leaves=3,
)
# Values that no rule touches: no zero value, no document, no time, no status.
LEAVES = {
    "string": st.from_regex(r"[a-z]{1,3}", fullmatch=True),
    "number": st.integers(1, 9),
    "bool": st.just(True),
}


def values(type_: CtyType) -> st.SearchStrategy[Any]:
    match type_:
        case ["set", element]:
            return st.lists(values(element), min_size=1, max_size=3, unique_by=canonical)
        case ["list", element]:
            return st.lists(values(element), min_size=1, max_size=3)
        case ["map", element]:
            return st.dictionaries(st.sampled_from(["k", "a.b", ""]), values(element), min_size=1, max_size=2)
        case ["object", dict(fields)]:
            return st.fixed_dictionaries({k: values(t) for k, t in fields.items()})
        case _:
            return LEAVES[type_]


def contents(shape: Block) -> st.SearchStrategy[Any]:
    parts: dict[str, st.SearchStrategy[Any]] = {k: values(a.type) for k, a in shape.attributes.items()}
    for name, inner in shape.blocks.items():
        one = contents(inner.block)
        parts[name] = {
            Nesting.LIST: st.lists(one, min_size=1, max_size=2),
            Nesting.SET: st.lists(one, min_size=1, max_size=2, unique_by=canonical),
            Nesting.SINGLE: one,
            Nesting.MAP: st.dictionaries(st.sampled_from(["k", "a.b"]), one, min_size=1, max_size=2),
        }[inner.nesting]
    return st.fixed_dictionaries(parts)


SHAPED = BLOCKS.flatmap(lambda shape: st.tuples(st.just(shape), contents(shape), contents(shape)))


def steps(shape: Block | CtyType, value: Any, at: Path = ()) -> list[tuple[Path, bool]]:
    """Every leaf's path, and whether a set is on the way; the path is then the outermost set's."""
    found: list[tuple[Path, bool]] = []
    if isinstance(shape, Block):
        for name, inner in value.items():
            if name in shape.attributes:
                found += steps(shape.attributes[name].type, inner, (*at, name))
            else:
                nesting, sub = shape.blocks[name].nesting, shape.blocks[name].block
                if nesting is Nesting.SET:
                    found.append(((*at, name), True))
                elif nesting is Nesting.SINGLE:
                    found += steps(sub, inner, (*at, name))
                else:
                    keyed = inner.items() if isinstance(inner, dict) else enumerate(inner)
                    found += [s for key, v in keyed for s in steps(sub, v, (*at, name, key))]
        return found
    match shape:
        case ["set", _]:
            return [(at, True)]
        case ["list", element]:
            return [s for index, v in enumerate(value) for s in steps(element, v, (*at, index))]
        case ["map", element]:
            return [s for key, v in value.items() for s in steps(element, v, (*at, key))]
        case ["object", dict(fields)]:
            return [s for key, v in value.items() for s in steps(fields[key], v, (*at, key))]
    return [(at, False)]


def at_path(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def put(value: Any, path: Path, new: Any) -> Any:
    value = copy.deepcopy(value)
    at_path(value, path[:-1])[path[-1]] = new
    return value
