"""Keyed digests: what is known of a secret that we do not keep."""

from __future__ import annotations

import hmac
from typing import Final

from reconciler.drift.values import Digest
from reconciler.vault.key import MasterKey

_PURPOSE: Final = "digest v1"
_LENGTH: Final = 32  # hex digits; 128 bits, more than enough to tell two secrets apart


def keyed_digest(key: MasterKey, *, purpose: str = _PURPOSE, length: int = _LENGTH) -> Digest:
    """HMAC-SHA256 under a key of its own: the same secret gives the same text in every run with this master key.

    Without the key nobody can test a guess, not even for a short password.

    Args:
        key: the master key.
        purpose: what the digests are for; those of one purpose say nothing of those of another.
        length: in hex digits.
    """
    secret = key.derive(purpose)

    def digest(value: bytes) -> str:
        return hmac.digest(secret, value, "sha256").hex()[:length]

    return digest
