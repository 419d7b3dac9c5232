from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.sandbox.emulator import Emulator


@pytest.fixture(scope="session")
def sweep_server() -> Iterator[str]:
    """An emulator for the sweep's tests alone, in a process of its own: they look at everything in an account."""
    with Emulator() as own:
        yield own.url
