"""Terraform's own errors in one line: from its JSON lines, or from the boxes it draws for people.

A diagnostic's detail can quote a value: only its first sentence is used, and nothing of source snippets.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from reconciler.errors import Position

_FRAME = re.compile(r"^[│╷╵] ?", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PLACE = re.compile(r"^ +on (?P<file>.+?) line (?P<line>[0-9]+)", re.MULTILINE)
_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error that Terraform reports: its summary, the start of its detail, and where."""

    summary: str
    detail: str = ""
    position: Position | None = None
    address: str | None = None

    @property
    def line(self) -> str:
        """One line for a person."""
        text = self.summary if not self.detail or self.detail == self.summary else f"{self.summary}: {self.detail}"
        text = f"{self.address}: {text}" if self.address and self.address not in text else text
        return text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "…"


def from_json_line(line: bytes) -> Diagnostic | None:
    """The error in one line of ``-json`` output, None where the line is none."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    diagnostic = message.get("diagnostic") if isinstance(message, dict) else None
    if not isinstance(diagnostic, dict) or diagnostic.get("severity") != "error":
        return None
    where = diagnostic.get("range")
    address = diagnostic.get("address")
    return Diagnostic(
        _first(str(diagnostic.get("summary", "")), sentence=False),
        _first(str(diagnostic.get("detail", ""))),
        _range(where) if isinstance(where, dict) else None,
        address if isinstance(address, str) and address else None,
    )


def from_text(stderr: str) -> Diagnostic | None:
    """The first error that Terraform wrote for people, None where there is none."""
    text = _FRAME.sub("", _COLOUR.sub("", stderr))
    errors = re.split(r"^(?=Error: |Warning: )", text, flags=re.MULTILINE)
    errors = [error.removeprefix("Error:") for error in errors if error.startswith("Error: ")]
    # init begins with an error that only announces the others.
    body = next((error for error in errors if "described below" not in error), errors[0] if errors else None)
    if body is None:
        return None
    summary, _, rest = body.partition("\n")
    place = _PLACE.search(rest)
    position = Position(place["file"], int(place["line"])) if place else None
    # The place and the lines of source, with the values in them, are indented; the detail is the first that is not.
    paragraphs = (part for part in re.split(r"\n\s*\n", rest.strip("\n")) if part.strip())
    detail = next((part for part in paragraphs if not re.search(r"^\s", part, re.MULTILINE)), "")
    return Diagnostic(_first(summary, sentence=False), _first(detail), position)


def last_line(output: str) -> str:
    """The last line that says something, for a program that does not write diagnostics."""
    lines = [line.strip(" │╷╵") for line in _COLOUR.sub("", output).splitlines()]
    text = next((line for line in reversed(lines) if line), "")
    return text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "…"


def _first(text: str, *, sentence: bool = True) -> str:
    text = " ".join(text.split())
    return re.split(r"(?<=[.]) ", text, maxsplit=1)[0].rstrip(".:") if sentence else text


def _range(where: dict[str, object]) -> Position | None:
    start = where.get("start")
    file = where.get("filename")
    if not isinstance(file, str):
        return None
    line, column = (start.get("line"), start.get("column")) if isinstance(start, dict) else (None, None)
    return Position(file, line if isinstance(line, int) else None, column if isinstance(column, int) else None)
