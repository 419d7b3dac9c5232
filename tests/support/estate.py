"""The example estate, applied once per session with real Terraform and shared.

Who changes it takes ``private_estate``: a copy of the emulator with everything in it, made in a moment. The shared
one stays as it was applied.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import ENVIRONMENTS, Environment, apply_environment, copy_estate
from reconciler.terraform.cli import Terraform

pytest_plugins = ["support.emulator"]


@pytest.fixture(scope="session")
def estate_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the templates in which Terraform may write."""
    return copy_estate(tmp_path_factory.mktemp("estate") / "iac_templates")


@pytest.fixture(scope="session")
def applied_estate(
    estate_copy: Path, emulator: Emulator, terraform: Terraform, stop_terraform: threading.Event
) -> Iterator[Callable[[str], Environment]]:
    """``applied_estate("production")`` gives an applied environment.

    The first call applies all of them side by side: each is a minute of Terraform's own waiting.
    """
    pending: dict[str, Future[Environment]] = {}
    with ThreadPoolExecutor(len(ENVIRONMENTS)) as pool:

        def apply(name: str) -> Environment:
            if not pending:
                pending.update(
                    {
                        one: pool.submit(apply_environment, estate_copy, one, emulator=emulator, terraform=terraform)
                        for one in ENVIRONMENTS
                    }
                )
            return pending[name].result()

        yield apply
        # Nobody waits any more for what is still being applied.
        stop_terraform.set()


@pytest.fixture
def private_estate(
    applied_estate: Callable[[str], Environment], estate_copy: Path, emulator: Emulator, tmp_path: Path
) -> Iterator[Callable[[str], tuple[Emulator, Environment]]]:
    """``private_estate("production")`` gives an applied environment of the test's own: an emulator and templates."""
    with ExitStack() as ending:

        def take(name: str) -> tuple[Emulator, Environment]:
            for other in ENVIRONMENTS:
                applied_estate(other)  # an emulator is cloned while nobody uses it
            shared = applied_estate(name)
            copy = tmp_path / "private" / "iac_templates"
            shutil.copytree(estate_copy, copy, symlinks=True)
            own = ending.enter_context(emulator.clone())
            var_files = tuple(copy / path.relative_to(estate_copy) for path in shared.var_files)
            return own, replace(shared, folder=copy / name, var_files=var_files)

        yield take
