"""Functions of numbers."""

from __future__ import annotations

import math
from decimal import Decimal

from reconciler.desired.expressions.functions.collections import whole_number
from reconciler.desired.expressions.functions.registry import Function, Functions
from reconciler.desired.expressions.operators import binary
from reconciler.desired.expressions.types import as_list, to_primitive
from reconciler.desired.expressions.values import FailureError, TerraformList
from reconciler.drift.values import UNKNOWN, Unknown, Value

_RANGE_LIMIT = 1024
_DIGITS = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")


def _number(value: Value) -> int | float:
    number: int | float = to_primitive(value, "number")
    return number


def _range(first: Value, *more: Value) -> Value:
    """``range(limit)``, ``range(start, limit)``, ``range(start, limit, step)``: at most 1,024 numbers."""
    bounds = [_number(value) for value in (first, *more)]
    start, limit = (0, bounds[0]) if len(bounds) == 1 else bounds[:2]
    step = bounds[2] if len(bounds) == 3 else (1 if start <= limit else -1)
    if not all(isinstance(bound, int) for bound in (start, limit, step)):
        return UNKNOWN
    if step == 0 or (start < limit and step < 0) or (start > limit and step > 0):
        raise FailureError
    numbers = range(int(start), int(limit), int(step))
    if len(numbers) > _RANGE_LIMIT:
        raise FailureError
    return TerraformList(numbers)


def _max(*values: Value) -> Value:
    return max(_number(value) for value in values)


def _min(*values: Value) -> Value:
    return min(_number(value) for value in values)


def _sum(value: Value) -> Value:
    elements = as_list(value)
    if not elements:
        raise FailureError
    total: Value = 0
    for element in elements:
        total = binary("+", total, element)
        if isinstance(total, Unknown):
            return UNKNOWN
    return total


def _signum(value: Value) -> Value:
    number = _number(value)
    return (number > 0) - (number < 0)


def _power(base: Value, exponent: Value) -> Value:
    one, other = _number(base), _number(exponent)
    if not isinstance(one, int) or not isinstance(other, int) or not 0 <= other <= 64 or abs(one) > 10**6:
        return UNKNOWN
    power = one**other
    return power if abs(power) < 2**53 else UNKNOWN  # Terraform computes powers in 64-bit floats


def _parseint(text: Value, base: Value) -> Value:
    number = whole_number(base)
    if not isinstance(text, str) or not 2 <= number <= 62:
        raise FailureError
    if number > 36:
        return UNKNOWN
    if not text.removeprefix("-") or not set(text.removeprefix("-").lower()) <= _DIGITS:
        raise FailureError
    try:
        return int(text, number)
    except ValueError as error:
        raise FailureError from error


def _round(value: Value, *, up: bool) -> Value:
    exact = Decimal(repr(_number(value)))
    return math.ceil(exact) if up else math.floor(exact)


FUNCTIONS: Functions = {
    "range": Function(_range, 1, 3),
    "max": Function(_max, maximum=None),
    "min": Function(_min, maximum=None),
    "sum": Function(_sum),
    "abs": Function(lambda value: abs(_number(value))),
    "ceil": Function(lambda value: _round(value, up=True)),
    "floor": Function(lambda value: _round(value, up=False)),
    "signum": Function(_signum),
    "pow": Function(_power, 2, 2),
    "parseint": Function(_parseint, 2, 2),
}
