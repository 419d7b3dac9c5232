"""One line of text for people out of what a provider said, without the secrets it may quote.

Known secrets are taken out exactly, whatever they look like; of the rest, what has the shape of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from reconciler.drift.values import Path, Value, texts

LONGEST: Final = 300
"""Characters in a detail."""

_GONE: Final = "…"
# Shorter values ("true", "admin") are words of ordinary sentences; to cut them out would hide nothing and garble much.
_SHORTEST_SECRET: Final = 6
_LEAST_BEGINNING: Final = 3

_NAMES: Final = r"pass(?:word|wd|phrase)?|pwd|secret(?:[_-]?(?:access)?[_-]?key|[_-]?string)?|api[_-]?key|\
private[_-]?key|credentials?|authorization|(?:(?:session|security|auth|access|bearer)[_-]?)?token|signature"

_SECRET_NAME: Final = re.compile(rf"(?i)(?:^|[^a-z])(?:{_NAMES})(?:$|[^a-z])|secretaccesskey|sessiontoken")

_SHAPES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    # PEM, also cut off before its end.
    (re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)", re.DOTALL), _GONE),
    # The query of a URL holds signatures and tokens of presigned requests, its user part a password.
    (re.compile(r"(https?://[^\s?\"'<>]+)\?[^\s\"'<>]+"), rf"\1?{_GONE}"),
    (re.compile(r"(\w://)[^/@\s]+@"), rf"\1{_GONE}@"),
    (re.compile(r"(?i)\b(bearer|basic|AWS4-HMAC-SHA256)\s+[^\s\"']{8,}.*?(?=[\"']|$)"), rf"\1 {_GONE}"),
    (re.compile(rf"(?i)(?<![a-z])({_NAMES})([\"']?\s*[=:]\s*)(?:\"[^\"]*\"|'[^']*'|[^\s,;}}]+)"), rf"\1\2{_GONE}"),
    (re.compile(r"\beyJ[\w-]{10,}\.[\w-]+(?:\.[\w-]*)?"), _GONE),
    # AWS access key ids and, after a separator, what looks like the 40 characters of a secret key.
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"), _GONE),
    (re.compile(r"(?<![\w/+=.:-])(?=[\w/+]*[a-z])(?=[\w/+]*[A-Z])(?=[\w/+]*\d)[A-Za-z0-9/+]{40}(?![\w/+=.-])"), _GONE),
    # Anything long without a break: tokens, host ids, ciphertext.
    (re.compile(r"[A-Za-z0-9+=_]{41,}"), _GONE),
)


def one_line(text: str, secrets: Iterable[str] = ()) -> str:
    """Text with known secrets and secret-looking parts cut out, on one line, at most :data:`LONGEST` characters."""
    # A text of several lines may have been put on one already, and may have been cut off in the middle of a secret.
    known = {form for s in secrets for form in (s, " ".join(s.split())) if len(form) >= _SHORTEST_SECRET}
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, _GONE)
    text = _without_beginning(text, known)
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + _GONE


def _without_beginning(text: str, secrets: Iterable[str]) -> str:
    """The text without the beginning of a secret at its end, where it was cut off."""
    if not text.endswith(_GONE):
        return text
    said = text[: -len(_GONE)].rstrip()
    for secret in secrets:
        for length in range(min(len(secret) - 1, len(said)), _LEAST_BEGINNING - 1, -1):
            if said.endswith(secret[:length]):
                return said[:-length] + _GONE
    return text


def named_secrets(value: Value, name: str = "") -> Iterator[str]:
    """The strings in an environment or a configuration that stand under a name like ``password`` or ``token``."""
    match value:
        case Mapping():
            for key, inner in value.items():
                yield from named_secrets(inner, key if _SECRET_NAME.search(key) else name)
        case list() | tuple():
            for inner in value:
                yield from named_secrets(inner, name)
        case str() if name:
            yield value


def secrets_at(value: Value, paths: Iterable[Path]) -> Iterator[str]:
    """The strings at and below the paths; a name goes through every element of a list, as in schemas."""
    for path in paths:
        yield from _strings_at(value, path)


def _strings_at(value: Value, path: Path) -> Iterator[str]:
    if not path:
        yield from texts(value)
    elif isinstance(value, Mapping):
        if path[0] in value:
            yield from _strings_at(value[path[0]], path[1:])
    elif isinstance(value, list):
        step = path[0]
        chosen, rest = (value[step : step + 1], path[1:]) if isinstance(step, int) else (value, path)
        for each in chosen:
            yield from _strings_at(each, rest)
