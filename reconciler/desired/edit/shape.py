"""A template's block as an editor sees it, in HCL and in JSON alike: what is written where.

A span is two offsets into the file's text, in characters. The ``value`` of an expression is what it is worth as far as
it is written out, UNKNOWN where it is not, for ``jsonencode`` the document; ``refers`` names the first thing that it
hangs on beside itself, and is empty where all of it is literal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.drift.values import UNKNOWN, Object, Value

Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Leaf:
    """An expression that is not taken apart."""

    span: Span
    value: Value = UNKNOWN
    refers: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list written out."""

    span: Span
    value: Value
    elements: tuple[Expr, ...]
    refers: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object; ``name`` is None where it is computed."""

    name: str | None
    span: Span
    value: Expr


@dataclass(frozen=True, slots=True)
class Members:
    """An object written out."""

    span: Span
    value: Value
    members: tuple[Member, ...]
    refers: str = ""

    def get(self, name: str) -> Member | None:
        """The member of that name."""
        return next((member for member in self.members if member.name == name), None)

    @property
    def is_plain(self) -> bool:
        """Whether all names are written out."""
        return all(member.name is not None for member in self.members)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function that an editor sees through: ``jsonencode``, ``merge``, ``toset``, …."""

    span: Span
    value: Value
    name: str
    arguments: tuple[Expr, ...]
    refers: str = ""


Expr: TypeAlias = Leaf | Items | Members | Call


@dataclass(frozen=True, slots=True)
class Written:
    """``name = expression``, with the span of all of it."""

    name: str
    span: Span
    expression: Expr


class Shape(ABC):
    """The body of a block."""

    @abstractmethod
    def attribute(self, name: str) -> Written | None:
        """The attribute of that name."""

    @abstractmethod
    def blocks(self, name: str) -> tuple[Shape, ...]:
        """The nested blocks of a type; those that ``dynamic`` makes are not among them."""

    @abstractmethod
    def is_dynamic(self, name: str) -> bool:
        """Whether some blocks of a type are made by ``dynamic``."""

    @abstractmethod
    def literal(self) -> Object:
        """What the body says as far as it is written out: attributes, and lists of nested blocks; UNKNOWN elsewhere."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Text that takes the place of a span."""

    span: Span
    text: str


@dataclass(slots=True)
class Edits:
    """Edits of one text, none over another."""

    found: list[Edit] = field(default_factory=list)

    def add(self, start: int, end: int, text: str) -> None:
        """Put a text in place of a span."""
        self.found.append(Edit((start, end), text))

    def applied(self, text: str) -> str:
        """The text after all of them."""
        for edit in reversed(sorted(self.found, key=lambda edit: edit.span)):  # noqa: C413  equal spans in their order
            start, end = edit.span
            text = text[:start] + edit.text + text[end:]
        return text


class Source(ABC):
    """One file's text and how things are put into it. Methods add to ``edits``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.edits = Edits()

    @abstractmethod
    def resource(self, type_: str, name: str) -> Shape | None:
        """The body of a resource block; None also where the file is broken."""

    @abstractmethod
    def replace(self, expression: Expr, value: Value) -> None:
        """Write a value in place of an expression."""

    @abstractmethod
    def add_attribute(self, body: Shape, name: str, value: Value) -> None:
        """Write an argument that is not there yet."""

    @abstractmethod
    def remove_attribute(self, body: Shape, name: str) -> None:
        """Take an argument out."""

    @abstractmethod
    def add_block(self, body: Shape, name: str, lines: Sequence[str], values: Object) -> None:
        """Write a nested block: its lines without indentation, or its values, whichever the syntax needs."""

    @abstractmethod
    def remove_blocks(self, body: Shape, name: str, indexes: Sequence[int]) -> None:
        """Take nested blocks out."""

    @abstractmethod
    def add_member(self, members: Members, name: str, value: Value) -> None:
        """Write a member of an object that is not there yet."""

    @abstractmethod
    def remove_members(self, members: Members, names: Sequence[str]) -> None:
        """Take members out."""

    @abstractmethod
    def add_items(self, items: Items, values: Sequence[Value]) -> None:
        """Write further elements."""

    @abstractmethod
    def remove_items(self, items: Items, indexes: Sequence[int]) -> None:
        """Take elements out."""
