"""A provider block's values as cty msgpack: every argument of the schema present, converted as Terraform converts.

Conversions: https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from reconciler.drift.schema import Attribute, Block, CtyType, NestedBlock, Nesting
from reconciler.drift.values import UNKNOWN, Object, Value
from reconciler.errors import ProviderError
from reconciler.observed.provider.packing import pack

_META: Final = frozenset({"alias", "version"})
"""Arguments of a ``provider`` block that are Terraform's own."""


def encode_configuration(values: Object, block: Block) -> bytes:
    """The message for the provider's Configure call.

    Args:
        values: arguments by name; nested blocks as lists of objects, or one object.
        block: the provider's own schema.

    Raises:
        ProviderError: an argument that the provider does not have, or a value that cannot be converted.
    """
    return pack(_block({k: v for k, v in values.items() if k not in _META or k in block.attributes}, block, ""))


def encode_value(value: Value, cty_type: CtyType) -> bytes:
    """Any value as cty msgpack of a type.

    Raises:
        ProviderError: the value cannot be converted to the type.
    """
    return pack(_convert(value, cty_type, ""))


def _refuse(at: str, why: str) -> ProviderError:
    return ProviderError(
        f"the provider configuration does not fit the provider: {at or 'it'} {why}",
        hint="compare the provider block with the documentation of this provider version",
    )


def _block(values: Mapping[str, Value], block: Block, at: str) -> dict[str, object]:
    for name in values:
        if name not in block.attributes and name not in block.blocks:
            raise _refuse(f"{at}{name}", "is no argument of it")
    encoded: dict[str, object] = {
        name: _attribute(values.get(name), attribute, f"{at}{name}") for name, attribute in block.attributes.items()
    }
    for name, nested in block.blocks.items():
        encoded[name] = _nested(values.get(name), nested, f"{at}{name}", missing_is_empty=True)
    return encoded


def _attribute(value: Value, attribute: Attribute, at: str) -> object:
    if attribute.nested is not None:
        return _nested(value, attribute.nested, at, missing_is_empty=False)
    return _convert(value, attribute.type, at)


def _nested(value: Value, nested: NestedBlock, at: str, *, missing_is_empty: bool) -> object:
    """A block or nested attribute. A block that is not written is empty; an attribute is null."""
    if value is UNKNOWN:
        return UNKNOWN
    if value is None and not missing_is_empty:
        return None
    block = nested.block
    match nested.nesting:
        case Nesting.LIST | Nesting.SET:
            each = _as_list(value)
            return [_block(_as_object(v, f"{at}[{i}]"), block, f"{at}[{i}].") for i, v in enumerate(each)]
        case Nesting.MAP:
            entries = _as_object(value or {}, at)
            return {key: _block(_as_object(v, at), block, f"{at}.{key}.") for key, v in entries.items()}
        case Nesting.SINGLE | Nesting.GROUP:
            each = _as_list(value)
            if len(each) > 1:
                raise _refuse(at, "may stand only once")
            if not each:
                return _block({}, block, f"{at}.") if nested.nesting is Nesting.GROUP else None
            return _block(_as_object(each[0], at), block, f"{at}.")


def _as_list(value: Value) -> list[Value]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _as_object(value: Value, at: str) -> Mapping[str, Value]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise _refuse(at, "must be an object")
    return value


def _convert(value: Value, cty_type: CtyType, at: str) -> object:  # noqa: C901, PLR0911 one arm per kind of type
    if value is UNKNOWN:
        return UNKNOWN
    if value is None:
        return None
    match cty_type:
        case "string":
            return _string(value, at)
        case "bool":
            return _bool(value, at)
        case "number":
            return _number(value, at)
        case "dynamic":
            own = _own_type(value, at)
            return [json.dumps(own, separators=(",", ":")).encode(), _convert(value, own, at)]
        case ["list", element] if isinstance(value, list | tuple):
            return [_convert(v, element, f"{at}[{i}]") for i, v in enumerate(value)]
        case ["set", element] if isinstance(value, list | tuple):
            members = [_convert(v, element, f"{at}[{i}]") for i, v in enumerate(value)]
            return [v for i, v in enumerate(members) if v not in members[:i]]
        case ["tuple", list(elements)] if isinstance(value, list | tuple) and len(value) == len(elements):
            return [_convert(v, t, f"{at}[{i}]") for i, (v, t) in enumerate(zip(value, elements, strict=True))]
        case ["map", element] if isinstance(value, Mapping):
            return {key: _convert(v, element, f"{at}[…]") for key, v in _as_object(value, at).items()}
        case ["object", dict(types), *_] if isinstance(value, Mapping):
            # Terraform drops what the type does not have, and wants the rest unless the type calls it optional;
            # providers treat a null as left out, so a missing one is null here.
            return {name: _convert(value.get(name), t, f"{at}.{name}") for name, t in types.items()}
        case _:
            raise _refuse(at, "has a value of another type than the schema's")


def _string(value: Value, at: str) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return format(Decimal(repr(value)), "f").removesuffix(".0")
        case _:
            raise _refuse(at, "must be a string")


def _bool(value: Value, at: str) -> bool:
    match value:
        case bool():
            return value
        case "true" | "1":
            return True
        case "false" | "0":
            return False
        case _:
            raise _refuse(at, "must be true or false")


def _number(value: Value, at: str) -> int | float | str:
    """Msgpack's own numbers where they hold the value exactly, else decimal text, as cty writes big numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _refuse(at, "must be a number")
    try:
        exact = Decimal(value) if isinstance(value, str) else Decimal(repr(value))
    except InvalidOperation as e:
        raise _refuse(at, "must be a number") from e
    if not exact.is_finite() or abs(exact.adjusted()) > 400:
        raise _refuse(at, "must be a number")
    if exact == exact.to_integral_value():
        whole = int(exact)
        return whole if -(2**63) <= whole < 2**64 else str(whole)
    near = float(exact)
    return near if Decimal(repr(near)) == exact else format(exact, "f")


def _own_type(value: Value, at: str) -> CtyType:
    """The type that a value has by itself."""
    match value:
        case None:
            return "dynamic"
        case str():
            return "string"
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case list() | tuple():
            return ["tuple", [_own_type(v, f"{at}[{i}]") for i, v in enumerate(value)]]
        case Mapping():
            return ["object", {k: _own_type(v, f"{at}.{k}") for k, v in _as_object(value, at).items()}]
        case _:
            raise _refuse(at, "has a value that no provider knows")
