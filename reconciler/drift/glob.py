"""Patterns that people write in rules: ``*`` stands for any text, everything else for itself."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Brackets are part of addresses and paths, so the shell's character classes would only surprise.
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=16384)
def any_matches(patterns: tuple[str, ...], text: str) -> bool:
    """Whether the whole text fits one of the patterns. Types and paths come again and again: asked once each."""
    return any(matches(pattern, text) for pattern in patterns)
