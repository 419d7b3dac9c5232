"""One attribute's change on a terminal: on one line where it fits, else line by line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from reconciler.cli.render.difference import Line, Mark, line_difference, secret_note
from reconciler.cli.render.paper import Paper
from reconciler.cli.render.text import ARROW, plural, shorten, shorten_pair, value_text, visible
from reconciler.drift.finding import Change

_MARK_STYLE = {Mark.ADDED: "green", Mark.REMOVED: "red", Mark.SAME: "dim", Mark.GAP: "dim"}
_MAX_LINES = 8
_MAX_ITEMS = 5


def change_lines(paper: Paper, change: Change, *, full: bool, indent: int = 4) -> None:
    """A change with both of its sides; ``full`` shortens nothing."""
    path = _path(change)
    tag = "" if change.configured else "  (not in template)"
    if change.added is not None or change.removed is not None:
        _head(paper, path, tag, full=full, indent=indent)
        _items(paper, Mark.REMOVED, change.removed or (), full=full, indent=indent)
        _items(paper, Mark.ADDED, change.added or (), full=full, indent=indent)
        return
    secret = secret_note(change)
    if secret is not None:
        paper.line(Text.assemble(path, ": ", (f"(sensitive) {secret}", "italic"), (tag, "dim")), indent=indent, hang=2)
        return
    before, after = value_text(change.recorded), value_text(change.observed)
    line = Text.assemble(path, ": ", (before, "red"), f" {ARROW} ", (after, "green"), (tag, "dim"))
    if cell_len(line.plain) <= paper.width - indent:
        paper.line(line, indent=indent)
        return
    _head(paper, path, tag, full=full, indent=indent)
    difference = line_difference(change.recorded, change.observed, context=3 if full else 0)
    if difference is not None:
        _lines(paper, difference, full=full, indent=indent)
        return
    if not full:
        before, after = shorten_pair(before, after, 2 * (paper.width - indent - 4) - 2)
    _marked(paper, Mark.REMOVED, before, indent)
    _marked(paper, Mark.ADDED, after, indent)


def side_lines(paper: Paper, change: Change, side: Mark, *, full: bool, indent: int) -> None:
    """A change of which one side alone says something: of what is made new, or goes away."""
    value = change.observed if side is Mark.ADDED else change.recorded
    shown = value_text(value)
    line = Text(f"{_path(change)}: {shown}")
    difference = line_difference(*((None, value) if side is Mark.ADDED else (value, None)))
    if difference is None or line.cell_len <= paper.width - indent:
        paper.line(line if full else Text(shorten(line.plain, 2 * (paper.width - indent - 2))), indent=indent, hang=2)
        return
    _head(paper, _path(change), "", full=full, indent=indent)
    _lines(paper, difference, full=full, indent=indent)


def _path(change: Change) -> str:
    return visible(change.text) or "(the whole resource)"


def _head(paper: Paper, path: str, tag: str, *, full: bool, indent: int) -> None:
    shown = path if full else shorten(path, paper.width - indent - 20)
    paper.line(Text.assemble(shown, (tag, "dim")), indent=indent, hang=2)


def _lines(paper: Paper, difference: Sequence[Line], *, full: bool, indent: int) -> None:
    told = [line for line in difference if line.mark is not Mark.GAP]
    lines = difference if full else told[:_MAX_LINES]
    for line in lines:
        if line.mark is Mark.GAP:
            paper.line(Text("…", "dim"), indent=indent + 2)
        else:
            text = line.text if full else shorten(line.text, paper.width - indent - 4)
            _marked(paper, line.mark, text, indent)
    if len(told) > len(lines):
        paper.line(Text(f"… {plural(len(told) - len(lines), 'line')} more", "dim"), indent=indent + 2)


def _items(paper: Paper, mark: Mark, items: tuple[object, ...], *, full: bool, indent: int) -> None:
    shown = items if full else items[:_MAX_ITEMS]
    for item in shown:
        text = value_text(item)
        _marked(paper, mark, text if full else shorten(text, 3 * (paper.width - indent - 4) - 3), indent)
    if len(items) > len(shown):
        paper.line(Text(f"{mark.value} … {len(items) - len(shown)} more", "dim"), indent=indent + 2)


def _marked(paper: Paper, mark: Mark, text: str, indent: int) -> None:
    """A line with its mark. What does not fit goes on below, further in than the text began."""
    inside = len(text) - len(text.lstrip(" "))
    style = _MARK_STYLE[mark]
    paper.line(Text(text, style), mark=Text(f"{mark.value} ", style), indent=indent + 2, hang=2 + inside)
