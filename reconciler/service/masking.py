"""Keeps secrets out of log lines: a last net under code that should not have logged them at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from structlog.typing import EventDict, WrappedLogger

MASK: Final = "***"

_WORDS: Final = (
    r"pass(?:word|wd|phrase)|secret|token|credentials?|api[_-]?key|access[_-]?key|private[_-]?key|master[_-]?key"
    r"|authorization|cookie|x-amz-(?:signature|security-token|credential)"
)
_SECRET_NAME: Final = re.compile(_WORDS, re.IGNORECASE)
_USERINFO: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/?#\s@\"']*(?:@[^/?#\s@\"']*)*@", re.IGNORECASE)
_ASSIGNED: Final = re.compile(
    rf"(?P<name>[\w-]*(?:{_WORDS})[\w-]*[\"']?\s*[=:]\s*)(?:\"[^\"]*\"|'[^']*'|(?:bearer\s+|basic\s+)?[^\s,;&\"']+)",
    re.IGNORECASE,
)


def mask_text(text: str) -> str:
    """The text without the credentials in URLs and without what is assigned to a name like ``password``."""
    text = _USERINFO.sub(rf"\g<scheme>{MASK}@", text)
    return _ASSIGNED.sub(rf"\g<name>{MASK}", text)


def mask_value(value: object) -> object:
    """The value with everything secret in it masked: by the keys of mappings and within texts, at any depth."""
    match value:
        case str():
            return mask_text(value)
        case bytes():
            return mask_text(value.decode("utf-8", "replace"))
        case Mapping():
            return {key: MASK if _is_secret(key) else mask_value(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [mask_value(item) for item in value]
        case None | bool() | int() | float():
            return value
        case _:
            return mask_text(str(value))


def mask_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask every field of a log event. structlog's own fields (``_record`` and the like) pass as they are."""
    return {
        key: value if key.startswith("_") or key == "exc_info" else MASK if _is_secret(key) else mask_value(value)
        for key, value in event.items()
    }


def _is_secret(key: object) -> bool:
    return isinstance(key, str) and _SECRET_NAME.search(key) is not None
