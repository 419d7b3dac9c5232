"""Functions of maps and objects."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.desired.expressions.functions.collections import strings
from reconciler.desired.expressions.functions.registry import Function, Functions
from reconciler.desired.expressions.types import STRING, as_list, convert, of_one_type
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
    if isinstance(name, Unknown):
        return UNKNOWN
    if not default:
        return element_of(members, name)
    found = members.get(name, default[0])
    if name in members and (found is None or is_primitive(found)) and kind(found) == kind(default[0]):
        return found
    # The default and the elements are brought to one type.
    alternatives = [*members.values(), default[0]]
    typed = of_one_type(alternatives)
    if isinstance(typed, Unknown):
        return UNKNOWN
    return (
        dict(zip([*members, name], typed, strict=True))[name]
        if name not in members
        else typed[list(members).index(name)]
    )


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
    "lookup": Function(_lookup, 2, 3, shallow=True),
    "merge": Function(_merge, 0, None, shallow=True, nulls=True),
    "zipmap": Function(_zipmap, 2, 2, shallow=True),
    "transpose": Function(_transpose),
    "matchkeys": Function(_matchkeys, 3, 3),
}
