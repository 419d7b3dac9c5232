"""Lists and objects as text between brackets: elements come and go, each line of the others stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from reconciler.desired.edit.shape import Edits, Span


@dataclass(frozen=True, slots=True)
class Brackets:
    """Elements between brackets. ``inside`` is what stands between the brackets.

    ``newline_parts``: a newline parts elements as a comma does (HCL's objects). ``trailing_comma``: one may follow the
    last.
    """

    text: str
    inside: Span
    elements: tuple[Span, ...]
    newline_parts: bool = False
    trailing_comma: bool = True
    padded: bool = False

    def indent(self) -> str:
        """The whitespace before the line of the last element, or of the opening bracket."""
        return indent_at(self.text, self.elements[-1][0] if self.elements else self.inside[0])

    @property
    def in_lines(self) -> bool:
        """Whether each element has lines of its own."""
        if not self.elements:
            return False
        starts_line = all(self.text[line_start(self.text, s) : s].isspace() or not s for s, _ in self.elements)
        return starts_line and "\n" in self._rest()

    def _rest(self) -> str:
        return self.text[self.elements[-1][1] : self.inside[1]]

    def append(self, new: Sequence[str], edits: Edits) -> None:
        """Put elements behind the last."""
        start, end = self.inside
        if not self.elements:
            gap = " " if self.padded else ""
            # A comment between the brackets stays before what comes.
            if self.text[start:end].strip():
                indent = indent_at(self.text, start)
                lines = "".join(f"\n{indent}  {text}," for text in new)
                kept = self.text[start:end].rstrip()
                edits.add(start + len(kept), end, f"{lines}\n{indent}")
            else:
                edits.add(start, end, f"{gap}{', '.join(new)}{gap}")
            return
        last = self.elements[-1][1]
        if not self.in_lines:
            edits.add(last, last, "".join(f", {text}" for text in new))
            return
        rest = self._rest()
        ended = rest.lstrip().startswith(",")
        at = last + rest.index("\n")
        comma = ended or not self.newline_parts
        if not ended and comma:
            edits.add(last, last, ",")
        below = [f"\n{self.indent()}{text}" for text in new]
        edits.add(at, at, (("," if comma else "").join(below)) + ("," if ended else ""))

    def remove(self, indexes: Sequence[int], edits: Edits) -> None:
        """Take elements out with their lines, or with a comma each."""
        count = len(self.elements)
        gone = sorted(set(indexes))
        if len(gone) == count:
            start, end = self.inside
            first, last = self.elements[0][0], self.elements[-1][1]
            commented = "#" in self.text[start:first] or "//" in self.text[start:first]
            edits.add(line_start(self.text, first) if commented else start, last if commented else end, "")
            return
        if self.in_lines:
            for index in gone:
                start, end = self.elements[index]
                edits.add(line_start(self.text, start), self._line_end(end), "")
            if not self.trailing_comma and count - 1 in gone:
                kept = max(index for index in range(count) if index not in gone)
                end = self.elements[kept][1]
                edits.add(end, self.text.index(",", end) + 1, "")
            return
        for _, run in groupby(gone, key=lambda index: index - gone.index(index)):
            members = list(run)
            first, last = members[0], members[-1]
            if last + 1 < count:
                edits.add(self.elements[first][0], self.elements[last + 1][0], "")
            else:
                edits.add(self.elements[first - 1][1], self.elements[last][1], "")

    def _line_end(self, at: int) -> int:
        newline = self.text.find("\n", at)
        return len(self.text) if newline < 0 else newline + 1


def line_start(text: str, at: int) -> int:
    """Where the line begins that an offset is on."""
    return text.rfind("\n", 0, at) + 1


def indent_at(text: str, at: int) -> str:
    """The whitespace that the line of an offset begins with."""
    line = text[line_start(text, at) :]
    return line[: len(line) - len(line.lstrip(" \t"))]
