from __future__ import annotations

import stat
from pathlib import Path

import pytest

from reconciler.errors import TerraformError
from reconciler.terraform.cli_config import render, write_cli_config


def test_each_provider_comes_from_its_mirror_and_the_rest_from_the_registry() -> None:
    text = render({Path("/a"): ("h.example/x/one", "h.example/x/two"), Path("/b"): ("h.example/x/two",)}, Path("/c"))
    assert text == (
        "disable_checkpoint = true\n"
        'plugin_cache_dir = "/c"\n'
        "\n"
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        '    path    = "/a"\n'
        '    include = ["h.example/x/one", "h.example/x/two"]\n'
        "  }\n"
        "  filesystem_mirror {\n"
        '    path    = "/b"\n'
        '    include = ["h.example/x/two"]\n'
        "  }\n"
        "  direct {\n"
        '    exclude = ["h.example/x/one", "h.example/x/two"]\n'
        "  }\n"
        "}\n"
    )


def test_without_mirrors_everything_comes_from_the_registry() -> None:
    assert "direct {}" in render({}, Path("/c"))


def test_it_is_written_once_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = write_cli_config(tmp_path / "state", [])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((path.parent / "plugin-cache").stat().st_mode) == 0o700
    before = path.stat()
    assert write_cli_config(tmp_path / "state", []) == path
    assert path.stat().st_ino == before.st_ino


def test_a_file_that_others_may_read_is_written_anew(tmp_path: Path) -> None:
    path = write_cli_config(tmp_path, [])
    path.chmod(0o644)
    assert stat.S_IMODE(write_cli_config(tmp_path, []).stat().st_mode) == 0o600


def test_another_set_of_mirrors_replaces_it(tmp_path: Path) -> None:
    (tmp_path / "mirror" / "h.example" / "x" / "one").mkdir(parents=True)
    before = write_cli_config(tmp_path, []).read_text()
    after = write_cli_config(tmp_path, [tmp_path / "mirror"]).read_text()
    assert before != after
    assert "h.example/x/one" in after
    assert [child.name for child in (tmp_path / "terraform").iterdir() if child.name.startswith(".cli-")] == []


def test_a_state_directory_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(TerraformError) as caught:
        write_cli_config(tmp_path / "state", [])
    assert caught.value.hint is not None
