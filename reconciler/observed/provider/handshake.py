"""The first line that a provider prints: where it listens and what it speaks.

Format: https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md
"""

from __future__ import annotations

import base64
import binascii
import ssl
from dataclasses import dataclass
from typing import Final

from reconciler.errors import ProviderError

MAGIC_COOKIE: Final = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
"""Not a secret: without it a provider tells a person that it is no program to be run by hand."""

PROTOCOLS: Final = (5, 6)
_CORE_PROTOCOL: Final = "1"
# Linux keeps socket paths in 108 bytes, one of them the end.
_LONGEST_SOCKET: Final = 107


@dataclass(frozen=True, slots=True)
class Handshake:
    """A provider that is ready. ``certificate`` is PEM, or empty where it speaks without TLS."""

    protocol: int
    socket: str
    certificate: bytes = b""


def parse_handshake(line: bytes) -> Handshake:
    """Read the line.

    Raises:
        ProviderError: it is none, or the provider speaks what we do not.
    """
    try:
        fields = line.decode("ascii").strip().split("|")
    except UnicodeDecodeError:
        fields = []
    if len(fields) < 4 or not fields[1].isdigit():
        raise ProviderError(
            "the provider's first line is no handshake",
            hint="the file is perhaps no Terraform provider; check the mirror",
        )
    core, protocol, network, address, *rest = fields
    if core != _CORE_PROTOCOL or int(protocol) not in PROTOCOLS or (rest and rest[0] != "grpc"):
        raise ProviderError(
            f"the provider speaks plugin protocol {protocol}, and not 5 or 6",
            hint="choose a provider version made for Terraform 0.12 or newer",
        )
    if network != "unix" or not address.startswith("/") or len(address.encode()) > _LONGEST_SOCKET:
        raise ProviderError("the provider does not listen on a unix socket that can be reached")
    return Handshake(int(protocol), address, _certificate(rest[1]) if len(rest) > 1 and rest[1] else b"")


def _certificate(field: str) -> bytes:
    try:
        der = base64.b64decode(field + "=" * (-len(field) % 4), validate=True)
    except (binascii.Error, ValueError) as e:
        raise ProviderError("the provider's handshake holds a certificate that cannot be read") from e
    return ssl.DER_cert_to_PEM_cert(der).encode()
