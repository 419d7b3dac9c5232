"""Where the top-level blocks of a damaged file probably begin.

People and ``terraform fmt`` begin and end a top-level block at the first column, so a keyword there starts anew,
however badly the text before it ends. Text in heredocs does not count.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from reconciler.desired.syntax import LABELS

_HEADER = rf"(?P<header>^(?:{'|'.join(LABELS)})\b(?:[ \t]+(?:\"[^\"\n]*\"|[\w-]+))*[ \t]*\{{)"
_HEREDOC = r"(?P<heredoc><<-?(?P<mark>[A-Za-z_][\w-]*)[ \t]*\r?$)"
_END = r"(?P<end>^\}[ \t]*\r?\n)"
_POINTS = re.compile(f"{_HEADER}|{_HEREDOC}|{_END}", re.MULTILINE)
_ALONE = re.compile(r"^[ \t]*([A-Za-z_][\w-]*)[ \t]*\r?$", re.MULTILINE)
_OPENING = re.compile(_HEREDOC, re.MULTILINE)


def segments(text: str) -> list[tuple[int, int]]:
    """Cut the text before each block's header and behind its last brace: offsets of begin and end, without gaps."""
    marks = closings(text)
    starts = [0]
    at = 0
    in_block = False
    while (point := _POINTS.search(text, at)) is not None:
        at = point.end()
        if point["heredoc"] is not None:
            at = _heredoc_end(text, at, marks.get(point["mark"], []))
        elif point["header"] is not None:
            in_block = True
            starts.append(point.start())
        elif in_block:
            in_block = False
            starts.append(at)
    return [(start, end) for start, end in zip(starts, [*starts[1:], len(text)], strict=True) if start < end]


def closings(text: str) -> dict[str, list[int]]:
    """Where each word stands alone on a line: offsets of the ends of those lines."""
    found: dict[str, list[int]] = {}
    for match in _ALONE.finditer(text):
        found.setdefault(match[1], []).append(match.end())
    return found


def _heredoc_end(text: str, at: int, ends: list[int]) -> int:
    """Where the heredoc ends; where it begins, if its end is missing and what follows belongs to another one."""
    index = bisect_right(ends, at)
    if index == len(ends) or _OPENING.search(text, at, ends[index]):
        return at
    return ends[index]
