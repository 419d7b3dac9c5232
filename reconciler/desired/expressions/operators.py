"""Operators, and the choice between two values as ``condition ? a : b`` makes it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Context, Decimal

from reconciler.desired.expressions.types import of_one_type, to_primitive
from reconciler.desired.expressions.values import (
    FailureError,
    TerraformList,
    TerraformMap,
    alike,
    is_number,
    is_primitive,
    kind,
    to_number,
    to_text,
    wholly_known,
)
from reconciler.drift.values import UNKNOWN, Unknown, Value

_DECIMAL = Context(prec=150)
_EXACT: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": _DECIMAL.add,
    "-": _DECIMAL.subtract,
    "*": _DECIMAL.multiply,
    "/": _DECIMAL.divide,
    "%": _DECIMAL.remainder,
}
_COMPARE: Mapping[str, Callable[[Value, Value], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LARGEST = 10**140


def unary(sign: str, operand: Value) -> Value:
    """``-operand`` or ``!operand``.

    Raises:
        FailureError: the operand is of another kind.
    """
    if isinstance(operand, Unknown):
        return UNKNOWN
    if sign == "!":
        return not to_primitive(operand, "bool")
    return -to_primitive(operand, "number")


def binary(sign: str, left: Value, right: Value) -> Value:
    """``left sign right``.

    Raises:
        FailureError: an operand is of another kind.
    """
    if sign in ("==", "!="):
        same = equal(left, right)
        return same if isinstance(same, Unknown) else same is (sign == "==")
    if sign in ("&&", "||"):
        return _logical(left, right, deciding=sign == "||")
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNKNOWN
    one, other = to_primitive(left, "number"), to_primitive(right, "number")
    if sign in _COMPARE:
        return _COMPARE[sign](one, other)
    if sign in "/%" and other == 0:
        return UNKNOWN  # infinite to Terraform
    return _arithmetic(sign, one, other)


def _arithmetic(sign: str, left: float, right: float) -> Value:
    if max(abs(left), abs(right)) > _LARGEST:
        return UNKNOWN  # Terraform rounds at 512 bits
    # Through decimal text: 0.1 + 0.2 is 0.3 for Terraform, whose numbers have 512 bits.
    return to_number(_EXACT[sign](Decimal(repr(left)), Decimal(repr(right))))


def _logical(left: Value, right: Value, *, deciding: bool) -> Value:
    sides = [side if isinstance(side, Unknown) else to_primitive(side, "bool") for side in (left, right)]
    if any(side is deciding for side in sides):
        return deciding
    return UNKNOWN if any(isinstance(side, Unknown) for side in sides) else not deciding


def equal(left: Value, right: Value) -> bool | Unknown:  # noqa: PLR0911 - one return for each kind
    """Terraform's ``==``: no conversion, values of two types are different.

    UNKNOWN for structures whose types differ in a way that our values do not show.
    """
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNKNOWN
    if left is None or right is None:
        return left is right
    if is_primitive(left) and is_primitive(right):
        return kind(left) == kind(right) and bool(left == right)
    if is_primitive(left) or is_primitive(right):
        return False
    if isinstance(left, Mapping) != isinstance(right, Mapping):
        return False
    if kind(left) != kind(right) or not wholly_known(left) or not wholly_known(right):
        return UNKNOWN
    return bool(left == right) if alike([left, right]) else UNKNOWN


def choose(chosen: Value, other: Value, other_kind: str | None = None) -> Value:
    """The chosen value as it is once both are brought to one type.

    ``other_kind`` is what is known of the kind of an UNKNOWN ``other``.

    Raises:
        FailureError: there is no such type.
    """
    if chosen is None or other is None or isinstance(chosen, Unknown):
        return chosen
    if not wholly_known(other) and not _only_text(chosen):
        return chosen if other_kind is not None and other_kind == kind(chosen) else UNKNOWN
    return chosen if isinstance(other, Unknown) else _unify(chosen, other)


def _only_text(value: Value) -> bool:
    if isinstance(value, Mapping):
        return all(_only_text(element) for element in value.values())
    if isinstance(value, list):
        return all(_only_text(element) for element in value)
    return value is None or isinstance(value, str | Unknown)


def _unify(chosen: Value, other: Value) -> Value:  # noqa: PLR0911 - one return for each kind
    if chosen is None or other is None or isinstance(chosen, Unknown) or isinstance(other, Unknown):
        return chosen
    if other in ({}, []) and isinstance(chosen, TerraformMap if isinstance(other, Mapping) else TerraformList):
        return chosen  # what is empty becomes of any element type
    if is_primitive(chosen) and is_primitive(other):
        return _unify_primitives(chosen, other)
    if isinstance(chosen, Mapping) and isinstance(other, Mapping):
        if kind(chosen) == kind(other) == "object" and chosen.keys() == other.keys():
            return {key: _unify(chosen[key], other[key]) for key in chosen}
        return TerraformMap(chosen) if alike([chosen, other]) else UNKNOWN
    if isinstance(chosen, list) and isinstance(other, list):
        if kind(chosen) == kind(other) == "tuple" and len(chosen) == len(other):
            return [_unify(one, another) for one, another in zip(chosen, other, strict=True)]
        if kind(chosen) == kind(other) == "set":
            return chosen if alike([chosen, other]) else UNKNOWN
        return UNKNOWN if "set" in (kind(chosen), kind(other)) else _unify_lists(chosen, other)
    raise FailureError


def _unify_lists(chosen: list[Value], other: list[Value]) -> Value:
    if alike([chosen, other]):
        return TerraformList(chosen)
    typed = of_one_type([*chosen, *other])
    return typed if isinstance(typed, Unknown) else TerraformList(typed[: len(chosen)])


def _unify_primitives(chosen: Value, other: Value) -> Value:
    if kind(chosen) == kind(other):
        return chosen
    if (is_number(chosen) and isinstance(other, bool)) or (isinstance(chosen, bool) and is_number(other)):
        raise FailureError
    return to_text(chosen)
