"""The command as a process: streams, signals and pipes cannot be had otherwise."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
# A command whose application is the fake: {body} prepares it.
PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from support.application import FakeApplication
from reconciler.cli import main, session
application = FakeApplication()
{body}
session.Session.__init__.__defaults__ = (application.open, *session.Session.__init__.__defaults__[1:])
main.run()
"""


def program(body: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", PROGRAM.format(tests=str(TESTS), body=body), *arguments]


def run(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=ENVIRONMENT | more,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_the_module_is_the_command() -> None:
    done = run(sys.executable, "-m", "reconciler", "--version")
    assert done.stdout.startswith("reconciler ")
    assert done.returncode == 0


def test_help_loads_nothing_heavy() -> None:
    done = run(sys.executable, "-X", "importtime", "-m", "reconciler", "--help")
    assert "Exit codes of scan and report" in done.stdout
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    heavy = {"pydantic", "sqlalchemy", "boto3", "grpc", "psycopg", "jinja2", "structlog", "reconciler.drift.report"}
    assert loaded & heavy == set()


def test_a_reader_that_leaves_is_no_fault(config: Path) -> None:
    command = program("application.known = application.known.__class__(None, application.known.workspaces * 30)")
    process = subprocess.Popen(
        [*command, "--config", str(config), "report"], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.read(7) == b"DRIFTED"
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(30) == 141


def test_sigterm_unwinds(config: Path, tmp_path: Path) -> None:
    body = f"""
import pathlib, signal
def scan(workspaces, depth, progress):
    try:
        print("scanning", file=sys.stderr, flush=True)
        signal.pause()
    finally:
        pathlib.Path({str(tmp_path / "unwound")!r}).touch()
application.scan = scan
"""
    process = subprocess.Popen(
        [*program(body), "--config", str(config), "scan"], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "scanning\n"
    process.send_signal(signal.SIGTERM)
    with process.stderr:
        assert process.stderr.read() == "error: stopped by SIGTERM\n"
    assert process.wait(30) == 143
    assert (tmp_path / "unwound").exists()


@pytest.mark.parametrize(
    ("encoding", "more"), [("latin-1", {}), ("ascii", {}), ("utf-8", {"NO_COLOR": "1"}), ("utf-8", {"TERM": "dumb"})]
)
def test_any_terminals_encoding(config: Path, encoding: str, more: dict[str, str]) -> None:
    environment = ENVIRONMENT | more | {"PYTHONIOENCODING": encoding}
    done = subprocess.run(
        [*program(""), "--config", str(config), "report"], env=environment, capture_output=True, timeout=60, check=False
    )
    text = done.stdout.decode(encoding)
    assert "deletion_protection: true" in text
    assert "\x1b" not in text
    assert done.stderr == b""


def test_a_terminal_gets_colour_and_its_progress_on_stderr(config: Path) -> None:
    parent, child = pty.openpty()
    try:
        done = subprocess.run(
            [*program(""), "--config", str(config), "scan"],
            env=ENVIRONMENT | {"TERM": "xterm-256color", "COLUMNS": "90"},
            stdout=subprocess.PIPE,
            stderr=child,
            timeout=60,
            check=False,
        )
        os.close(child)
        child = -1
        shown = b""
        while b"production: read" not in shown:
            shown += os.read(parent, 4096)
    finally:
        os.close(parent)
        if child >= 0:
            os.close(child)
    assert b"\x1b" not in done.stdout
    assert done.stdout.startswith(b"DRIFTED")


def test_completion_knows_commands_and_workspaces(config: Path) -> None:
    done = run(
        *program(""),
        _RECONCILER_COMPLETE="complete_bash",
        COMP_WORDS=f"reconciler --config {config} scan st",
        COMP_CWORD="4",
    )
    assert done.stdout.split() == ["staging"]
