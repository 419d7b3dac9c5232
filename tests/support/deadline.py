"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(condition: Callable[[], object], timeout: float = 10.0) -> None:
    """Return as soon as the condition holds.

    Raises:
        AssertionError: it did not within the timeout.
    """
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.005)
