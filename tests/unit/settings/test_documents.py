"""What is written for people says what the program does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from reconciler.settings import Settings, load_settings

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "reconciler.example.toml"


def sections() -> dict[str, type[BaseModel]]:
    found = {}
    for name, field in Settings.model_fields.items():
        shape: Any = field.annotation
        arguments = [a for a in get_args(shape) if isinstance(a, type) and issubclass(a, BaseModel)]
        shape = arguments[0] if arguments else shape
        if isinstance(shape, type) and issubclass(shape, BaseModel):
            found[name] = shape
    return found


def test_the_example_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "reconciler.toml"
    file.write_text(EXAMPLE.read_text())
    settings = load_settings(file)
    assert settings.workspaces.keys() == {"production"}
    assert len(settings.ignore) == len(settings.severity) == 1


def test_the_example_is_valid_with_every_comment_opened(tmp_path: Path) -> None:
    """Each setting that is shown as a comment works when the mark is taken away."""
    text = re.sub(r"^# (?=[a-z_]+ = )", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    file = tmp_path / "reconciler.toml"
    file.write_text(text)
    settings = load_settings(file)
    environment = settings.environments["production"]
    assert environment.assume_role is not None
    assert environment.endpoint_url is not None
    assert settings.database.url is not None


def test_the_example_shows_every_setting() -> None:
    text = EXAMPLE.read_text()
    for section, model in sections().items():
        for key in model.model_fields:
            assert re.search(rf"^(# )?{key} = ", text, re.MULTILINE), f"{section}.{key}"


def test_the_table_names_every_setting() -> None:
    text = (ROOT / "docs/configuration.md").read_text()
    for section, model in sections().items():
        part = text[text.index(f"`[{section}") if f"`[{section}" in text else text.index(f"`[[{section}") :]
        for key in model.model_fields:
            assert f"`{key}`" in part, f"{section}.{key}"


def test_the_examples_numbers_are_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "reconciler.toml"
    file.write_text(EXAMPLE.read_text())
    example, default = load_settings(file), Settings.model_construct()
    for name in ("provider", "service", "terraform", "vault"):
        assert getattr(example, name) == getattr(default, name)
