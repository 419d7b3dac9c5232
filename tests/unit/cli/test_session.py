from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from reconciler.cli.session import LogLevel, Session


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("reconciler")
    before = (root.handlers[:], root.level, ours.level)
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], level, our_level = before
    root.setLevel(level)
    ours.setLevel(our_level)


def test_the_first_record_and_those_after_it_are_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    Session().log_to_stderr()
    logging.getLogger("reconciler.wiring").warning("first %s", "one")
    logging.getLogger("elsewhere").error("second")
    told = capsys.readouterr().err
    assert (told.count("first one"), told.count("second")) == (1, 1)
    assert len(told.splitlines()) == 2


def test_levels_are_as_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    Session(log_level=LogLevel.DEBUG).log_to_stderr()
    logging.getLogger("reconciler.wiring").debug("ours")
    logging.getLogger("elsewhere").info("theirs")
    told = capsys.readouterr().err
    assert "ours" in told
    assert "theirs" not in told


def test_a_log_that_is_not_used_is_not_imported() -> None:
    program = (
        "import sys; from reconciler.cli.session import Session; Session().log_to_stderr(); "
        "sys.exit('structlog' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
