"""Functions between types: ``toset`` and its like, ``coalesce``, ``sensitive``."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.desired.expressions.functions.registry import Function, Functions
from reconciler.desired.expressions.types import BOOL, NUMBER, STRING, convert, of_one_type
from reconciler.desired.expressions.values import (
    FailureError,
    TerraformList,
    TerraformMap,
    TerraformSet,
    is_primitive,
    make_set,
)
from reconciler.drift.values import UNKNOWN, Unknown, Value


def _toset(value: Value) -> Value:
    if value is None or isinstance(value, TerraformSet):
        return value
    if not isinstance(value, list):
        raise FailureError
    elements = of_one_type(value)
    return elements if isinstance(elements, Unknown) else make_set(elements)


def _tolist(value: Value) -> Value:
    if value is None:
        return None
    if not isinstance(value, list):
        raise FailureError
    elements = of_one_type(value)
    return elements if isinstance(elements, Unknown) else TerraformList(elements)


def _tomap(value: Value) -> Value:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise FailureError
    elements = of_one_type([value[key] for key in value])
    return elements if isinstance(elements, Unknown) else TerraformMap(zip(value, elements, strict=True))


def _coalesce(*values: Value) -> Value:
    """The first that is neither null nor ``""``, as the type of all of them."""
    if not all(value is None or is_primitive(value) for value in values):
        return UNKNOWN
    typed = of_one_type(list(values))
    if isinstance(typed, Unknown):
        return UNKNOWN
    for value in typed:
        if value is not None and value != "":
            return value
    raise FailureError


def _coalescelist(*values: Value) -> Value:
    for value in values:
        if not isinstance(value, list):
            raise FailureError
        if value:
            return value
    raise FailureError


FUNCTIONS: Functions = {
    "toset": Function(_toset, nulls=True),
    "tolist": Function(_tolist, nulls=True, shallow=True),
    "tomap": Function(_tomap, nulls=True, shallow=True),
    "tostring": Function(lambda value: convert(value, STRING), nulls=True),
    "tonumber": Function(lambda value: convert(value, NUMBER), nulls=True),
    "tobool": Function(lambda value: convert(value, BOOL), nulls=True),
    "sensitive": Function(lambda value: value, nulls=True, shallow=True),
    "nonsensitive": Function(lambda value: value, nulls=True, shallow=True),
    "coalesce": Function(_coalesce, maximum=None, nulls=True),
    "coalescelist": Function(_coalescelist, maximum=None, shallow=True),
}
