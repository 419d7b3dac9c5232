"""Connections: how they are made, how long they wait, and the pool for queries that are composed.

Importing SQLAlchemy and the tables takes 0.8 s, a driver's connection 0.3 s less than that: what every scan does goes
over a plain connection, and only the queries with optional filters go through the engine, which is imported when asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reconciler.errors import DatabaseError
from reconciler.inventory.faults import translated

if TYPE_CHECKING:
    from sqlalchemy import Engine

Connection = psycopg.Connection[tuple[Any, ...]]

# Seconds, where the unit is not named. A dead peer is noticed in about half a minute; keepalives also hold the
# connection that a pass keeps open through firewalls that forget idle ones.
_DEFAULTS: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "application_name": "reconciler",
    "client_encoding": "utf8",
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_SESSION: Final = (
    "-c statement_timeout=60s -c lock_timeout=20s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"
)


def connect(url: str, *, read_only: bool = False) -> Connection:
    """Open a connection of one's own, in autocommit.

    Args:
        url: a libpq URL or connection string. What it sets overrides our defaults.
        read_only: whether the session refuses to write.

    Raises:
        DatabaseError: the server cannot be reached, or does not let us in.
    """
    with translated(place(url)):
        return connect_untranslated(url, read_only=read_only)


def connect_untranslated(url: str, *, read_only: bool = False) -> Connection:
    """As :func:`connect`, for who looks at the driver's own error to decide whether to try again."""
    connection = psycopg.connect(_conninfo(_parse(url)), autocommit=True, prepare_threshold=None)
    connection.read_only = read_only or None
    return connection


def place(url: str) -> str:
    """``host:port/database`` of a URL, for messages: no user, no password, no parameter."""
    given = _parse(url)
    host = str(given.get("host") or given.get("hostaddr") or "localhost")
    name = str(given.get("dbname") or given.get("user") or "")
    if host.startswith(("/", "@")):
        return f'"{name}" at {host}'
    return f'"{name}" at {host}:{given.get("port") or 5432}'


def make_engine(url: str) -> Engine:
    """A small pool of connections for SQLAlchemy; each is tried before it is handed out."""
    from sqlalchemy import create_engine  # noqa: PLC0415 - 0.4 s that most commands need not spend

    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(_conninfo(_parse(url))),
        pool_pre_ping=True,
        pool_size=2,
        max_overflow=4,
        pool_timeout=10,
        pool_recycle=1800,
    )


def _parse(url: str) -> dict[str, Any]:
    try:
        return {k: v for k, v in conninfo_to_dict(url).items() if v is not None}
    except psycopg.ProgrammingError:
        # libpq's message quotes the part of the URL that it does not like, which may be the password.
        message = "The database URL is none that PostgreSQL understands."
        raise DatabaseError(message, hint="write it as postgresql://user:password@host:5432/database") from None


def _conninfo(given: dict[str, Any]) -> str:
    options = f"{_SESSION} {given.get('options', '')}".strip()
    return make_conninfo(**{**_DEFAULTS, **given, "options": options})
