from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.terraform.mirrors import find_mirrors, sources_in, this_platform, versions_in

AWS = "registry.terraform.io/hashicorp/aws"


def _unpacked(mirror: Path, version: str, machine: str = "linux_amd64", source: str = AWS) -> Path:
    folder = mirror.joinpath(*source.split("/"), version, machine)
    folder.mkdir(parents=True)
    return folder


def _packed(mirror: Path, version: str, machine: str = "linux_amd64") -> Path:
    folder = mirror.joinpath(*AWS.split("/"))
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"terraform-provider-aws_{version}_{machine}.zip"
    archive.touch()
    return archive


def test_the_usual_places_are_found_after_the_given_ones(tmp_path: Path) -> None:
    given, home, share, opt = (tmp_path / name for name in ("given", "home", "share", "opt"))
    places = [
        given,
        home / ".terraform.d" / "plugins",
        share / "plugins",
        share / "providers",
        opt,
        opt / "near",
        opt / "far" / "away",
    ]
    for place in places:
        _unpacked(place, "5.0.0")
    _unpacked(opt / "one" / "level" / "more", "5.0.0")
    found = find_mirrors([given, given], home=home, system_roots=[share, tmp_path / "absent"], opt=opt)
    assert found == (*places[:4], opt, opt / "near", opt / "far" / "away")


def test_a_given_folder_that_is_no_mirror_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "other" / "nodots" / "a" / "b").mkdir(parents=True)
    extra = [tmp_path / "empty", tmp_path / "file", tmp_path / "other", tmp_path / "absent"]
    assert find_mirrors(extra, system_roots=(), opt=tmp_path / "none") == ()


def test_what_a_mirror_holds_is_told_in_both_layouts(tmp_path: Path) -> None:
    unpacked = _unpacked(tmp_path, "5.100.0")
    archive = _packed(tmp_path, "5.99.1")
    _unpacked(tmp_path, "5.98.0", "darwin_arm64")
    _packed(tmp_path, "5.97.0", "windows_amd64")
    _packed(tmp_path, "not.a.version.at.all")
    _unpacked(tmp_path, "current")
    held = list(versions_in(tmp_path, AWS, "linux_amd64"))
    assert [(str(one.version), one.path, one.packed) for one in held] == [
        ("5.100.0", unpacked, False),
        ("5.99.1", archive, True),
    ]
    assert list(sources_in(tmp_path)) == [AWS]


def test_a_provider_that_is_not_there_has_no_versions(tmp_path: Path) -> None:
    assert list(versions_in(tmp_path, AWS, "linux_amd64")) == []


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "linux_amd64"),
        ("Linux", "aarch64", "linux_arm64"),
        ("Darwin", "arm64", "darwin_arm64"),
        ("Linux", "riscv64", "linux_riscv64"),
    ],
)
def test_machines_have_terraforms_names(monkeypatch: pytest.MonkeyPatch, system: str, machine: str, name: str) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert this_platform() == name
