"""Tokens of people: shown once, kept as a keyed hash. The beginning finds the row, the rest is the secret.

A token has 256 random bits, so that no slow hash is needed; the key is there for who steals the database alone.
"""

from __future__ import annotations

import hmac
import re
import secrets
from typing import Final

from reconciler.vault.digest import keyed_digest
from reconciler.vault.key import MasterKey

_FORM: Final = re.compile(r"rec_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A token that nobody has had before: ``rec_``, its id, ``_``, 43 characters."""
    return f"rec_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"


def token_id(token: str) -> str | None:
    """By what a token is found; None for a text that is no token."""
    found = _FORM.fullmatch(token)
    return found[1] if found else None


def token_hash(key: MasterKey, token: str) -> str:
    """What is kept of a token."""
    return keyed_digest(key, purpose="token v1", length=64)(token.encode("utf-8", "surrogatepass"))


def is_same(one: str, other: str) -> bool:
    """Whether two hashes are equal, told in the same time whatever they are."""
    return hmac.compare_digest(one, other)
