"""Functions of strings. Where Go's Unicode tables may differ from Python's, only ASCII is known."""

from __future__ import annotations

import json
import re
from typing import Final

from reconciler.desired.expressions.functions.collections import strings, whole_number
from reconciler.desired.expressions.functions.registry import Function, Functions
from reconciler.desired.expressions.templates import WHITE
from reconciler.desired.expressions.types import STRING, as_list, convert, to_primitive
from reconciler.desired.expressions.values import TEXT_LIMIT, FailureError, TerraformList, TooLargeError, to_text
from reconciler.drift.values import UNKNOWN, Unknown, Value

_VERB: Final = re.compile(r"%(?:%|(?P<flags>[-+0 #]*)(?P<width>[0-9]{0,3})(?P<point>\.[0-9]{1,2})?(?P<verb>[a-zA-Z]))")


def string(value: Value) -> str:
    """An argument that has to be a string; a number or bool becomes one.

    Raises:
        FailureError: it is none.
        TooLargeError: it is a number whose digits we do not have.
    """
    text = convert(value, STRING)
    if not isinstance(text, str):
        raise TooLargeError
    return text


def _ascii(value: Value) -> str:
    text = string(value)
    if not text.isascii():
        raise TooLargeError
    return text


def _join(separator: Value, *lists: Value) -> Value:
    texts = [text for each in lists for text in strings(each)]
    if any(text is None for text in texts):
        raise FailureError
    return string(separator).join(text for text in texts if text is not None)


def _split(separator: Value, value: Value) -> Value:
    by, text = string(separator), string(value)
    if not text and by:
        return TerraformList([""])
    return TerraformList(text.split(by) if by else list(_ascii(text)))


def _replace(value: Value, old: Value, new: Value) -> Value:
    text, search, put = string(value), string(old), string(new)
    if len(search) > 1 and search[0] == search[-1] == "/":
        return UNKNOWN  # a regular expression of Go's
    if len(text) * max(len(put), 1) > TEXT_LIMIT:
        raise TooLargeError
    return text.replace(search, put)


def _trimprefix(value: Value, prefix: Value) -> Value:
    return string(value).removeprefix(string(prefix))


def _trimsuffix(value: Value, suffix: Value) -> Value:
    return string(value).removesuffix(string(suffix))


def _trim(value: Value, characters: Value) -> Value:
    return string(value).strip(string(characters)) if characters else string(value)


def _substr(value: Value, offset: Value, length: Value) -> Value:
    text, start, count = _ascii(value), whole_number(offset), whole_number(length)
    if start < 0:
        start += len(text)
    if start < 0 or start > len(text):
        raise FailureError
    return text[start:] if count < 0 else text[start : start + count]


def _indent(width: Value, value: Value) -> Value:
    return string(value).replace("\n", "\n" + " " * min(whole_number(width), 1_000))


def _title(value: Value) -> Value:
    text = _ascii(value)
    if not re.fullmatch(r"[A-Za-z0-9 ]*", text):
        return UNKNOWN  # Go's idea of a word
    return re.sub(r"(?:^|(?<= ))[a-z]", lambda match: match.group().upper(), text)


def _format(template: Value, *values: Value) -> Value:
    text = string(template)
    if len(text) > TEXT_LIMIT // 1_000:
        raise TooLargeError
    remaining = list(values)
    parts: list[str] = []
    at = 0
    for match in _VERB.finditer(text):
        if "%" in text[at : match.start()]:
            return UNKNOWN
        parts.append(text[at : match.start()])
        at = match.end()
        if match.group() == "%%":
            parts.append("%")
            continue
        if not remaining:
            raise FailureError
        piece = _verb(match, remaining.pop(0))
        if isinstance(piece, Unknown):
            return UNKNOWN
        parts.append(piece)
    if remaining:
        raise FailureError
    rest = text[at:]
    return UNKNOWN if "%" in rest else "".join(parts) + rest


def _verb(match: re.Match[str], value: Value) -> str | Unknown:  # noqa: PLR0911 - one return for each kind
    flags, width, point, verb = match.group("flags", "width", "point", "verb")
    if value is None:
        return UNKNOWN
    plain = not flags and not point
    match verb:
        case "s" if set(flags) <= {"-"} and not point:
            text = to_text(value) if isinstance(value, str | int | float) else UNKNOWN
            if isinstance(text, Unknown) or (width and not text.isascii()):
                return UNKNOWN
            return text.ljust(int(width or 0)) if flags else text.rjust(int(width or 0))
        case "v" if plain and not width and isinstance(value, str | int | float):
            return to_text(value)
        case "q" if plain and not width and isinstance(value, str) and value.isascii() and value.isprintable():
            return json.dumps(value)
        case "t" if plain and not width:
            return "true" if to_primitive(value, "bool") else "false"
        case "d" | "x" | "X" | "o" | "b" if not point and set(flags) <= {"0", "-", "+"}:
            number = to_primitive(value, "number")
            if (
                not isinstance(number, int)
                or (flags not in ("", "0") and verb != "d")
                or ("-" in flags and "0" in flags)
            ):
                return UNKNOWN
            left = "<" if "-" in flags else ""
            return format(number, f"{left}{'+' if '+' in flags else ''}{'0' if '0' in flags else ''}{width}{verb}")
        case "f" if point and set(flags) <= {"0"} and not width:
            number = to_primitive(value, "number")
            # Half-way cases round by all digits of a number, and a float may not hold them.
            return format(number, f"{point}f") if isinstance(number, int) else UNKNOWN
        case _:
            return UNKNOWN


def _formatlist(template: Value, *values: Value) -> Value:
    lengths = {len(as_list(value)) for value in values if isinstance(value, list)}
    if len(lengths) > 1:
        raise FailureError
    rows = range(lengths.pop() if lengths else 1)
    lines = [_format(template, *(value[row] if isinstance(value, list) else value for value in values)) for row in rows]
    return UNKNOWN if any(isinstance(line, Unknown) for line in lines) else TerraformList(lines)


FUNCTIONS: Functions = {
    "join": Function(_join, 2, None),
    "split": Function(_split, 2, 2),
    "lower": Function(lambda value: _ascii(value).lower()),
    "upper": Function(lambda value: _ascii(value).upper()),
    "title": Function(_title),
    "replace": Function(_replace, 3, 3),
    "trimspace": Function(lambda value: string(value).strip(WHITE)),
    "trimprefix": Function(_trimprefix, 2, 2),
    "trimsuffix": Function(_trimsuffix, 2, 2),
    "trim": Function(_trim, 2, 2),
    "chomp": Function(lambda value: re.sub(r"(?:\r\n|\n|\r)+\Z", "", string(value))),
    "startswith": Function(lambda value, prefix: string(value).startswith(string(prefix)), 2, 2),
    "endswith": Function(lambda value, suffix: string(value).endswith(string(suffix)), 2, 2),
    "strcontains": Function(lambda value, part: string(part) in string(value), 2, 2),
    "strrev": Function(lambda value: _ascii(value)[::-1]),
    "substr": Function(_substr, 3, 3),
    "indent": Function(_indent, 2, 2),
    "format": Function(_format, 1, None, nulls=True),
    "formatlist": Function(_formatlist, 1, None),
}
