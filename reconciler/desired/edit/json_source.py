"""A file in JSON syntax under an editor's hands. Strings are templates there, and so is every string that comes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.desired.edit.sequence import Brackets, indent_at
from reconciler.desired.edit.shape import Expr, Items, Leaf, Member, Members, Shape, Source, Span, Written
from reconciler.desired.edit.worth import worth
from reconciler.desired.json_text import JsonArray, JsonFaultError, JsonObject, JsonScalar, JsonValue, read_json
from reconciler.desired.parse import parse_template
from reconciler.desired.syntax import Place
from reconciler.drift.values import UNKNOWN, Object, Value

_COMMENT = "//"


class _Spans:
    """Where values stand: a place is where one begins, JSON itself says where it ends."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [0]
        for line in text.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)

    def at(self, place: Place) -> int:
        return self._lines[place.line - 1] + place.column - 1

    def of(self, value: JsonValue) -> Span:
        start = self.at(value.place)
        _, end = json.JSONDecoder().raw_decode(self._text, start)
        return start, end


@dataclass(frozen=True, slots=True, eq=False)
class JsonBody(Shape):
    """An object that is a block's body."""

    value: JsonObject
    spans: _Spans

    def attribute(self, name: str) -> Written | None:
        """The member of that name; the first of several."""
        for member in self.value.members:
            if member.name == name:
                inner = expression(member.value, self.spans)
                return Written(name, (self.spans.at(member.place), inner.span[1]), inner)
        return None

    def blocks(self, name: str) -> tuple[JsonBody, ...]:
        """Objects, alone or in arrays."""
        return tuple(JsonBody(value, self.spans) for value in self.objects(name))

    def objects(self, name: str) -> list[JsonObject]:
        """The objects that are blocks of a type."""
        found: list[JsonObject] = []
        for member in self.value.members:
            if member.name == name:
                elements = member.value.elements if isinstance(member.value, JsonArray) else (member.value,)
                found += [each for each in elements if isinstance(each, JsonObject)]
        return found

    def is_dynamic(self, name: str) -> bool:
        """Whether a ``dynamic`` makes blocks of the type."""
        return any(each.name == name for made in self.objects("dynamic") for each in made.members)

    def literal(self) -> Object:
        """Members by name. Objects stand as they are written, as one or in arrays."""
        return {
            member.name: expression(member.value, self.spans).value
            for member in self.value.members
            if member.name not in (_COMMENT, "dynamic")
        }


def expression(value: JsonValue, spans: _Spans) -> Expr:
    """A value's shape."""
    span = spans.of(value)
    match value:
        case JsonScalar(str(text)):
            known, refers = worth(parse_template(text))
            return Leaf(span, known, refers)
        case JsonScalar(scalar):
            return Leaf(span, scalar)
        case JsonArray(elements):
            items = tuple(expression(each, spans) for each in elements)
            refers = next((each.refers for each in items if each.refers), "")
            return Items(span, [each.value for each in items], items, refers)
        case JsonObject():
            return _members(value, span, spans)


def _members(value: JsonObject, span: Span, spans: _Spans) -> Members:
    found = []
    for member in value.members:
        name, computed = worth(parse_template(member.name))
        inner = expression(member.value, spans)
        found.append(Member(None if computed else str(name), (spans.at(member.place), inner.span[1]), inner))
    real = [(member, written) for member, written in zip(found, value.members, strict=True) if written.name != _COMMENT]
    refers = next((member.value.refers or "a name" for member, _ in real if member.value.refers or not member.name), "")
    named = all(member.name is not None for member, _ in real)
    known = {str(member.name): member.value.value for member, _ in real} if named else UNKNOWN
    return Members(span, known, tuple(found), refers)


