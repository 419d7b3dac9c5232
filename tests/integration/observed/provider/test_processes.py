"""Processes of providers: how they start, what they get, and that none is left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.deadline import eventually
from support.provider_host import ROOT, process_exists, provider_environment, thing

from reconciler.drift.snapshot import Present, Reason, Unread
from reconciler.errors import ProviderError, ReconcilerError
from reconciler.observed.provider.host import Limits
from reconciler.observed.provider.pool import ProviderPool
from reconciler.observed.provider.process import Launcher, ProviderProcess
from reconciler.observed.provider.session import ProviderSession

MakeSession = Callable[..., ProviderSession]
MakePool = Callable[..., ProviderPool]


def executable(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_provider_gets_only_what_it_is_given(
    make_session: MakeSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAEMON_SECRET", "x")
    report = tmp_path / "environment.json"
    make_session(REPORT_ENVIRONMENT=str(report)).start()
    environment = json.loads(report.read_text())
    assert {"DAEMON_SECRET", "PATH", "AWS_CA_BUNDLE"}.isdisjoint(environment)
    assert environment["PLUGIN_PROTOCOL_VERSIONS"] == "5,6"
    assert environment["TF_LOG_PROVIDER_TEST"] == "OFF"


def test_how_it_died_is_told_before_its_last_words_were_drained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy host the thread that drains the pipes comes late: here it has not begun."""
    monkeypatch.setattr(ProviderProcess, "_read_output", lambda _: None)
    dying = executable(tmp_path / "terraform-provider-dying", "#!/bin/sh\necho 'panic: gone' >&2\nexit 2\n")
    launcher = Launcher()
    process = ProviderProcess(dying, {"PATH": os.environ["PATH"]}, launcher)
    eventually(lambda: not process.alive)
    assert process.death() == "exit code 2, panic: gone"
    process.end()
    assert process.death() == "exit code 2, panic: gone"
    launcher.close()


@pytest.mark.parametrize(("given", "got"), [({}, "70"), ({"GOGC": "200"}, "200")])
def test_a_provider_is_modest_with_memory_unless_it_is_told_otherwise(
    make_session: MakeSession, tmp_path: Path, given: dict[str, str], got: str
) -> None:
    report = tmp_path / "environment.json"
    make_session(REPORT_ENVIRONMENT=str(report), **given).start()
    assert json.loads(report.read_text())["GOGC"] == got


def test_the_socket_is_in_a_folder_of_our_own_and_goes_with_the_process(
    make_session: MakeSession, tmp_path: Path
) -> None:
    report = tmp_path / "environment.json"
    session = make_session(REPORT_ENVIRONMENT=str(report))
    session.start()
    folder = Path(json.loads(report.read_text())["TMPDIR"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    session.end()
    assert not folder.exists()


def test_a_long_temporary_folder_is_avoided(
    make_session: MakeSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 80)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    assert isinstance(make_session().read([thing()])[0], Present)
    assert list(long.iterdir()) == []


def test_what_a_killed_predecessor_left_is_removed(make_session: MakeSession, sockets: Path) -> None:
    for name in ("tfp-stale", "tfp-young", "other"):
        (sockets / name).mkdir()
        (sockets / name / "socket").touch()
    for name in ("tfp-stale", "other"):
        os.utime(sockets / name, (1, 1))
    session = make_session()
    session.start()
    (in_use,) = set(sockets.iterdir()) - {sockets / "tfp-young", sockets / "other"}
    os.utime(in_use, (1, 1))
    make_session({"region": "another"}).start()
    assert isinstance(session.read([thing()])[0], Present)
    assert {"tfp-young", "other", in_use.name} < {folder.name for folder in sockets.iterdir()}
    for name in ("tfp-young", "other"):
        shutil.rmtree(sockets / name)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("print:hello", "first line is no handshake"),
        ("print:1|4|unix|/s|grpc|", "speaks plugin protocol 4"),
        ("print:" + "x" * 100_000, "first line is no handshake"),
        ("exit:1", "ended at once: exit code 1"),
        ("exit:0", "ended at once: exit code 0"),
        ("silent", "says nothing"),
    ],
)
def test_a_provider_that_does_not_start(make_session: MakeSession, how: str, message: str) -> None:
    session = make_session(limits=Limits(start_timeout=1 if how == "silent" else 30), MISBEHAVE=how)
    with pytest.raises(ProviderError, match=message) as caught:
        session.read([thing()])
    assert caught.value.hint
    assert "hunter2" not in str(caught.value)
    assert not session.running


