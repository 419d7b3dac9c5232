"""The shape of blocks and expressions in HCL syntax, with the grammar's nodes behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.desired.edit.shape import Call, Expr, Items, Leaf, Member, Members, Shape, Span, Written
from reconciler.desired.edit.worth import worth
from reconciler.desired.expressions import nodes
from reconciler.desired.expressions.convert import convert
from reconciler.drift.values import UNKNOWN, Object, Value

if TYPE_CHECKING:
    import tree_sitter

SEEN_THROUGH: Final = frozenset({"jsonencode", "merge", "concat", "toset", "tolist", "tomap"})
"""Functions inside of which an editor may change something."""


class Offsets:
    """Byte offsets, which the grammar counts in, as offsets of characters."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._ascii = source.isascii()

    def at(self, byte: int) -> int:
        """The character that begins at a byte."""
        return byte if self._ascii else len(self._source[:byte].decode(errors="replace"))

    def span(self, node: tree_sitter.Node) -> Span:
        """Where a node stands."""
        return self.at(node.start_byte), self.at(node.end_byte)


@dataclass(frozen=True, slots=True, eq=False)
class HclBody(Shape):
    """What stands between a block's braces. ``block`` is the grammar's node of the whole block."""

    block: tree_sitter.Node
    offsets: Offsets

    @property
    def statements(self) -> tuple[tree_sitter.Node, ...]:
        """Attributes and nested blocks, in their order."""
        body = next((child for child in self.block.children if child.type == "body"), None)
        return tuple(child for child in body.children if child.type != "comment") if body is not None else ()

    @property
    def inside(self) -> Span:
        """From behind the opening brace to the closing one."""
        opening = next(child for child in self.block.children if child.type == "block_start")
        return self.offsets.at(opening.end_byte), self.offsets.at(self.block.children[-1].start_byte)

    def attribute(self, name: str) -> Written | None:
        """The attribute of that name."""
        for node in self.statements:
            if node.type == "attribute" and _text(node.children[0]) == name:
                return Written(name, self.offsets.span(node), expression(node.children[-1], self.offsets))
        return None

    def blocks(self, name: str) -> tuple[HclBody, ...]:
        """The nested blocks of a type."""
        return tuple(HclBody(node, self.offsets) for node in self.block_nodes(name) if not labels(node))

    def block_nodes(self, name: str) -> Iterator[tree_sitter.Node]:
        """The grammar's nodes of the nested blocks of a type."""
        for node in self.statements:
            if node.type == "block" and _text(node.children[0]) == name:
                yield node

    def is_dynamic(self, name: str) -> bool:
        """Whether a ``dynamic`` makes blocks of the type, or they have labels."""
        made = any(name in labels(node) for node in self.block_nodes("dynamic"))
        return made or any(labels(node) for node in self.block_nodes(name))

    def literal(self) -> Object:
        """Attributes, and lists of nested blocks."""
        values: dict[str, Value] = {}
        for node in self.statements:
            name = _text(node.children[0])
            if node.type == "attribute":
                values[name] = expression(node.children[-1], self.offsets).value
            elif name == "dynamic":
                values.update(dict.fromkeys(labels(node), UNKNOWN))
            elif values.setdefault(name, []) is not UNKNOWN:
                values[name].append(HclBody(node, self.offsets).literal())
        return values


def labels(block: tree_sitter.Node) -> list[str]:
    """A block's labels without their quotes."""
    return [_text(child).strip('"') for child in block.children[1:] if child.type in ("string_lit", "identifier")]


def expression(node: tree_sitter.Node, offsets: Offsets) -> Expr:
    """An ``expression`` node's shape."""
    tree = convert(node)
    value, refers = worth(tree)
    span = offsets.span(node)
    inner = _only(node)
    if inner is not None and inner.type == "collection_value":
        collection = inner.children[0]
        if collection.type == "tuple":
            items = tuple(expression(child, offsets) for child in _expressions(collection))
            return Items(span, [each.value for each in items], items, refers)
        members = tuple(_members(collection, offsets))
        plain = {str(member.name): member.value.value for member in members}
        return Members(span, plain if all(member.name for member in members) else UNKNOWN, members, refers)
    if inner is not None and inner.type == "function_call":
        name = _text(inner.children[0])
        arguments = next((child for child in inner.children if child.type == "function_arguments"), None)
        listed = arguments is None or all(child.type != "ellipsis" for child in arguments.children)
        if name in SEEN_THROUGH and listed:
            shapes = () if arguments is None else tuple(expression(e, offsets) for e in _expressions(arguments))
            if name == "jsonencode" and len(shapes) == 1:
                value = shapes[0].value
            return Call(span, value, name, shapes, refers)
    return Leaf(span, value, refers)


def _only(node: tree_sitter.Node) -> tree_sitter.Node | None:
    children = [child for child in node.children if child.type != "comment"]
    return children[0] if len(children) == 1 else None


def _expressions(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [child for child in node.children if child.type == "expression"]


def _members(node: tree_sitter.Node, offsets: Offsets) -> Iterator[Member]:
    for child in node.children:
        if child.type == "object_elem":
            name, value = child.child_by_field_name("key"), child.child_by_field_name("val")
            if name is not None and value is not None:
                yield Member(_member_name(name), offsets.span(child), expression(value, offsets))


def _member_name(node: tree_sitter.Node) -> str | None:
    """A key that is written out: a bare name, or a literal."""
    match convert(node):
        case nodes.Name(name):
            return name
        case nodes.Literal(str(name)):
            return name
        case nodes.Literal(int(number)) if not isinstance(number, bool):
            return str(number)
        case _:
            return None


def _text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode()
