"""What a ledger promises: run on the one in memory and those in PostgreSQL, and what only a database can show."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta, timezone
from random import Random
from typing import Any, LiteralString

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from support.database import create, drop, url_of
from support.inventory_records import at, event, everything, row, run, workspace_record

from reconciler.drift.record import EventType
from reconciler.drift.values import Sensitive
from reconciler.errors import DatabaseError
from reconciler.gate.chain import EMPTY, Broken, Entry, Head, Record, head_of
from reconciler.gate.cover import BrokenEvent
from reconciler.inventory import ledger as ledgers
from reconciler.inventory import migrations
from reconciler.inventory.engine import connect, make_engine
from reconciler.inventory.inventory import Inventory
from reconciler.inventory.ledger import Ledger
from reconciler.inventory.memory import MemoryInventory
from reconciler.inventory.memory_ledger import MemoryLedger
from reconciler.inventory.port import InventoryPort, LedgerPort


def entry(number: int = 0, **given: Any) -> Entry:
    return Entry(**{"at": at(number), "kind": "plan", "subject": f"p{number}", "body": {"n": number}, **given})


@pytest.fixture(params=["memory", "embedded", "server"])
def ledger(request: pytest.FixtureRequest) -> Iterator[LedgerPort]:
    if request.param == "memory":
        yield MemoryLedger()
    else:
        fixture = {"embedded": "database_url", "server": "server_url"}[request.param]
        yield Ledger(request.getfixturevalue(fixture))


@pytest.fixture
def real_ledger(database_url: str) -> Ledger:
    return Ledger(database_url)


def test_a_new_ledger_is_empty_and_whole(ledger: LedgerPort) -> None:
    assert ledger.head() == EMPTY
    assert list(ledger.records()) == []
    assert ledger.size().records == 0
    assert ledger.verify() is None
    assert ledger.verify([Head(1, "0" * 64)]) == Broken(1, "it is missing, and so is all up to record 1")


def test_what_is_appended_comes_back_in_its_order(ledger: LedgerPort) -> None:
    written = [*ledger.append([entry(1), entry(2)]), *ledger.append([entry(3)])]
    assert [record.sequence for record in written] == [1, 2, 3]
    assert list(ledger.records()) == written
    assert list(ledger.records(after=2)) == written[2:]
    assert ledger.head() == head_of(written[-1])
    assert ledger.size().records == 3
    assert ledger.verify() is None
    assert ledger.verify([head_of(written[1])]) is None
    assert ledger.append([]) == []


def test_any_text_and_time_is_kept_as_it_was_hashed(ledger: LedgerPort) -> None:
    odd = {"nul": "\x00", "half": "\ud800", "ü": ["\N{PILE OF POO}"], "secret": Sensitive("d"), "big": 2**70, "f": 0.1}
    away = at(0.000001).astimezone(timezone(timedelta(hours=-11)))
    written = ledger.append([entry(subject="프로덕션", body=odd, at=away), entry(2)])
    assert list(ledger.records()) == written
    assert json.loads(written[0].body)["secret"] == {"$sensitive": "d"}
    assert ledger.verify() is None


def test_a_subject_that_no_column_can_hold_is_chained_as_it_is_stored(real_ledger: Ledger) -> None:
    written = real_ledger.append([entry(subject="nul \x00"), entry(subject="long " * 1000)])
    assert list(real_ledger.records()) == written
    assert real_ledger.verify() is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET body = '{}' WHERE sequence = 1",
        "UPDATE ledger SET body = '{}' WHERE FALSE",
        "DELETE FROM ledger WHERE sequence = 2",
        "TRUNCATE ledger",
        "SET session_replication_role = replica; DELETE FROM ledger",
    ],
)
def test_the_ledger_is_append_only_even_for_a_superuser(
    real_ledger: Ledger, database_url: str, statement: LiteralString
) -> None:
    written = real_ledger.append([entry(1), entry(2)])
    with psycopg.connect(database_url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            connection.execute(statement)
        with pytest.raises(psycopg.errors.UniqueViolation):  # a second record after the first: the chain forks
            connection.execute(
                "INSERT INTO ledger SELECT 3, at, kind, subject, body, previous_hash, 'x' FROM ledger"
                " WHERE sequence = 2"
            )
    assert list(real_ledger.records()) == written


def test_what_is_rolled_back_leaves_no_record_and_no_gap(real_ledger: Ledger, database_url: str) -> None:
    with connect(database_url) as connection:
        with connection.transaction(force_rollback=True):
            ledgers.append(connection, [entry(1)])
        with connection.transaction():
            (record,) = ledgers.append(connection, [entry(2)])
    assert record.sequence == 1
    assert real_ledger.verify() is None


def test_writers_at_once_never_fork_the_chain(real_ledger: Ledger) -> None:
    start, faults = threading.Barrier(8), []

    def write(number: int) -> None:
        start.wait(30)
        try:
            for each in range(10):
                real_ledger.append([entry(each, subject=f"{number}"), entry(each, subject=f"{number} too")])
        except Exception as fault:  # noqa: BLE001 - told by the test
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    records = list(real_ledger.records())
    assert [record.sequence for record in records] == list(range(1, 161))
    for one, other in zip(records[::2], records[1::2], strict=True):  # what was appended together stands together
        assert other.subject == f"{one.subject} too"
    assert real_ledger.verify() is None


def test_reading_goes_on_in_one_snapshot_while_others_write(real_ledger: Ledger) -> None:
    real_ledger.append([entry(1), entry(2)])
    records = real_ledger.records()
    first = next(records)
    real_ledger.append([entry(3)])
    assert [first.sequence, *(record.sequence for record in records)] == [1, 2]


@pytest.fixture
def kept(inventory: InventoryPort, request: pytest.FixtureRequest) -> LedgerPort:
    """The ledger of an inventory."""
    if isinstance(inventory, MemoryInventory):
        return _Of(inventory)
    assert isinstance(inventory, Inventory)
    return Ledger(inventory._url)


class _Of(MemoryLedger):
    """The ledger that an inventory in memory has now: each pass makes a new one."""

    def __init__(self, inventory: MemoryInventory) -> None:
        self._inventory = inventory

    @property
    def kept(self) -> list[Record]:  # type: ignore[override]
        return self._inventory.store.ledger.kept


def test_a_pass_leaves_one_record_for_each_workspace_with_events(inventory: InventoryPort, kept: LedgerPort) -> None:
    told = (event("aws_sqs_queue.a", EventType.CREATE), event("aws_sqs_queue.b", EventType.CREATE))
    run(inventory, "one", 0, workspace_record("a", events=told), workspace_record("b"), everything("c"))
    one, other = kept.records()
    assert (one.kind, one.subject, other.subject) == ("events", "a", "c")
    body = json.loads(one.body)
    assert (body["pass"], body["events"], body["first"], body["last"]) == ("one", 2, 1, 2)
    assert (len(body["digest"]), len(body["each"])) == (64, 32)
    assert json.loads(other.body)["first"] == 3
    assert kept.verify() is None


def test_a_pass_without_events_leaves_none(inventory: InventoryPort, kept: LedgerPort) -> None:
    run(inventory, "one", 0, workspace_record())
    assert kept.size().records == 0


def test_a_pass_that_fails_leaves_none(inventory: InventoryPort, kept: LedgerPort) -> None:
    with pytest.raises(DatabaseError):
        run(inventory, "one", 0, everything(), everything())  # the same finding opens twice
    assert kept.size().records == 0
    run(inventory, "two", 1, everything())
    assert kept.size().records == 1
    assert kept.verify() is None


def test_what_left_the_state_is_still_named_by_its_event_among_several_workspaces(real: Inventory) -> None:
    run(real, "one", 0, workspace_record("a", rows=(row("x"),)), workspace_record("b", rows=(row("y"),)))
    gone = {"events": (event("x", EventType.DELETE),), "gone": ("x",)}
    run(real, "two", 1, workspace_record("a", **gone), workspace_record("b", rows=(row("y"), row("z"))))
    (told,) = real.events()
    assert told.resource_id == row("x").resource_id


# What may be done to events, past the trigger. A number in the text is the event that has to be named.
_EVENT_DAMAGES: dict[str, tuple[int, LiteralString]] = {
    "description": (3, "UPDATE aws_infrastructure_events SET description = description || ' ' WHERE sequence = 3"),
    "details": (2, "UPDATE aws_infrastructure_events SET details = details || '{\"new\": 1}' WHERE sequence = 2"),
    "metadata": (2, "UPDATE aws_infrastructure_events SET metadata = metadata - 'references' WHERE sequence = 2"),
    "time": (4, "UPDATE aws_infrastructure_events SET timestamp = 'infinity' WHERE sequence = 4"),
    "type": (4, "UPDATE aws_infrastructure_events SET event_type = 'error' WHERE sequence = 4"),
    "workspace": (4, "UPDATE aws_infrastructure_events SET workspace_id = NULL WHERE sequence = 4"),
    "identity": (5, "UPDATE aws_infrastructure_events SET id = gen_random_uuid() WHERE sequence = 5"),
    "another resource": (
        1,
        (
            "UPDATE aws_infrastructure_events SET resource_id = (SELECT id FROM aws_resources WHERE name = 'other')"
            " WHERE sequence = 1"
        ),
    ),
    "no resource": (1, "UPDATE aws_infrastructure_events SET resource_id = NULL WHERE sequence = 1"),
    "no environment": (1, "UPDATE aws_infrastructure_events SET environment_id = NULL"),
    "a person": (
        2,
        (
            "WITH p AS (INSERT INTO users (name) VALUES ('mallory') RETURNING id)"
            " UPDATE aws_infrastructure_events SET triggered_by = p.id FROM p WHERE sequence = 2"
        ),
    ),
    "a reference that is none": (
        1,
        (
            "UPDATE aws_infrastructure_events SET resource_id = NULL, metadata ="
            " jsonb_set(metadata, '{references,resource_id}', '\"x\"') WHERE sequence = 1"
        ),
    ),
    "removed": (2, "DELETE FROM aws_infrastructure_events WHERE sequence = 2"),
    "the last removed": (5, "DELETE FROM aws_infrastructure_events WHERE sequence = 5"),
    "all removed": (1, "TRUNCATE aws_infrastructure_events"),
    "swapped": (
        2,
        (
            "ALTER TABLE aws_infrastructure_events ALTER COLUMN sequence DROP IDENTITY;"
            " DROP INDEX idx_aws_infrastructure_events_sequence;"
            " UPDATE aws_infrastructure_events SET sequence = 6 - sequence WHERE sequence IN (2, 4)"
        ),
    ),
    "slipped in": (
        6,
        (
            "INSERT INTO aws_infrastructure_events (event_type, status, description, event_source)"
            " VALUES ('create', 'success', 'x', 'api')"
        ),
    ),
    "slipped in before": (
        -1,
        (
            "INSERT INTO aws_infrastructure_events (event_type, status, description, event_source, sequence)"
            " OVERRIDING SYSTEM VALUE VALUES ('create', 'success', 'x', 'api', -1)"
        ),
    ),
}


@pytest.mark.parametrize("case", _EVENT_DAMAGES)
def test_an_event_that_somebody_laid_hands_on_is_named(real: Inventory, database_url: str, case: str) -> None:
    named, statement = _EVENT_DAMAGES[case]
    told = [event("aws_sqs_queue.jobs"), *(event(f"aws_sqs_queue.{name}") for name in "abcd")]
    rows = (row("aws_sqs_queue.jobs"), row("aws_sqs_queue.other", name="other"))
    run(real, "one", 0, workspace_record(rows=rows, events=tuple(told[:3])))
    run(real, "two", 1, workspace_record(rows=rows, events=tuple(told[3:])))
    ledger = Ledger(database_url)
    assert ledger.verify() is None
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement)
    broken = ledger.verify()
    assert isinstance(broken, BrokenEvent)
    assert broken.sequence == named


def test_what_a_foreign_key_does_to_events_is_no_damage(real: Inventory, database_url: str) -> None:
    run(real, "one", 0, everything())
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM aws_resources")
        connection.execute("DELETE FROM aws_environments")
        assert connection.execute("SELECT resource_id, environment_id FROM aws_infrastructure_events").fetchall() == [
            (None, None)
        ]
    assert Ledger(database_url).verify() is None


def test_numbers_that_were_drawn_in_vain_are_no_damage(real: Inventory, database_url: str) -> None:
    run(real, "one", 0, everything())
    with psycopg.connect(database_url) as connection:
        connection.execute(_EVENT_DAMAGES["slipped in"][1])
        connection.rollback()
    run(real, "two", 1, workspace_record(events=(event("a"), event("b"))))
    assert Ledger(database_url).verify() is None


_LEDGER_EDITS: tuple[LiteralString, ...] = (
    "UPDATE ledger SET body = body || ' ' WHERE sequence = %(n)s",
    "UPDATE ledger SET body = replace(body, 'n', 'm') WHERE sequence = %(n)s",
    "UPDATE ledger SET at = at + interval '1 microsecond' WHERE sequence = %(n)s",
    "UPDATE ledger SET at = '-infinity' WHERE sequence = %(n)s",
    "UPDATE ledger SET at = 'epoch' WHERE sequence = %(n)s",
    "UPDATE ledger SET kind = kind || 's' WHERE sequence = %(n)s",
    "UPDATE ledger SET subject = '' WHERE sequence = %(n)s",
    "UPDATE ledger SET hash = md5(hash) || md5(hash) WHERE sequence = %(n)s",
    "UPDATE ledger SET previous_hash = md5(hash) || md5(hash) WHERE sequence = %(n)s",
    "UPDATE ledger SET sequence = sequence + 100 WHERE sequence = %(n)s",
    "DELETE FROM ledger WHERE sequence = %(n)s",
    "DELETE FROM ledger WHERE sequence >= %(n)s",
    "UPDATE ledger SET sequence = CASE sequence WHEN %(n)s THEN %(m)s ELSE %(n)s END WHERE sequence IN (%(n)s, %(m)s)",
    (
        "UPDATE ledger a SET body = b.body, kind = b.kind, subject = b.subject, at = b.at FROM ledger b"
        " WHERE a.sequence = %(n)s AND b.sequence = %(m)s"
    ),
    "INSERT INTO ledger SELECT sequence, at, kind, subject, body, md5(hash), hash FROM ledger WHERE sequence = %(n)s",
)


def test_three_hundred_damages_to_the_rows_are_all_found(real_ledger: Ledger, database_url: str) -> None:
    """What ten thousand do to values, some hundred do to rows: each in a transaction that is then undone."""
    anchor = head_of(real_ledger.append([entry(number) for number in range(1, 21)])[-1])
    random = Random(51742)  # noqa: S311 - no secret
    unseen = []
    with connect(database_url) as connection:
        connection.execute("ALTER TABLE ledger DISABLE TRIGGER append_only")
        connection.execute("ALTER TABLE ledger DROP CONSTRAINT ledger_pkey, DROP CONSTRAINT ledger_previous_hash_key")
        for number in range(300):
            statement = _LEDGER_EDITS[number % len(_LEDGER_EDITS)]
            one, other = random.sample(range(1, 21), 2)
            with connection.transaction(force_rollback=True):
                assert connection.execute(statement, {"n": one, "m": other}).rowcount
                broken = ledgers.chain.verify(ledgers.records(connection), [anchor])
                first = min(one, other) if "CASE" in statement else one
                # A row that stands twice may be read before or after itself: the one after it is then named.
                if broken is None or not first <= broken.sequence <= first + ("INSERT" in statement):
                    unseen.append((statement, one, other, broken))
    assert unseen == []
    assert real_ledger.verify([anchor]) is None


def test_events_of_before_are_covered_by_the_first_record(database_server: str) -> None:
    """As a database of the first version has them, with and without their targets."""
    name = "of_the_first_version"
    create(database_server, name)
    url = url_of(database_server, name)
    _upgrade(url, "0001")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO aws_environments (name, account_id, default_region) VALUES ('e', '1', 'r')")
        connection.execute(
            "INSERT INTO aws_infrastructure_events (event_type, status, description, event_source, environment_id,"
            " metadata) SELECT 'create', 'success', 'x', 'api', id, m::jsonb FROM aws_environments,"
            ' unnest(ARRAY[\'{"pass": "p"}\', NULL]) m'
        )
    inventory = Inventory.open(url)
    inventory.migrate()
    ledger = Ledger(url)
    (record,) = ledger.records()
    assert json.loads(record.body)["events"] == 2
    assert ledger.verify() is None
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM aws_environments")
        assert ledger.verify() is None
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute("DELETE FROM aws_infrastructure_events")
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE aws_infrastructure_events SET description = 'y'")
    broken = ledger.verify()
    assert broken is not None
    assert broken.sequence == 1
    drop(database_server, name)


def _upgrade(url: str, revision: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(migrations.__path__[0]))
        command.upgrade(config, revision)
    engine.dispose()
