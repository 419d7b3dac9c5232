"""One AWS emulator for the whole session. Tests that write into it use names, regions or accounts of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator

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
def stop_terraform() -> threading.Event:
    """Ends what the shared terraform runs, in order."""
    return threading.Event()


@pytest.fixture(scope="session")
def terraform(
    emulator: Emulator, tmp_path_factory: pytest.TempPathFactory, stop_terraform: threading.Event
) -> Terraform:
    """A terraform that takes the shared emulator for AWS."""
    return terraform_for(emulator, tmp_path_factory.mktemp("state"), stop=stop_terraform)
