"""A file in HCL syntax under an editor's hands. Comments belong to nobody: they stay where they are.

What comes is put where ``terraform fmt`` leaves it. Where a new name is longer than those above it, a blank line parts
them, so that their equals signs need not move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from reconciler.desired.edit.hcl_shape import HclBody, Offsets, labels
from reconciler.desired.edit.sequence import Brackets, indent_at, line_start
from reconciler.desired.edit.shape import Expr, Items, Members, Shape, Source
from reconciler.desired.parse import syntax_tree
from reconciler.desired.write.literal import key, literal
from reconciler.drift.values import Object, Value

if TYPE_CHECKING:
    import tree_sitter

_Made: TypeAlias = Callable[[str], str]


class HclSource(Source):
    """One file. Shapes given to its methods are its own."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._tree = syntax_tree(text)
        self._offsets = Offsets(text.encode())

    def resource(self, type_: str, name: str) -> HclBody | None:
        """The body of a resource block; None also where the file is broken."""
        if self._tree is None:
            return None
        for body in self._tree.root_node.children:
            for node in body.children:
                if node.type == "block" and labels(node) == [type_, name] and _is_resource(node):
                    return HclBody(node, self._offsets)
        return None

    def replace(self, expression: Expr, value: Value) -> None:
        """Write a value in place of an expression; a comment behind it keeps its column where there is room."""
        start, end = expression.span
        before = self.text[line_start(self.text, start) : start]
        alone = self.text[end:].split("\n", 1)[0].strip() == "" and before.rstrip().endswith("=")
        text = literal(value, indent_at(self.text, start), heredoc=alone)
        rest = self.text[end:].split("\n", 1)[0]
        gap = len(rest) - len(rest.lstrip(" "))
        if rest[gap : gap + 1] in ("#", "/") and "\n" not in text + self.text[start:end] and self._in_column(end + gap):
            room = max(1, gap + (end - start) - len(text))
            self.edits.add(start, end + gap, text + " " * room)
        else:
            self.edits.add(start, end, text)

    def _in_column(self, at: int) -> bool:
        """Whether a comment stands below or above another one."""
        start = line_start(self.text, at)
        above = self.text[line_start(self.text, start - 1) : start - 1] if start else ""
        below = self.text[_line_end(self.text, at) + 1 :].split("\n", 1)[0]
        return any(line[at - start : at - start + 1] in ("#", "/") for line in (above, below))

    def add_attribute(self, body: Shape, name: str, value: Value) -> None:
        """Write an argument behind the last one that stands before any nested block."""
        block = _hcl(body)
        leading = _leading_attributes(block.statements)
        if not leading:
            self._put_first(block, lambda indent: f"{name} = {literal(value, indent, heredoc=True)}")
            return
        last = leading[-1]
        start, end = self._offsets.span(last)
        if block.block.start_point.row == block.block.end_point.row:
            self._unfold(block, (start, end), f"{name} = {literal(value, '', heredoc=True)}")
            return
        indent = indent_at(self.text, start)
        text = literal(value, indent, heredoc=True)
        at = _line_end(self.text, end)
        self.edits.add(at, at, f"\n{self._padded(last, name, text, indent)} = {text}")

    def _padded(self, above: tree_sitter.Node, name: str, text: str, indent: str) -> str:
        """The name with the spaces that put its equals sign below the one above, or with a blank line before it."""
        if "\n" in text or above.start_point.row != above.end_point.row:
            return f"{indent}{name}"
        width = above.children[1].start_point.column - above.start_point.column - 1
        return f"{indent}{name:<{width}}" if len(name) <= width else f"\n{indent}{name}"

    def remove_attribute(self, body: Shape, name: str) -> None:
        """Take an argument out with its line."""
        written = body.attribute(name)
        if written is not None:
            self._cut(*written.span)

    def add_block(self, body: Shape, name: str, lines: Sequence[str], values: Object) -> None:
        """Write a nested block behind the last of its type, or behind everything."""
        del values
        block = _hcl(body)
        same = list(block.block_nodes(name))
        statements = block.statements
        if not statements:
            self._put_first(block, lambda indent: f"\n{indent}".join(lines))
            return
        last = same[-1] if same else statements[-1]
        start, end = self._offsets.span(last)
        if block.block.start_point.row == block.block.end_point.row:
            self._unfold(block, (start, end), "\n" + "\n".join(lines))
            return
        indent = indent_at(self.text, start)
        at = _line_end(self.text, end)
        self.edits.add(at, at, "\n" + "".join(f"\n{indent}{line}".rstrip(" ") for line in lines))

    def remove_blocks(self, body: Shape, name: str, indexes: Sequence[int]) -> None:
        """Take nested blocks out with their lines and the blank line before each."""
        found = list(_hcl(body).block_nodes(name))
        for index in indexes:
            self._cut(*self._offsets.span(found[index]))

    def add_member(self, members: Members, name: str, value: Value) -> None:
        """Write a member behind the last."""
        sequence = self._sequence(members)
        indent = sequence.indent() if sequence.in_lines else indent_at(self.text, members.span[0])
        text = literal(value, indent)
        sign = self._sign(members)
        if not sequence.in_lines or not members.members:
            sequence.append([f"{key(name)}{sign}{text}"], self.edits)
            return
        last = members.members[-1]
        written = self.text[last.span[0] : last.span[1]]
        mark = written.find("=")
        head = written[: mark if mark >= 0 else len(written)]
        if sign != " = " or "\n" in text + written:
            sequence.append([f"{key(name)}{sign}{text}"], self.edits)
        elif len(key(name)) < len(head):
            sequence.append([f"{key(name):<{len(head) - 1}} = {text}"], self.edits)
        else:
            at = members.members[-1].span[1]
            end = self.text.index("\n", at)
            ended = self.text[at:end].lstrip().startswith(",")
            self.edits.add(end, end, f"\n\n{indent}{key(name)} = {text}{',' if ended else ''}")

    def _sign(self, members: Members) -> str:
        for member in members.members:
            start, end = member.span[0], member.value.span[0]
            if ":" in self.text[start:end] and "=" not in self.text[start:end]:
                return " : " if " :" in self.text[start:end] else ": "
        return " = "

    def remove_members(self, members: Members, names: Sequence[str]) -> None:
        """Take members out."""
        gone = [index for index, member in enumerate(members.members) if member.name in names]
        self._sequence(members).remove(gone, self.edits)

    def add_items(self, items: Items, values: Sequence[Value]) -> None:
        """Write further elements behind the last."""
        sequence = self._sequence(items)
        sequence.append([literal(value, sequence.indent()) for value in values], self.edits)

    def remove_items(self, items: Items, indexes: Sequence[int]) -> None:
        """Take elements out."""
        self._sequence(items).remove(indexes, self.edits)

    def _sequence(self, expression: Items | Members) -> Brackets:
        start, end = expression.span
        inside = (self.text.index("[{"[isinstance(expression, Members)], start) + 1, end - 1)
        if isinstance(expression, Members):
            spans = tuple(member.span for member in expression.members)
            return Brackets(self.text, inside, spans, newline_parts=True, padded=True)
        return Brackets(self.text, inside, tuple(element.span for element in expression.elements))

    def _put_first(self, block: HclBody, made: _Made) -> None:
        """Write something behind the opening brace of a block without arguments."""
        start, end = block.inside
        indent = indent_at(self.text, start)
        text = f"\n{indent}  {made(indent + '  ')}"
        between = self.text[start:end]
        if not between.strip():
            self.edits.add(start, end, f"{text}\n{indent}")
        elif "\n" in between:
            at = _line_end(self.text, start)
            blank = "\n" if block.statements else ""
            self.edits.add(at, at, text + blank)
        else:
            self.edits.add(start, end, f"{text}\n{indent}  {between.strip()}\n{indent}")

    def _unfold(self, block: HclBody, only: tuple[int, int], text: str) -> None:
        """Give a block on one line lines of its own, and write something behind what it holds."""
        start, end = block.inside
        indent = indent_at(self.text, start)
        more = "".join(f"\n{indent}  {line}".rstrip(" ") for line in text.split("\n"))
        self.edits.add(start, only[0], f"\n{indent}  ")
        self.edits.add(only[1], end, f"{more}\n{indent}")

    def _cut(self, start: int, end: int) -> None:
        """Take a statement out; a blank line goes with it where another one is left."""
        first, last = line_start(self.text, start), _line_end(self.text, end)
        if self.text[first:start].strip():  # a block on one line
            self.edits.add(start, end, "")
            return
        above = self.text[line_start(self.text, first - 1) : first] if first else ""
        below = self.text[last + 1 :].split("\n", 1)[0]
        if above == "\n" and (not below.strip() or below.strip() == "}"):
            first -= 1
        self.edits.add(first, min(last + 1, len(self.text)), "")


def _is_resource(node: tree_sitter.Node) -> bool:
    return node.children[0].text == b"resource"


def _hcl(body: Shape) -> HclBody:
    if not isinstance(body, HclBody):
        message = "a body of another syntax"
        raise TypeError(message)
    return body


def _leading_attributes(statements: Sequence[tree_sitter.Node]) -> list[tree_sitter.Node]:
    leading: list[tree_sitter.Node] = []
    for node in statements:
        if node.type != "attribute":
            break
        leading.append(node)
    return leading


def _line_end(text: str, at: int) -> int:
    newline = text.find("\n", at)
    return len(text) if newline < 0 else newline
