"""The database goes away, the process is killed, two come at once: nothing half-written, and a way on."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from support.inventory_records import at, everything, pass_record, run, workspace_record
from support.inventory_records import row as resource
from support.nth_call import WAYS, Fault, failing

from reconciler.drift.report import Depth
from reconciler.errors import BusyError, DatabaseError, StateError
from reconciler.inventory import locks, passes
from reconciler.inventory.backend import read_state_row
from reconciler.inventory.embedded import EmbeddedServer
from reconciler.inventory.engine import Connection, connect
from reconciler.inventory.inventory import Inventory

PASSES = "SELECT id, status, error FROM passes ORDER BY id"


def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement.encode()).fetchall()


def until(done: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


def terminate_others(url: str) -> None:
    ask(
        url,
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND datname = current_database()",
    )


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (StateError("no state"), "failed", "no state"),
        (ValueError("hunter2"), "failed", "ValueError"),
        (KeyboardInterrupt(), "cut_off", "KeyboardInterrupt"),
        (None, "cut_off", "CutOffError"),
    ],
)
def test_how_a_pass_ended_is_recorded(
    real: Inventory, database_url: str, error: BaseException | None, status: str, line: str
) -> None:
    with pytest.raises(type(error)) if error else _nothing(), real.begin("one", Depth.STATIC, ["a"], at(0)):
        assert ask(database_url, PASSES) == [("one", "running", None)]
        if error:
            raise error
    assert ask(database_url, PASSES) == [("one", status, line)]


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def test_a_pass_goes_on_over_a_new_connection(real: Inventory, database_url: str) -> None:
    with real.begin("one", Depth.EXACT, ["production"], at(0)) as running:
        terminate_others(database_url)
        running.finish(pass_record("one", 0, everything()))
    assert ask(database_url, PASSES) == [("one", "finished", None)]
    assert len(real.report().workspaces) == 1


def test_a_pass_whose_locks_went_to_another_is_refused(real: Inventory, database_url: str) -> None:
    with real.begin("one", Depth.EXACT, ["production"], at(0)) as first:
        terminate_others(database_url)
        with (
            real.begin("two", Depth.EXACT, ["production"], at(1)) as second,
            pytest.raises(BusyError, match="pass two"),
        ):
            first.finish(pass_record("one", 0, workspace_record(state_serial=1)))
        del second
    first_status = ask(database_url, PASSES)[0]
    assert first_status[:2] == ("one", "cut_off")
    assert real.report().workspaces == ()


def test_a_pass_that_was_taken_over_and_is_alone_again_is_refused(real: Inventory, database_url: str) -> None:
    with real.begin("one", Depth.EXACT, ["production"], at(0)) as first:
        terminate_others(database_url)
        run(real, "two", 1, workspace_record(state_serial=2))
        with pytest.raises(BusyError, match="another pass took over"):
            first.finish(pass_record("one", 0, workspace_record(state_serial=1)))
    assert real.report().workspaces[0].state_serial == 2


def test_a_finish_whose_answer_got_lost_is_not_written_twice(real: Inventory, database_url: str) -> None:
    with real.begin("one", Depth.EXACT, ["production"], at(0)) as running:
        running.finish(pass_record("one", 0, everything()))
        running.finished = False  # as if the connection had broken after the commit and before its answer
        running.finish(pass_record("one", 0, everything()))
    assert ask(database_url, "SELECT count(*) FROM aws_infrastructure_events") == [(1,)]


def test_what_is_left_of_its_own_lost_connection_is_waited_for(
    real: Inventory, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server needs a moment to see that a connection is lost, and holds its locks until then."""
    take, refused = locks.take, iter([BusyError("held"), BusyError("held")])

    def late(connection: Connection, workspaces: Sequence[str]) -> None:
        if (error := next(refused, None)) is not None:
            raise error
        take(connection, workspaces)

    monkeypatch.setattr(passes, "_PAUSES", (0.01,) * 5)
    with real.begin("one", Depth.EXACT, ["production"], at(0)) as running:
        terminate_others(database_url)
        monkeypatch.setattr(locks, "take", late)
        running.finish(pass_record("one", 0, everything()))
    assert next(refused, None) is None
    assert ask(database_url, PASSES) == [("one", "finished", None)]


