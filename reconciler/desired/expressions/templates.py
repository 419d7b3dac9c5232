r"""Strings as HCL writes them: escapes, heredocs, strip markers.

The rules are those of HCL's template parser: literal text is cut into tokens, in a heredoc one a line;
``~`` strips the one token beside it; ``<<-`` takes the least indentation of all lines off each line.
Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#template-expressions
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, TypeAlias
from typing import Literal as OneOf

from reconciler.desired.expressions import nodes

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
WHITE: Final = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""What Go's ``unicode.IsSpace`` calls space. Python's ``str.strip`` takes four control characters more."""

_LINES = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(slots=True)
class Text:
    """Literal text, after its escapes are read."""

    text: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """What stands between ``${`` or ``%{`` and ``}``, and whether ``~`` strips the text before or after.

    ``kind`` is ``value`` for an interpolation, otherwise the directive's word.
    """

    kind: OneOf["value", "if", "else", "endif", "for", "endfor"]
    node: nodes.Node | None = None
    first: str = ""
    second: str | None = None
    strip_before: bool = False
    strip_after: bool = False


Token: TypeAlias = Text | Sequence


class MalformedTemplateError(Exception):
    """Directives that do not nest, or an escape that does not exist."""


def quoted(raw: str) -> list[Token]:
    r"""The text between two sequences of a quoted string: ``\n``, ``\u00e9``, ``$${``."""
    return [Text(_marks(_ESCAPE.sub(_unescape, raw)))] if raw else []


def verbatim(raw: str) -> list[Token]:
    """The text between two sequences of a heredoc or of a string in JSON: a token a line, ``$${`` only."""
    return [Text(_marks(line)) for line in _LINES.findall(raw)]


def _unescape(match: re.Match[str]) -> str:
    short, long, simple = match.groups()
    if simple is not None:
        if simple not in _SIMPLE:
            raise MalformedTemplateError
        return _SIMPLE[simple]
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise MalformedTemplateError
    return chr(code)


def _marks(text: str) -> str:
    # Terraform holds every string in NFC: two spellings of é are one key.
    return unicodedata.normalize("NFC", text.replace("$${", "${").replace("%%{", "%{"))


def assemble(tokens: list[Token], *, dedent: bool = False) -> nodes.Node:
    """One node for a whole template: a literal where nothing is interpolated.

    Raises:
        MalformedTemplateError: the directives do not nest.
    """
    _strip(tokens)
    if dedent:
        _dedent(tokens)
    at, template = _sequence(tokens, 0, frozenset())
    if at != len(tokens):
        raise MalformedTemplateError
    match template.parts:
        case ():
            return nodes.Literal("")
        case (nodes.Literal() as text,):
            return text
        case _:
            return template


def _strip(tokens: list[Token]) -> None:
    for at, token in enumerate(tokens):
        if isinstance(token, Sequence):
            before = tokens[at - 1] if at else None
            after = tokens[at + 1] if at + 1 < len(tokens) else None
            if token.strip_before and isinstance(before, Text):
                before.text = before.text.rstrip(WHITE)
            if token.strip_after and isinstance(after, Text):
                after.text = after.text.lstrip(WHITE)


def _dedent(tokens: list[Token]) -> None:
    least: int | None = None
    starts: list[Text] = []
    at_start = True
    for token in tokens:
        if at_start:
            at_start = False
            width: int | None = 0
            if isinstance(token, Text):
                content = token.text.lstrip(WHITE)
                if not content and token.text.endswith("\n"):
                    width = None  # a blank line does not count
                else:
                    width = len(token.text) - len(content)
                    starts.append(token)
            if width is not None:
                least = width if least is None else min(least, width)
        if isinstance(token, Text) and token.text.endswith("\n"):
            at_start = True
    for text in starts:
        text.text = text.text[least or 0 :]


def _sequence(tokens: list[Token], at: int, ends: frozenset[str]) -> tuple[int, nodes.Template]:
    parts: list[nodes.Node] = []
    pending: list[str] = []

    def flush() -> None:
        if pending and (text := "".join(pending)):
            parts.append(nodes.Literal(text))
        pending.clear()

    while at < len(tokens):
        token = tokens[at]
        if isinstance(token, Text):
            pending.append(token.text)
            at += 1
            continue
        if token.kind in ends:
            break
        flush()
        node, at = _directive(tokens, at)
        parts.append(node)
    flush()
    return at, nodes.Template(tuple(parts))


def _directive(tokens: list[Token], at: int) -> tuple[nodes.Node, int]:
    token = tokens[at]
    if not isinstance(token, Sequence) or token.node is None:
        raise MalformedTemplateError
    if token.kind == "value":
        return token.node, at + 1
    if token.kind == "if":
        at, then = _sequence(tokens, at + 1, frozenset({"else", "endif"}))
        otherwise = nodes.Template(())
        if _kind(tokens, at) == "else":
            at, otherwise = _sequence(tokens, at + 1, frozenset({"endif"}))
        if _kind(tokens, at) != "endif":
            raise MalformedTemplateError
        return nodes.Conditional(token.node, _text(then), _text(otherwise)), at + 1
    at, body = _sequence(tokens, at + 1, frozenset({"endfor"}))
    if _kind(tokens, at) != "endfor":
        raise MalformedTemplateError
    return nodes.TemplateFor(token.first, token.second, token.node, body), at + 1


def _kind(tokens: list[Token], at: int) -> str | None:
    token = tokens[at] if at < len(tokens) else None
    return token.kind if isinstance(token, Sequence) else None


def _text(template: nodes.Template) -> nodes.Template:
    # An empty literal beside it keeps a lone interpolation a string.
    return nodes.Template((*template.parts, nodes.Literal("")))
