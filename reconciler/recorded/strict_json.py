"""Strict reading of JSON in pieces: what parsers disagree about is an error, and every error has a place.

``msgspec`` refuses NaN, Infinity, numbers out of range, lone surrogates and malformed UTF-8, but takes the last of
two equal keys, and looks into a ``Raw`` value only as far as its syntax goes. So the pieces of a file are also decoded
whole, some at a time, checked and dropped: peak memory follows the largest piece, not the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from reconciler.errors import Position, StateError

T = TypeVar("T")
Text: TypeAlias = bytes | msgspec.Raw
"""JSON text. A ``Raw`` is a window into the file's bytes."""

MAX_DEPTH: Final = 128
"""Containers inside each other. Provider schemas stay below 30; our own recursion must fit Python's stack."""

_BATCH: Final = 256 * 1024
"""Bytes that are decoded together: enough to make the calls cheap, and small enough for the processor's cache."""

_DAMAGED: Final = "check the path or key of the state, or take the backend's previous version of it"
"""What to do where an error knows nothing better."""

_OFFSET = re.compile(r"\(byte ([0-9]+)\)")
_WHERE = re.compile(r" - at `\$(.*)`$")
# A NUL that is not itself behind an escaped backslash. PostgreSQL's text and jsonb cannot hold one.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

_encoder = msgspec.json.Encoder()
_anything = msgspec.json.Decoder(Any)
_values = msgspec.json.Decoder(list[Any])
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_array = msgspec.json.Decoder(list[msgspec.Raw] | None)


@dataclass(frozen=True, slots=True)
class Piece:
    """A value inside a JSON file: its text, and where it stands.

    ``path`` is the way from the root, ``.resources[3].instances[0]``; ``location`` names the file; ``whole`` is
    the file's content, for positions. A field has the object around it: its own text may be no more than ``1``.
    """

    text: Text
    whole: bytes
    location: str
    path: str = ""
    around: Text | None = None

    def inside(self, text: Text, step: str) -> Piece:
        """A part of this piece. ``step`` is ``[0]`` or ``.name[0]``."""
        return Piece(text, self.whole, self.location, self.path + step)

    def error(self, message: str, *, field: str = "", hint: str | None = None) -> StateError:
        """The error for this piece, or for a field of it, at the line where the piece begins."""
        path = f"{self.path}{field}".removeprefix(".")
        position = self._position(self._start())
        return StateError(f"{path}: {message}" if path else message, hint=hint or _DAMAGED, position=position)

    def read(self, decoder: msgspec.json.Decoder[T]) -> T:
        """Decode the piece into the decoder's type.

        Raises:
            StateError: it is not JSON, not of that type, or nested too deeply; without the value.
        """
        try:
            return decoder.decode(self.text)
        except msgspec.ValidationError as error:
            raise self._mismatch(str(error)) from error
        except msgspec.DecodeError as error:
            raise self._malformed(str(error)) from error
        except UnicodeDecodeError as error:
            raise self.error("the text is not UTF-8") from error
        except RecursionError as error:
            raise self._too_deep() from error

    def members(self) -> dict[str, Piece]:
        """The fields of an object.

        Raises:
            StateError: it is no object, or a key stands twice in it.
        """
        fields = self.read(_object)
        # Each field brings one colon of its own and those in its value.
        seen = len(fields) + sum(bytes(text).count(b":") for text in fields.values())
        if any(":" in name for name in fields):
            raise self.error("the name of a field holds a colon, as none of Terraform's does")
        if bytes(self.text).count(b":") != seen:
            raise self._repeated_key()
        return {
            name: Piece(text, self.whole, self.location, f"{self.path}.{name}", around=self.text)
            for name, text in fields.items()
        }

    def items(self) -> list[Piece]:
        """The elements of an array; null has none.

        Raises:
            StateError: it is no array.
        """
        return [self.inside(text, f"[{index}]") for index, text in enumerate(self.read(_array) or ())]

    def check(self) -> None:
        """Decode the piece whole, for its faults only.

        Raises:
            StateError: a number out of range, malformed text, a repeated key, or nested too deeply.
        """
        value = self.read(_anything)
        text = bytes(self.text)
        if _is_deep(text, value):
            raise self._too_deep()
        if not _has_all_keys(text, value):
            self._check_keys(text)

    def check_nul(self) -> None:
        """Look for the NUL character.

        Raises:
            StateError: a string holds one.
        """
        found = _NUL.search(self.text) if b"\\u0000" in bytes(self.text) else None
        if found:
            place = self._position(found.end() - 6)
            raise StateError("a text holds a NUL character", hint=_DAMAGED, position=place)

    def _check_keys(self, text: bytes) -> None:
        def unique(pairs: list[tuple[str, object]]) -> None:
            if len(pairs) != len(dict(pairs)):
                raise self._repeated_key()

        # Objects become None as soon as they are read, so this holds no second copy of the value.
        # Integers beyond 4,300 digits are refused by `read` already.
        json.loads(text, object_pairs_hook=unique, parse_int=len, parse_float=len)

    def _repeated_key(self) -> StateError:
        return self.error("an object holds the same key twice", hint="programs differ in which of the two they take")

    def _mismatch(self, text: str) -> StateError:
        where = _WHERE.search(text)
        message = _WHERE.sub("", text)
        return self.error(message[:1].lower() + message[1:], field=where[1] if where else "")

    def _malformed(self, text: str) -> StateError:
        found = _OFFSET.search(text)
        if found is None:
            hint = "the text is cut off; take the backend's previous version or terraform.tfstate.backup"
            return StateError("the JSON text ends too early", hint=hint, position=self._position(len(self.whole)))
        message = text.removeprefix("JSON is malformed: ")[: -len(found[0])].strip()
        place = self._position(self._start() + int(found[1]))
        return StateError(f"malformed JSON: {message}", hint=_DAMAGED, position=place)

    def _too_deep(self) -> StateError:
        return self.error(f"values are nested deeper than {MAX_DEPTH} levels")

    def _start(self) -> int:
        """The piece's place in the file; for a field, where its name stands."""
        at = max(self.whole.find(bytes(self.text if self.around is None else self.around)), 0)
        if self.around is not None:
            at = max(self.whole.find(f'"{self.path.rpartition(".")[2]}"'.encode(), at), at)
        return at

    def _position(self, offset: int) -> Position:
        start = self.whole.rfind(b"\n", 0, offset) + 1
        column = len(self.whole[start:offset].decode("utf-8", "replace")) + 1
        return Position(self.location, self.whole.count(b"\n", 0, start) + 1, column)


