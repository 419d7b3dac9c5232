"""Functions of lists and tuples."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.desired.expressions.functions.registry import Function, Functions
from reconciler.desired.expressions.operators import equal
from reconciler.desired.expressions.types import STRING, as_list, convert, is_set, of_one_type, to_primitive
from reconciler.desired.expressions.values import (
    LIMIT,
    FailureError,
    TerraformList,
    TerraformSet,
    TooLargeError,
    order,
    wholly_known,
)
from reconciler.drift.values import UNKNOWN, Unknown, Value


def whole_number(value: Value) -> int:
    """An argument that has to be an integer.

    Raises:
        FailureError: it is none.
    """
    number = to_primitive(value, "number")
    if not isinstance(number, int):
        raise FailureError
    return number


def strings(value: Value) -> list[str | None]:
    """An argument that has to be a list of strings; numbers and bools become strings.

    Raises:
        FailureError: it is none.
    """
    texts = [convert(item, STRING) for item in as_list(value)]
    if not wholly_known(texts):
        raise TooLargeError
    return texts


def _length(value: Value) -> Value:
    if isinstance(value, str):
        # Terraform counts grapheme clusters.
        return len(value) if value.isascii() and "\r\n" not in value else UNKNOWN
    if isinstance(value, list | Mapping):
        return len(value)
    raise FailureError


def _concat(*lists: Value) -> Value:
    joined = [element for each in lists for element in as_list(each)]
    if len(joined) > LIMIT:
        raise TooLargeError
    if all(isinstance(each, TerraformList) for each in lists):
        typed = of_one_type(joined)
        return typed if isinstance(typed, Unknown) else TerraformList(typed)
    return joined


def _element(value: Value, at: Value) -> Value:
    elements = as_list(value)
    number = whole_number(at)
    if is_set(value) or not elements:
        raise FailureError
    if number < 0:
        return UNKNOWN  # from the end, or refused, as the version goes
    return elements[number % len(elements)]


def _index(value: Value, wanted: Value) -> Value:
    found = _find(value, wanted)
    if found == -1:
        raise FailureError
    return UNKNOWN if found is None else found


def _contains(value: Value, wanted: Value) -> Value:
    # A list of strings is asked for a number as for its text.
    if not isinstance(wanted, str) and any(isinstance(element, str) for element in as_list(value)):
        return UNKNOWN
    found = _find(value, wanted)
    return UNKNOWN if found is None else found >= 0


def _find(value: Value, wanted: Value) -> int | None:
    """Where it is, -1 for nowhere, None where that cannot be told."""
    for at, element in enumerate(as_list(value)):
        same = equal(element, wanted)
        if isinstance(same, Unknown):
            return None
        if same:
            return at
    return -1


def _flatten(value: Value) -> Value:
    flat: list[Value] = []
    stack = list(reversed(as_list(value)))
    while stack:
        element = stack.pop()
        if isinstance(element, list):
            stack.extend(reversed(element))
        elif isinstance(element, Unknown):
            return UNKNOWN  # it might be a list itself
        else:
            flat.append(element)
        if len(stack) + len(flat) > LIMIT:
            raise TooLargeError
    return flat


def _distinct(value: Value) -> Value:
    elements = of_one_type(as_list(value))
    if isinstance(elements, Unknown):
        return UNKNOWN
    if not all(isinstance(element, str) for element in elements):
        if len(elements) > 1_000:
            raise TooLargeError
        unique: list[Value] = []
        for element in elements:
            if element not in unique:
                unique.append(element)
        return TerraformList(unique)
    return TerraformList(dict.fromkeys(elements))


def _compact(value: Value) -> Value:
    return TerraformList(text for text in strings(value) if text)


def _slice(value: Value, start: Value, end: Value) -> Value:
    elements = as_list(value)
    first, last = whole_number(start), whole_number(end)
    if is_set(value) or not 0 <= first <= last <= len(elements):
        raise FailureError
    part = elements[first:last]
    return TerraformList(part) if isinstance(value, TerraformList) else part


def _sort(value: Value) -> Value:
    texts = strings(value)
    if None in texts:
        raise FailureError
    return TerraformList(sorted(texts, key=order))


def _reverse(value: Value) -> Value:
    turned = list(reversed(as_list(value)))
    return TerraformList(turned) if isinstance(value, TerraformList | TerraformSet) else turned


def _one(value: Value) -> Value:
    elements = as_list(value)
    if len(elements) > 1:
        raise FailureError
    return elements[0] if elements else None


def _chunklist(value: Value, size: Value) -> Value:
    width = whole_number(size)
    elements = as_list(value)
    if width < 0:
        raise FailureError
    if width == 0:
        return TerraformList([elements] if elements else [])
    return TerraformList(TerraformList(elements[at : at + width]) for at in range(0, len(elements), width))


def _alltrue(value: Value) -> Value:
    return all(element is not None and to_primitive(element, "bool") for element in as_list(value))


def _anytrue(value: Value) -> Value:
    return any(element is not None and to_primitive(element, "bool") for element in as_list(value))


FUNCTIONS: Functions = {
    "length": Function(_length, shallow=True),
    "concat": Function(_concat, maximum=None, shallow=True),
    "element": Function(_element, 2, 2, shallow=True),
    "index": Function(_index, 2, 2),
    "contains": Function(_contains, 2, 2),
    "flatten": Function(_flatten, shallow=True),
    "distinct": Function(_distinct),
    "compact": Function(_compact),
    "slice": Function(_slice, 3, 3, shallow=True),
    "sort": Function(_sort),
    "reverse": Function(_reverse, shallow=True),
    "one": Function(_one, shallow=True),
    "chunklist": Function(_chunklist, 2, 2, shallow=True),
    "alltrue": Function(_alltrue),
    "anytrue": Function(_anytrue),
}
