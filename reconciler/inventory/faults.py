"""Errors of PostgreSQL and its driver, as one line for the user with a mend. No secret of the URL is ever in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Final, ParamSpec, TypeVar

import psycopg

from reconciler.errors import DatabaseError

Arguments = ParamSpec("Arguments")
Read = TypeVar("Read")

MIGRATE_HINT: Final = "run `reconciler db migrate`"
_URL_HINT: Final = "check database.url"

# By SQLSTATE, the longest prefix first. https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_STATE: Final[dict[str, tuple[str, str | None]]] = {
    "08": ("the connection to the database {place} was lost", "run the command again once the server is back"),
    "22001": ("a value is longer than its column in the database allows", None),
    "22": ("the database {place} refuses a value", None),
    "23": ("the database {place} refuses rows that break its rules ({constraint})", None),
    "25006": ("the database {place} is read-only", "point database.url at the primary server"),
    "28P01": ("the database {place} does not take the password", _URL_HINT),
    "28": ("the database {place} does not let this user in", f"{_URL_HINT} and the server's pg_hba.conf"),
    "3D000": ("there is no database {place}", "create it with `createdb`, or correct database.url"),
    "40": ("the database {place} ended the transaction for the sake of another", "run the command again"),
    "42501": ("the user may not do this in the database {place}", "grant it the rights that docs/schema.md names"),
    "42P01": ("the database {place} lacks tables", MIGRATE_HINT),
    "42703": ("the database {place} lacks columns", MIGRATE_HINT),
    "53100": ("the disk of the database {place} is full", "make room; nothing was half-written"),
    "53200": ("the database {place} is out of memory", "give the server more memory or fewer connections"),
    "53300": ("the database {place} has no connection left", "raise max_connections, or stop what holds them"),
    "53": ("the database {place} is out of resources", None),
    "55P03": ("something holds a lock in the database {place} for too long", "look into pg_stat_activity"),
    "57014": ("the database {place} took too long", "look into pg_stat_activity"),
    "57P01": ("the database {place} was shut down", "run the command again once the server is back"),
    "57P02": ("the database {place} crashed", "run the command again once the server is back"),
    "57P03": ("the database {place} is starting or stopping", "run the command again in a moment"),
    "58": ("the server of the database {place} has trouble with its files", "look into the server's log"),
    "XX": ("the database {place} is damaged or has a fault of its own", "look into the server's log"),
}

# A failed connection has no SQLSTATE, only libpq's text and the server's, in whatever language the server speaks.
_BY_TEXT: Final[tuple[tuple[str, str], ...]] = (
    (r"password authentication failed|no password supplied", "28P01"),
    (r"no pg_hba\.conf entry|role \S+ does not exist|authentication failed|certificate", "28"),
    (r"database \S+ does not exist", "3D000"),
    (r"too many (clients|connections)|remaining connection slots", "53300"),
    (r"database system is (starting up|shutting down|in recovery|not yet accepting)", "57P03"),
)
_UNREACHABLE: Final[tuple[tuple[str, str], ...]] = (
    (r"connection refused|no such file or directory", "nothing listens there; is the server running?"),
    (r"timeout|timed out", "nothing answers there; is the address right and the way open?"),
    (r"could not translate|name or service not known|resolve", "the host's name is not known"),
    (r"ssl", "check sslmode in database.url and the server's certificate"),
)
_LOST: Final = ("08", "57P01", "57P02", "57P03")
_RETRYABLE: Final = ("40001", "40P01")
# Another workspace claimed the same row at the same time; the second time its tie is seen.
_CLAIMED: Final = ("workspace_resources_resource_id_key", "workspace_resources_resource_id_fkey")


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn the driver's errors into :class:`DatabaseError`.

    Args:
        place: host and database, for the message.
    """
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, place) from error


def reads(table: str) -> Callable[[Callable[Arguments, Read]], Callable[Arguments, Read]]:
    """For what makes values of a table's rows: a row that this program cannot have written is a DatabaseError.

    The row's own text is in no message and in no traceback.
    """

    def of(read: Callable[Arguments, Read]) -> Callable[Arguments, Read]:
        @wraps(read)
        def reading(*arguments: Arguments.args, **named: Arguments.kwargs) -> Read:
            try:
                return read(*arguments, **named)
            except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
                odd = type(error).__name__
            raise DatabaseError(
                f"The table {table} holds a row that this program did not write ({odd}).",
                hint="look who else writes to this database; restore the table from a backup",
            )

        return reading

    return of


def translate(error: psycopg.Error, place: str) -> DatabaseError:
    """The user's line for an error of the driver."""
    state = error.sqlstate or next((code for text, code in _BY_TEXT if _says(error, text)), None)
    if state is not None:
        for length in (5, 2):
            if found := _BY_STATE.get(state[:length]):
                message, hint = found
                return DatabaseError(
                    _sentence(message.format(place=place, constraint=error.diag.constraint_name or state)), hint=hint
                )
        return DatabaseError(f"The database {place} refused (SQLSTATE {state}).")
    if isinstance(error, psycopg.OperationalError):
        hint = next((hint for text, hint in _UNREACHABLE if _says(error, text)), None)
        return DatabaseError(f"The database {place} does not answer.", hint=hint or _URL_HINT)
    return DatabaseError(f"The database driver does not know what to do with {place} ({type(error).__name__}).")


def is_lost(error: psycopg.Error) -> bool:
    """Whether the connection is gone, so that a transaction's outcome may be unknown."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(_LOST)


def is_retryable(error: psycopg.Error) -> bool:
    """Whether the same transaction may pass if it is made again: another one was in the way."""
    return error.sqlstate in _RETRYABLE or error.diag.constraint_name in _CLAIMED


def _says(error: psycopg.Error, pattern: str) -> bool:
    return re.search(pattern, str(error), re.IGNORECASE) is not None


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
