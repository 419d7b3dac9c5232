"""One AWS emulator for the whole session. Tests that write into it use names, regions or accounts of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import terraform_for
from reconciler.terraform.cli import Terraform


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """A running emulator, shared."""
    with Emulator() as running:
        yield running


@pytest.fixture(scope="session")
def terraform(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """A terraform that takes the shared emulator for AWS."""
    return terraform_for(emulator, state_folder(tmp_path_factory))


def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory of its own: the plugin cache and the CLI configuration are in it."""
    return tmp_path_factory.mktemp("state")
