from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from reconciler.errors import ProviderError
from reconciler.terraform.binaries import ProviderBinary, find_provider, provider_missing

SOURCE = "registry.terraform.io/hashicorp/aws"
MACHINE = "linux_amd64"


def _put(mirror: Path, version: str, *, mode: int = 0o755, name: str = "terraform-provider-aws") -> Path:
    folder = mirror.joinpath(*SOURCE.split("/"), version, MACHINE)
    folder.mkdir(parents=True)
    (folder / "LICENSE.txt").touch()
    path = folder / f"{name}_v{version}_x5"
    path.touch(mode)
    path.chmod(mode)
    return path


def _find(tmp_path: Path, **options: object) -> ProviderBinary | None:
    given: dict[str, object] = {"mirrors": [tmp_path / "mirror"], "cache": tmp_path / "cache", "machine": MACHINE}
    return find_provider(SOURCE, **{**given, **options})  # type: ignore[arg-type]  # a test's shorthand


def test_the_newest_that_is_allowed_is_taken(tmp_path: Path) -> None:
    _put(tmp_path / "mirror", "5.9.0")
    wanted = _put(tmp_path / "mirror", "5.100.0")
    _put(tmp_path / "mirror", "6.0.0")
    assert _find(tmp_path, constraint="~> 5.0") == ProviderBinary(SOURCE, "5.100.0", wanted)


def test_the_locked_version_decides_alone(tmp_path: Path) -> None:
    wanted = _put(tmp_path / "mirror", "5.9.0")
    _put(tmp_path / "mirror", "5.100.0")
    assert _find(tmp_path, constraint=">= 5.50", locked="5.9.0") == ProviderBinary(SOURCE, "5.9.0", wanted)


def test_what_init_installed_goes_before_a_newer_one_in_a_mirror(tmp_path: Path) -> None:
    installed = _put(tmp_path / "t" / ".terraform" / "providers", "5.1.0")
    _put(tmp_path / "mirror", "5.2.0")
    assert _find(tmp_path, data_dirs=[tmp_path / "t" / ".terraform"]) == ProviderBinary(SOURCE, "5.1.0", installed)


def test_what_init_installed_is_passed_over_where_another_version_is_locked(tmp_path: Path) -> None:
    _put(tmp_path / "t" / ".terraform" / "providers", "5.1.0")
    wanted = _put(tmp_path / "mirror", "5.2.0")
    found = _find(tmp_path, data_dirs=[tmp_path / "t" / ".terraform"], locked="5.2.0")
    assert found == ProviderBinary(SOURCE, "5.2.0", wanted)


def test_the_first_mirror_wins_for_one_version(tmp_path: Path) -> None:
    _put(tmp_path / "z", "5.1.0")
    _put(tmp_path / "a", "5.1.0")
    found = _find(tmp_path, mirrors=[tmp_path / "z", tmp_path / "a"])
    assert found is not None
    assert found.path.is_relative_to(tmp_path / "z")


def test_a_packed_provider_is_unpacked_into_our_cache(tmp_path: Path) -> None:
    folder = (tmp_path / "mirror").joinpath(*SOURCE.split("/"))
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / f"terraform-provider-aws_5.4.0_{MACHINE}.zip", "w") as archive:
        archive.writestr("terraform-provider-aws_v5.4.0_x5", "program")
    found = _find(tmp_path, constraint="5.4.0")
    assert found is not None
    assert found.version == "5.4.0"
    assert found.path.is_relative_to(tmp_path / "cache")
    assert found.path.read_text() == "program"
    assert sorted(child.suffix for child in folder.iterdir()) == [".zip"]


def test_where_it_is_nowhere_init_has_to_fetch_it(tmp_path: Path) -> None:
    assert _find(tmp_path) is None
    _put(tmp_path / "t" / ".terraform" / "providers", "5.1.0")
    assert _find(tmp_path, data_dirs=[tmp_path / "t" / ".terraform"], locked="5.2.0") is None


@pytest.mark.parametrize(
    ("options", "wanted"),
    [({"locked": "5.8.0"}, "locked version 5.8.0"), ({"constraint": "~> 6.0"}, "a version that meets '~> 6.0'")],
)
def test_other_versions_in_a_mirror_are_named(tmp_path: Path, options: dict[str, str], wanted: str) -> None:
    _put(tmp_path / "mirror", "5.9.0")
    _put(tmp_path / "mirror", "5.10.0")
    with pytest.raises(ProviderError) as caught:
        _find(tmp_path, **options)
    assert wanted in str(caught.value)
    assert "5.9.0, 5.10.0" in str(caught.value)
    assert caught.value.hint is not None


def test_a_constraint_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="cannot be read"):
        _find(tmp_path, constraint="about five")


@pytest.mark.parametrize("given", [{"mode": 0o644}, {"name": "something-else"}])
def test_a_folder_without_a_program_is_an_error(tmp_path: Path, given: dict[str, object]) -> None:
    _put(tmp_path / "mirror", "5.9.0", **given)  # type: ignore[arg-type]  # one of the two
    with pytest.raises(ProviderError, match=r"no program named terraform-provider-aws\*"):
        _find(tmp_path)


def test_a_missing_provider_says_where_was_looked(tmp_path: Path) -> None:
    error = provider_missing(SOURCE, [tmp_path / "one", tmp_path / "two"], MACHINE)
    assert f"{tmp_path / 'one'}, {tmp_path / 'two'}" in str(error)
    assert error.hint is not None
    assert "plugin_mirrors" in error.hint
    assert "terraform init" in error.hint
