"""What can be told of the example estate without running Terraform."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from reconciler.errors import ConfigError
from reconciler.sandbox import estate
from reconciler.sandbox.estate import ENVIRONMENTS, find_estate


def test_an_installed_package_has_the_estate_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "site-packages" / "reconciler" / "sandbox"
    (inside / "iac_templates" / "modules").mkdir(parents=True)
    monkeypatch.setattr(estate, "__file__", str(inside / "estate.py"))
    assert find_estate() == inside / "iac_templates"


def test_a_checkout_has_it_beside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "iac_templates" / "modules").mkdir(parents=True)
    monkeypatch.setattr(estate, "__file__", str(tmp_path / "reconciler" / "sandbox" / "estate.py"))
    assert find_estate() == tmp_path / "iac_templates"


def test_elsewhere_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estate, "__file__", str(tmp_path / "reconciler" / "sandbox" / "estate.py"))
    with pytest.raises(ConfigError):
        find_estate()


def test_the_templates_know_nothing_of_an_emulator() -> None:
    text = "\n".join(path.read_text() for path in find_estate().rglob("*.tf"))
    assert not re.search(r"endpoints \{|skip_|localhost|127\.0\.0\.1|access_key|moto", text)


def test_it_has_what_real_estates_have() -> None:
    text = "\n".join(path.read_text() for path in find_estate().rglob("*.tf"))
    for word in ("for_each", "count ", "dynamic ", "default_tags", "ignore_changes", 'backend "s3"', "alias "):
        assert word in text
    assert all((find_estate() / name / "main.tf").is_file() for name in ENVIRONMENTS)


def test_the_function_that_is_deployed_is_the_one_beside_it() -> None:
    folder = find_estate() / "modules" / "app" / "functions"
    with zipfile.ZipFile(folder / "handler.zip") as package:
        assert package.read("handler.py") == (folder / "handler.py").read_bytes()