def test_what_a_start_ahead_met_the_next_read_is_told_at_once_and_the_one_after_it_tries_again(
    make_session: MakeSession, tmp_path: Path
) -> None:
    session = make_session(REPORT_ENVIRONMENT=str(tmp_path / "starts"), MISBEHAVE="exit:1")
    with pytest.raises(ProviderError, match="ended at once"):
        session.start()
    (tmp_path / "starts").unlink()
    with pytest.raises(ProviderError, match="ended at once"):
        session.read([thing()])
    assert not (tmp_path / "starts").exists()
    with pytest.raises(ProviderError, match="ended at once"):
        session.read([thing()])
    assert (tmp_path / "starts").exists()


def test_a_binary_of_another_platform(make_pool: MakePool, tmp_path: Path) -> None:
    binary = executable(tmp_path / "provider", "\x7fELF this is none")
    with pytest.raises(ProviderError, match="ended at once: the system cannot execute it"):
        make_pool().session(binary, {}, {}).start()


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_text("x")])
def test_a_binary_that_is_none(make_pool: MakePool, tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "provider")
    with pytest.raises(ProviderError, match=r"no provider at .* that can be executed") as caught:
        make_pool().session(tmp_path / "provider", {}, {})
    assert caught.value.hint == "run terraform init, or check the mirror"


def test_a_provider_that_will_not_end_is_killed(make_session: MakeSession) -> None:
    session = make_session(MISBEHAVE="stubborn")
    session.start()
    pid = session.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    session.end(grace=0.3)
    assert time.monotonic() - began < 3
    assert not process_exists(pid)


def test_what_a_provider_starts_ends_with_it(make_session: MakeSession, tmp_path: Path) -> None:
    helper = tmp_path / "helper.pid"
    session = make_session(MISBEHAVE=f"fork:{helper}")
    session.start()
    eventually(lambda: helper.exists() and helper.read_text())
    session.end()
    eventually(lambda: not process_exists(int(helper.read_text())))


def test_a_provider_started_by_a_thread_outlives_the_thread(make_session: MakeSession) -> None:
    session = make_session()
    thread = threading.Thread(target=session.start)
    thread.start()
    thread.join()
    pid = session.pid
    assert isinstance(session.read([thing()])[0], Present)
    assert session.pid == pid


