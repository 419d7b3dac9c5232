from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from support.vault import Kept, keys_of, new_key

from reconciler.drift.snapshot import Template
from reconciler.errors import VaultError
from reconciler.settings import Settings
from reconciler.vault.seal import Place
from reconciler.wiring.keys import Keys


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return keys_of(tmp_path)


def test_a_template_comes_back_to_the_byte(keys: Keys) -> None:
    template = Template(
        "t",
        "sha256:1",
        {"main.tf": "é", "marked.tf": "x"},
        (),
        assets={"a.zip": bytes(range(256)), "marked.tf": b"\xef\xbb\xbfx"},
        left_out={"big.zip": "larger than 5 MB"},
    )
    sealed = keys.seal("shop", template)
    assert "main.tf" not in sealed
    kept = keys.open("shop", "sha256:1", sealed)
    assert kept.content == {"main.tf": "é".encode(), "a.zip": bytes(range(256)), "marked.tf": b"\xef\xbb\xbfx"}
    assert kept.left_out == {"big.zip": "larger than 5 MB"}


@pytest.mark.parametrize("files", [{"main.tf": "text"}, {}, {"files": "x", "assets": "y", "left_out": "z"}])
def test_what_was_kept_before_assets_opens_too(keys: Keys, files: dict[str, str]) -> None:
    place = Place("iac_templates", "shop sha256:1", "template_content")
    sealed = keys.sealer.seal(msgspec.json.encode(files), place)
    kept = keys.open("shop", "sha256:1", sealed)
    assert (kept.content, kept.left_out) == ({name: text.encode() for name, text in files.items()}, {})


@pytest.fixture
def rotated(tmp_path: Path) -> tuple[Keys, Keys, Keys]:
    """The keys of one installation: before a new master key came, while both are there, and with the new one alone."""
    kept, old, new = Kept(), new_key(tmp_path / "old"), new_key(tmp_path / "new")
    before = keys_of(tmp_path, kept, key_file=old)
    _ = before.root
    both = keys_of(tmp_path, kept, key_file=new, older_key_files=(old,))
    return before, both, keys_of(tmp_path, kept, key_file=new)


def test_what_an_older_key_sealed_still_opens(rotated: tuple[Keys, Keys, Keys]) -> None:
    before, both, after = rotated
    sealed = before.seal_plan("p1", b"plan")
    assert both.open_plan("p1", sealed) == b"plan"
    with pytest.raises(VaultError, match="a key that is not here"):
        after.open_plan("p1", sealed)


def test_digests_and_stamps_outlive_the_master_key(rotated: tuple[Keys, Keys, Keys]) -> None:
    """A secret that did not move must not look moved because a key was rotated."""
    before, both, _ = rotated
    assert both.digest(b"secret") == before.digest(b"secret")
    assert both.stamp(b"row") == before.stamp(b"row")


def test_two_installations_digest_the_same_secret_differently(tmp_path: Path) -> None:
    one, other = keys_of(tmp_path), keys_of(tmp_path)
    assert one.master == other.master
    assert one.digest(b"secret") != other.digest(b"secret")


def test_the_root_key_is_stored_sealed_and_opens_in_its_place_only(tmp_path: Path) -> None:
    kept = Kept()
    keys = keys_of(tmp_path, kept)
    assert keys.root.secret.hex() not in kept.texts["root"]
    kept.texts["root"] = keys.seal_plan("root", bytes(32))
    with pytest.raises(VaultError, match="does not open"):
        _ = keys_of(tmp_path, kept).root


def test_sealed_anew_in_the_same_place_with_the_current_key(rotated: tuple[Keys, Keys, Keys]) -> None:
    before, both, after = rotated
    sealed = before.seal_credential("7", "secret_access_key", "secret")
    again = both.seal_again("aws_credentials", "7", "secret_access_key", sealed)
    assert after.open_credential("7", "secret_access_key", again) == "secret"
    for place in (("aws_credentials", "8", "secret_access_key"), ("aws_credentials", "7", "access_key_id")):
        with pytest.raises(VaultError, match="does not open"):
            both.seal_again(*place, sealed)


def test_older_keys_from_systemd(tmp_path: Path) -> None:
    for name in ("master-key", "older-master-key-1", "older-master-key-2"):
        new_key(tmp_path / name)
    keys = Keys(Settings(state_dir=tmp_path / "state"), {"CREDENTIALS_DIRECTORY": str(tmp_path)}, Kept().keep)
    assert keys.master.secret == (tmp_path / "master-key").read_bytes()
    assert [key.secret for key in keys.older] == [(tmp_path / f"older-master-key-{n}").read_bytes() for n in (1, 2)]


def test_another_master_key_says_what_is_missing(tmp_path: Path, rotated: tuple[Keys, Keys, Keys]) -> None:
    """A daemon with the wrong key must not make digests of its own: every secret would look changed."""
    _, _, after = rotated
    with pytest.raises(VaultError, match="does not open this database") as raised:
        _ = after.digest
    assert "older_key_files" in str(raised.value.hint)
