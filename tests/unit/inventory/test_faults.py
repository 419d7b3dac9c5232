"""What people read of PostgreSQL's errors."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from reconciler.errors import DatabaseError
from reconciler.inventory.engine import place
from reconciler.inventory.faults import is_lost, is_retryable, translate, translated

# R6 of the promises: each of these states has a line and, where somebody can mend it, a mend.
STATES = {
    "08006": ("was lost", "again"),
    "22001": ("longer than its column", None),
    "22P05": ("refuses a value", None),
    "23505": ("break its rules", None),
    "25006": ("is read-only", "primary"),
    "28000": ("does not let this user in", "pg_hba"),
    "28P01": ("does not take the password", "database.url"),
    "3D000": ("is no database", "createdb"),
    "40001": ("for the sake of another", "again"),
    "40P01": ("for the sake of another", "again"),
    "42501": ("may not do this", "rights"),
    "42P01": ("lacks tables", "db migrate"),
    "42703": ("lacks columns", "db migrate"),
    "53100": ("is full", "room"),
    "53200": ("out of memory", "memory"),
    "53300": ("no connection left", "max_connections"),
    "55P03": ("holds a lock", "pg_stat_activity"),
    "57014": ("took too long", "pg_stat_activity"),
    "57P01": ("was shut down", "again"),
    "57P02": ("crashed", "again"),
    "57P03": ("starting or stopping", "again"),
    "58030": ("trouble with its files", "log"),
    "XX001": ("damaged", "log"),
}


@pytest.mark.parametrize(("state", "says"), STATES.items())
def test_each_state_has_its_line(state: str, says: tuple[str, str | None]) -> None:
    error = errors.lookup(state)("password=hunter2 whatever the server said")
    fault = translate(error, '"db" at host:5432')
    message, hint = says
    assert message in fault.message
    assert hint is None if fault.hint is None else hint in fault.hint
    assert "hunter2" not in f"{fault} {fault.hint}"
    assert fault.message.endswith(".")
    assert fault.message[0].isupper()


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        ('FATAL:  password authentication failed for user "u"', "does not take the password", "database.url"),
        ("fe_sendauth: no password supplied", "does not take the password", "database.url"),
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4"', "does not let this user in", "pg_hba"),
        ('FATAL:  role "u" does not exist', "does not let this user in", "pg_hba"),
        ('FATAL:  database "d" does not exist', "is no database", "createdb"),
        ("FATAL:  sorry, too many clients already", "no connection left", "max_connections"),
        ("FATAL:  the database system is starting up", "starting or stopping", "moment"),
        ("Connection refused\n\tIs the server running on that host?", "does not answer", "is the server running"),
        ("No such file or directory", "does not answer", "is the server running"),
        ("connection timeout expired", "does not answer", "is the address right"),
        ("could not translate host name", "does not answer", "not known"),
        ("server does not support SSL, but SSL was required", "does not answer", "sslmode"),
        ("치명적오류: 무언가", "does not answer", "database.url"),
    ],
)
def test_a_connection_that_fails_has_its_line_too(said: str, message: str, hint: str) -> None:
    fault = translate(psycopg.OperationalError(said), '"db" at host:5432')
    assert message in fault.message
    assert fault.hint is not None
    assert hint in fault.hint


def test_an_unknown_state_is_named_and_a_fault_of_ours_is_not_repeated() -> None:
    assert "SQLSTATE 21000" in translate(errors.lookup("21000")("x"), "db").message
    assert "hunter2" not in translate(psycopg.ProgrammingError("hunter2"), "db").message


def test_translated_keeps_the_cause() -> None:
    cause = errors.lookup("57P01")("x")
    with pytest.raises(DatabaseError) as caught, translated("db"):
        raise cause
    assert caught.value.__cause__ is cause


@pytest.mark.parametrize(
    ("error", "lost", "retryable"),
    [
        (errors.lookup("57P01")(), True, False),
        (errors.lookup("08006")(), True, False),
        (psycopg.OperationalError("server closed the connection"), True, False),
        (errors.lookup("40001")(), False, True),
        (errors.lookup("40P01")(), False, True),
        (errors.lookup("23505")(), False, False),
        (errors.lookup("53100")(), False, False),
        (psycopg.ProgrammingError(), False, False),
    ],
)
def test_what_may_be_tried_again(error: psycopg.Error, lost: bool, retryable: bool) -> None:  # noqa: FBT001
    assert (is_lost(error), is_retryable(error)) == (lost, retryable)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://u:secret@db.example:6432/inventory?sslmode=require", '"inventory" at db.example:6432'),
        ("postgresql://u:secret@db.example", '"u" at db.example:5432'),
        ("postgresql:///d?host=/run/pg&user=u", '"d" at /run/pg'),
        ("host=h dbname='d e' password=secret", '"d e" at h:5432'),
    ],
)
def test_a_place_is_named_without_secrets(url: str, told: str) -> None:
    assert place(url) == told
