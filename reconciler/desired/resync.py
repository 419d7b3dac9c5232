"""Where the top-level blocks of a damaged file probably begin.

People and ``terraform fmt`` put a top-level block at the first column, so a keyword there starts anew, however
badly the text before it ends. Text in heredocs does not count.
"""

from __future__ import annotations

import re

from reconciler.desired.syntax import LABELS

_HEADER = rf"(?P<header>^(?:{'|'.join(LABELS)})\b(?:[ \t]+(?:\"[^\"\n]*\"|[\w-]+))*[ \t]*\{{)"
_HEREDOC = r"(?P<heredoc><<-?(?P<mark>[A-Za-z_][\w-]*)[ \t]*\r?$)"
_POINTS = re.compile(f"{_HEADER}|{_HEREDOC}", re.MULTILINE)
_OPENING = re.compile(_HEREDOC, re.MULTILINE)


def segments(text: str) -> list[tuple[int, int]]:
    """Cut the text before each block header: offsets of begin and end, without gaps."""
    starts = [0]
    at = 0
    while (point := _POINTS.search(text, at)) is not None:
        at = point.end()
        if point["heredoc"] is not None:
            at = _heredoc_end(text, at, point["mark"])
        elif point.start() > 0:
            starts.append(point.start())
    return [(start, end) for start, end in zip(starts, [*starts[1:], len(text)], strict=True) if start < end]


def _heredoc_end(text: str, at: int, mark: str) -> int:
    """Where the heredoc ends; where it begins, if its end is missing and what follows belongs to another one."""
    closing = re.compile(rf"^[ \t]*{re.escape(mark)}[ \t]*\r?$", re.MULTILINE).search(text, at)
    if closing is None or _OPENING.search(text, at, closing.start()):
        return at
    return closing.end()