@pytest.mark.parametrize("way", WAYS["database"])
@pytest.mark.parametrize("often", ["once", "for good"])
def test_whichever_statement_of_a_finish_fails_what_it_says_is_what_is_there(
    real: Inventory, way: str, often: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for_good = often == "for good"
    # Once: the server needs a moment to see that the lost connection is lost, and holds its locks until then.
    monkeypatch.setattr(passes, "_PAUSES", (0.0,) * 5 if for_good else (0.0, 0.05, 0.5, 1.0, 2.0))
    for at_ in itertools.count(1):
        name, fault = f"w{at_}", Fault("database", way, at_, for_good)
        record = workspace_record(name, rows=(resource(f"r{at_}"),))
        refused = False
        with real.begin(f"p{at_}", Depth.EXACT, [name], at(0)) as running, failing(fault):
            try:
                running.finish(pass_record(f"p{at_}", 0, record))
            except DatabaseError:
                refused = True
        written = bool(real.report([name]).workspaces)
        # Only where the commit itself was answered by silence, for good, can nobody say which of the two it is.
        assert written is not refused or (way == "lost after" and for_good), (way, at_)
        if way.startswith("lost"):
            assert refused is (fault.fired and for_good), (way, at_)
        if not fault.fired:
            break
    assert at_ > 20


def test_the_server_gone_for_good_is_one_error_and_nothing_is_half_written(
    migrated_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "_PAUSES", (0.01, 0.01))
    server = EmbeddedServer(migrated_directory)
    inventory = Inventory.open(server.start())
    with inventory.begin("one", Depth.EXACT, ["production"], at(0)) as running:
        server.stop()
        with pytest.raises(DatabaseError) as caught:
            running.finish(pass_record("one", 0, everything()))
    assert caught.value.hint is not None
    assert "\n" not in str(caught.value)
    with server:
        inventory = Inventory.open(server.url)
        assert inventory.report().workspaces == ()
        assert inventory.events() == []
        run(inventory, "two", 1, everything())
        assert [(id_, status) for id_, status, _ in ask(server.url, PASSES)] == [
            ("one", "cut_off"),
            ("two", "finished"),
        ]
        inventory.close()


def test_a_server_that_restarts_meanwhile_costs_a_moment(migrated_directory: Path) -> None:
    server = EmbeddedServer(migrated_directory)
    inventory = Inventory.open(server.start())
    with inventory.begin("one", Depth.EXACT, ["production"], at(0)) as running:
        server.stop()
        starter = threading.Timer(0.5, server.start)
        starter.start()
        running.finish(pass_record("one", 0, everything()))
        starter.join()
    assert len(inventory.report().workspaces) == 1
    server.stop()


def test_a_killed_process_leaves_no_lock_and_its_pass_is_closed(database_url: str, real: Inventory) -> None:
    story = textwrap.dedent(
        """
        import sys, time
        from datetime import UTC, datetime
        from reconciler.drift.report import Depth
        from reconciler.inventory.inventory import Inventory
        with Inventory.open(sys.argv[1]).begin("killed", Depth.EXACT, ["a", "b"], datetime.now(UTC)):
            print("running", flush=True)
            time.sleep(60)
        """
    )
    root = str(Path(__file__).parents[3])
    with subprocess.Popen(
        [sys.executable, "-c", story, database_url], stdout=subprocess.PIPE, env={"PYTHONPATH": root}
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"running\n"
        with (
            pytest.raises(BusyError, match="pass killed") as busy,
            real.begin("refused", Depth.EXACT, ["b"], at(0)),
        ):
            pytest.fail("two passes of one workspace")
        assert f"process {child.pid} on " in str(busy.value.hint)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()

    def begins() -> bool:
        try:
            run(real, "next", 1, workspace_record("b"))
        except BusyError:
            return False  # the server has not noticed yet
        return True

    until(begins)
    passes = {id_: (status, error) for id_, status, error in ask(database_url, PASSES)}
    assert passes["killed"] == ("cut_off", "its process ended before it was done; noticed by pass next")
    assert passes["next"][0] == "finished"
    assert "refused" not in passes


def test_of_many_that_begin_at_once_one_does(database_url: str) -> None:
    started, done = threading.Barrier(8), threading.Barrier(8)
    outcomes: list[str] = []

    def attempt(number: int) -> None:
        inventory = Inventory.open(database_url)
        started.wait()
        try:
            with inventory.begin(f"p{number}", Depth.EXACT, ["x", "y"], at(0)):
                outcomes.append("began")
                done.wait(30)
        except BusyError:
            outcomes.append("busy")
            done.wait(30)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["began", *["busy"] * 7]


def test_a_database_without_tables_says_how_to_make_them(empty_database_url: str) -> None:
    inventory = Inventory.open(empty_database_url)
    for work in (
        lambda: run(inventory, "one", 0, workspace_record()),
        inventory.report,
        inventory.findings,
        inventory.events,
    ):
        with pytest.raises(DatabaseError, match="lacks tables") as caught:
            work()
        assert caught.value.hint == "run `reconciler db migrate`"
    inventory.close()


def test_a_lost_pooled_connection_is_replaced(real: Inventory, database_url: str) -> None:
    assert real.findings() == []
    terminate_others(database_url)
    assert real.findings() == []


def test_a_read_only_server_is_told(real: Inventory, database_url: str) -> None:
    name = conninfo_to_dict(database_url)["dbname"]
    ask_nothing(database_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(DatabaseError, match="read-only"):
        run(real, "one", 0, workspace_record())


def ask_nothing(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"password": "s3cret-wrong"}, "does not take the password"),
        ({"user": "nobody-here"}, "does not take the password"),
        ({"dbname": "not_there"}, "There is no database"),
        ({"port": "1"}, "does not answer"),
        ({"host": "no-such-host.invalid"}, "does not answer"),
        ({"sslmode": "require"}, "does not answer"),
        ({"sslmode": "verify-full", "sslrootcert": "/nowhere"}, "does not answer"),
    ],
)
def test_a_server_that_cannot_be_used_is_one_line_without_a_secret(
    server_url: str, change: dict[str, str], message: str
) -> None:
    url = psycopg.conninfo.make_conninfo(server_url, **change)
    password = conninfo_to_dict(url)["password"]
    for work in (Inventory.open(url).report, Inventory.open(url).findings, Inventory.open(url).migrate):
        with pytest.raises(DatabaseError, match=message) as caught:
            work()
        assert str(password) not in f"{caught.value} {caught.value.hint}"
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://u:pa%zzss@h/d", "hunter2", "mysql://u:hunter2@h/d", "host='x"])
def test_a_url_that_is_none_is_not_repeated(url: str) -> None:
    with pytest.raises(DatabaseError, match="none that PostgreSQL understands") as caught:
        Inventory.open(url)
    assert "pa%zz" not in repr(caught.value)
    assert "hunter2" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_a_state_is_read_from_a_database_that_is_not_ours(server_url: str) -> None:
    where = {"schema": "Odd schema;", "table": "states"}
    assert read_state_row(server_url, **where, name="default") is None
    with psycopg.connect(server_url) as connection:
        connection.execute(b'CREATE SCHEMA "Odd schema;"')
        connection.execute(b'CREATE TABLE "Odd schema;".states (name text, data text)')
        connection.execute(b"INSERT INTO \"Odd schema;\".states VALUES ('default', '{}')")
    assert read_state_row(server_url, **where, name="default") == "{}"
    assert read_state_row(server_url, **where, name="'; DROP TABLE states") is None
    with pytest.raises(DatabaseError, match="none that PostgreSQL understands"):
        read_state_row("postgresql://u:pa%zzss@h/d", **where, name="default")


def test_rows_survive_the_server_being_killed(migrated_directory: Path) -> None:
    server = EmbeddedServer(migrated_directory)
    inventory = Inventory.open(server.start())
    run(inventory, "one", 0, workspace_record(rows=(resource("a"),)))
    pid = int((migrated_directory / "data" / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    server.stop()
    with server:
        assert len(Inventory.open(server.url).report().workspaces) == 1


def test_the_locks_are_let_go_before_the_connection_is(database_url: str) -> None:
    """The server notices a closed connection a moment later, and the next pass may be there sooner."""
    with connect(database_url) as first, connect(database_url) as second:
        locks.take(first, ["production"])
        with pytest.raises(BusyError):
            locks.take(second, ["production"])
        locks.release(first)
        locks.take(second, ["production"])
