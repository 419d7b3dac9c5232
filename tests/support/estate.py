"""The example estate, applied once per session with real Terraform and shared.

Who changes it takes ``private_estate``: a copy of the emulator with everything in it, made in a moment. The shared
one stays as it was applied.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import Environment, apply_environment, copy_estate
from reconciler.terraform.cli import Terraform

pytest_plugins = ["support.emulator"]


@pytest.fixture(scope="session")
def estate_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the templates in which Terraform may write."""
    return copy_estate(tmp_path_factory.mktemp("estate") / "iac_templates")


@pytest.fixture(scope="session")
def applied_estate(estate_copy: Path, emulator: Emulator, terraform: Terraform) -> Callable[[str], Environment]:
    """``applied_estate("production")`` applies an environment the first time and gives it again afterwards."""
    applied: dict[str, Environment] = {}

    def apply(name: str) -> Environment:
        if name not in applied:
            applied[name] = apply_environment(estate_copy, name, emulator=emulator, terraform=terraform)
        return applied[name]

    return apply


@pytest.fixture
def private_estate(
    applied_estate: Callable[[str], Environment], estate_copy: Path, emulator: Emulator, tmp_path: Path
) -> Iterator[Callable[[str], tuple[Emulator, Environment]]]:
    """``private_estate("production")`` gives an applied environment of the test's own: an emulator and templates."""
    with ExitStack() as ending:

        def take(name: str) -> tuple[Emulator, Environment]:
            shared = applied_estate(name)
            copy = tmp_path / "private" / "iac_templates"
            shutil.copytree(estate_copy, copy, symlinks=True)
            own = ending.enter_context(emulator.clone())
            var_files = tuple(copy / path.relative_to(estate_copy) for path in shared.var_files)
            return own, replace(shared, folder=copy / name, var_files=var_files)

        yield take