def check_together(pieces: Iterable[Piece], check_one: Callable[[Piece], None]) -> None:
    """Do for many pieces what :meth:`Piece.check` does for one, in a fraction of the time.

    Args:
        pieces: of one file.
        check_one: called for a piece that may have a fault, to find it and raise.
    """
    batch: list[Piece] = []
    size = 0
    for piece in pieces:
        batch.append(piece)
        size += len(piece.text)
        if size > _BATCH:
            _check_batch(batch, check_one)
            batch, size = [], 0
    _check_batch(batch, check_one)


def _check_batch(batch: list[Piece], check_one: Callable[[Piece], None]) -> None:
    texts = [bytes(piece.text) for piece in batch]
    together = b"[" + b",".join(texts) + b"]"
    suspects = batch
    if len(together) < 2 * _BATCH:  # else one of them is large, to be checked in its parts
        with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            values = _values.decode(together)
            if _has_all_keys(together, values):
                suspects = [
                    piece for piece, text, value in zip(batch, texts, values, strict=True) if _is_deep(text, value)
                ]
    for piece in suspects:
        check_one(piece)


def _has_all_keys(text: bytes, value: object) -> bool:
    """Whether no key of the text is lost in the value; False also where that cannot be told."""
    # A repeated key takes its colon with it when the value is written again, and nothing else removes one.
    # But an escaped colon adds one.
    if b"\\u003a" in text or b"\\u003A" in text:
        return False
    return text.count(b":") == _encoder.encode(value).count(b":")


def _is_deep(text: bytes, value: object) -> bool:
    if text.count(b"{") + text.count(b"[") <= MAX_DEPTH:
        return False
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
