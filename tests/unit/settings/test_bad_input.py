"""Every file of ``tests/fixtures/bad/config`` says in its first lines what is to be said of it.

``# expect LINE:COLUMN MESSAGE`` or ``# expect LINE:COLUMN MESSAGE|HINT``; a dash where there is no position.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import ConfigError
from reconciler.settings import ConfigErrors, load_settings

CORPUS = Path(__file__).parents[2] / "fixtures" / "bad" / "config"
SECRET = "hunter2"


def expectations(file: Path) -> list[tuple[str, str, str]]:
    found = []
    for line in file.read_text("utf-8", "replace").splitlines():
        if line.startswith("# expect "):
            place, _, rest = line.removeprefix("# expect ").partition(" ")
            message, _, hint = rest.partition("|")
            found.append((place, message, hint))
    return found


@pytest.mark.parametrize("file", sorted(CORPUS.glob("*.toml")), ids=lambda file: file.stem)
def test_each_mistake_is_one_line_with_its_place(file: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    errors = caught.value.errors if isinstance(caught.value, ConfigErrors) else (caught.value,)
    expected = expectations(file)
    assert len(errors) == len(expected) > 0
    for error, (place, message, hint) in zip(errors, expected, strict=True):
        assert error.position is not None
        assert str(error.position) == (str(file) if place == "-" else f"{file}:{place}")
        assert error.message.startswith(message)
        assert (error.hint or "").startswith(hint)
        assert "\n" not in str(error)
        assert SECRET not in f"{error}{error.hint}"
    assert str(caught.value).count("\n") == len(errors) - 1


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a regular file"):
        load_settings(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: the configuration does not exist"):
        load_settings(tmp_path / "absent.toml")


def test_without_any_file_the_search_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("reconciler.settings.load.SEARCH_ORDER", (Path("reconciler.toml"),))
    with pytest.raises(ConfigError, match="no configuration") as caught:
        load_settings()
    assert "reconciler.toml" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "secret",
    [
        '[database]\nurl = "postgresql://me:hunter2@db/reconciler"\n',
        '[database]\nurl = "postgresql://db/reconciler?user=me&password=hunter2"\n',
        (
            '[environments.e]\naccount_id = "123456789012"\nregion = "eu-west-1"\n'
            '[workspaces.w]\nenvironment = "e"\ntemplate = "."\nbackend_config = {conn_str = "postgres://me:hunter2@db"}\n'
        ),
    ],
)
def test_a_secret_that_everybody_can_read_is_refused(tmp_path: Path, secret: str) -> None:
    file = tmp_path / "reconciler.toml"
    file.write_text(secret)
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="every user of this host can read") as caught:
        load_settings(file)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(f"chmod 600 {file}")
    assert caught.value.position is not None
    assert caught.value.position.line is not None
    file.chmod(0o640)
    settings = load_settings(file)
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)


def test_a_url_without_a_password_may_be_read_by_all(tmp_path: Path) -> None:
    file = tmp_path / "reconciler.toml"
    file.write_text('[database]\nurl = "postgresql://me@db/reconciler"\n')
    file.chmod(0o644)
    assert load_settings(file).database.url is not None