class JsonSource(Source):
    """One file. Shapes given to its methods are its own."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._spans = _Spans(text)
        try:
            self._root: JsonValue | None = read_json(text)
        except JsonFaultError:
            self._root = None

    def resource(self, type_: str, name: str) -> JsonBody | None:
        """The object of a resource; None also where the file is broken."""
        if self._root is None:
            return None
        for types in _below(self._root, "resource"):
            for names in _below(types, type_):
                for value in _below(names, name):
                    if isinstance(value, JsonObject):
                        return JsonBody(value, self._spans)
        return None

    def replace(self, expression: Expr, value: Value) -> None:
        """Write a value in place of another."""
        start, end = expression.span
        self.edits.add(start, end, written(value, indent_at(self.text, start)))

    def add_attribute(self, body: Shape, name: str, value: Value) -> None:
        """Write a member behind the last."""
        self._append(_json(body).value, name, value)

    def remove_attribute(self, body: Shape, name: str) -> None:
        """Take a member out."""
        members = _json(body).value.members
        gone = [index for index, member in enumerate(members) if member.name == name]
        self._brackets(_json(body).value).remove(gone, self.edits)

    def add_block(self, body: Shape, name: str, lines: Sequence[str], values: Object) -> None:
        """Write an object beside those of its type: where one stands alone, the two become an array."""
        del lines
        held = next((member.value for member in _json(body).value.members if member.name == name), None)
        if held is None:
            self._append(_json(body).value, name, values)
            return
        start, end = self._spans.of(held)
        if isinstance(held, JsonArray):
            brackets = self._brackets(held)
            brackets.append([written(values, brackets.indent())], self.edits)
        else:
            indent = indent_at(self.text, start)
            self.edits.add(start, start, "[")
            self.edits.add(end, end, f", {written(values, indent)}]")

    def remove_blocks(self, body: Shape, name: str, indexes: Sequence[int]) -> None:
        """Take objects out; where none is left, the member too."""
        held = next(member.value for member in _json(body).value.members if member.name == name)
        if isinstance(held, JsonArray) and len(set(indexes)) < len(held.elements):
            self._brackets(held).remove(indexes, self.edits)
        else:
            self.remove_attribute(body, name)

    def add_member(self, members: Members, name: str, value: Value) -> None:
        """Write a member behind the last."""
        brackets = self._within(members)
        text = written(value, brackets.indent() if members.members else indent_at(self.text, members.span[0]))
        brackets.append([f"{_text(name)}: {text}"], self.edits)

    def remove_members(self, members: Members, names: Sequence[str]) -> None:
        """Take members out."""
        gone = [index for index, member in enumerate(members.members) if member.name in names]
        self._within(members).remove(gone, self.edits)

    def add_items(self, items: Items, values: Sequence[Value]) -> None:
        """Write further elements behind the last."""
        brackets = self._within(items)
        brackets.append([written(value, brackets.indent()) for value in values], self.edits)

    def remove_items(self, items: Items, indexes: Sequence[int]) -> None:
        """Take elements out."""
        self._within(items).remove(indexes, self.edits)

    def _append(self, value: JsonObject, name: str, member: Value) -> None:
        brackets = self._brackets(value)
        brackets.append([f"{_text(name)}: {written(member, brackets.indent())}"], self.edits)

    def _brackets(self, value: JsonObject | JsonArray) -> Brackets:
        shape = expression(value, self._spans)
        if isinstance(shape, Items | Members):
            return self._within(shape)
        message = "neither an object nor an array"
        raise TypeError(message)

    def _within(self, shape: Items | Members) -> Brackets:
        start, end = shape.span
        parts = shape.elements if isinstance(shape, Items) else shape.members
        spans = tuple(part.span for part in parts)
        return Brackets(self.text, (start + 1, end - 1), spans, trailing_comma=False)


def written(value: Value, indent: str) -> str:
    """A value as JSON whose strings are templates, further lines below the indent."""
    return json.dumps(_escaped(value), ensure_ascii=False, indent=2).replace("\n", f"\n{indent}")


def _escaped(value: Value) -> Value:
    match value:
        case str():
            return value.replace("${", "$${").replace("%{", "%%{")
        case Mapping():
            return {_escaped(name): _escaped(each) for name, each in value.items()}
        case list() | tuple():
            return [_escaped(each) for each in value]
        case _:
            return value


def _text(name: str) -> str:
    return json.dumps(_escaped(name), ensure_ascii=False)


def _below(value: JsonValue, name: str) -> list[JsonValue]:
    """The members of a name, in an object or in an array of them."""
    if isinstance(value, JsonArray):
        return [found for element in value.elements for found in _below(element, name)]
    if isinstance(value, JsonObject):
        return [member.value for member in value.members if member.name == name]
    return []


def _json(body: Shape) -> JsonBody:
    if not isinstance(body, JsonBody):
        message = "a body of another syntax"
        raise TypeError(message)
    return body
