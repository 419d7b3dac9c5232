"""Production of the example estate with an installation that scans it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.command import Installation

from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import Environment


@dataclass
class Production:
    """An emulator that holds production, its templates, and an installation."""

    emulator: Emulator
    environment: Environment
    installation: Installation

    @property
    def recorded(self) -> int:
        """How many objects Terraform made."""
        return self.environment.resources


def _open(emulator: Emulator, environment: Environment, folder: Path, database: str | None) -> Production:
    workspace = {"template": environment.folder, "var_files": ["production.tfvars"]}
    installation = Installation(folder, emulator.url, database, {"production": workspace})
    installation.configure()
    return Production(emulator, environment, installation)


@pytest.fixture
def open_production(
    applied_estate: Callable[[str], Environment], estate_copy: Path, emulator: Emulator, tmp_path: Path
) -> Iterator[Callable[..., Production]]:
    """``open_production(database=…)`` gives production of a test's own; without a database it has an embedded one."""
    with ExitStack() as ending:

        def take(database: str | None = None) -> Production:
            for name in ("development", "staging"):
                applied_estate(name)  # an emulator is cloned while nobody uses it
            shared = applied_estate("production")
            copy = shutil.copytree(estate_copy, tmp_path / "iac_templates", symlinks=True)
            own = ending.enter_context(emulator.clone())
            environment = Environment(
                shared.name,
                copy / "production",
                (copy / "production" / "production.tfvars",),
                shared.state,
                shared.resources,
            )
            return _open(own, environment, tmp_path / "installation", database)

        yield take


def tree(folder: Path) -> dict[str, str]:
    """What a folder holds: mode, time and digest of every file by its path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        facts = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
        found[str(path.relative_to(folder))] = f"{facts.st_mode:o} {facts.st_mtime_ns} {content}"
    return found