OWNER = """
import sys
from pathlib import Path
from reconciler.observed.provider.pool import ProviderPool
from reconciler.observed.provider.process import Launcher, ProviderProcess
binary, cache, home = sys.argv[1:]
session = ProviderPool(Path(cache)).session(Path(binary), {}, {"HOME": home})
session.start()
print(session.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("end", ["kill", "exit"])
def test_no_provider_outlives_us(launcher: Path, provider_home: Path, tmp_path: Path, sockets: Path, end: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(launcher), str(tmp_path), str(provider_home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={"TMPDIR": str(sockets)},
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdin is not None
        pid = int(owner.stdout.readline())
        assert process_exists(pid)
        if end == "kill":
            owner.kill()
        else:
            owner.stdin.close()
    eventually(lambda: not process_exists(pid))
    for left in sockets.iterdir():
        shutil.rmtree(left)


def test_the_same_three_have_one_session(make_pool: MakePool, launcher: Path) -> None:
    pool = make_pool()
    first = pool.session(launcher, {"region": "a"}, {"X": "1"})
    assert pool.session(launcher, {"region": "a"}, {"X": "1"}) is first
    assert pool.session(launcher, {"region": "b"}, {"X": "1"}) is not first
    assert pool.session(launcher, {"region": "a"}, {"X": "2"}) is not first


def test_reads_are_counted(make_pool: MakePool, launcher: Path, provider_home: Path) -> None:
    pool = make_pool()
    pool.session(launcher, {}, provider_environment(provider_home)).read([thing(i) for i in range(5)])
    assert pool.calls == 5


def test_the_least_recently_used_is_ended_for_memory(make_pool: MakePool, launcher: Path, provider_home: Path) -> None:
    pool = make_pool(memory_budget_bytes=1)
    one, two = (pool.session(launcher, {"region": name}, provider_environment(provider_home)) for name in "ab")
    one.start()
    assert one.private_memory() == 0  # it was put away as soon as nobody used it
    two.read([thing()])
    assert not two.running
    assert isinstance(one.read([thing()])[0], Present)


def test_room_is_made_before_another_starts(make_pool: MakePool, launcher: Path, provider_home: Path) -> None:
    pool = make_pool(memory_budget_bytes=120 * 1024 * 1024)
    one, two = (pool.session(launcher, {"region": name}, provider_environment(provider_home)) for name in "ab")
    one.start()
    assert 20_000_000 < one.private_memory() < 100_000_000
    two.start()
    assert (one.running, two.running) == (False, True)


def test_within_the_budget_providers_stay_warm(make_pool: MakePool, launcher: Path, provider_home: Path) -> None:
    pool = make_pool()
    sessions = [pool.session(launcher, {"region": name}, provider_environment(provider_home)) for name in "ab"]
    for session in sessions:
        session.start()
    pids = [session.pid for session in sessions]
    for session in sessions:
        session.read([thing()])
    assert [session.pid for session in sessions] == pids
    assert all(session.private_memory() > 1_000_000 for session in sessions)


def test_a_session_in_use_is_not_put_away(make_pool: MakePool, launcher: Path, provider_home: Path) -> None:
    pool = make_pool(memory_budget_bytes=1)
    session = pool.session(launcher, {}, provider_environment(provider_home))
    seen: list[int | None] = []

    def look(_: object) -> None:
        pool.trim()
        session.end_if_idle()
        seen.append(session.pid)

    session.read([thing(1), thing(2), thing(3)], on_read=look)
    assert len(set(seen)) == 1
    assert None not in seen


def test_an_idle_provider_is_ended_and_forgotten(make_pool: MakePool, launcher: Path, provider_home: Path) -> None:
    pool = make_pool(idle_seconds=0)
    session = pool.session(launcher, {}, provider_environment(provider_home))
    session.start()
    pool.trim()
    assert not session.running
    assert pool.sessions == ()
    assert isinstance(session.read([thing()])[0], Present)  # whoever holds it may use it all the same


def test_closing_ends_readers_and_starters_and_leaves_nothing(
    launcher: Path, provider_home: Path, tmp_path: Path, sockets: Path
) -> None:
    pool = ProviderPool(tmp_path / "cache")
    reading = pool.session(launcher, {}, provider_environment(provider_home))
    reading.start()
    starting = pool.session(launcher, {}, provider_environment(provider_home, MISBEHAVE="silent"))
    found: list[object] = []

    def use(session: ProviderSession) -> None:
        try:
            found.extend(session.read([thing(i, behave="sleep:10") for i in range(3)]))
        except ReconcilerError as e:
            found.append(e)

    threads = [threading.Thread(target=use, args=(session,)) for session in (reading, starting)]
    for thread in threads:
        thread.start()
    eventually(lambda: pool.calls == 3 and starting.busy and len(list(sockets.iterdir())) == 2)
    pid = reading.pid
    began = time.monotonic()
    pool.close()
    assert time.monotonic() - began < 5
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    assert pid is not None
    assert not process_exists(pid)
    errors = [each for each in found if isinstance(each, ProviderError)]
    unread = [each for each in found if isinstance(each, Unread)]
    assert (len(errors), [each.reason for each in unread]) == (1, [Reason.PROVIDER_ERROR] * 3)
    assert list(sockets.iterdir()) == []
    pool.close()


def test_what_is_being_started_while_all_is_ended_is_ended_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It does not know yet that it has to die with the thread that started it, nor does the launcher know of it."""
    real, forking, go_on, started = subprocess.Popen, threading.Event(), threading.Event(), []

    def slow(*arguments: Any, **more: Any) -> Any:
        forking.set()
        assert go_on.wait(10)
        started.append(real(*arguments, **more))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", slow)
    sleeper = executable(tmp_path / "sleeper", "#!/bin/sh\nexec sleep 60\n")
    launcher = Launcher()
    starter = threading.Thread(target=launcher.popen, args=(sleeper, {"PATH": os.environ["PATH"]}))
    ending = threading.Thread(target=launcher.close)
    starter.start()
    assert forking.wait(10)
    ending.start()
    eventually(lambda: launcher._thread._shutdown)
    go_on.set()
    starter.join(10)
    ending.join(10)
    [child] = started
    assert not process_exists(child.pid)
    for pipe in (child.stdout, child.stderr):
        pipe.close()


def test_a_closed_pool_starts_nothing(launcher: Path, provider_home: Path, tmp_path: Path) -> None:
    with ProviderPool(tmp_path / "cache") as pool:
        session = pool.session(launcher, {}, provider_environment(provider_home))
    with pytest.raises(ProviderError, match="cannot be started"):
        session.start()


@pytest.mark.parametrize(("optional", "asked"), [("1", 1), ("0", 3)])
def test_the_schema_is_asked_for_once_where_the_provider_allows_it(
    make_session: MakeSession, tmp_path: Path, optional: str, asked: int
) -> None:
    calls = tmp_path / "calls"
    for _ in range(3):
        session = make_session(SCHEMA_CALLS=str(calls), SCHEMA_OPTIONAL=optional)
        assert isinstance(session.read([thing()])[0], Present)
    assert len(calls.read_text().splitlines()) == asked


def test_a_damaged_schema_file_is_made_again_while_reading(make_session: MakeSession, tmp_path: Path) -> None:
    make_session(SCHEMA_OPTIONAL="1").start()
    (file,) = (tmp_path / "cache/schemas").iterdir()
    session = make_session(SCHEMA_OPTIONAL="1")
    session.start()
    file.write_bytes(file.read_bytes()[:-5000] + bytes(5000))
    assert isinstance(session.read([thing()])[0], Present)
