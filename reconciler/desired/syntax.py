"""What both syntaxes, HCL and JSON, give: blocks and attributes with their places. No file names, no meaning."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from reconciler.desired.expressions import nodes
from reconciler.errors import Position, TemplateError


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line and column, both from 1; the column counts characters."""

    line: int
    column: int

    def within(self, file: str) -> Position:
        """The place in that file."""
        return Position(file, self.line, self.column)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a file whose name is not known here."""

    place: Place | None
    message: str
    hint: str | None = None

    def within(self, file: str) -> TemplateError:
        """The error for the user."""
        position = self.place.within(file) if self.place else Position(file)
        return TemplateError(self.message, hint=self.hint, position=position)


class Expression(ABC):
    """The right side of an attribute. Its tree is made when first asked for."""

    def __init__(self, place: Place) -> None:
        self.place = place

    @cached_property
    @abstractmethod
    def node(self) -> nodes.Node:
        """The tree."""

    @property
    @abstractmethod
    def text(self) -> str:
        """As HCL source."""

    @property
    @abstractmethod
    def is_null(self) -> bool:
        """Whether it is a literal ``null``: as good as not written."""

    @cached_property
    @abstractmethod
    def reference(self) -> nodes.Node:
        """The tree where Terraform takes a reference or a type: a string then holds one, as JSON and 0.11 write it."""

    @property
    @abstractmethod
    def items(self) -> tuple[Expression, ...] | None:
        """The elements where it is written as a list, otherwise None."""

    @property
    @abstractmethod
    def members(self) -> Mapping[str, Expression] | None:
        """The values by key where it is written as an object with literal keys, otherwise None."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """``name = expression``."""

    name: str
    expression: Expression
    place: Place


class Nested(ABC):
    """All blocks of one type in one body."""

    @abstractmethod
    def blocks(self, labels: int = 0) -> tuple[Block, ...]:
        """Those with that many labels. In JSON the number decides how deep an object is taken apart."""


@dataclass(frozen=True, slots=True)
class Content:
    """The body of a block.

    In JSON an object may be an attribute or a block: it stands in both mappings.
    """

    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    nested: Mapping[str, Nested] = field(default_factory=dict)

    def blocks(self, type_: str, labels: int = 0) -> tuple[Block, ...]:
        """The nested blocks of a type with that many labels."""
        nested = self.nested.get(type_)
        return nested.blocks(labels) if nested else ()

    def expression(self, name: str) -> Expression | None:
        """What is assigned to an attribute; None where nothing or a literal null is."""
        attribute = self.attributes.get(name)
        return None if attribute is None or attribute.expression.is_null else attribute.expression


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its type, labels, body and where it begins."""

    type: str
    labels: tuple[str, ...]
    content: Content
    place: Place


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file: the top-level blocks that could be read, and what is wrong with the rest.

    ``attributes`` are those outside of any block: all there is in a variable file, and wrong elsewhere.
    """

    blocks: tuple[Block, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


LABELS: Mapping[str, int] = {
    "action": 2,
    "check": 1,
    "data": 2,
    "ephemeral": 2,
    "import": 0,
    "list": 2,
    "locals": 0,
    "module": 1,
    "moved": 0,
    "output": 1,
    "provider": 1,
    "removed": 0,
    "resource": 2,
    "terraform": 0,
    "variable": 1,
}
"""The top-level blocks of Terraform and how many labels each has."""
