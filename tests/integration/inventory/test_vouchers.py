"""An older row, and a record to match: whoever can write to the database can chain one, and none that vouches."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql
from support.plans import proposal, stamp

from reconciler.errors import DatabaseError
from reconciler.gate.chain import Broken, Entry, Record, verify
from reconciler.gate.people import Person, Role
from reconciler.gate.proposal import Status
from reconciler.inventory.credentials import Credentials
from reconciler.inventory.ledger import Ledger
from reconciler.inventory.people import People
from reconciler.inventory.plans import Plans
from reconciler.inventory.rows import CredentialRow, CredentialType
from reconciler.inventory.vouchers import forged

ID = "5f0c0f4e-0000-4000-8000-000000000001"
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


@dataclass
class Kept:
    """A row that can be made, changed and read."""

    table: str
    make: Callable[[], object]
    change: Callable[[], object]
    read: Callable[[], object]


@pytest.fixture(params=["plan", "person", "credential"])
def kept(request: pytest.FixtureRequest, database_url: str) -> Kept:
    plans, people, logins = (made(database_url, stamp) for made in (Plans, People, Credentials))

    def reject() -> None:
        with plans.hold(ID) as held:
            held.move(Status.REJECTED, "cid")

    row = CredentialRow(ID, "ci", "123456789012", CredentialType.IAM_USER, "sealed:v1:a:b", "sealed:v1:c:d")
    return {
        "plan": Kept("plans", lambda: plans.add(proposal(id=ID), "sealed:1"), reject, lambda: plans.plan(ID)),
        "person": Kept(
            "users",
            lambda: people.add(Person("bob", Role.APPROVER), "0123456789ab", "hash", "ann"),
            lambda: people.set_active("bob", "ann", active=False),
            lambda: people.by_token("0123456789ab"),
        ),
        "credential": Kept(
            "aws_credentials",
            lambda: logins.add(row, "ann"),
            lambda: logins.change("ci", "disabled", "ann", lambda found: replace(found, active=False)),
            lambda: logins.one("ci"),
        ),
    }[request.param]


def vouching(url: str) -> list[Record]:
    return [record for record in Ledger(url).records() if record.kind != "events"]


def only_its_stamp(record: Record) -> Any:
    return {"stamp": json.loads(record.body)["stamp"]}


def the_same_again(record: Record) -> Any:
    return json.loads(record.body)


def no_object(_: Record) -> Any:
    return ["stamp", "voucher"]


@pytest.mark.parametrize("body", [only_its_stamp, the_same_again, no_object])
def test_an_older_row_does_not_come_back_with_a_record_to_match(
    kept: Kept, database_url: str, body: Callable[[Record], Any]
) -> None:
    kept.make()
    with psycopg.connect(database_url) as connection:
        connection.execute(sql.SQL("CREATE TABLE backup AS TABLE {}").format(sql.Identifier(kept.table)))
    [first] = vouching(database_url)
    kept.change()
    with psycopg.connect(database_url) as connection:
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(kept.table)))
        connection.execute(sql.SQL("INSERT INTO {} TABLE backup").format(sql.Identifier(kept.table)))
    ledger = Ledger(database_url)
    [added] = ledger.append([Entry(NOW, first.kind, first.subject, body(first))])
    with pytest.raises(DatabaseError, match="is not"):
        kept.read()
    assert ledger.verify() is None  # it is chained as it should be
    broken = forged(ledger.records(), stamp)
    assert broken is not None
    assert broken.sequence == added.sequence


def test_a_record_that_is_no_json_vouches_for_nothing(kept: Kept, database_url: str) -> None:
    kept.make()
    [first] = vouching(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO ledger SELECT max(sequence) + 1, now(), %s, %s, 'x', repeat('0', 63) || 'x', repeat('1', 64)"
            " FROM ledger",
            (first.kind, first.subject),
        )
    with pytest.raises(DatabaseError, match="is not"):
        kept.read()


def test_what_was_written_is_vouched_for(kept: Kept, database_url: str) -> None:
    kept.make()
    kept.read()
    kept.change()
    kept.read()
    assert forged(Ledger(database_url).records(), stamp) is None
    assert forged(Ledger(database_url).records(), lambda text: stamp(b"another key" + text)) is not None


def test_a_past_that_is_written_anew_is_found_by_the_next_record_that_vouches(kept: Kept, database_url: str) -> None:
    ledger = Ledger(database_url)
    ledger.append([Entry(NOW, "odd", "", {"told": "as it was"})])
    kept.make()
    [vouched] = vouching(database_url)[1:]
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE ledger DISABLE TRIGGER append_only")
        connection.execute("DELETE FROM ledger")
    ledger.append([Entry(NOW, "odd", "", {"told": "otherwise"})])
    ledger.append([Entry(NOW, vouched.kind, vouched.subject, json.loads(vouched.body))])
    assert verify(ledger.records()) is None
    assert forged(ledger.records(), stamp) == Broken(2, "another hand wrote it, or what it follows")
    with pytest.raises(DatabaseError, match="is not"):
        kept.read()
