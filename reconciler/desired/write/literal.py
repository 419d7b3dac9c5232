"""A value as an HCL expression.

Form: https://developer.hashicorp.com/terraform/language/style. Equals signs of neighbouring one-line members stand
below each other, as ``terraform fmt`` puts them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from reconciler.drift.address import quote
from reconciler.drift.values import Value

LINE: Final = 100
"""Characters up to which a list stays on one line."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS: Final = frozenset({"true", "false", "null", "for", "if", "in", "else"})
_MARK = re.compile(r"([$%])(?=\1\1\{)")  # a mark right before an escaped sequence: Terraform can read it, others cannot
_KEPT = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f]*\n", re.DOTALL)  # text without control characters, ending a line


@dataclass(frozen=True, slots=True)
class Raw:
    """HCL that stands as it is among values: a reference, a call."""

    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON document, written as ``jsonencode(…)``."""

    value: Value


def literal(value: Value, indent: str = "", *, heredoc: bool = False) -> str:  # noqa: PLR0911  one return a kind
    """The value as HCL.

    Args:
        value: JSON's kinds, and :class:`Raw` and :class:`Document` among them.
        indent: the whitespace before the line that it begins on; further lines go deeper.
        heredoc: whether a text of several lines may be a heredoc: only where nothing follows it on its line.
    """
    match value:
        case Raw(text):
            return text
        case Document(inner):
            return f"jsonencode({literal(inner, indent)})"
        case str():
            return _heredoc(value) if heredoc and _is_lines(value) else _quoted(value)
        case Mapping():
            return _object(value, indent)
        case list() | tuple():
            return _tuple(value, indent)
        case float():
            return format(Decimal(repr(value)), "f")
        case _:
            return json.dumps(value)


def key(name: str) -> str:
    """A member's name: bare where HCL takes it so."""
    return name if _NAME.fullmatch(name) and name not in _WORDS else _quoted(name)


def aligned(pairs: Iterable[tuple[str, str]], indent: str) -> list[str]:
    """Lines ``name = value``, the equals signs of neighbouring one-line values below each other."""
    lines: list[str] = []
    run: list[tuple[str, str]] = []

    def flush() -> None:
        width = max((len(name) for name, _ in run), default=0)
        lines.extend(f"{indent}{name:<{width}} = {text}" for name, text in run)
        run.clear()

    for name, text in pairs:
        if "\n" in text:
            flush()
            lines.append(f"{indent}{name} = {text}")
        else:
            run.append((name, text))
    flush()
    return lines


def _object(value: Mapping[str, Value], indent: str) -> str:
    if not value:
        return "{}"
    inner = f"{indent}  "
    pairs = [(key(name), literal(each, inner)) for name, each in value.items()]
    return "\n".join(["{", *aligned(pairs, inner), f"{indent}}}"])


def _tuple(value: list[Value] | tuple[Value, ...], indent: str) -> str:
    flat = [literal(each, f"{indent}  ") for each in value]
    line = f"[{', '.join(flat)}]"
    if "\n" not in line and (len(line) <= LINE or len(flat) == 1):
        return line
    return "\n".join(["[", *(f"{indent}  {text}," for text in flat), f"{indent}]"])


def _quoted(text: str) -> str:
    return _MARK.sub(lambda mark: f"\\u{ord(mark[1]):04x}", quote(text))


def _is_lines(text: str) -> bool:
    return text.count("\n") > 1 and _KEPT.fullmatch(text) is not None and not _MARK.search(_escaped(text))


def _heredoc(text: str) -> str:
    mark = "EOT"
    while mark in text:
        mark += "T"
    return f"<<{mark}\n{_escaped(text)}{mark}"


def _escaped(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")
