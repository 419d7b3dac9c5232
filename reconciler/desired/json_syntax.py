"""Blocks and attributes from a ``.tf.json`` file.

Format: https://developer.hashicorp.com/terraform/language/syntax/json. Strings are templates; an object is an
attribute or a block, which only the provider's schema could tell, so it stands as both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from reconciler.desired.expressions import nodes
from reconciler.desired.json_text import JsonArray, JsonFaultError, JsonObject, JsonScalar, JsonValue, Member, read_json
from reconciler.desired.parse import parse_expression, parse_template
from reconciler.desired.syntax import LABELS, Attribute, Block, Content, Expression, Fault, Nested, Parsed, Place
from reconciler.drift.values import Value

_COMMENT = "//"


class JsonExpression(Expression):
    """A JSON value."""

    def __init__(self, value: JsonValue) -> None:
        super().__init__(value.place)
        self._value = value

    @cached_property
    def node(self) -> nodes.Node:
        """Strings read as templates."""
        return _node(self._value)

    @property
    def text(self) -> str:
        """As HCL source. JSON's strings are HCL's quoted strings, escapes included."""
        return _source(self._value)

    @property
    def is_null(self) -> bool:
        """Whether it is ``null``."""
        return isinstance(self._value, JsonScalar) and self._value.value is None

    @cached_property
    def reference(self) -> nodes.Node:
        """A string read as an expression."""
        if isinstance(self._value, JsonScalar) and isinstance(self._value.value, str):
            return parse_expression(self._value.value)
        return self.node

    @property
    def items(self) -> tuple[Expression, ...] | None:
        """The elements of an array."""
        if not isinstance(self._value, JsonArray):
            return None
        return tuple(JsonExpression(element) for element in self._value.elements)

    @property
    def members(self) -> Mapping[str, Expression] | None:
        """The members of an object."""
        if not isinstance(self._value, JsonObject):
            return None
        return {member.name: JsonExpression(member.value) for member in self._value.members}


class JsonValueExpression(JsonExpression):
    """A JSON value whose strings are no templates, as in variable files."""

    @cached_property
    def node(self) -> nodes.Node:
        """A literal all through."""
        return nodes.Literal(_value(self._value))


def _value(value: JsonValue) -> Value:
    match value:
        case JsonScalar(scalar):
            return scalar
        case JsonArray(elements):
            return [_value(element) for element in elements]
        case JsonObject(members):
            return {member.name: _value(member.value) for member in members}


def _node(value: JsonValue) -> nodes.Node:
    match value:
        case JsonScalar(str(text)):
            return parse_template(text)
        case JsonScalar(scalar):
            return nodes.Literal(scalar)
        case JsonArray(elements):
            return nodes.TupleOf(tuple(_node(element) for element in elements))
        case JsonObject(members):
            return nodes.ObjectOf(
                tuple((parse_template(m.name), _node(m.value)) for m in members if m.name != _COMMENT)
            )


def _source(value: JsonValue) -> str:
    match value:
        case JsonScalar(str(text)):
            return _quoted(text)
        case JsonScalar(scalar):
            return json.dumps(scalar)
        case JsonArray(elements):
            return f"[{', '.join(_source(element) for element in elements)}]"
        case JsonObject(members):
            pairs = (f"{_quoted(m.name)} = {_source(m.value)}" for m in members if m.name != _COMMENT)
            return f"{{ {', '.join(pairs)} }}"


def _quoted(text: str) -> str:
    """A template as a quoted string: outside of ``${…}`` the text is escaped, inside it stays."""
    parts: list[str] = []
    at = depth = 0
    start = 0
    while at < len(text):
        if depth == 0 and text[at : at + 2] in ("${", "%{") and text[max(at - 1, 0) : at] != text[at]:
            parts.append(json.dumps(text[start:at], ensure_ascii=False)[1:-1])
            start, depth = at, 1
            at += 2
            continue
        if depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            if depth == 0:
                parts.append(text[start : at + 1])
                start = at + 1
        at += 1
    rest = text[start:]
    return f'"{"".join(parts)}{rest if depth else json.dumps(rest, ensure_ascii=False)[1:-1]}"'


@dataclass(frozen=True, slots=True)
class JsonNested(Nested):
    """What may be blocks of one type: objects, or arrays of them, below one or more members of that name."""

    found: tuple[Member, ...]

    def blocks(self, labels: int = 0) -> tuple[Block, ...]:
        """Take the objects apart, one level for each label."""
        return tuple(block for member in self.found for block in _blocks(member, labels))


def _blocks(member: Member, labels: int) -> Iterator[Block]:
    for names, place, body in _labelled(member.value, labels, member.place):
        yield Block(member.name, names, _content(body), place)


def _labelled(value: JsonValue, labels: int, place: Place) -> Iterator[tuple[tuple[str, ...], Place, JsonObject]]:
    if isinstance(value, JsonArray):
        for element in value.elements:
            yield from _labelled(element, labels, element.place)
    elif isinstance(value, JsonObject):
        if labels == 0:
            yield (), place, value
            return
        for member in value.members:
            if member.name != _COMMENT:
                for names, at, body in _labelled(member.value, labels - 1, member.place):
                    yield (member.name, *names), at, body


def _content(body: JsonObject) -> Content:
    attributes: dict[str, Attribute] = {}
    nested: dict[str, list[Member]] = {}
    for member in body.members:
        if member.name == _COMMENT:
            continue
        attributes.setdefault(member.name, Attribute(member.name, JsonExpression(member.value), member.place))
        if _may_be_block(member.value):
            nested.setdefault(member.name, []).append(member)
    return Content(attributes, {name: JsonNested(tuple(found)) for name, found in nested.items()})


def _may_be_block(value: JsonValue) -> bool:
    if isinstance(value, JsonArray):
        return all(isinstance(element, JsonObject) for element in value.elements)
    return isinstance(value, JsonObject)


def parse_json(text: str) -> Parsed:
    """Read a whole file of configuration. JSON that cannot be read costs the whole file."""
    try:
        root = read_json(text)
    except JsonFaultError as error:
        return Parsed(faults=(error.fault,))
    if not isinstance(root, JsonObject):
        return Parsed(faults=(Fault(root.place, "a JSON object is expected here"),))
    blocks: list[Block] = []
    faults: list[Fault] = []
    for member in root.members:
        if member.name == _COMMENT:
            continue
        labels = LABELS.get(member.name)
        if labels is None:
            faults.append(Fault(member.place, f'Terraform has no block of type "{member.name}"', "check the spelling"))
            continue
        found = list(_blocks(member, labels))
        if not found and not _is_empty(member.value):
            faults.append(Fault(member.place, f'"{member.name}" takes objects nested {labels + 1} deep'))
        blocks += found
    faults += _repeated(root)
    return Parsed(tuple(blocks), faults=tuple(faults))


def _is_empty(value: JsonValue) -> bool:
    return (isinstance(value, JsonObject) and not value.members) or (
        isinstance(value, JsonArray) and not value.elements
    )


def _repeated(root: JsonValue) -> Iterator[Fault]:
    """Names that stand twice in an object. Blocks may, and whole objects may be blocks."""
    pending = [root]
    while pending:
        value = pending.pop()
        if isinstance(value, JsonArray):
            pending.extend(value.elements)
        elif isinstance(value, JsonObject):
            seen: dict[str, Member] = {}
            for member in value.members:
                first = seen.setdefault(member.name, member)
                if first is member or member.name == _COMMENT:
                    pass
                elif not (_may_be_block(first.value) and _may_be_block(member.value)):
                    message = f'"{member.name}" was already set at line {first.place.line}'
                    yield Fault(member.place, message, "each argument may be set once; remove one")
                pending.append(member.value)


def parse_json_values(text: str) -> Parsed:
    """Read a ``.tfvars.json`` file: an object of variables' values, whose strings are no templates to Terraform."""
    try:
        root = read_json(text)
    except JsonFaultError as error:
        return Parsed(faults=(error.fault,))
    if not isinstance(root, JsonObject):
        return Parsed(faults=(Fault(root.place, "a JSON object is expected here"),))
    return Parsed(attributes={m.name: Attribute(m.name, JsonValueExpression(m.value), m.place) for m in root.members})
