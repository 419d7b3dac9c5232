"""Where each key of a TOML text stands. ``tomllib`` gives values without places, so the text is walked once more.

The text is known to be valid: ``tomllib`` has read it. https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import TypeAlias

Key: TypeAlias = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# Longest first. A multi-line string may end in up to two quotes of its own.
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
# A date may be parted from its time by one space.
_SCALAR = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]+|[^\s,\]}#]+")


def key_places(text: str) -> dict[Key, tuple[int, int]]:
    """Line and column, both from 1, of every key, table header and array element.

    Args:
        text: valid TOML, its lines ended by a line feed alone.
    """
    return _Walk(text).run()


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Key, tuple[int, int]] = {}
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.last_of: dict[Key, int] = {}

    def run(self) -> dict[Key, tuple[int, int]]:
        table: Key = ()
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_BLANK)
        return self.places

    def skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            message = f"no valid TOML at offset {self.at}"
            raise ValueError(message)
        self.at = match.end()
        return match.group()

    def note(self, key: Key, offset: int) -> None:
        line = bisect_right(self.starts, offset)
        self.places.setdefault(key, (line, offset - self.starts[line - 1] + 1))

    def header(self) -> Key:
        """``[a.b]`` or ``[[a.b]]``: the key of the table that follows."""
        opening = self.at
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        steps = self.dotted()
        self.at += 2 if array else 1
        key: Key = ()
        for step, _ in steps[:-1]:
            key = self.inside((*key, step))
            self.note(key, opening)
        key = (*key, steps[-1][0])
        self.note(key, opening)
        if not array:
            return self.inside(key)
        self.last_of[key] = self.last_of.get(key, -1) + 1
        key = self.inside(key)
        self.note(key, opening)
        return key

    def inside(self, key: Key) -> Key:
        """A table's key; of an array of tables, the last one's."""
        return (*key, self.last_of[key]) if key in self.last_of else key

    def dotted(self) -> list[tuple[str, int]]:
        """``a."b".c`` with the offset of each step; the cursor ends on what follows."""
        steps: list[tuple[str, int]] = []
        while True:
            self.skip(_SPACE)
            start = self.at
            if self.text[start] in "\"'":
                name = str(tomllib.loads(f"k={self.skip(_STRING)}")["k"])
            else:
                name = self.skip(_BARE_KEY)
            steps.append((name, start))
            self.skip(_SPACE)
            if self.text[self.at] != ".":
                return steps
            self.at += 1

    def pair(self, table: Key) -> None:
        key = table
        for step, offset in self.dotted():
            key = (*key, step)
            self.note(key, offset)
        self.at += 1  # the equals sign
        self.skip(_SPACE)
        self.value(key)

    def value(self, key: Key) -> None:
        match self.text[self.at]:
            case '"' | "'":
                self.skip(_STRING)
            case "[":
                self.array(key)
            case "{":
                self.inline_table(key)
            case _:
                self.skip(_SCALAR)

    def array(self, key: Key) -> None:
        self.at += 1
        index = 0
        self.skip(_BLANK)
        while self.text[self.at] != "]":
            self.note((*key, index), self.at)
            self.value((*key, index))
            index += 1
            self.skip(_BLANK)
            if self.text[self.at] == ",":
                self.at += 1
                self.skip(_BLANK)
        self.at += 1

    def inline_table(self, key: Key) -> None:
        self.at += 1
        self.skip(_BLANK)
        while self.text[self.at] != "}":
            self.pair(key)
            self.skip(_BLANK)
            if self.text[self.at] == ",":
                self.at += 1
                self.skip(_BLANK)
        self.at += 1
