"""SSH signatures over plans with the real ssh-keygen: whose, over what, for what, by whose list."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reconciler.errors import VaultError
from reconciler.vault.signatures import NAMESPACE, is_signed, sign

DIGEST = "sha256:" + "0" * 64
ME = os.getuid()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with keys of Bob and Eve, and a file that allows Bob's."""
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o755)
    for name in ("bob", "eve"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(command, check=True, env={"PATH": os.environ["PATH"]})
    signers = folder / "allowed_signers"
    signers.write_text(f"bob {(folder / 'bob.pub').read_text()}")
    signers.chmod(0o644)
    return folder


def made(keys: Path, name: str = "bob", digest: str = DIGEST) -> str:
    return sign(digest, keys / name, os.environ)


def holds(keys: Path, signature: str, user: str = "bob", digest: str = DIGEST) -> bool:
    return is_signed(digest, signature, user, keys / "allowed_signers", owner=ME)


def test_a_signature_holds_for_its_digest_and_its_person_alone(keys: Path) -> None:
    signature = made(keys)
    assert holds(keys, signature)
    assert not holds(keys, signature, digest=DIGEST.replace("0", "1"))
    assert not holds(keys, signature, user="ann")
    assert not holds(keys, made(keys, "eve"))
    assert not holds(keys, made(keys, "eve"), user="eve")


@pytest.mark.parametrize("text", ["", "x", "-----BEGIN SSH SIGNATURE-----\n", "a" * 20_000])
def test_what_is_no_signature_does_not_hold(keys: Path, text: str) -> None:
    assert not holds(keys, text)


def test_an_altered_signature_does_not_hold(keys: Path) -> None:
    lines = made(keys).splitlines()
    lines[2] = lines[2][::-1]
    assert not holds(keys, "\n".join(lines))


def test_a_signature_for_something_else_does_not_hold(keys: Path) -> None:
    other = ["ssh-keygen", "-Y", "sign", "-n", f"{NAMESPACE}-of-another", "-f", str(keys / "bob")]
    done = subprocess.run(other, input=DIGEST, capture_output=True, text=True, check=True)
    assert not holds(keys, done.stdout)


def test_a_name_that_looks_like_an_option_is_nobody(keys: Path) -> None:
    assert not holds(keys, made(keys), user="-n")


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_file_that_others_can_write_vouches_for_nobody(keys: Path, mode: int) -> None:
    signature = made(keys)
    (keys / "allowed_signers").chmod(mode)
    with pytest.raises(VaultError, match="can be written by others"):
        holds(keys, signature)


def test_a_folder_that_others_can_write_vouches_for_nobody(keys: Path) -> None:
    signature = made(keys)
    keys.chmod(0o777)
    with pytest.raises(VaultError, match="can be written by others"):
        holds(keys, signature)


def test_a_folder_further_up_that_others_can_write_vouches_for_nobody(keys: Path) -> None:
    signature = made(keys)
    keys.parent.chmod(0o777)
    with pytest.raises(VaultError, match="can be written by others"):
        holds(keys, signature)


def test_a_link_into_a_folder_that_others_can_write_vouches_for_nobody(keys: Path) -> None:
    signature = made(keys)
    loose = keys.parent / "loose"
    loose.mkdir()
    (keys / "allowed_signers").rename(loose / "signers")
    (keys / "allowed_signers").symlink_to(loose / "signers")
    assert holds(keys, signature)
    loose.chmod(0o777)
    with pytest.raises(VaultError, match="can be written by others"):
        holds(keys, signature)


def test_a_file_of_somebody_else_vouches_for_nobody(keys: Path) -> None:
    signature = made(keys)
    if ME == 0:
        os.chown(keys / "allowed_signers", 12345, -1)
    with pytest.raises(VaultError, match="not root's"):
        is_signed(DIGEST, signature, "bob", keys / "allowed_signers", owner=ME + 1 if ME else 0)


def test_a_missing_file_and_a_missing_key(keys: Path) -> None:
    signature = made(keys)
    (keys / "allowed_signers").unlink()
    with pytest.raises(VaultError, match="cannot be read"):
        holds(keys, signature)
    with pytest.raises(VaultError, match="cannot be signed"):
        made(keys, "nobody")
