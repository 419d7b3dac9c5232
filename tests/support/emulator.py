"""AWS emulators. Each is a clone of one that holds nothing and has loaded what takes a second to load.

One is shared by the whole session: tests that write into it use names, regions or accounts of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import client, terraform_for
from reconciler.terraform.cli import Terraform


@pytest.fixture(scope="session")
def blank_emulator() -> Iterator[Emulator]:
    """A running emulator that nobody uses: clone it."""
    with Emulator() as running:
        client(running, "iam").list_users()
        client(running, "ec2").describe_vpcs()
        yield running


@pytest.fixture(scope="session")
def emulator(blank_emulator: Emulator) -> Iterator[Emulator]:
    """A running emulator, shared."""
    with blank_emulator.clone() as running:
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
