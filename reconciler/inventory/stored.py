"""Values as PostgreSQL can hold them: JSON text and plain text, written and read back unchanged.

PostgreSQL's text knows no NUL and no lone surrogate, and jsonb no NaN. All three reach us from tags, names and state
files, so they are escaped behind a character that Unicode promises never to assign, and read back as they were.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Final, overload

from reconciler.drift.values import UNKNOWN, Sensitive, Value, from_json, to_json

_MARK: Final = "\ufdd0"
_UNSTORABLE: Final = re.compile(f"[\x00\ud800-\udfff{_MARK}]")
_ESCAPED: Final = re.compile(f"{_MARK}u([0-9a-f]{{4}})")
_DIGEST_LENGTH: Final = 64
_CUT: Final = "~sha256:"


@overload
def text(value: str, limit: int | None = None) -> str: ...
@overload
def text(value: None, limit: int | None = None) -> None: ...
def text(value: str | None, limit: int | None = None) -> str | None:
    """A text for a text column.

    Args:
        value: any text, or None.
        limit: the most that the column takes, in bytes of UTF-8 (an index limits bytes, not characters). A longer
            text keeps its beginning and ends in a digest of the whole, so that two long ones stay apart.
    """
    if value is None:
        return None
    if _UNSTORABLE.search(value):
        value = _escape(value)
    if limit is not None and len(value) * 4 > limit and len(encoded := value.encode()) > limit:
        digest = hashlib.sha256(encoded).hexdigest()
        kept = encoded[: limit - _DIGEST_LENGTH - len(_CUT)].decode(errors="ignore")
        return f"{kept}{_CUT}{digest}"
    return value


def read_text(value: str) -> str:
    """What :func:`text` was given, if it was not cut."""
    return _unescape(value) if _MARK in value else value


def dumps(value: Value) -> str:
    """A value as JSON text for a jsonb column; secrets as digests.

    The same as ``json.dumps(to_json(value, digests=True))``, but that only what needs care is walked in Python.
    """
    try:
        written = _ENCODER.encode(value)
    except ValueError:  # NaN or an infinity
        return _ENCODER.encode(_escape_all(to_json(value, digests=True)))
    if "\\u0000" in written or (not written.isascii() and _UNSTORABLE.search(written)):
        return _ENCODER.encode(_escape_all(to_json(value, digests=True)))
    return written


def loads(written: str) -> Value:
    """What :func:`dumps` was given."""
    marked = '"$sensitive"' in written or '"$unknown"' in written
    value = json.loads(written, object_hook=_place_holder if marked else None)
    return _unescape_all(value) if _MARK in written else value


def restored(value: Value) -> Value:
    """What :func:`dumps` was given, from a document that somebody else has parsed."""
    return from_json(_unescape_all(value))


def _plain(value: object) -> Value:
    converted = to_json(value, digests=True)
    if converted is value:
        message = f"a {type(value).__name__} is no JSON value"
        raise TypeError(message)
    return converted


def _place_holder(entries: dict[str, Value]) -> Value:
    # As from_json has it; the parser calls this for each object, which is far cheaper than a walk over every value.
    match entries:
        case {"$sensitive": str(digest)} if len(entries) == 1:
            return Sensitive(digest)
        case {"$unknown": True} if len(entries) == 1:
            return UNKNOWN
        case _:
            return entries


# Made once: json.dumps with any option makes a new one for each call.
_ENCODER: Final = json.JSONEncoder(default=_plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _escape(value: str) -> str:
    return _UNSTORABLE.sub(lambda found: f"{_MARK}u{ord(found.group()):04x}", value)


def _unescape(value: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), value)


def _escape_all(value: Value) -> Value:
    match value:
        case str():
            return _escape(value)
        case float() if not isfinite(value):
            return f"{_MARK}f{value}"
        case Mapping():
            return {_escape(str(k)): _escape_all(v) for k, v in value.items()}
        case list():
            return [_escape_all(v) for v in value]
        case _:
            return value


def _unescape_all(value: Value) -> Value:
    match value:
        case str() if value.startswith(f"{_MARK}f"):
            return float(value[2:])
        case str():
            return _unescape(value)
        case dict():
            return {_unescape(k): _unescape_all(v) for k, v in value.items()}
        case list():
            return [_unescape_all(v) for v in value]
        case _:
            return value
