"""Blocks and attributes from tree-sitter's tree of an HCL file, and what the grammar lets pass but HCL does not.

The grammar does not know where a newline must stand and where it must not; :func:`newline_fault` does.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from reconciler.desired.expressions import nodes
from reconciler.desired.expressions.convert import convert
from reconciler.desired.syntax import Attribute, Block, Content, Expression, Fault, Nested, Place

if TYPE_CHECKING:
    import tree_sitter

DEPTH: Final = 60
"""Levels of nested blocks that are read."""

_OPENING = frozenset({"(", "[", "{", "${", "%{"})
_CLOSING = frozenset({")", "]", "}"})
_QUOTED = frozenset({"string_lit", "quoted_template"})
_PACKED = re.compile(rb"[=:][^\n,]*[=:]")  # an object may have two members here without a comma
_SEQUENCES = frozenset({"template_interpolation", "template_directive"})


class HclExpression(Expression):
    """An expression in HCL syntax."""

    def __init__(self, syntax: tree_sitter.Node, place: Place, original: bytes = b"") -> None:
        super().__init__(place)
        self._syntax = syntax
        self._original = original

    @cached_property
    def node(self) -> nodes.Node:
        """Converted from tree-sitter's."""
        return convert(self._syntax)

    @property
    def text(self) -> str:
        """Cut from the source."""
        text = self._original[self._syntax.start_byte : self._syntax.end_byte]
        return (text or self._syntax.text or b"").decode()

    @property
    def is_null(self) -> bool:
        """Whether the source is ``null``."""
        return self._syntax.end_byte - self._syntax.start_byte == 4 and self._syntax.text == b"null"

    @cached_property
    def reference(self) -> nodes.Node:
        """As written; a quoted string is read as what it holds."""
        return unquoted(self.node)

    @property
    def items(self) -> tuple[Expression, ...] | None:
        """The elements of a tuple constructor."""
        inner = self._collection("tuple")
        if inner is None:
            return None
        return tuple(
            HclExpression(child, Place(child.start_point.row + 1, child.start_point.column + 1))
            for child in inner.children
            if child.type == "expression"
        )

    @property
    def members(self) -> Mapping[str, Expression] | None:
        """The members of an object constructor whose keys are literal."""
        inner = self._collection("object")
        if inner is None:
            return None
        found: dict[str, Expression] = {}
        for child in inner.children:
            key, value = child.child_by_field_name("key"), child.child_by_field_name("val")
            if child.type == "object_elem" and key is not None and value is not None:
                name = (key.text or b"").decode().strip().strip('"')
                place = Place(child.start_point.row + 1, child.start_point.column + 1)
                found.setdefault(name, HclExpression(value, place))
        return found

    def _collection(self, type_: str) -> tree_sitter.Node | None:
        if len(self._syntax.children) != 1 or self._syntax.children[0].type != "collection_value":
            return None
        inner = self._syntax.children[0].children[0]
        return inner if inner.type == type_ else None


def unquoted(node: nodes.Node) -> nodes.Node:
    """A string literal that holds a reference, as that reference; anything else as it is."""
    if not isinstance(node, nodes.Literal) or not isinstance(node.value, str):
        return node
    from reconciler.desired.parse import parse_expression  # noqa: PLC0415 - a quoted reference is rare, the cycle is not

    return parse_expression(node.value)


@dataclass(frozen=True, slots=True)
class HclNested(Nested):
    """The blocks of one type in a body in HCL syntax."""

    found: tuple[Block, ...]

    def blocks(self, labels: int = 0) -> tuple[Block, ...]:
        """Those with that many labels."""
        return tuple(block for block in self.found if len(block.labels) == labels)


