"""A small estate, applied once per session on an emulator of its own: a dozen resources that are made at once.

The large example estate takes a minute to apply. What a test is about is seldom its size.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.command import Installation

from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import client, terraform_for

ESTATES = Path(__file__).parents[1] / "fixtures" / "estates"
RECORDED = 12
"""So many objects of the shop are in its state."""


@dataclass
class Shop:
    """An applied shop of a test's own: an emulator, a folder with template and state, and an installation."""

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


@pytest.fixture(scope="session")
def applied_shop(tmp_path_factory: pytest.TempPathFactory, blank_emulator: Emulator) -> Iterator[tuple[Emulator, Path]]:
    """The emulator and the folder; nobody changes them."""
    work = tmp_path_factory.mktemp("shop")
    folder = shutil.copytree(ESTATES / "shop", work / "template")
    with blank_emulator.clone() as emulator:
        terraform = terraform_for(emulator, work / "state")
        terraform.init(folder)
        terraform.apply(folder)
        # As estates mostly are: applied a while ago. What is applied just now is a matter of its own tests.
        before = time.time() - 3600
        os.utime(folder / "terraform.tfstate", (before, before))
        yield emulator, folder


@pytest.fixture
def open_shop(
    applied_shop: tuple[Emulator, Path], known_schemas: Path, tmp_path: Path
) -> Iterator[Callable[..., Shop]]:
    """``open_shop(database=…)`` gives a shop that the test may do anything to; without one it has an embedded one."""
    emulator, folder = applied_shop
    with ExitStack() as ending:

        def take(database: str | None = None, settings: str = "") -> Shop:
            home = tmp_path / "shop"
            shutil.copytree(folder, home / "template", symlinks=True)
            shop = shop_at(home, ending.enter_context(emulator.clone()), database, settings)
            shop.installation.knows(known_schemas)
            return shop

        yield take


def shop_at(home: Path, emulator: Emulator, database: str | None, settings: str = "") -> Shop:
    """The shop whose template lies in a folder, configured."""
    installation = Installation(home, emulator.url, database, {"shop": {"template": "template"}}, settings)
    installation.configure()
    return Shop(emulator, home / "template", installation)


@pytest.fixture
def shop(open_shop: Callable[..., Shop], database_url: str) -> Shop:
    """A shop whose installation uses the session's database server."""
    return open_shop(database=database_url)
