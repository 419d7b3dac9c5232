"""Anchors: the head of the ledger, signed, for keeping where nobody who can write to the database can write.

The key is Ed25519, derived from the root key. What is signed is four lines, each with its newline: a fixed
word, the number of the last record, its hash, and the time. So ``openssl pkeyutl -verify`` can check it too.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reconciler.errors import VaultError
from reconciler.gate.chain import Head, moment_text
from reconciler.vault.key import MasterKey

_SCHEME: Final = "reconciler ledger anchor v1"
_PURPOSE: Final = "anchor v1"
_PAIR: Final = re.compile(r'(\w+)=("[^"]*"|\S*)')


def sign(key: MasterKey, head: Head, at: datetime) -> str:
    """A head as one line of JSON, with the public key and the signature."""
    private = _private(key)
    moment = moment_text(at)
    anchor = {
        "anchor": _SCHEME,
        "sequence": head.sequence,
        "hash": head.hash,
        "at": moment,
        "public_key": public_key(key),
        "signature": base64.b64encode(private.sign(_message(head, moment))).decode(),
    }
    return json.dumps(anchor)


def is_anchor(line: str) -> bool:
    """Whether a line is one, or means to be: a journal holds others too."""
    return _SCHEME in line


def read(key: MasterKey, line: str) -> Head:
    """The head that a line names: one of our own, or one of the daemon's log, in either of its forms.

    Raises:
        VaultError: the line is no anchor, was altered, or was signed with another key than this installation's.
    """
    try:
        anchor = json.loads(line) if line.lstrip().startswith("{") else _logged(line)
        head = Head(int(anchor["sequence"]), str(anchor["hash"]))
        message = _message(head, str(anchor["at"]))
        signed_with, signature = str(anchor["public_key"]), base64.b64decode(anchor["signature"], validate=True)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise VaultError("this is no anchor", hint="each line is what `reconciler events anchor` printed") from error
    if signed_with != public_key(key):
        hint = "look for the public key that your installation had, and who else writes to this file"
        raise VaultError("the anchor was signed with another key than this installation's", hint=hint)
    try:
        _private(key).public_key().verify(signature, message)
    except InvalidSignature as error:
        raise VaultError("the anchor was altered", hint="take one that was kept elsewhere") from error
    return head


def public_key(key: MasterKey) -> str:
    """The public key that belongs to the signatures: 32 bytes in base64."""
    raw = _private(key).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def _logged(line: str) -> dict[str, str]:
    """The fields of a line of the log that is not JSON: ``name=value`` or ``name="value"``."""
    return {name: value.strip('"') for name, value in _PAIR.findall(line)}


def _private(key: MasterKey) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key.derive(_PURPOSE))


def _message(head: Head, moment: str) -> bytes:
    return f"{_SCHEME}\n{head.sequence}\n{head.hash}\n{moment}\n".encode("utf-8", "surrogatepass")
