"""What holds for every test: nothing of the caller's environment, and hypothesis without a clock."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

pytest_plugins = [
    "support.database",
    "support.estate",
    "support.shop",
    "support.production",
    "support.harbour",
    "support.schemas",
    "support.fixable",
    "support.schedule",
]

# Two busy cores make any deadline a coin toss; hypothesis finds slow examples by their number, not by a clock.
settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=2000)
# A mutant that is found is not made smaller, and the same mutant meets the same examples in every run.
settings.register_profile(
    "mutants",
    parent=settings.get_profile("default"),
    derandomize=True,
    max_examples=40,
    phases=(Phase.explicit, Phase.generate),
)
# A shell that starts us in the background has SIGINT ignored, and whatever we start would ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """A command under test sends the process's log to its own stream; the next test's log is its own again."""
    loggers = (logging.getLogger(), logging.getLogger("reconciler"))
    before = [(logger, list(logger.handlers), logger.level) for logger in loggers]
    yield
    for logger, handlers, level in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)


_FOREIGN = ("AWS_", "TF_", "RECONCILER_", "PG")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No account, provider, configuration or database of whoever runs the tests reaches them."""
    for name in os.environ:
        if name.startswith(_FOREIGN):
            monkeypatch.delenv(name)
