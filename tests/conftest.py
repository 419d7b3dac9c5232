"""What holds for every test: nothing of the caller's environment, and hypothesis without a clock."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["support.database", "support.estate", "support.shop"]

# Two busy cores make any deadline a coin toss; hypothesis finds slow examples by their number, not by a clock.
settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

_COSTLY = frozenset({"applied_estate"})
_FOREIGN = ("AWS_", "TF_", "RECONCILER_", "PG")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares a costly part: each worker of a parallel run would make its own otherwise."""
    for item in items:
        for part in _COSTLY.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group(part))


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No account, provider, configuration or database of whoever runs the tests reaches them."""
    for name in os.environ:
        if name.startswith(_FOREIGN):
            monkeypatch.delenv(name)
