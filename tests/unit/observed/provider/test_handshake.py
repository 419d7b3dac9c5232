from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import ProviderError
from reconciler.observed.provider.handshake import Handshake, parse_handshake


@pytest.mark.parametrize("protocol", [5, 6])
def test_a_provider_without_tls(protocol: int) -> None:
    line = f"1|{protocol}|unix|/tmp/plugin123|grpc|\r".encode()
    assert parse_handshake(line) == Handshake(protocol, "/tmp/plugin123")  # noqa: S108 only a text


def test_a_provider_of_before_the_grpc_field() -> None:
    assert parse_handshake(b"1|5|unix|/s").socket == "/s"


def test_a_certificate_comes_without_padding() -> None:
    der = b"\x30\x03\x02\x01\x07"
    line = b"1|6|unix|/s|grpc|" + base64.b64encode(der).rstrip(b"=")
    assert parse_handshake(line).certificate.startswith(b"-----BEGIN CERTIFICATE-----\n")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", "no handshake"),
        (b"hello", "no handshake"),
        (b"\xff|5|unix|/s|grpc|", "no handshake"),
        (b"1|x|unix|/s|grpc|", "no handshake"),
        (b"1|4|unix|/s|grpc|", "protocol 4, and not 5 or 6"),
        (b"1|7|unix|/s|grpc|", "protocol 7, and not 5 or 6"),
        (b"2|5|unix|/s|grpc|", "protocol 5"),
        (b"1|5|unix|/s|netrpc|", "protocol 5"),
        (b"1|5|tcp|127.0.0.1:1|grpc|", "unix socket"),
        (b"1|5|unix|relative|grpc|", "unix socket"),
        (b"1|5|unix|/" + b"s" * 107 + b"|grpc|", "unix socket"),
        (b"1|6|unix|/s|grpc|!!", "certificate"),
    ],
)
def test_what_is_no_handshake_of_ours(line: bytes, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        parse_handshake(line)


@given(st.binary(max_size=80))
def test_any_line_is_a_handshake_or_refused(line: bytes) -> None:
    with pytest.raises(ProviderError):
        parse_handshake(b"garbage " + line)
