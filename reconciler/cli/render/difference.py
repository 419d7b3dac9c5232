"""What changed inside a large value, line by line: JSON documents in strings, objects, texts of several lines."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from enum import StrEnum

from reconciler.cli.render.text import value_text, visible, visible_block
from reconciler.drift.finding import Change
from reconciler.drift.values import Sensitive, Unknown, Value, to_json

# difflib is quadratic; beyond this many lines a change is told by its two values alone.
_MAX_LINES = 2000


class Mark(StrEnum):
    """Which side a line is on."""

    SAME = " "
    REMOVED = "-"
    ADDED = "+"
    GAP = "@"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference. A gap stands for lines left out."""

    mark: Mark
    text: str


def document(value: Value) -> list[str] | None:
    """The lines of a value that has inner structure; None for one that fits on a line by nature."""
    if isinstance(value, Sensitive | Unknown):
        return None
    if isinstance(value, str):
        inner = _parsed(value)
        if inner is None:
            return visible_block(value).split("\n") if "\n" in value else None
        value = inner
    if isinstance(value, dict | list) and value:
        # IAM and others return the keys of a document in any order.
        pretty = json.dumps(to_json(value), indent=2, sort_keys=True, ensure_ascii=False)
        return [visible(line) for line in pretty.split("\n")]
    return None


def _plain(value: Value) -> list[str]:
    return [] if value is None else [value_text(value)]


def _parsed(text: str) -> dict[str, Value] | list[Value] | None:
    """The object or list that a string holds as JSON."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) and value else None


def line_difference(before: Value, after: Value, context: int = 2) -> list[Line] | None:
    """The lines that differ, with ``context`` lines around; None where a single line says it better.

    One of the two sides at least must have inner structure; one that has none is a line of its own, or no line where
    it is not set.
    """
    old, new = document(before), document(after)
    if old is None and new is None:
        return None
    old, new = (_plain(before) if old is None else old), (_plain(after) if new is None else new)
    if len(old) + len(new) > _MAX_LINES:
        return None
    lines: list[Line] = []
    ends_at = 0
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(context):
        if lines or group[0][1] or group[0][3]:
            lines.append(Line(Mark.GAP, ""))
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                lines += [Line(Mark.SAME, text) for text in old[old_start:old_end]]
                continue
            lines += [Line(Mark.REMOVED, text) for text in old[old_start:old_end]]
            lines += [Line(Mark.ADDED, text) for text in new[new_start:new_end]]
        ends_at = group[-1][2]
    if lines and ends_at < len(old):
        lines.append(Line(Mark.GAP, ""))
    return lines or None


def secret_note(change: Change) -> str | None:
    """What can be said of a secret that moved: ``has changed``, or ``would change``; None where a side can be shown."""
    if isinstance(change.recorded, Sensitive) and isinstance(change.observed, Sensitive):
        return "would change" if change.planned else "has changed"
    return None
