"""Sealed values: AES-256-GCM, bound to the place they are stored at, so that none opens altered or elsewhere.

The text form is ``sealed:v1:<key id>:<base64 of nonce and ciphertext>``.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reconciler.errors import VaultError
from reconciler.vault.key import MasterKey

_PREFIX: Final = "sealed:v1"
_NONCE: Final = 12  # bytes; random, so one key is good for 2^32 values (NIST SP 800-38D, 8.3)
_PURPOSE: Final = "seal v1"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value is stored. It opens only there."""

    table: str
    row: str
    column: str

    def __post_init__(self) -> None:
        """Refuse what would make two places look the same."""
        if any("|" in part for part in (self.table, self.row, self.column)):
            message = "the parts of a place hold no '|'"
            raise ValueError(message)

    def associated(self, key_id: str) -> bytes:
        """``table|row|column|key id``: what the ciphertext is bound to."""
        return f"{self.table}|{self.row}|{self.column}|{key_id}".encode()


class Sealer:
    """Seals with the current key, opens with any known one."""

    def __init__(self, current: MasterKey, older: Sequence[MasterKey] = ()) -> None:
        self._current = current.id
        self._ciphers = {key.id: AESGCM(key.derive(_PURPOSE)) for key in (*older, current)}

    def seal(self, plain: bytes, place: Place) -> str:
        """The sealed text of a secret for one place."""
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self._current].encrypt(nonce, plain, place.associated(self._current))
        return f"{_PREFIX}:{self._current}:{base64.b64encode(nonce + sealed).decode()}"

    def open(self, text: str, place: Place) -> bytes:
        """The secret.

        Raises:
            VaultError: the text is altered, comes from another place, or its key is not known.
        """
        prefix, _, rest = text.rpartition(":")
        key_id = prefix.removeprefix(f"{_PREFIX}:")
        if prefix != f"{_PREFIX}:{key_id}":
            raise VaultError(f"{_name(place)} holds no sealed value")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            hint = "name the key it was sealed with, or restore the value"
            raise VaultError(f"{_name(place)} is sealed with a key that is not here", hint=hint)
        try:
            sealed = _decode(rest)
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.associated(key_id))
        except (InvalidTag, ValueError) as error:
            hint = "somebody altered or moved it; restore it from a backup"
            raise VaultError(f"{_name(place)} does not open", hint=hint) from error

    @property
    def current(self) -> str:
        """How a text begins that was sealed with the current key; any other is due to be sealed anew."""
        return f"{_PREFIX}:{self._current}:"


def _name(place: Place) -> str:
    return f"{place.table}.{place.column} of row {place.row}"


def _decode(text: str) -> bytes:
    sealed = base64.b64decode(text)
    # Many texts decode to the same bytes; only the one that was written is good.
    if base64.b64encode(sealed).decode() != text or len(sealed) < _NONCE:
        message = "not what was written"
        raise ValueError(message)
    return sealed
