"""Anchors: what was signed comes back, and nothing else does."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reconciler.errors import VaultError
from reconciler.gate.chain import EMPTY, Head
from reconciler.vault import anchor
from reconciler.vault.key import MasterKey

KEY, OTHER = MasterKey(b"k" * 32), MasterKey(b"o" * 32)
HEAD = Head(17, "5a" * 32)
AT = datetime(2026, 3, 1, 21, tzinfo=timezone(timedelta(hours=9)))


def test_a_head_comes_back() -> None:
    line = anchor.sign(KEY, HEAD, AT)
    assert "\n" not in line
    assert anchor.read(KEY, line) == HEAD
    assert anchor.read(KEY, anchor.sign(KEY, EMPTY, AT)) == EMPTY
    assert json.loads(line)["at"] == "2026-03-01T12:00:00.000000+00:00"
    assert anchor.sign(KEY, HEAD, AT) == anchor.sign(KEY, HEAD, AT.astimezone(UTC))


def test_the_key_is_one_of_its_own() -> None:
    assert anchor.public_key(KEY) != anchor.public_key(OTHER)
    assert base64.b64encode(KEY.secret).decode() not in anchor.sign(KEY, HEAD, AT)


def test_an_anchor_of_another_installation_is_none_of_ours() -> None:
    with pytest.raises(VaultError, match="another key"):
        anchor.read(OTHER, anchor.sign(KEY, HEAD, AT))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sequence", 18),
        ("hash", "5b" * 32),
        ("at", "2026-03-01T12:00:00.000001+00:00"),
        ("signature", base64.b64encode(b"0" * 64).decode()),
        ("signature", ""),
    ],
)
def test_an_altered_anchor_is_told(field: str, value: object) -> None:
    altered = {**json.loads(anchor.sign(KEY, HEAD, AT)), field: value}
    with pytest.raises(VaultError, match="altered"):
        anchor.read(KEY, json.dumps(altered))


def test_a_signature_by_another_key_under_our_name_is_told() -> None:
    forged = {**json.loads(anchor.sign(OTHER, HEAD, AT)), "public_key": anchor.public_key(KEY)}
    with pytest.raises(VaultError, match="altered"):
        anchor.read(KEY, json.dumps(forged))


@pytest.mark.parametrize(
    "line", ["", "x", "[]", "{}", "7", '{"sequence": "x"}', "[" * 100_000, '{"sequence": 1, "hash": ""}', "\ud800"]
)
def test_what_is_no_anchor_is_told(line: str) -> None:
    with pytest.raises(VaultError, match="no anchor"):
        anchor.read(KEY, line)


def test_openssl_says_the_same(tmp_path: Path) -> None:
    """As the documentation tells an auditor to do it."""
    assert shutil.which("openssl")
    line = json.loads(anchor.sign(KEY, HEAD, AT))
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(line["public_key"]))
    (tmp_path / "key.der").write_bytes(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    message = f"{line['anchor']}\n{line['sequence']}\n{line['hash']}\n{line['at']}\n"
    (tmp_path / "message").write_text(message)
    (tmp_path / "signature").write_bytes(base64.b64decode(line["signature"]))
    command = "openssl pkeyutl -verify -pubin -inkey key.der -keyform DER -rawin -in message -sigfile signature"
    assert subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "message").write_text(message.replace("17", "18"))
    assert subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False).returncode != 0
