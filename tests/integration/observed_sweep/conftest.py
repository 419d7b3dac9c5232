from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.moto_server import moto_server


@pytest.fixture(scope="session")
def sweep_server() -> Iterator[str]:
    """An emulator for the sweep's tests alone: they look at everything in an account."""
    with moto_server() as url:
        yield url
