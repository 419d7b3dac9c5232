"""Values out of a provider's answers: cty's msgpack and JSON notations, read by type.

Notation: https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol (object wire format).
What does not fit its type is an error, as in Terraform: a value that is half understood would be compared.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from reconciler.drift.schema import CtyType
from reconciler.drift.values import UNKNOWN, Unknown, Value
from reconciler.observed.provider.packing import unpack

_MOST_DIGITS: Final = 400
"""Numbers with more digits stay decimal text: cty keeps 512 bits, about 154 digits, and JSON readers far fewer."""

_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,9})?")


class MalformedValueError(ValueError):
    """Not a value of the type that was promised. The message names the place and no value."""


def from_msgpack(data: bytes, cty_type: CtyType, *, known: bool = False) -> Value:
    """Read cty msgpack; any extension type is cty's *unknown*.

    Args:
        data: the message.
        cty_type: what it is of.
        known: whether it may hold nothing unknown.

    Raises:
        MalformedValueError: not msgpack, not of this type, or unknown where it may not be.
    """
    try:
        return _value(unpack(data, _refuse_unknown) if known else unpack(data), cty_type, "", from_json=False)
    except MalformedValueError:
        raise
    except (ValueError, RecursionError) as e:
        raise MalformedValueError("the answer is not msgpack") from e


def from_json(data: bytes, cty_type: CtyType) -> Value:
    """Read cty's JSON notation.

    Raises:
        MalformedValueError: not JSON, or not of this type.
    """
    try:
        raw = json.loads(data, parse_float=_Decimal, parse_int=_Decimal, parse_constant=_refuse)
        return _value(raw, cty_type, "", from_json=True)
    except MalformedValueError:
        raise
    except (ValueError, RecursionError) as e:
        raise MalformedValueError("the answer is not JSON") from e


class _Decimal(str):
    """A number as it was written in JSON."""

    __slots__ = ()


def _refuse_unknown() -> Unknown:
    raise MalformedValueError("the answer holds unknown values")


def _refuse(_: str) -> None:
    raise MalformedValueError("the answer holds a number that JSON does not know")


def _value(raw: object, cty_type: CtyType, at: str, *, from_json: bool) -> Value:  # noqa: C901, PLR0911, PLR0912 one arm per kind of type
    if raw is None or raw is UNKNOWN:
        return raw
    match cty_type:
        case "string":
            if type(raw) is str:
                return raw
        case "bool":
            if isinstance(raw, bool):
                return raw
        case "number":
            if not isinstance(raw, bool) and isinstance(raw, int | float | str):
                return _number(raw, at)
        case "dynamic":
            inner_type, inner = _dynamic(raw, at, from_json=from_json)
            return _value(inner, inner_type, at, from_json=from_json)
        case ["list" | "set", element]:
            if isinstance(raw, list):
                return [_value(v, element, f"{at}[{i}]", from_json=from_json) for i, v in enumerate(raw)]
        case ["map", element]:
            if isinstance(raw, dict) and all(isinstance(key, str) for key in raw):
                return {k: _value(v, element, f"{at}[…]", from_json=from_json) for k, v in raw.items()}
        case ["tuple", list(elements)]:
            if isinstance(raw, list) and len(raw) == len(elements):
                return [
                    _value(v, t, f"{at}[{i}]", from_json=from_json)
                    for i, (v, t) in enumerate(zip(raw, elements, strict=True))
                ]
        case ["object", dict(attributes), *_]:
            if isinstance(raw, dict) and raw.keys() == attributes.keys():
                return {
                    k: _value(raw[k], t, f"{at}.{k}" if at else k, from_json=from_json) for k, t in attributes.items()
                }
            if isinstance(raw, dict):
                raise MalformedValueError(f"the answer has other attributes than the schema {_place(at)}")
        case _:
            raise MalformedValueError(f"the schema has a type that cty does not know {_place(at)}")
    raise MalformedValueError(f"the answer is not of the schema's type {_place(at)}")


def _place(at: str) -> str:
    return f"at {at}" if at else "at the top"


def _dynamic(raw: object, at: str, *, from_json: bool) -> tuple[CtyType, object]:
    """A value that brings its type: ``[type, value]`` in msgpack, ``{"value": …, "type": …}`` in JSON."""
    match raw:
        case [bytes() | str() as text, value] if not from_json:
            try:
                return json.loads(text), value
            except ValueError as e:
                raise MalformedValueError(f"the answer has a broken type {_place(at)}") from e
        case {"type": cty_type, "value": value} if from_json:
            return cty_type, value
        case _:
            raise MalformedValueError(f"the answer has no type {_place(at)}")


def _number(raw: float | str, at: str) -> Value:
    """An int where it is whole, a float where that loses nothing, else the decimal text."""
    if isinstance(raw, int):
        return raw
    if isinstance(raw, float):
        if not math.isfinite(raw):
            raise MalformedValueError(f"the answer holds an infinite number {_place(at)}")
        return int(raw) if raw.is_integer() else raw
    if not _NUMBER.fullmatch(raw):
        raise MalformedValueError(f"the answer is not a number {_place(at)}")
    exact = Decimal(raw)
    if abs(exact.adjusted()) > _MOST_DIGITS or len(exact.as_tuple().digits) > _MOST_DIGITS:
        return str(raw)
    if exact == exact.to_integral_value():
        return int(exact)
    near = float(exact)
    return near if Decimal(repr(near)) == exact else str(raw)


def as_object(value: Value) -> Mapping[str, Value]:
    """A decoded resource that is not null.

    Raises:
        MalformedValueError: it is null or unknown.
    """
    if not isinstance(value, dict):
        raise MalformedValueError("the answer is not an object")
    return value
