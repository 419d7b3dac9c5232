"""People in a real database: tokens, the first admin, and rows that another hand wrote."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import psycopg
import pytest
from support.plans import stamp

from reconciler.errors import ConfigError, DatabaseError
from reconciler.gate.people import Person, Role
from reconciler.gate.refusal import Refusal
from reconciler.inventory.ledger import Ledger
from reconciler.inventory.people import People
from reconciler.vault.key import MasterKey
from reconciler.wiring.people import Staff

KEY = MasterKey(b"k" * 32)
NOWHERE: frozenset[str] = frozenset()


@pytest.fixture
def staff(database_url: str) -> Staff:
    return Staff(People(database_url, stamp), lambda: KEY)


@pytest.fixture
def admin(staff: Staff) -> str:
    made = staff.add(None, "ann", Role.ADMIN, NOWHERE, None)
    assert isinstance(made, str)
    return made


def added(staff: Staff, admin: str, name: str, role: Role, *environments: str, days: float | None = None) -> str:
    lifetime = None if days is None else timedelta(days=days)
    made = staff.add(admin, name, role, frozenset(environments), lifetime)
    assert isinstance(made, str), made
    return made


def rule(answer: object) -> str | None:
    return answer.rule if isinstance(answer, Refusal) else None


def test_the_first_admin_needs_no_token_and_nobody_after_that(staff: Staff, admin: str) -> None:
    assert rule(staff.add(None, "eve", Role.ADMIN, NOWHERE, None)) == "token"
    assert staff.caller(admin) == Person("ann", Role.ADMIN)
    assert [each.name for each in staff.everybody()] == ["ann"]


@pytest.mark.parametrize(("role", "environments"), [(Role.APPROVER, NOWHERE), (Role.ADMIN, frozenset({"production"}))])
def test_only_an_admin_of_everything_may_come_first(staff: Staff, role: Role, environments: frozenset[str]) -> None:
    assert rule(staff.add(None, "eve", role, environments, None)) == "token"
    assert staff.everybody() == []


def test_of_many_who_come_first_at_once_one_is(staff: Staff) -> None:
    together = threading.Barrier(8)

    def come(number: int) -> str | Refusal:
        together.wait()
        return staff.add(None, f"admin-{number}", Role.ADMIN, NOWHERE, None)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(come, range(8)))
    assert sum(isinstance(each, str) for each in answers) == 1
    assert len(staff.everybody()) == 1


def test_where_no_admin_has_a_token_root_adds_one_and_the_ledger_says_so(
    staff: Staff, admin: str, database_url: str
) -> None:
    staff.set_active(admin, "ann", active=False)
    assert rule(staff.add(admin, "eve", Role.ADMIN, NOWHERE, None)) == "inactive"
    assert rule(staff.break_glass("eve", "kim", None, None)) == "break_glass"
    assert rule(staff.break_glass("eve", "kim", None, "ann")) == "break_glass"
    made = staff.break_glass("eve", "kim", None, "eve")
    assert isinstance(made, str)
    assert staff.caller(made) == Person("eve", Role.ADMIN)
    assert isinstance(staff.set_active(made, "ann", active=True), Person)
    with pytest.raises(ConfigError):
        staff.break_glass("ann", "kim", None, "ann")
    told = [json.loads(record.body) for record in Ledger(database_url).records() if record.subject == "eve"]
    assert [each["by"] for each in told] == ["root, by break-glass (kim)"]


def test_what_belongs_to_the_whole_installation_takes_an_admin_once_there_is_one(
    staff: Staff, database_url: str
) -> None:
    assert staff.administrator(None, "kim") == "kim"
    assert staff.administrator("rec_000000000000_x", "kim") == "kim"  # nobody's token is worth anything yet
    admin = staff.add(None, "ann", Role.ADMIN, NOWHERE, None)
    assert isinstance(admin, str)
    bob = added(staff, admin, "bob", Role.APPROVER)
    assert staff.administrator(admin, "kim") == "ann"
    assert [rule(staff.administrator(each, "kim")) for each in (None, bob)] == ["token", "role"]
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM users")
    assert rule(staff.administrator(None, "kim")) == "token"  # the ledger remembers that there was somebody


def test_only_an_admin_adds_others_and_a_name_is_taken_once(staff: Staff, admin: str) -> None:
    bob = added(staff, admin, "bob", Role.APPROVER, "production")
    assert rule(staff.add(bob, "eve", Role.VIEWER, NOWHERE, None)) == "role"
    with pytest.raises(ConfigError, match="already"):
        staff.add(admin, "bob", Role.ADMIN, NOWHERE, None)
    assert staff.caller(bob) == Person("bob", Role.APPROVER, frozenset({"production"}))
    assert staff.entitled("production") == {"ann", "bob"}
    assert staff.entitled("staging") == {"ann"}


def test_tokens_that_are_nobodys(staff: Staff, admin: str) -> None:
    bob = added(staff, admin, "bob", Role.APPROVER)
    swapped = bob[:17] + admin[17:]
    for token in (None, "", "rec_x", swapped, admin[:-1] + ("A" if admin[-1] != "A" else "B"), admin.upper()):
        assert rule(staff.caller(token)) == "token"


def test_an_expired_token(staff: Staff, admin: str) -> None:
    bob = added(staff, admin, "bob", Role.APPROVER, days=-1)
    assert rule(staff.caller(bob)) == "token"
    assert isinstance(staff.caller(added(staff, admin, "cid", Role.VIEWER, days=1)), Person)


def test_who_is_disabled_counts_no_longer_and_comes_back(staff: Staff, admin: str) -> None:
    bob = added(staff, admin, "bob", Role.APPROVER)
    assert rule(staff.set_active(bob, "ann", active=False)) == "role"
    staff.set_active(admin, "bob", active=False)
    assert staff.entitled("production") == {"ann"}
    assert rule(staff.renew(bob, "bob", None)) == "inactive"
    staff.set_active(admin, "bob", active=True)
    assert staff.entitled("production") == {"ann", "bob"}
    with pytest.raises(ConfigError, match="nobody"):
        staff.set_active(admin, "eve", active=False)


def test_a_new_token_ends_the_old_one(staff: Staff, admin: str) -> None:
    bob = added(staff, admin, "bob", Role.VIEWER, "staging")
    own = staff.renew(bob, "bob", None)
    assert isinstance(own, str)
    assert rule(staff.caller(bob)) == "token"
    assert rule(staff.renew(own, "ann", None)) == "role"
    given = staff.renew(admin, "bob", timedelta(days=1))
    assert isinstance(given, str)
    assert rule(staff.caller(own)) == "token"
    caller = staff.caller(given)
    assert isinstance(caller, Person)
    assert caller.token_expires_at is not None
    assert caller.token_expires_at > datetime.now(UTC)


ALTERATIONS: list[LiteralString] = [
    "UPDATE users SET role = 'admin' WHERE name = 'bob'",
    "UPDATE users SET environments = '[]' WHERE name = 'bob'",
    "UPDATE users SET is_active = false WHERE name = 'bob'",
    "UPDATE users SET name = 'eve' WHERE name = 'bob'",
    "UPDATE users SET token_hash = repeat('0', 64) WHERE name = 'bob'",
    "UPDATE users SET token_expires_at = now() + interval '1 day' WHERE name = 'bob'",
    "UPDATE users b SET role = a.role, stamp = a.stamp FROM users a WHERE a.name = 'ann' AND b.name = 'bob'",
    """INSERT INTO users (name, role, environments, token_id, token_hash, stamp)
       SELECT 'eve', role, environments, 'ffffffffffff', token_hash, stamp FROM users WHERE name = 'ann'""",
]


@pytest.mark.parametrize("statement", ALTERATIONS)
def test_a_row_that_another_hand_wrote_is_nobody(
    staff: Staff, admin: str, database_url: str, statement: LiteralString
) -> None:
    added(staff, admin, "bob", Role.OPERATOR, "staging")
    with psycopg.connect(database_url) as connection:
        connection.execute(statement)
    with pytest.raises(DatabaseError, match="not as this program wrote it"):
        staff.entitled("production")


def test_no_token_is_in_the_database(staff: Staff, admin: str, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT u::text FROM users u").fetchone()
    assert row is not None
    assert admin[17:] not in row[0]


def test_each_change_is_a_record_that_says_who_made_it(staff: Staff, admin: str, database_url: str) -> None:
    added(staff, admin, "bob", Role.APPROVER, "production", days=1)
    staff.set_active(admin, "bob", active=False)
    staff.set_active(admin, "bob", active=True)
    bob = staff.renew(admin, "bob", None)
    assert isinstance(bob, str)
    staff.renew(bob, "bob", None)
    staff.add(bob, "eve", Role.ADMIN, NOWHERE, None)  # refused
    ledger = Ledger(database_url)
    told = [(record.kind, record.subject, json.loads(record.body)) for record in ledger.records()]
    assert [(kind, name, body["change"], body["by"]) for kind, name, body in told] == [
        ("person", "ann", "added", None),
        ("person", "bob", "added", "ann"),
        ("person", "bob", "disabled", "ann"),
        ("person", "bob", "enabled", "ann"),
        ("person", "bob", "token", "ann"),
        ("person", "bob", "token", "bob"),
    ]
    assert (told[1][2]["role"], told[1][2]["environments"]) == ("approver", ["production"])
    assert bob[17:] not in str(told)
    assert ledger.verify() is None


def test_a_row_brought_back_as_it_once_was_is_nobody(staff: Staff, admin: str, database_url: str) -> None:
    """Its stamp is right: this program wrote it. The ledger knows a later one."""
    bob = added(staff, admin, "bob", Role.APPROVER)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE backup AS TABLE users")
        staff.set_active(admin, "bob", active=False)
        connection.execute("DELETE FROM users; INSERT INTO users TABLE backup")
    with pytest.raises(DatabaseError, match="not the one that the ledger has last"):
        staff.caller(bob)
    with pytest.raises(DatabaseError, match="not the one that the ledger has last"):
        staff.entitled("production")
    assert isinstance(staff.caller(admin), Person)


def test_nobody_comes_first_again_where_all_were_deleted(staff: Staff, admin: str, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM users")
    assert rule(staff.add(None, "eve", Role.ADMIN, NOWHERE, None)) == "token"
    assert staff.everybody() == []


def test_changes_at_once_wait_for_each_other(staff: Staff, admin: str, database_url: str) -> None:
    added(staff, admin, "bob", Role.VIEWER)

    def change(number: int) -> object:
        return staff.set_active(admin, "bob", active=bool(number % 2))

    with ThreadPoolExecutor(8) as pool:
        assert all(isinstance(each, Person) for each in pool.map(change, range(24)))
    assert len(staff.everybody()) == 2
    assert Ledger(database_url).verify() is None
