"""Values with the kinds that JSON does not know: sets, lists apart from tuples, maps apart from objects.

They are lists and dicts, so they can be handed on as they are; :func:`plain` takes the kinds off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from reconciler.drift.values import UNKNOWN, Object, Unknown, Value

LIMIT: Final = 100_000
"""Elements of a collection, and leaves of a value, that we follow. Beyond it a value is UNKNOWN."""

TEXT_LIMIT: Final = 4_000_000
"""Characters of a string that we make."""


class FailureError(Exception):
    """Terraform would certainly fail here. What ``try`` and ``can`` catch."""


class TooLargeError(Exception):
    """The work or the value is beyond the limits: the whole expression is UNKNOWN."""


class TerraformList(list[Value]):
    """``list(…)``, all elements of one type. A bare list is a tuple."""

    __slots__ = ()


class TerraformSet(list[Value]):
    """``set(…)``: no element twice, in Terraform's order. Never holds UNKNOWN."""

    __slots__ = ()


class TerraformMap(dict[str, Value]):
    """``map(…)``, all elements of one type. A bare dict is an object."""

    __slots__ = ()


def is_number(value: Value) -> bool:
    """Whether it is a number. Python's bool is an int; Terraform's is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_primitive(value: Value) -> bool:
    """Whether it is a string, number or bool."""
    return isinstance(value, str | int | float)


def wholly_known(value: Value) -> bool:
    """Whether there is no UNKNOWN in it.

    Raises:
        TooLargeError: it has too many leaves to look at.
    """
    stack, seen = [value], 0
    while stack:
        seen += 1
        if seen > LIMIT:
            raise TooLargeError
        top = stack.pop()
        if isinstance(top, Unknown):
            return False
        if isinstance(top, Mapping):
            stack.extend(top.values())
        elif isinstance(top, list):
            stack.extend(top)
    return True


def plain(value: Value) -> Value:
    """The value in JSON's kinds only, lazy objects read out."""
    if isinstance(value, Mapping):
        return {key: plain(element) for key, element in value.items()}
    if isinstance(value, list):
        return [plain(element) for element in value]
    return value


def to_number(value: Decimal) -> int | float:
    """The smallest of our kinds that holds it."""
    if value == value.to_integral_value() and value.adjusted() < 300:
        return int(value)
    return float(value)


def to_text(value: Value) -> str | Unknown:
    """A primitive as Terraform writes it into a string.

    A fraction that binary floats cannot hold to the last digit Terraform would print is UNKNOWN.

    Raises:
        FailureError: it has no text.
    """
    match value:
        case Unknown():
            return UNKNOWN
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if abs(value) < 10**150 else UNKNOWN
        case float():
            digits = Decimal(repr(value))
            return format(digits, "f") if len(digits.as_tuple().digits) <= 15 else UNKNOWN
        case _:
            raise FailureError


def make_set(elements: Iterable[Value]) -> TerraformSet | Unknown:
    """A set of strings, numbers or bools of one kind, or of values compared by their structure.

    UNKNOWN where an element is, and where elements would first have to be brought to one type.
    """
    items = list(elements)
    if not wholly_known(items):
        return UNKNOWN
    kinds = {kind(item) for item in items if item is not None}
    if len(kinds) > 1:
        if not kinds <= {"string", "number", "bool"}:
            return UNKNOWN
        items = [item if item is None else to_text(item) for item in items]
        if not wholly_known(items):
            return UNKNOWN
    if kinds and not kinds <= {"string", "number", "bool"}:
        # Terraform orders a set of structures by an internal hash: one element has an order, more have not.
        return TerraformSet(items[:1]) if all(item == items[0] for item in items) else UNKNOWN
    return TerraformSet(sorted(set(items), key=order))


def order(value: Value) -> tuple[bool, Value]:
    """The order of a set's primitive elements: null last, strings by their UTF-8 bytes."""
    if value is None:
        return (True, 0)
    return (False, value.encode() if isinstance(value, str) else value)


def kind(value: Value) -> str:  # noqa: PLR0911 - one return for each kind
    """The kind of a known value: ``string``, ``number``, ``bool``, ``list``, ``object``, … or ``null``."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case TerraformList():
            return "list"
        case TerraformSet():
            return "set"
        case list():
            return "tuple"
        case TerraformMap():
            return "map"
        case Mapping():
            return "object"
        case _:
            return "unknown"


def alike(values: Iterable[Value]) -> bool:
    """Whether the values are of one type as they stand, so that no conversion happens between them.

    Null and UNKNOWN are of any type. Lists and tuples are alike if their elements are, and so are maps and objects.
    """
    pending = [list(values)]
    seen = 0
    while pending:
        known = [v for v in pending.pop() if v is not None and not isinstance(v, Unknown)]
        seen += len(known)
        if seen > LIMIT:
            raise TooLargeError
        if len(known) < 2:
            continue  # nothing that it could differ from
        if all(kind(v) == "object" and v.keys() == known[0].keys() for v in known):
            pending += [[v[key] for v in known] for key in known[0]]
        elif all(isinstance(v, Mapping) for v in known):
            pending.append([element for v in known for element in v.values()])
        elif all(isinstance(v, list) for v in known):
            pending.append([element for v in known for element in v])
        elif len({kind(v) for v in known}) > 1:
            return False
    return True


def element_of(value: Object, key: str) -> Value:
    """An attribute of an object or element of a map.

    Raises:
        FailureError: there is none of that name.
    """
    try:
        return value[key]
    except KeyError as absent:
        raise FailureError from absent
