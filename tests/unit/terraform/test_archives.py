from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from reconciler.errors import ProviderError
from reconciler.terraform import archives
from reconciler.terraform.archives import unpack


def _archive(path: Path, members: dict[str, bytes], mode: int = 0o755) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFREG | mode) << 16
            opened.writestr(info, content)
    return path


def test_an_archive_is_unpacked_once_and_its_programs_can_run(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.zip", {"terraform-provider-x_v1": b"program", "LICENSE.txt": b"text"})
    folder = unpack(archive, tmp_path / "cache")
    program = folder / "terraform-provider-x_v1"
    assert program.read_bytes() == b"program"
    assert os.access(program, os.X_OK)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    program.write_bytes(b"as it is")
    assert unpack(archive, tmp_path / "cache") == folder
    assert program.read_bytes() == b"as it is"


def test_the_program_can_run_whatever_the_archive_says(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.zip", {"terraform-provider-x_v1": b"program"}, mode=0o600)
    assert os.access(unpack(archive, tmp_path / "cache") / "terraform-provider-x_v1", os.X_OK)


def test_an_archive_that_was_replaced_is_unpacked_anew(tmp_path: Path) -> None:
    first = unpack(_archive(tmp_path / "a.zip", {"p": b"one"}), tmp_path / "cache")
    second = unpack(_archive(tmp_path / "a.zip", {"p": b"another"}), tmp_path / "cache")
    assert first != second
    assert (second / "p").read_bytes() == b"another"


@pytest.mark.parametrize("name", ["../escaped", "a/../../escaped", "/tmp/escaped", "a\\..\\escaped"])  # noqa: S108  # hostile
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    archive = _archive(tmp_path / "a.zip", {"fine": b"1", name: b"2"})
    with pytest.raises(ProviderError, match="no plain file"):
        unpack(archive, tmp_path / "cache")
    assert not (tmp_path / "escaped").exists()
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(info, "/etc/passwd")
    with pytest.raises(ProviderError, match="no plain file"):
        unpack(tmp_path / "a.zip", tmp_path / "cache")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1000)
    archive = _archive(tmp_path / "a.zip", {"p": b"0" * 1001})
    with pytest.raises(ProviderError, match="too large"):
        unpack(archive, tmp_path / "cache")


@pytest.mark.parametrize("keep", [0, 10, -30])
def test_a_damaged_archive_is_an_error_and_leaves_nothing(tmp_path: Path, keep: int) -> None:
    content = _archive(tmp_path / "whole.zip", {"p": os.urandom(500)}).read_bytes()
    (tmp_path / "a.zip").write_bytes(content[:keep])
    with pytest.raises(ProviderError, match="damaged"):
        unpack(tmp_path / "a.zip", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as opened:
        opened.writestr("p", b"program")
    (tmp_path / "a.zip").write_bytes(buffer.getvalue().replace(b"program", b"programm"[1:]))
    with pytest.raises(ProviderError, match="damaged"):
        unpack(tmp_path / "a.zip", tmp_path / "cache")


def test_an_archive_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="cannot be unpacked"):
        unpack(tmp_path / "absent.zip", tmp_path / "cache")
