"""Lines of a given width, folded with a hanging indent and without trailing blanks."""

from __future__ import annotations

import io

from rich.console import Console
from rich.text import Text

# Only for measuring and folding: it writes nowhere.
_RULER = Console(file=io.StringIO(), width=80, legacy_windows=False)


class Paper:
    """Collects lines. What does not fit on one goes on below, indented further by ``hang``."""

    def __init__(self, width: int) -> None:
        """Take the width in columns."""
        self.width = width
        self.lines: list[Text] = []

    def blank(self) -> None:
        """An empty line, unless there is one already."""
        if self.lines and self.lines[-1].plain:
            self.lines.append(Text())

    def line(self, text: Text, *, mark: Text | None = None, indent: int = 0, hang: int = 0) -> None:
        """Add a text, folded at words, and within a word where it must be. ``mark`` stands before its first line."""
        mark = mark or Text()
        hang = min(hang, self.width // 2)
        if indent + mark.cell_len + text.cell_len <= self.width:
            self._add(indent, Text.assemble(mark, text))
            return
        head = text.wrap(_RULER, max(self.width - indent - mark.cell_len, 1), overflow="fold")[0]
        self._add(indent, Text.assemble(mark, head))
        rest = text[len(head.plain) :]
        rest = rest[len(rest.plain) - len(rest.plain.lstrip(" ")) :]
        for piece in rest.wrap(_RULER, max(self.width - indent - hang, 1), overflow="fold"):
            self._add(indent + hang, piece)

    def _add(self, indent: int, text: Text) -> None:
        line = Text(" " * indent).append_text(text)
        line.rstrip()
        self.lines.append(line)
