"""Credentials in memory and in PostgreSQL, under one contract; and rows that another hand wrote."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest
from support.deadline import eventually
from support.plans import stamp

from reconciler.errors import ConfigError, DatabaseError
from reconciler.inventory.credentials import Credentials
from reconciler.inventory.ledger import Ledger
from reconciler.inventory.memory_credentials import MemoryCredentials
from reconciler.inventory.port import CredentialsPort
from reconciler.inventory.rows import CredentialRow, CredentialType

ROLE = "arn:aws:iam::123456789012:role/reader"
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def again(table: str, row: str, column: str, text: str) -> str:
    return f"sealed:v1:new:{table} {row} {column} {text.rpartition(':')[2]}"


def user(name: str = "ci") -> CredentialRow:
    return CredentialRow(
        str(uuid4()), name, "123456789012", CredentialType.IAM_USER, "sealed:v1:old:id", "sealed:v1:old:secret"
    )


def role(name: str = "read") -> CredentialRow:
    own = CredentialRow(str(uuid4()), name, "123456789012", CredentialType.ASSUME_ROLE, role_arn=ROLE)
    return replace(own, external_id="sealed:v1:old:external", account_alias="acme", expires_at=NOW)


@pytest.fixture(params=["memory", "embedded", "server"])
def rows(request: pytest.FixtureRequest) -> CredentialsPort:
    if request.param == "memory":
        return MemoryCredentials()
    url = request.getfixturevalue({"embedded": "database_url", "server": "server_url"}[request.param])
    return Credentials(url, stamp)


@pytest.fixture
def real(database_url: str) -> Credentials:
    return Credentials(database_url, stamp)


def timeless(row: CredentialRow) -> CredentialRow:
    return replace(row, created_at=None, updated_at=None)


class TestContract:
    def test_what_is_kept_comes_back(self, rows: CredentialsPort) -> None:
        assert rows.all() == []
        kept = [role(), user()]
        for each in kept:
            rows.add(each, "ann")
        assert [timeless(each) for each in rows.all()] == [kept[1], kept[0]]
        found = rows.one("read")
        assert timeless(found) == kept[0]
        assert found.created_at is not None
        assert found.created_at == found.updated_at

    def test_a_name_is_taken_once(self, rows: CredentialsPort) -> None:
        rows.add(user(), "ann")
        with pytest.raises(ConfigError, match="a credential ci already"):
            rows.add(user(), "ann")
        assert len(rows.all()) == 1

    def test_a_name_that_nobody_has(self, rows: CredentialsPort) -> None:
        for ask in (rows.one, lambda name: rows.change(name, "x", "ann", lambda row: row)):
            with pytest.raises(ConfigError, match="no credential called ci"):
                ask("ci")

    def test_a_change_is_written_whole_or_not_at_all(self, rows: CredentialsPort) -> None:
        rows.add(user(), "ann")
        before = rows.one("ci")
        changed = rows.change(
            "ci", "changed", "ann", lambda row: replace(row, active=False, secret_access_key="sealed:v1:old:other")
        )
        after = rows.one("ci")
        assert timeless(after) == timeless(changed)
        assert after.updated_at is not None
        assert before.updated_at is not None
        assert after.updated_at > before.updated_at

        def fail(_: CredentialRow) -> CredentialRow:
            raise ConfigError("no")

        with pytest.raises(ConfigError, match="no"):
            rows.change("ci", "x", "ann", fail)
        assert rows.one("ci") == after

    def test_the_last_use_only_grows_and_changes_nothing_else(self, rows: CredentialsPort) -> None:
        rows.add(user(), "ann")
        before = rows.one("ci")
        for minutes in (5, 0, 3):
            rows.used(before, NOW + timedelta(minutes=minutes))
        assert rows.one("ci") == replace(before, last_used_at=NOW + timedelta(minutes=5))

    def test_what_is_sealed_otherwise_is_due_and_then_is_not(self, rows: CredentialsPort) -> None:
        for each in (user(), role()):
            rows.add(each, "ann")
        host = CredentialRow(str(uuid4()), "host", "123456789012", CredentialType.IAM_ROLE)
        rows.add(host, "ann")
        ids = {each.name: each.id for each in rows.all()}
        assert sorted(rows.due("sealed:v1:new:")) == sorted([ids["ci"], ids["read"]])
        rows.renew(ids["ci"], again)
        assert rows.due("sealed:v1:new:") == [ids["read"]]
        assert rows.one("ci").secret_access_key == f"sealed:v1:new:aws_credentials {ids['ci']} secret_access_key secret"
        rows.renew(ids["read"], again)
        assert rows.one("read").external_id == f"sealed:v1:new:aws_credentials {ids['read']} external_id external"
        assert rows.due("sealed:v1:new:") == []
        rows.renew(str(uuid4()), again)
        assert timeless(rows.one("host")) == host


def test_of_two_who_add_one_name_at_once_one_has_it(real: Credentials) -> None:
    together = threading.Barrier(8)

    def add(_: int) -> bool:
        together.wait()
        try:
            real.add(user(), "ann")
        except ConfigError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(8))) == 1


def test_a_rotation_and_a_rekey_at_once_lose_nothing(real: Credentials, database_url: str) -> None:
    """Whichever comes second waits, and works on what the first has written."""
    real.add(user(), "ann")
    rotations: list[Future[CredentialRow]] = []

    def waits() -> bool:
        with psycopg.connect(database_url) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ).fetchone()
        return row == (1,)

    def while_somebody_rotates(table: str, row: str, column: str, text: str) -> str:
        if not rotations:
            rotate = partial(replace, secret_access_key="sealed:v1:new:rotated")
            rotations.append(pool.submit(real.change, "ci", "rotated", "bob", rotate))
            eventually(lambda: rotations[0].done() or waits())
        return again(table, row, column, text)

    with ThreadPoolExecutor(1) as pool:
        real.renew(real.one("ci").id, while_somebody_rotates)
        rotations[0].result()
    found = real.one("ci")
    assert found.secret_access_key == "sealed:v1:new:rotated"
    assert (found.access_key_id or "").startswith("sealed:v1:new:")


ALTERATIONS: list[LiteralString] = [
    "UPDATE aws_credentials SET name = 'eve' WHERE name = 'ci'",
    "UPDATE aws_credentials SET account_id = '210987654321' WHERE name = 'ci'",
    "UPDATE aws_credentials SET is_active = true WHERE name = 'off'",
    "UPDATE aws_credentials SET expiration_date = NULL WHERE name = 'read'",
    "UPDATE aws_credentials SET assume_role_arn = 'arn:aws:iam::123456789012:role/admin' WHERE name = 'read'",
    "UPDATE aws_credentials SET external_id = NULL WHERE name = 'read'",
    "UPDATE aws_credentials SET access_key_id = secret_access_key, secret_access_key = access_key_id WHERE name = 'ci'",
    "UPDATE aws_credentials SET secret_access_key = replace(secret_access_key, ':old:', ':new:') WHERE name = 'ci'",
    "UPDATE aws_credentials SET secret_access_key = secret_access_key || '=' WHERE name = 'ci'",
    "UPDATE aws_credentials SET id = gen_random_uuid() WHERE name = 'ci'",
    "UPDATE aws_credentials SET stamp = NULL WHERE name = 'ci'",
    (
        "UPDATE aws_credentials c SET secret_access_key = o.secret_access_key FROM aws_credentials o"
        " WHERE c.name = 'ci' AND o.name = 'off'"
    ),
    (
        "UPDATE aws_credentials c SET secret_access_key = o.secret_access_key, access_key_id = o.access_key_id,"
        " stamp = o.stamp FROM aws_credentials o WHERE c.name = 'ci' AND o.name = 'off'"
    ),
    (
        "INSERT INTO aws_credentials (name, account_id, credential_type, access_key_id, secret_access_key, stamp)"
        " SELECT 'eve', account_id, credential_type, access_key_id, secret_access_key, stamp FROM aws_credentials"
        " WHERE name = 'ci'"
    ),
    (
        "WITH gone AS (DELETE FROM aws_credentials WHERE name = 'off' RETURNING *)"
        " INSERT INTO aws_credentials (id, name, account_id, credential_type, access_key_id, secret_access_key, stamp)"
        " SELECT id, 'eve', account_id, credential_type, access_key_id, secret_access_key, stamp FROM gone"
    ),
]


@pytest.fixture
def three(real: Credentials) -> Credentials:
    off = replace(user("off"), access_key_id="sealed:v1:old:other", secret_access_key="sealed:v1:old:others")
    for each in (user(), role(), off):
        real.add(each, "ann")
    real.change("off", "disabled", "ann", lambda row: replace(row, active=False))
    return real


@pytest.mark.parametrize("statement", ALTERATIONS)
def test_a_row_that_another_hand_wrote_opens_nothing(
    three: Credentials, database_url: str, statement: LiteralString
) -> None:
    assert len(three.all()) == 3
    with psycopg.connect(database_url) as connection:
        assert connection.execute(statement).rowcount == 1
        names = [str(name) for (name,) in connection.execute("SELECT name FROM aws_credentials ORDER BY name")]
    attempts: list[Callable[[str], object]] = [
        three.one,
        lambda name: three.change(name, "x", "ann", lambda row: row),
        lambda name: three.renew(_id(database_url, name), again),
    ]
    for attempt in attempts:
        refused = set()
        for name in names:
            try:
                attempt(name)
            except DatabaseError as fault:
                assert "not as this program wrote it" in str(fault)  # noqa: PT017  which of the rows it is, is the question
                refused.add(name)
        assert len(refused) == 1, refused
    with pytest.raises(DatabaseError, match="not as this program wrote it"):
        three.all()


def _id(url: str, name: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT id::text FROM aws_credentials WHERE name = %s", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def test_a_row_that_is_brought_back_as_it_was_opens_nothing(real: Credentials, database_url: str) -> None:
    """Its stamp is good, and it is not the last that the ledger knows of: a key of before, or one that was disabled."""
    real.add(user(), "ann")
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT * FROM aws_credentials")
    real.change("ci", "disabled", "ann", lambda row: replace(row, active=False))
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM aws_credentials")
        connection.execute("INSERT INTO aws_credentials SELECT * FROM kept")
    for attempt in (real.all, lambda: real.one("ci"), lambda: real.change("ci", "x", "ann", lambda row: row)):
        with pytest.raises(DatabaseError, match="not the one that the ledger has last"):
            attempt()


def test_the_ledger_tells_every_change_and_no_secret(real: Credentials, database_url: str) -> None:
    real.add(user(), "ann")
    real.change("ci", "disabled", "bob", lambda row: replace(row, active=False))
    real.renew(real.one("ci").id, again)
    ledger = Ledger(database_url)
    told = [json.loads(record.body) for record in ledger.records() if record.kind == "credential"]
    assert [(each["change"], each["by"], each["active"]) for each in told] == [
        ("added", "ann", True),
        ("disabled", "bob", False),
        ("sealed anew", None, False),
    ]
    assert all("sealed:" not in str(each) for each in told)
    assert ledger.verify() is None


@pytest.mark.parametrize(
    "values",
    [
        ("iam_user", "sealed:a", None, None, None),
        ("iam_user", "sealed:a", "sealed:b", ROLE, None),
        ("iam_user", "sealed:a", "sealed:b", None, "sealed:c"),
        ("assume_role", None, None, None, None),
        ("assume_role", "sealed:a", None, ROLE, None),
        ("iam_role", "sealed:a", "sealed:b", None, None),
        ("iam_role", None, None, None, "sealed:c"),
    ],
)
def test_the_database_takes_no_half_a_credential(database_url: str, values: tuple[str | None, ...]) -> None:
    insert: LiteralString = """
    INSERT INTO aws_credentials (name, account_id, credential_type, access_key_id, secret_access_key, assume_role_arn,
                                 external_id)
    VALUES ('half', '123456789012', %s, %s, %s, %s, %s)
    """
    with (
        psycopg.connect(database_url) as connection,
        pytest.raises(psycopg.errors.CheckViolation, match="aws_credentials_whole_check"),
    ):
        connection.execute(insert, values)
