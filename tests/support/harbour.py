"""The harbour: a second estate of 250 types in two regions, applied once per session on an emulator of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.command import Installation
from support.shop import ESTATES

from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import client, terraform_for

NAME = "harbour"
_PARALLELISM = 60  # most of an apply is Terraform's own waiting
_LONG = 400.0  # one pass on a busy machine: 270 resources, many calls each


@dataclass
class Harbour:
    """An applied harbour of a test's own: an emulator, a folder with template and state, and an installation."""

    emulator: Emulator
    template: Path
    installation: Installation

    def aws(self, service: str) -> Any:
        """A client of the emulator; its type hangs on the service."""
        return client(self.emulator, service)

    def state(self) -> dict[str, Any]:
        """The state file."""
        found: dict[str, Any] = json.loads((self.template / "terraform.tfstate").read_text())
        return found

    def put_state(self, state: Mapping[str, Any]) -> None:
        """Another state file."""
        (self.template / "terraform.tfstate").write_text(json.dumps(state))

    def scan(self) -> tuple[int, dict[str, Any]]:
        """One pass: the exit code and the workspace's report."""
        done = self.installation.scan(timeout=_LONG)
        return done.code, done.workspaces[NAME]


def apply_harbour(work: Path, emulator: Emulator) -> Path:
    """Apply it in a folder of ``work`` that does not exist yet.

    Raises:
        TerraformError: the apply failed.
    """
    folder = Path(shutil.copytree(ESTATES / NAME, work / "template"))
    terraform = terraform_for(emulator, work / "state")
    terraform.init(folder)
    terraform.apply(folder, parallelism=_PARALLELISM)
    return folder


@pytest.fixture(scope="session")
def applied_harbour(
    tmp_path_factory: pytest.TempPathFactory, blank_emulator: Emulator
) -> Iterator[tuple[Emulator, Path]]:
    """The emulator and the folder; nobody changes them."""
    with blank_emulator.clone() as emulator:
        yield emulator, apply_harbour(tmp_path_factory.mktemp(NAME), emulator)


@pytest.fixture
def harbour(
    applied_harbour: tuple[Emulator, Path], database_url: str, known_schemas: Path, tmp_path: Path
) -> Iterator[Harbour]:
    """A harbour that the test may do anything to."""
    emulator, folder = applied_harbour
    with ExitStack() as ending:
        own = ending.enter_context(emulator.clone())
        home = tmp_path / NAME
        template = Path(shutil.copytree(folder, home / "template", symlinks=True))
        installation = Installation(home, own.url, database_url, {NAME: {"template": "template"}})
        installation.configure()
        installation.knows(known_schemas)
        yield Harbour(own, template, installation)
