"""Functions of sets, and ``setproduct``."""

from __future__ import annotations

import itertools
import math

from reconciler.desired.expressions.functions.registry import Function, Functions
from reconciler.desired.expressions.types import as_list, of_one_type
from reconciler.desired.expressions.values import (
    LIMIT,
    TerraformList,
    TerraformSet,
    TooLargeError,
    is_primitive,
    make_set,
)
from reconciler.drift.values import UNKNOWN, Unknown, Value


def _common(sets: tuple[Value, ...]) -> list[list[Value]] | Unknown:
    """The arguments with all their elements of one primitive type; UNKNOWN for sets of structures."""
    elements = [element for each in sets for element in as_list(each)]
    typed = of_one_type(elements)
    if isinstance(typed, Unknown) or not all(is_primitive(element) for element in elements):
        return UNKNOWN
    parts = iter(typed)
    return [list(itertools.islice(parts, len(each))) for each in sets]


def _setunion(*sets: Value) -> Value:
    parts = _common(sets)
    return parts if isinstance(parts, Unknown) else make_set(element for part in parts for element in part)


def _setintersection(*sets: Value) -> Value:
    parts = _common(sets)
    if isinstance(parts, Unknown):
        return UNKNOWN
    return make_set(element for element in parts[0] if all(element in part for part in parts[1:]))


def _setsubtract(one: Value, other: Value) -> Value:
    parts = _common((one, other))
    if isinstance(parts, Unknown):
        return UNKNOWN
    without = set(parts[1])
    return make_set(element for element in parts[0] if element not in without)


def _setproduct(*sets: Value) -> Value:
    parts = [as_list(each) for each in sets]
    if any(isinstance(part, TerraformSet) for part in parts):
        if not all(isinstance(part, TerraformSet) for part in parts):
            return UNKNOWN
        # A set of tuples goes by an order of its own, except where there is none.
        return TerraformSet() if not all(parts) else UNKNOWN
    if math.prod(len(part) for part in parts) > LIMIT:
        raise TooLargeError
    return TerraformList(list(pick) for pick in itertools.product(*parts))


FUNCTIONS: Functions = {
    "setunion": Function(_setunion, maximum=None),
    "setintersection": Function(_setintersection, maximum=None),
    "setsubtract": Function(_setsubtract, 2, 2),
    "setproduct": Function(_setproduct, 2, None, shallow=True),
}
