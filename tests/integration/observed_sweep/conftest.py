from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.sandbox.emulator import Emulator


@pytest.fixture(scope="session")
def sweep_server(blank_emulator: Emulator) -> Iterator[str]:
    """An emulator for the sweep's tests alone: they look at everything in an account."""
    with blank_emulator.clone() as own:
        yield own.url
