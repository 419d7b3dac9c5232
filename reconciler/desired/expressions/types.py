"""Type constraints of variables, and the conversion of values to them.

Rules: https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias

from reconciler.desired.expressions import nodes
from reconciler.desired.expressions.values import (
    FailureError,
    TerraformList,
    TerraformMap,
    TerraformSet,
    alike,
    is_primitive,
    make_set,
    to_number,
    to_text,
    wholly_known,
)
from reconciler.drift.values import UNKNOWN, Unknown, Value

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Primitive:
    """``string``, ``number``, ``bool`` or ``any``."""

    name: str


@dataclass(frozen=True, slots=True)
class Collection:
    """``list``, ``set`` or ``map`` of one type."""

    kind: str
    element: Type


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute of an object type. ``default`` is for an ``optional`` one."""

    type: Type
    optional: bool = False
    default: Value = None


@dataclass(frozen=True, slots=True)
class ObjectType:
    """``object({…})``."""

    fields: Mapping[str, Field] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TupleType:
    """``tuple([…])``."""

    elements: tuple[Type, ...]


Type: TypeAlias = Primitive | Collection | ObjectType | TupleType

ANY: Final = Primitive("any")
STRING: Final = Primitive("string")
NUMBER: Final = Primitive("number")
BOOL: Final = Primitive("bool")


def read_type(node: nodes.Node, depth: int = 0) -> Type:
    """A type constraint from its expression.

    Raises:
        FailureError: it is none.
    """
    if depth > _DEPTH:
        raise FailureError
    match node:
        case nodes.Name("string" | "number" | "bool" | "any" as name):
            return Primitive(name)
        case nodes.Name("list" | "map" | "set" as name):
            return Collection(name, ANY)
        case nodes.Call("list" | "set" | "map" as name, (element,)):
            return Collection(name, read_type(element, depth + 1))
        case nodes.Call("tuple", (nodes.TupleOf(items),)):
            return TupleType(tuple(read_type(item, depth + 1) for item in items))
        case nodes.Call("object", (nodes.ObjectOf(items),)):
            fields: dict[str, Field] = {}
            for key, value in items:
                if not isinstance(key, nodes.Literal) or not isinstance(key.value, str):
                    raise FailureError
                fields[key.value] = _field(value, depth + 1)
            return ObjectType(fields)
        case nodes.Literal("string" | "list" | "map" as name):  # as Terraform 0.11 wrote it
            return STRING if name == "string" else Collection(name, STRING)
        case _:
            raise FailureError


def _field(node: nodes.Node, depth: int) -> Field:
    match node:
        case nodes.Call("optional", (type_,)):
            return Field(read_type(type_, depth), optional=True)
        case nodes.Call("optional", (type_, default)):
            read = read_type(type_, depth)
            return Field(read, optional=True, default=convert(_constant(default), read))
        case _:
            return Field(read_type(node, depth))


def _constant(node: nodes.Node) -> Value:
    """A default: Terraform allows no references there, we follow what needs no function."""
    match node:
        case nodes.Literal(value):
            return value
        case nodes.Unary("-", nodes.Literal(value)) if isinstance(value, int | float):
            return -value
        case nodes.TupleOf(items):
            return [_constant(item) for item in items]
        case nodes.ObjectOf(items):
            return {str(key.value): _constant(value) for key, value in items if isinstance(key, nodes.Literal)}
        case _:
            return UNKNOWN


def convert(value: Value, type_: Type) -> Value:
    """The value as that type; UNKNOWN where it is, and where Terraform's choice of a type is not ours to tell.

    Raises:
        FailureError: it is not of that type and cannot become so.
    """
    if value is None or isinstance(value, Unknown):
        return value
    match type_:
        case Primitive(name):
            return value if name == "any" else to_primitive(value, name)
        case Collection(kind, element):
            return _collection(value, kind, element)
        case TupleType(elements):
            if not isinstance(value, list) or len(value) != len(elements):
                raise FailureError
            return [convert(item, element) for item, element in zip(value, elements, strict=True)]
        case ObjectType(fields):
            if not isinstance(value, Mapping):
                raise FailureError
            return {name: _attribute(value, name, each) for name, each in fields.items()}


def _attribute(value: Mapping[str, Value], name: str, each: Field) -> Value:
    if name not in value and not each.optional:
        raise FailureError
    given = value.get(name)
    return each.default if given is None else convert(given, each.type)


def _collection(value: Value, kind: str, element: Type) -> Value:
    if kind == "map":
        if not isinstance(value, Mapping):
            raise FailureError
        items = of_one_type([convert(value[key], element) for key in value], element)
        return items if isinstance(items, Unknown) else TerraformMap(zip(value, items, strict=True))
    if not isinstance(value, list):
        raise FailureError
    converted = of_one_type([convert(item, element) for item in value], element)
    if isinstance(converted, Unknown):
        return UNKNOWN
    return make_set(converted) if kind == "set" else TerraformList(converted)


def of_one_type(items: list[Value], element: Type = ANY) -> list[Value] | Unknown:
    """The elements of a collection brought to one type: ``[1, "a"]`` is ``["1", "a"]`` there.

    Raises:
        FailureError: there is none.
    """
    if element != ANY or alike(items):
        return items
    if all(item is None or is_primitive(item) for item in items):
        if not any(isinstance(item, str) for item in items):
            raise FailureError  # numbers and bools have no type in common
        texts = [item if item is None else to_text(item) for item in items]
        return texts if wholly_known(texts) else UNKNOWN
    return UNKNOWN


def to_primitive(value: Value, name: str) -> Value:
    """A known primitive as a string, number or bool.

    Raises:
        FailureError: it is not, and cannot become so.
    """
    match name, value:
        case "string", str() | int() | float():
            return to_text(value)
        case "bool", bool():
            return value
        case "bool", "true" | "1":
            return True
        case "bool", "false" | "0":
            return False
        case "number", bool():
            raise FailureError
        case "number", int() | float():
            return value
        case "number", str() if _NUMBER.fullmatch(value):
            try:
                return to_number(Decimal(value))
            except (InvalidOperation, OverflowError) as overflow:
                raise FailureError from overflow
        case _:
            raise FailureError


def as_list(value: Value) -> list[Value]:
    """The elements of a list, tuple or set.

    Raises:
        FailureError: it is something else.
    """
    if not isinstance(value, list):
        raise FailureError
    return value


def is_set(value: Value) -> bool:
    """Whether it has no indexes."""
    return isinstance(value, TerraformSet)
