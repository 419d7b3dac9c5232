"""JSON with the place of every value. Stricter than Python's reader: no NaN, no lone surrogates, bounded depth."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined] # the only reader of one string that tells its end
from typing import Final, TypeAlias

from reconciler.desired.syntax import Fault, Place

DEPTH: Final = 100
DIGITS: Final = 300

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"true|false|null")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object; the place is its name's."""

    name: str
    place: Place
    value: JsonValue


@dataclass(frozen=True, slots=True)
class JsonObject:
    """Members in their order, a name possibly twice."""

    members: tuple[Member, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class JsonArray:
    """Elements."""

    elements: tuple[JsonValue, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class JsonScalar:
    """A string, number, bool or null."""

    value: str | float | bool | None
    place: Place


JsonValue: TypeAlias = JsonObject | JsonArray | JsonScalar


class JsonFaultError(Exception):
    """The text is not JSON that we read."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def read_json(text: str) -> JsonValue:
    """Read a whole text.

    Raises:
        JsonFaultError: with the place.
    """
    reader = _Reader(text)
    at = reader.skip(0)
    value, at = reader.value(at, 0)
    at = reader.skip(at)
    if at != len(text):
        raise reader.fault(at, "more text after the end of the JSON value")
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, at: int) -> Place:
        line = bisect_right(self.lines, at)
        return Place(line, at - self.lines[line - 1] + 1)

    def fault(self, at: int, message: str) -> JsonFaultError:
        return JsonFaultError(
            Fault(self.place(at), f"not valid JSON: {message}", "a .tf.json file holds one JSON object")
        )

    def skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def value(self, at: int, depth: int) -> tuple[JsonValue, int]:
        place = self.place(at)
        character = self.text[at : at + 1]
        if depth > DEPTH:
            raise JsonFaultError(Fault(place, f"nested more than {DEPTH} deep"))
        if character == "{":
            return self._object(at, depth)
        if character == "[":
            return self._array(at, depth)
        if character == '"':
            text, at = self._string(at)
            return JsonScalar(text, place), at
        if match := _WORD.match(self.text, at):
            return JsonScalar(_WORDS[match.group()], place), match.end()
        if match := _NUMBER.match(self.text, at):
            return JsonScalar(self._number(match), place), match.end()
        raise self.fault(at, "a value is expected")

    def _number(self, match: re.Match[str]) -> float:
        digits = match.group()
        number = float(digits)
        if len(digits) > DIGITS or number in (float("inf"), float("-inf")):
            raise self.fault(match.start(), "a number that is too large")
        return int(digits) if digits.lstrip("-").isdigit() else number

    def _string(self, at: int) -> tuple[str, int]:
        try:
            text, end = scanstring(self.text, at + 1, True)
        except ValueError as error:
            raise self.fault(at, "a string that does not end, or with a bad escape") from error
        if _SURROGATE.search(text):
            raise self.fault(at, "half of a surrogate pair")
        return text, end

    def _object(self, at: int, depth: int) -> tuple[JsonObject, int]:
        place = self.place(at)
        members: list[Member] = []
        at = self.skip(at + 1)
        while self.text[at : at + 1] != "}":
            if members:
                at = self._comma(at)
            if self.text[at : at + 1] != '"':
                raise self.fault(at, "a quoted name is expected")
            name_place = self.place(at)
            name, at = self._string(at)
            at = self.skip(at)
            if self.text[at : at + 1] != ":":
                raise self.fault(at, "a colon is expected")
            value, at = self.value(self.skip(at + 1), depth + 1)
            members.append(Member(name, name_place, value))
            at = self.skip(at)
        return JsonObject(tuple(members), place), at + 1

    def _array(self, at: int, depth: int) -> tuple[JsonArray, int]:
        place = self.place(at)
        elements: list[JsonValue] = []
        at = self.skip(at + 1)
        while self.text[at : at + 1] != "]":
            if elements:
                at = self._comma(at)
            value, at = self.value(at, depth + 1)
            elements.append(value)
            at = self.skip(at)
        return JsonArray(tuple(elements), place), at + 1

    def _comma(self, at: int) -> int:
        if self.text[at : at + 1] != ",":
            raise self.fault(at, "a comma is expected")
        return self.skip(at + 1)
