"""Functions of maps and objects."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.desired.expressions.functions.collections import strings
from reconciler.desired.expressions.functions.registry import Function, Functions
from reconciler.desired.expressions.types import STRING, as_list, convert, of_one_type, to_primitive
from reconciler.desired.expressions.values import (
    LIMIT,
    FailureError,
    TerraformList,
    TerraformMap,
    TooLargeError,
    element_of,
    is_primitive,
    kind,
)
from reconciler.drift.values import UNKNOWN, Object, Unknown, Value


def _object(value: Value) -> Object:
    if not isinstance(value, Mapping):
        raise FailureError
    return value


def _keys(value: Value) -> Value:
    names = sorted(_object(value))
    return TerraformList(names) if isinstance(value, TerraformMap) else names


def _values(value: Value) -> Value:
    elements = [_object(value)[key] for key in sorted(value)]
    return TerraformList(elements) if isinstance(value, TerraformMap) else elements


def _lookup(value: Value, key: Value, *default: Value) -> Value:
    members = _object(value)
    name = convert(key, STRING)
    if name is None:
        raise FailureError
    if isinstance(name, Unknown):
        return UNKNOWN
    if not default:
        return element_of(members, name)
    if name in members:
        return members[name]
    return _as_element(default[0], value) if isinstance(value, TerraformMap) else default[0]


def _as_element(default: Value, value: TerraformMap) -> Value:
    """A default as the element type of a map, which its elements show."""
    kinds = {kind(element) for element in value.values() if element is not None}
    if default is None or (kinds == {kind(default)} and is_primitive(default)):
        return default
    if len(kinds) == 1 and (name := kinds.pop()) in ("string", "number", "bool"):
        return to_primitive(default, name)
    # An empty map does not show it: what reads as a number or a bool might become one.
    is_text = isinstance(default, str) and not re.fullmatch(r"true|false|[-+.0-9].*", default)
    return default if is_text and not value else UNKNOWN


def _merge(*values: Value) -> Value:
    merged: dict[str, Value] = {}
    for value in values:
        if value is not None:
            members = _object(value)
            merged.update((key, members[key]) for key in members)
        if len(merged) > LIMIT:
            raise TooLargeError
    if all(isinstance(value, TerraformMap) for value in values if value is not None):
        elements = of_one_type(list(merged.values()))
        return elements if isinstance(elements, Unknown) else TerraformMap(zip(merged, elements, strict=True))
    return merged


def _zipmap(names: Value, values: Value) -> Value:
    keys, elements = strings(names), as_list(values)
    if len(keys) != len(elements) or None in keys:
        raise FailureError
    members = {str(key): element for key, element in zip(keys, elements, strict=True)}
    return TerraformMap(members) if isinstance(values, TerraformList) else members


def _transpose(value: Value) -> Value:
    turned: dict[str, list[str]] = {}
    for key, each in _object(value).items():
        for text in strings(each):
            turned.setdefault(str(text), []).append(key)
    return TerraformMap((key, TerraformList(sorted(turned[key]))) for key in sorted(turned))


def _matchkeys(values: Value, names: Value, wanted: Value) -> Value:
    if len(as_list(values)) != len(as_list(names)):
        raise FailureError
    keys, search = strings(names), set(strings(wanted))
    return TerraformList(value for value, key in zip(values, keys, strict=True) if key in search)


FUNCTIONS: Functions = {
    "keys": Function(_keys, shallow=True),
    "values": Function(_values, shallow=True),
    "lookup": Function(_lookup, 2, 3, shallow=True, nulls=True),
    "merge": Function(_merge, 0, None, shallow=True, nulls=True),
    "zipmap": Function(_zipmap, 2, 2, shallow=True),
    "transpose": Function(_transpose),
    "matchkeys": Function(_matchkeys, 3, 3),
}
