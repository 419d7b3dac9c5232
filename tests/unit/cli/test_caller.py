"""Where a token comes from: the environment, a file of one's own, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.caller import token_of
from reconciler.errors import ConfigError


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "reconciler" / "token"
    path.parent.mkdir()
    path.write_text("rec_of_file\n")
    path.chmod(0o600)
    return path


def test_the_environment_goes_before_the_usual_file_and_a_named_file_before_both(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert token_of(None) == "rec_of_file"
    monkeypatch.setenv("RECONCILER_TOKEN", " rec_of_environment ")
    assert token_of(None) == "rec_of_environment"
    named = tmp_path / "named"
    named.write_text("rec_named")
    named.chmod(0o400)
    assert token_of(named) == "rec_named"
    file.unlink()
    monkeypatch.delenv("RECONCILER_TOKEN")
    assert token_of(None) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o620])
def test_a_file_that_others_can_read_or_write_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(ConfigError, match="others can read") as caught:
        token_of(None)
    assert caught.value.hint == f"chmod 600 {file}"
    assert "rec_of_file" not in str(caught.value)


def test_a_named_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        token_of(tmp_path / "none")
