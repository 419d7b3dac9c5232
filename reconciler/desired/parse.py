"""A file of HCL read into blocks: by tree-sitter at once, and where that finds an error, piece by piece.

A broken piece costs only itself. What was read is kept by the content's digest, since most files of a template
are the same at the next pass.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from reconciler.desired.explain import explain
from reconciler.desired.expressions import nodes
from reconciler.desired.expressions.convert import convert
from reconciler.desired.hcl_syntax import Reader
from reconciler.desired.resync import segments
from reconciler.desired.syntax import LABELS, Attribute, Block, Fault, Parsed, Place

if TYPE_CHECKING:
    import tree_sitter

SECONDS: Final = 5.0
"""Time for the parsing of one file. A template of 10 MB takes half of it; garbage takes any time."""

FAULTS: Final = 50
"""Faults of one file that are told."""

OPINIONS: Final = 60_000
"""Characters of one file that python-hcl2 is asked about."""

_EXPONENT = re.compile(rb"(?<![\w.])[0-9]+[eE][-+]?[0-9]+(?![\w.])")
_CHUNK = 1 << 12
_RETURN: Final = re.compile(rb"\r(?!\n)")
_SURE: Final = 100_000  # bytes of anything that are parsed within a second


def _as_name(number: re.Match[bytes]) -> bytes:
    return b"_" + number.group()[1:].replace(b"+", b"_")


@cache
def _language() -> tree_sitter.Language:
    import tree_sitter  # noqa: PLC0415 - only who reads HCL pays for it
    import tree_sitter_hcl  # noqa: PLC0415

    return tree_sitter.Language(tree_sitter_hcl.language())


def parse_expression(text: str) -> nodes.Node:
    """An expression that stands alone; Opaque where it is none."""
    tree = _parse(f"_ = ({text}\n)\n".encode(), _deadline())
    root = tree.root_node if tree else None
    if root is None or root.has_error or len(root.children) != 1 or len(root.children[0].children) != 1:
        return nodes.Opaque()
    attribute = root.children[0].children[0]
    return convert(attribute.children[-1]) if attribute.type == "attribute" else nodes.Opaque()


def parse_template(text: str) -> nodes.Node:
    """A string of JSON syntax, which is a template without quotes and without backslashes."""
    if "${" not in text and "%{" not in text:
        return nodes.Literal(text)
    mark = "_"
    while mark in text:
        mark += "_"
    tree = _parse(f"_ = <<{mark}\n{text}\n{mark}\n".encode(), _deadline())
    root = tree.root_node if tree else None
    if root is None or root.has_error or len(root.children) != 1:
        return nodes.Opaque()
    node = convert(root.children[0].children[0].children[-1])
    return _without_last_newline(node)


def _without_last_newline(node: nodes.Node) -> nodes.Node:
    match node:
        case nodes.Literal(str(text)):
            return nodes.Literal(text.removesuffix("\n"))
        case nodes.Template((*parts, nodes.Literal(str(text)))):
            rest = text.removesuffix("\n")
            return nodes.Template((*parts, nodes.Literal(rest)) if rest else tuple(parts))
        case _:
            return nodes.Opaque()


def _deadline() -> float:
    return time.thread_time() + SECONDS


def _parse(source: bytes, deadline: float, part: tuple[int, int, int] | None = None) -> tree_sitter.Tree | None:
    """Parse the source or a part of it, given as first byte, end and first row; None when time is up."""
    import tree_sitter  # noqa: PLC0415 - see _language

    parser = tree_sitter.Parser(_language())
    if part is not None:
        start, end, row = part
        last_line = source.rfind(b"\n", 0, end) + 1
        end_point = tree_sitter.Point(row + source.count(b"\n", start, end), end - max(last_line, start))
        parser.included_ranges = [tree_sitter.Range(tree_sitter.Point(row, 0), end_point, start, end)]
    if (part[1] - part[0] if part else len(source)) > _SURE:
        # Only a parse that reads through a callback can be stopped. Its tree would read text through it too,
        # at a tenth of the speed, so it only shows whether the text is HCL.
        def read(offset: int, _: object) -> bytes:
            return source[offset : offset + _CHUNK]

        def late(_offset: int, _has_error: bool) -> bool:  # noqa: FBT001 - the callback's signature is tree-sitter's
            return time.thread_time() > deadline

        try:
            trial = parser.parse(read, progress_callback=late)
        except ValueError:  # what it says when it is stopped
            return None
        if trial is None or trial.root_node.has_error:
            return trial
        parser.reset()
    return parser.parse(source)


@dataclass(slots=True)
class _File:
    """One file on its way into blocks."""

    text: str
    source: bytes
    original: bytes
    deadline: float
    blocks: list[Block] = field(default_factory=list)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _newlines: list[int] = field(default_factory=list)
    _asked: int = 0

    def read(self) -> None:
        tree = _parse(self.source, self.deadline)
        if tree is not None and tree.root_node.has_error and _EXPONENT.search(self.source):
            tree = self._without_exponents() or tree
        if tree is not None and not tree.root_node.has_error:
            reader = Reader(self.source, self.original)
            self._take(tree.root_node, reader)
            if not reader.broken:
                self.faults += reader.faults
                return
        self.blocks.clear()
        self.attributes.clear()
        self.faults.clear()
        self._newlines = [at for at, byte in enumerate(self.source) if byte == 0x0A]
        self._piecewise()

    def _without_exponents(self) -> tree_sitter.Tree | None:
        """The tree with a name of equal length for each ``1e3``, which HCL knows and the grammar does not.

        Names that nothing declares are worth UNKNOWN. What stands in a text or a comment stays.
        """
        masked = _EXPONENT.sub(_as_name, self.source)
        trial = _parse(masked, self.deadline)
        if trial is None or trial.root_node.has_error:
            return None
        source = bytearray(self.source)
        for match in _EXPONENT.finditer(self.source):
            found = trial.root_node.descendant_for_byte_range(*match.span())
            if found is not None and found.type == "identifier":
                source[match.start() : match.end()] = _as_name(match)
        tree = _parse(bytes(source), self.deadline)
        if tree is None or tree.root_node.has_error:
            return None
        self.source = bytes(source)
        return tree

    def _piecewise(self) -> None:
        offset = at = 0
        for start, end in segments(self.text):
            # The cuts are in characters, the parser counts bytes.
            offset += len(self.text[at:start].encode())
            length = len(self.text[start:end].encode())
            at = start
            row = bisect_right(self._newlines, offset - 1) if offset else 0
            tree = _parse(self.source, self.deadline, (offset, offset + length, row))
            if tree is None or time.thread_time() > self.deadline:
                message = "too much of it is broken to find out what"
                self.faults.append(Fault(Place(row + 1, 1), message, "terraform validate says more"))
                return
            reader = Reader(self.source)
            self._take(tree.root_node, reader)
            self.faults += reader.faults + reader.broken
            if tree.root_node.has_error:
                lost = reader.place(_first_error(tree.root_node))
                if len(self.faults) < FAULTS:
                    self._asked += end - start
                    ask = self._asked <= OPINIONS
                    self.faults.append(explain(self.text[start:end], row + 1, lost, ask=ask))

    def _take(self, root: tree_sitter.Node, reader: Reader) -> None:
        """Take the top-level blocks that are whole."""
        last_row = -1
        returns = self._returns(root)
        for at in returns:
            place = Place(self.source.count(b"\n", 0, at) + 1, at - self.source.rfind(b"\n", 0, at))
            reader.broken.append(Fault(place, "a carriage return stands alone", "end lines with a newline"))
        for part in root.children:
            if part.type == "object" and not part.has_error:
                reader.broken.append(Fault(reader.place(part), "JSON in a file of HCL", "name it .tf.json"))
            elif part.type == "body":
                for child in part.children:
                    if child.type == "comment" or child.has_error:
                        continue
                    if any(child.start_byte <= at < child.end_byte for at in returns):
                        continue
                    if child.start_point.row == last_row:
                        reader.broken.append(Fault(reader.place(child), "a newline is missing before this"))
                    elif child.type == "block":
                        self._take_block(child, reader)
                    else:
                        reader.add_attribute(child, self.attributes)
                    last_row = child.end_point.row

    def _returns(self, root: tree_sitter.Node) -> list[int]:
        """Where a carriage return without its newline stands, which is blank to the grammar and no character of HCL."""
        found = []
        for match in _RETURN.finditer(self.source, root.start_byte, root.end_byte):
            inside = root.descendant_for_byte_range(match.start(), match.end())
            if inside is None or inside.type != "comment":
                found.append(match.start())
        return found

    def _take_block(self, node: tree_sitter.Node, reader: Reader) -> None:
        broken = len(reader.broken)
        block = reader.block(node)
        if len(reader.broken) == broken:
            self.blocks.append(block)


def _first_error(root: tree_sitter.Node) -> tree_sitter.Node:
    node = root
    while not (node.is_error or node.is_missing):
        node = next((child for child in node.children if child.has_error), node)
        if not node.child_count:
            break
        if not any(child.has_error for child in node.children):
            break
    return node


def syntax_tree(text: str) -> tree_sitter.Tree | None:
    """The grammar's own tree of a whole file, for who edits it; None where the file is not HCL from end to end."""
    source = text.encode()
    tree = _parse(source, _deadline())
    return None if tree is None or tree.root_node.has_error or parse_hcl(text).faults else tree


def parse_hcl(text: str) -> Parsed:
    """Read a whole file; faults are told for what could not be read."""
    source = text.encode()
    file = _File(text, source, source, _deadline())
    file.read()
    return Parsed(tuple(file.blocks), dict(file.attributes), tuple(file.faults[:FAULTS]))


def configuration(parsed: Parsed) -> Parsed:
    """Only what Terraform knows at the top level of a configuration file; a fault for all else."""
    faults = [
        Fault(attribute.place, f'the argument "{name}" stands outside of any block', "put it into a block")
        for name, attribute in parsed.attributes.items()
    ]
    blocks: list[Block] = []
    for block in parsed.blocks:
        labels = LABELS.get(block.type)
        if labels is None:
            faults.append(Fault(block.place, f'Terraform has no block of type "{block.type}"', "check the spelling"))
        elif len(block.labels) != labels:
            message = f'a block of type "{block.type}" takes {labels} labels, here are {len(block.labels)}'
            faults.append(Fault(block.place, message))
        else:
            blocks.append(block)
    return Parsed(tuple(blocks), faults=(*parsed.faults, *faults))
