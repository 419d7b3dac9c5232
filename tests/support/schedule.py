"""How tests are spread over workers: whole files, the longest first, and one worker more than there are cores.

A long file that comes last leaves the other workers with nothing to do. A third of what a test takes is waiting, for
Terraform's own pauses or for an answer that never comes: then another worker has the core. What is about the example
estate makes one unit, since to apply it takes a minute.
"""

from __future__ import annotations

import os
from typing import Any, Final

import pytest

ESTATE: Final = (
    "tests/integration/sandbox/test_estate.py",
    "tests/acceptance/test_production.py",
    "tests/chaos/test_weather_production.py",
    "tests/acceptance/test_adoption.py",
)
LONGEST: Final = (
    *ESTATE,
    "tests/acceptance/test_attacks.py",
    "tests/acceptance/test_gate.py",
    "tests/acceptance/test_gate_faults.py",
    "tests/acceptance/test_plan_adopt.py",
    "tests/chaos/test_apply_moments.py",
    "tests/acceptance/test_harbour.py",
    "tests/acceptance/test_secrets.py",
    "tests/chaos/test_weather_kinds.py",
    "tests/chaos/test_nth_call.py",
    "tests/acceptance/test_adopt.py",
    "tests/acceptance/test_absence.py",
    "tests/acceptance/test_vault.py",
    "tests/acceptance/test_states.py",
    "tests/acceptance/test_neighbours.py",
    "tests/chaos/test_weather.py",
    "tests/chaos/test_database.py",
    "tests/acceptance/test_console.py",
    "tests/acceptance/test_commands.py",
    "tests/integration/inventory/test_contract.py",
    "tests/chaos/test_processes.py",
    "tests/chaos/test_moments.py",
    "tests/integration/observed/provider/test_reading.py",
    "tests/chaos/test_damaged_database.py",
    "tests/integration/inventory/test_faults.py",
    "tests/acceptance/test_corners.py",
    "tests/integration/observed/provider/test_aws.py",
    "tests/chaos/test_corpus.py",
)
"""The files of half a minute and more on two busy cores, by how long they take; see ``pytest --durations``."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; within a file, and among the others, the order stays as random as it was made."""
    places = {file: place for place, file in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(_file(item.nodeid), len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """What ``--numprocesses auto`` is, unless the environment says it."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Who hands out units of work; other ways than ``--dist loadfile`` are left to xdist."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415 - only with xdist

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = _file(nodeid)
            return "the example estate" if file in ESTATE else file

    config.option.loadscopereorder = False  # not those of most tests first, but as they are collected
    return Scheduling(config, log)


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]
