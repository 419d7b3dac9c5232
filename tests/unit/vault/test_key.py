from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from reconciler.errors import VaultError
from reconciler.vault.key import FILE_NAME, MasterKey, _make, load_master_key, load_older_keys

SECRET = bytes(range(32))


def key_at(path: Path, data: bytes = SECRET, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_made_at_first_use_and_the_same_ever_after(tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = load_master_key(state)
    assert load_master_key(state) == first
    assert len(first.secret) == 32
    assert (state / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in state.iterdir()] == [FILE_NAME]


def test_no_two_installations_have_the_same(tmp_path: Path) -> None:
    assert load_master_key(tmp_path / "a").id != load_master_key(tmp_path / "b").id


def test_made_with_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_master_key(tmp_path / "state")
    finally:
        os.umask(before)
    assert (tmp_path / "state" / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_who_comes_second_takes_the_firsts(tmp_path: Path) -> None:
    found: list[str] = []
    together = threading.Barrier(8)

    def load() -> None:
        together.wait()
        found.append(load_master_key(tmp_path).id)

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_key_that_came_in_between_is_not_replaced(tmp_path: Path) -> None:
    path = key_at(tmp_path / FILE_NAME)
    _make(path)
    assert path.read_bytes() == SECRET
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_the_settings_file_goes_before_systemd_before_our_own(tmp_path: Path) -> None:
    own = load_master_key(tmp_path)
    credentials = key_at(tmp_path / "credentials" / FILE_NAME, b"c" * 32).parent
    file = key_at(tmp_path / "file", b"f" * 32)
    assert load_master_key(tmp_path, key_file=file, credentials_directory=credentials).secret == b"f" * 32
    assert load_master_key(tmp_path, credentials_directory=credentials).secret == b"c" * 32
    assert load_master_key(tmp_path, credentials_directory=tmp_path / "other") == own


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o620, 0o601])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = key_at(tmp_path / "key", mode=mode)
    with pytest.raises(VaultError, match="others can read the master key") as raised:
        load_master_key(tmp_path, key_file=path)
    assert raised.value.hint == f"chmod 600 {path}"


def test_systemd_may_let_us_in_through_the_group_but_nobody_else(tmp_path: Path) -> None:
    credentials = key_at(tmp_path / "c" / FILE_NAME, mode=0o440).parent
    assert load_master_key(tmp_path, credentials_directory=credentials).secret == SECRET
    (credentials / FILE_NAME).chmod(0o444)
    with pytest.raises(VaultError, match="others can read"):
        load_master_key(tmp_path, credentials_directory=credentials)


@pytest.mark.parametrize("data", [b"", b"x", bytes(31), bytes(33), b"canary" * 100])
def test_a_file_of_another_length_is_no_key(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(VaultError, match="exactly 32 bytes") as raised:
        load_master_key(tmp_path, key_file=key_at(tmp_path / "key", data))
    assert "canary" not in str(raised.value)


def test_a_missing_file_of_the_settings_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="there is no master key") as raised:
        load_master_key(tmp_path, key_file=tmp_path / "key")
    assert "head -c 32 /dev/urandom" in str(raised.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_no_key(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key", mode=0o600)
    with pytest.raises(VaultError, match="exactly 32 bytes"):
        load_master_key(tmp_path, key_file=tmp_path / "key")


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir(mode=0o700)
    with pytest.raises(VaultError, match="exactly 32 bytes"):
        load_master_key(tmp_path, key_file=tmp_path / "key")


def test_a_key_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = key_at(tmp_path / "key")
    real = os.fstat
    monkeypatch.setattr("reconciler.vault.key.os.geteuid", lambda: 12_345)
    monkeypatch.setattr(
        "reconciler.vault.key.os.fstat",
        lambda fd: os.stat_result([*real(fd)[:4], 54_321, *real(fd)[5:10]]),
    )
    with pytest.raises(VaultError, match="belongs to another user"):
        load_master_key(tmp_path, key_file=path)


def test_a_state_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VaultError, match="cannot make the master key"):
        load_master_key(tmp_path / "file" / "state")


def test_the_id_and_the_purposes_tell_nothing_of_the_key() -> None:
    key = MasterKey(SECRET)
    assert key.id == "4ec2b679d9d0"
    assert key.derive("a") != key.derive("b")
    assert SECRET.hex()[:12] != key.id
    assert repr(key) == "MasterKey()"


def test_derived_keys_never_change() -> None:
    """A release that derives others could open nothing that is stored."""
    assert MasterKey(SECRET).derive("seal v1").hex()[:16] == "4e5199eecba52618"


def test_older_keys_in_the_order_of_the_settings(tmp_path: Path) -> None:
    files = [key_at(tmp_path / name, bytes([n]) * 32) for n, name in enumerate("ab")]
    assert [key.secret[0] for key in load_older_keys(files)] == [0, 1]
    assert load_older_keys() == ()


def test_an_older_key_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="there is no master key") as raised:
        load_older_keys([tmp_path / "gone"])
    assert "restore it from a backup" in str(raised.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_an_older_key_that_others_can_read_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="others can read"):
        load_older_keys([key_at(tmp_path / "key", mode=0o640)])
