"""The daemon as a process: signals, the notify socket, exit codes and what is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.deadline import eventually
from support.notify_socket import NotifySocket

HERE = Path(__file__).parent
TESTS = HERE.parents[1]


class Process:
    def __init__(self, folder: Path, config: str, systemd: NotifySocket, command: Sequence[str]) -> None:
        self.config = folder / "daemon.conf"
        self.config.write_text(config)
        self.out = folder / "out"
        self.err = folder / "err"
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}",
            "NOTIFY_SOCKET": str(systemd.path),
            "WATCHDOG_USEC": "600000",
        }
        with self.out.open("w") as out, self.err.open("w") as err:
            self.popen = subprocess.Popen(
                [sys.executable, *command, str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment,
                start_new_session=True,
            )

    def child(self) -> int:
        eventually(lambda: "child " in self.out.read_text())
        return int(self.out.read_text().split()[1])

    def log(self) -> str:
        return self.err.read_text()


@contextmanager
def daemon(
    folder: Path, config: str, command: Sequence[str] = (str(HERE / "fake_daemon.py"),)
) -> Iterator[tuple[Process, NotifySocket]]:
    with NotifySocket(folder / "notify") as systemd:
        process = Process(folder, config, systemd, command)
        try:
            yield process, systemd
        finally:
            if process.popen.poll() is None:
                os.killpg(process.popen.pid, signal.SIGKILL)
                process.popen.wait(10)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_of_a_pass_ends_it_in_order(tmp_path: Path, number: int) -> None:
    with daemon(tmp_path, "slow 60\n") as (process, systemd):
        ready = systemd.wait("READY=1")
        assert "STATUS=1 workspace" in systemd.messages[ready]
        child = process.child()
        status = systemd.wait("STATUS=1 workspace, 1 not scanned yet, 1 scanning")
        fed = systemd.wait("WATCHDOG=1")
        began = time.monotonic()
        process.popen.send_signal(number)
        assert process.popen.wait(10) == 0, process.log()
        assert time.monotonic() - began < 5
        stopping = systemd.wait("STOPPING=1")
        assert ready < min(status, fed)
        assert max(status, fed) < stopping
        assert not alive(child)
    assert process.out.read_text().endswith("closed\n")
    assert "event=stopped" in process.log()
    assert "Traceback" not in process.log()


def test_a_second_signal_ends_at_once_and_leaves_no_child(tmp_path: Path) -> None:
    with daemon(tmp_path, "deaf 60\n") as (process, systemd):
        child = process.child()
        process.popen.send_signal(signal.SIGTERM)
        systemd.wait("STOPPING=1")
        began = time.monotonic()
        process.popen.send_signal(signal.SIGTERM)
        assert process.popen.wait(10) == 130
        assert time.monotonic() - began < 2
        eventually(lambda: not alive(child))
    assert 'event="cut off"' in process.log()
    assert "passes=deaf" in process.log()


def test_a_pass_that_ignores_its_end_is_cut_off_within_ten_seconds(tmp_path: Path) -> None:
    with daemon(tmp_path, "deaf 60\n") as (process, _):
        child = process.child()
        began = time.monotonic()
        process.popen.send_signal(signal.SIGTERM)
        assert process.popen.wait(12) == 130
        assert time.monotonic() - began < 10
        eventually(lambda: not alive(child))


def test_sighup_takes_a_good_configuration_and_refuses_a_bad_one(tmp_path: Path) -> None:
    with daemon(tmp_path, "one 60\n") as (process, systemd):
        at = systemd.wait("READY=1")
        process.config.write_text("one 60\nbroken\n")
        process.popen.send_signal(signal.SIGHUP)
        at = systemd.wait("RELOADING=1", at + 1)
        assert "MONOTONIC_USEC=" in systemd.messages[at]
        at = systemd.wait("READY=1", at)
        assert "STATUS=1 workspace" in systemd.messages[at]
        assert "the new one was refused: daemon.conf: not a configuration" in systemd.messages[at]
        process.config.write_text("one 60\ntwo 60\n")
        process.popen.send_signal(signal.SIGHUP)
        at = systemd.wait("READY=1", systemd.wait("RELOADING=1", at + 1))
        assert "STATUS=2 workspaces" in systemd.messages[at]
        assert "refused" not in systemd.messages[at]
        process.popen.send_signal(signal.SIGTERM)
        assert process.popen.wait(10) == 0
    refusals = [line for line in process.log().splitlines() if "refused" in line]
    assert len(refusals) == 1
    assert "level=error" in refusals[0]
    assert 'hint="write a name and an interval"' in refusals[0]


def test_a_bad_configuration_at_the_start_is_one_line_and_exit_1(tmp_path: Path) -> None:
    with daemon(tmp_path, "nonsense\n") as (process, systemd):
        assert process.popen.wait(10) == 1
        assert systemd.index("READY=1") == -1
    (line,) = process.log().splitlines()
    assert 'event="cannot start"' in line
    assert "daemon.conf: not a configuration" in line


SERVE = """
import sys
from pathlib import Path
from reconciler.service.daemon import serve
sys.exit(serve(Path(sys.argv[1])))
"""


def test_the_real_daemon_is_ready_without_a_database_and_keeps_trying(tmp_path: Path) -> None:
    (tmp_path / "template").mkdir()
    config = f"""
        state_dir = "{tmp_path}/state"
        [database]
        url = "postgresql://nobody@127.0.0.1:1/none"
        [service]
        interval = 1
        jitter = 0
        [environments.production]
        account_id = "123456789012"
        region = "us-east-1"
        [workspaces.production]
        environment = "production"
        template = "template"
        """
    with daemon(tmp_path, config, ("-c", SERVE)) as (process, systemd):
        systemd.wait("READY=1", timeout=60)
        systemd.wait("STATUS=1 workspace, 1 failing, last pass production", timeout=60)
        eventually(lambda: "failures=2" in process.log(), timeout=60)
        systemd.wait("WATCHDOG=1")
        process.popen.send_signal(signal.SIGTERM)
        assert process.popen.wait(10) == 0, process.log()
    assert "Traceback" not in process.log()
