"""Values as text for people: safe for a terminal, on one line, and as long as there is room.

What comes from the cloud is hostile until shown otherwise: a tag may hold escape sequences that clear a screen, or
marks that turn the reading direction around.
"""

from __future__ import annotations

import json
import re

from rich.cells import cell_len

from reconciler.drift.values import Sensitive, Unknown, Value, to_json

ARROW = "→"
ELLIPSIS = "…"

# Controls, line separators, and the marks that reorder text (https://trojansource.codes).
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_UNSAFE_IN_BLOCK = re.compile(_UNSAFE.pattern.replace(r"\x00-\x1f", r"\x00-\x09\x0b-\x1f"))
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    return _NAMED.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def visible(text: str) -> str:
    """The text on one line, with everything that a terminal would obey written out as an escape."""
    return _UNSAFE.sub(_escaped, text)


def visible_block(text: str) -> str:
    """The same for text of several lines: newlines stay."""
    return _UNSAFE_IN_BLOCK.sub(_escaped, text)


def value_text(value: Value) -> str:
    """A value on one line: JSON, with words where JSON has none."""
    match value:
        case None:
            return "not set"
        case Sensitive() | Unknown():
            return str(to_json(value))
        case _:
            # Keys in an order that does not depend on where the value has been: jsonb has one of its own.
            return visible(json.dumps(to_json(value), ensure_ascii=False, sort_keys=True))


def shorten(text: str, width: int) -> str:
    """The text, its middle left out where it takes more than ``width`` columns (at least 3)."""
    if cell_len(text) <= width:
        return text
    room = max(width, 3) - 1
    head = _fitting(text, room - room // 2)
    tail = _fitting(text[::-1], room // 2)[::-1]
    return f"{head}{ELLIPSIS}{tail}"


def _fitting(text: str, width: int) -> str:
    taken = 0
    for index, character in enumerate(text):
        taken += cell_len(character)
        if taken > width:
            return text[:index]
    return text


def shorten_pair(before: str, after: str, width: int) -> tuple[str, str]:
    """Two texts shortened so that what differs stays: the common start and end go first."""
    if max(cell_len(before), cell_len(after)) <= width:
        return before, after
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    context = 8
    left = max(0, start - context)
    right = max(0, end - context)

    def around(text: str) -> str:
        stop = len(text) - right
        middle = text[left:stop]
        return f"{ELLIPSIS if left else ''}{middle}{ELLIPSIS if right else ''}"

    return shorten(around(before), width), shorten(around(after), width)


def _common(one: str, other: str) -> int:
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return length


def plural(count: int, noun: str) -> str:
    """``1 finding``, ``2 findings``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