@dataclass(slots=True)
class Reader:
    """Makes blocks of one source. ``faults`` collects what is wrong in blocks that can still be used.

    ``broken`` are the faults of blocks that cannot: their text may mean something else. ``original`` is the file's own
    text where ``source`` had to be altered for the grammar.
    """

    source: bytes
    original: bytes = b""
    faults: list[Fault] = field(default_factory=list)
    broken: list[Fault] = field(default_factory=list)
    _ascii: bool = True

    def __post_init__(self) -> None:
        """Columns are bytes for tree-sitter; only where all are ASCII are they characters too."""
        self._ascii = self.source.isascii()

    def place(self, node: tree_sitter.Node) -> Place:
        """Where a node begins, in characters."""
        row, column = node.start_point
        if not self._ascii:
            column = len(self.source[node.start_byte - column : node.start_byte].decode(errors="replace"))
        return Place(row + 1, column + 1)

    def block(self, node: tree_sitter.Node, depth: int = 0) -> Block:
        """A block with all that is in it."""
        labels: list[str] = []
        body: tree_sitter.Node | None = None
        opening = node
        children = node.children
        for child in children[1:]:
            match child.type:
                case "identifier":
                    labels.append((child.text or b"").decode())
                case "string_lit":
                    labels.append(self._label(child))
                case "body":
                    body = child
                case "block_start":
                    opening = child
        type_ = (children[0].text or b"").decode()
        place = self.place(node)
        if opening.start_point.row != node.start_point.row:
            self.broken.append(Fault(place, "the opening brace of a block must stand on the block's first line"))
        if depth > DEPTH:
            self.broken.append(Fault(place, f"blocks nested more than {DEPTH} deep"))
            body = None
        if body is not None:
            self._check_lines(body, opening, children[-1])
        content = self.content(body, depth + 1) if body is not None else Content()
        return Block(type_, tuple(labels), content, place)

    def _label(self, node: tree_sitter.Node) -> str:
        text = self.source[node.children[0].end_byte : node.children[-1].start_byte].decode()
        if "${" in text or "%{" in text or "\n" in text:
            self.broken.append(Fault(self.place(node), "a block's label must be a plain string"))
        return text

    def content(self, body: tree_sitter.Node, depth: int) -> Content:
        """The attributes and blocks of a body."""
        attributes: dict[str, Attribute] = {}
        nested: dict[str, list[Block]] = {}
        for child in body.children:
            if child.type == "attribute":
                self.add_attribute(child, attributes)
            elif child.type == "block":
                block = self.block(child, depth)
                nested.setdefault(block.type, []).append(block)
        return Content(attributes, {type_: HclNested(tuple(found)) for type_, found in nested.items()})

    def add_attribute(self, node: tree_sitter.Node, attributes: dict[str, Attribute]) -> None:
        """Put an attribute beside its siblings; the first one of a name stays."""
        attribute = self._attribute(node)
        first = attributes.setdefault(attribute.name, attribute)
        if first is not attribute:
            message = f'the argument "{attribute.name}" was already set at line {first.place.line}'
            self.faults.append(Fault(attribute.place, message, "each argument may be set once; remove one"))

    def _attribute(self, node: tree_sitter.Node) -> Attribute:
        children = node.children
        expression = children[-1]
        place = self.place(node)
        if node.start_point.row != node.end_point.row:
            fault = newline_fault(node, self)
            if fault:
                self.broken.append(fault)
        if _PACKED.search(self.source, expression.start_byte, expression.end_byte):
            packed = _packed_member(expression)
            if packed is not None:
                self.broken.append(Fault(self.place(packed), "a comma or a newline is missing before this"))
        value = HclExpression(expression, self.place(expression), self.original)
        return Attribute((children[0].text or b"").decode(), value, place)

    def _check_lines(self, body: tree_sitter.Node, opening: tree_sitter.Node, closing: tree_sitter.Node) -> None:
        items = [child for child in body.children if child.type != "comment"]
        one_line = opening.start_point.row == closing.start_point.row
        if one_line and len(items) == 1 and items[0].type == "attribute":
            return
        for before, after in itertools.pairwise([opening, *items, closing]):
            if before.end_point.row == after.start_point.row:
                message = (
                    "a newline is missing before this"
                    if after is not closing
                    else "the closing brace needs a line of its own"
                )
                self.broken.append(Fault(self.place(after), message))
                return


def newline_fault(node: tree_sitter.Node, reader: Reader) -> Fault | None:
    """A newline outside of brackets or inside a quoted string; the first one only."""
    depth = 0
    last_row = node.start_point.row
    for leaf in _leaves(node):
        if leaf.type in _QUOTED:
            if _has_newline(leaf, reader.source):
                return Fault(
                    reader.place(leaf), "a quoted string must end on its line", "write \\n, or a heredoc: <<EOT"
                )
            last_row = leaf.end_point.row
            continue
        if leaf.type == "heredoc_template":
            last_row = leaf.end_point.row
            continue
        if depth == 0 and leaf.start_point.row != last_row:
            return Fault(reader.place(leaf), "an expression must end on its line unless it is in brackets")
        if leaf.type in _OPENING:
            depth += 1
        elif leaf.type in _CLOSING:
            depth -= 1
        last_row = leaf.end_point.row
    return None


def _packed_member(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """A member of an object on the line of the one before, and no comma between them."""
    stack = [node]
    while stack:
        top = stack.pop()
        children = [child for child in top.children if child.type != "comment"]
        for before, after in itertools.pairwise(children):
            if before.type == after.type == "object_elem" and before.end_point.row == after.start_point.row:
                return after
        stack += children
    return None


def _leaves(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """Tokens, strings as one, without comments."""
    stack = [node]
    while stack:
        top = stack.pop()
        if top.type in _QUOTED or top.type == "heredoc_template":
            yield top
            # What is interpolated may hold strings of its own, which an outer newline does not excuse.
            stack.extend(child for child in top.children if child.type in _QUOTED)
        elif top.type == "comment":
            continue
        elif top.child_count:
            stack.extend(reversed(top.children))
        else:
            yield top


def _has_newline(node: tree_sitter.Node, source: bytes) -> bool:
    at = node.children[0].end_byte
    for child in node.children[1:]:
        if child.type in _SEQUENCES or child is node.children[-1]:
            if b"\n" in source[at : child.start_byte]:
                return True
            at = child.end_byte
    return b"\n" in source[at : node.children[-1].start_byte]
