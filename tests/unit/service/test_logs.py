from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from reconciler.service.logs import configure
from reconciler.service.plan import LogFormat


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    logging.captureWarnings(capture=False)


def lines(log_format: LogFormat, level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    configure(log_format, level, stream)
    return stream


def test_logfmt_is_one_line_of_keys_and_values() -> None:
    stream = lines(LogFormat.LOGFMT)
    structlog.get_logger("reconciler.service").info("pass finished", workspace="prod", seconds=1.4, complete=True)
    (line,) = stream.getvalue().splitlines()
    assert line.startswith("timestamp=20")
    assert line.endswith('Z level=info event="pass finished" workspace=prod seconds=1.4 complete=true')


def test_json_is_one_object_a_line() -> None:
    stream = lines(LogFormat.JSON)
    structlog.get_logger("reconciler.x").warning("ä\nb", password="canary", url="pg://u:canary@h/d")
    entry = json.loads(stream.getvalue())
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {"level": "warning", "event": "ä\nb", "password": "***", "url": "pg://***@h/d"}


def test_no_value_forges_a_line_or_steers_a_terminal() -> None:
    stream = lines(LogFormat.LOGFMT)
    structlog.get_logger("reconciler.x").info(
        "x", name='a\nlevel=error event="forged"\r\x1b[2J\x9b\u2028', **{"bad key": 1}
    )
    (line,) = stream.getvalue().split("\n")[:-1]
    assert "\x1b" not in line
    assert "\r" not in line
    assert "\u2028" not in line
    assert "bad_key=1" in line


def test_libraries_are_heard_from_warning_on_and_masked() -> None:
    stream = lines(LogFormat.LOGFMT, "debug")
    logging.getLogger("apscheduler.scheduler").info("added a job")
    logging.getLogger("botocore").warning("retry of %s", "https://u:canary@host/")
    structlog.get_logger("reconciler.x").debug("ours")
    text = stream.getvalue()
    assert "added a job" not in text
    assert "level=warning" in text
    assert "https://***@host/" in text
    assert "event=ours" in text


def test_a_traceback_is_masked_and_stays_on_the_line() -> None:
    stream = lines(LogFormat.LOGFMT)
    try:
        raise ValueError("password=canary")  # noqa: TRY301 - the traceback is what is tested
    except ValueError:
        structlog.get_logger("reconciler.x").exception("failed")
    (line,) = stream.getvalue().splitlines()
    assert "Traceback" in line
    assert "canary" not in line


def test_the_level_is_kept_and_can_change() -> None:
    stream = lines(LogFormat.LOGFMT, "error")
    log = structlog.get_logger("reconciler.x")
    log.warning("quiet")
    configure(LogFormat.LOGFMT, "warning", stream)
    log.warning("loud")
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()


def test_under_the_journal_a_priority_stands_in_front_and_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal"
    with path.open("w") as stream:
        facts = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{facts.st_dev}:{facts.st_ino}")
        configure(LogFormat.AUTO, "info", stream)
        structlog.get_logger("reconciler.x").error("broken", workspace="prod")
    assert path.read_text() == "<3>level=error event=broken workspace=prod\n"


def test_a_journal_of_somebody_else_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "1:1")
    stream = lines(LogFormat.AUTO)
    structlog.get_logger("reconciler.x").info("hello")
    assert stream.getvalue().startswith("timestamp=")


def test_colours_on_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    configure(LogFormat.AUTO, "info", stream)
    structlog.get_logger("reconciler.x").info("hello", workspace="prod")
    assert "\x1b[" in stream.getvalue()
    assert "prod" in stream.getvalue()
