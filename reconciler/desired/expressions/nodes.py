"""The syntax tree of an expression, apart from the parser that makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from reconciler.drift.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A null, bool, number or string written out."""

    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    """The first step of a reference: ``var``, ``local``, ``aws_instance``, a variable of a for-expression."""

    name: str


@dataclass(frozen=True, slots=True)
class GetAttribute:
    """``source.name``."""

    source: Node
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """``source[key]``, and the legacy ``source.0``."""

    source: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Each:
    """The element that a splat is at. It stands only at the bottom of :attr:`Splat.each`."""


@dataclass(frozen=True, slots=True)
class Splat:
    """``source[*].a.b`` and ``source.*.a.b``: ``each`` is what follows the star, on top of :class:`Each`."""

    source: Node
    each: Node


@dataclass(frozen=True, slots=True)
class Unary:
    """``-operand`` or ``!operand``."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """``left operator right``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Conditional:
    """``condition ? then : otherwise``."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class TupleOf:
    """``[a, b]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """``{a = 1}``: a bare name as key is a literal here."""

    items: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class For:
    """A for-expression: a tuple where ``key`` is None, otherwise an object, ``grouped`` with ``...``."""

    first: str
    second: str | None
    collection: Node
    key: Node | None
    value: Node
    condition: Node | None
    grouped: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """``name(arguments)``; with ``expand`` the last argument is followed by ``...``."""

    name: str
    arguments: tuple[Node, ...]
    expand: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """Text with what is interpolated. More than one part, or one that is no interpolation: always a string."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class TemplateFor:
    """``%{ for first, second in collection }body%{ endfor }``."""

    first: str
    second: str | None
    collection: Node
    body: Template


@dataclass(frozen=True, slots=True)
class Opaque:
    """An expression that we do not follow: nested too deeply, or broken. Worth UNKNOWN."""


Node: TypeAlias = (
    Literal
    | Name
    | GetAttribute
    | Index
    | Each
    | Splat
    | Unary
    | Binary
    | Conditional
    | TupleOf
    | ObjectOf
    | For
    | Call
    | Template
    | TemplateFor
    | Opaque
)
