"""The schema's versions: where a database is, and how it gets to the newest. Forward only."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import as_file, files

import psycopg

from reconciler.errors import DatabaseError
from reconciler.inventory import costs
from reconciler.inventory.engine import Connection, connect, make_engine, place
from reconciler.inventory.faults import translate, translated
from reconciler.inventory.rows import MigrationStatus

OLDEST_SERVER = 150000
"""PostgreSQL 15: ``NULLS NOT DISTINCT``."""

_MIGRATIONS = "reconciler.inventory.migrations"
# Any number will do that nobody else in this database uses; it is the text "recon" in bytes.
_LOCK = 0x7265636F6E


def revisions() -> tuple[str, ...]:
    """All revisions of this program, oldest first, told from the files' names: alembic takes half a second for it."""
    names = (entry.name for entry in files(_MIGRATIONS).joinpath("versions").iterdir())
    return tuple(sorted(name[1:5] for name in names if name.startswith("r") and name.endswith(".py")))


def status(connection: Connection) -> MigrationStatus:
    """Where the schema of a database is."""
    known = revisions()
    current = None
    row = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    if row is not None and row[0]:
        version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        current = None if version is None else str(version[0])
    if current is not None and current not in known:
        raise DatabaseError(
            f"The database's schema is of version {current}, which this program does not know yet.",
            hint="install the newer version of reconciler that made it",
        )
    return MigrationStatus(current, known[-1], known[known.index(current) + 1 :] if current else known)


def migrate(url: str) -> list[str]:
    """Bring the schema to the newest version, and make partitions ahead. Safe to run at any time, by several at once.

    Returns:
        The revisions that were applied, oldest first.

    Raises:
        DatabaseError: the server is too old, of another encoding, newer than this program, or does not answer.
    """
    where = place(url)
    with translated(where), connect(url) as connection:
        _check_server(connection, where)
        connection.execute("SET statement_timeout = '30min'")
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        pending = list(status(connection).pending)
        if pending:
            _upgrade(url, where)
        costs.make_partitions(connection, datetime.now(UTC).date())
    return pending


def _check_server(connection: Connection, where: str) -> None:
    if connection.info.server_version < OLDEST_SERVER:
        raise DatabaseError(
            f"The server of {where} is PostgreSQL {connection.info.server_version // 10000}.",
            hint="PostgreSQL 15 or newer is needed",
        )
    if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
        raise DatabaseError(
            f"The database {where} is encoded in {encoding}.", hint="create it with `createdb --encoding=UTF8`"
        )


def _upgrade(url: str, where: str) -> None:
    from alembic import command  # noqa: PLC0415 - half a second that only a migration needs to spend
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    engine = make_engine(url)
    try:
        with as_file(files(_MIGRATIONS)) as folder, engine.begin() as connection:
            config = Config(attributes={"connection": connection})
            # An ini value: a per cent sign in the path would be taken for an interpolation.
            config.set_main_option("script_location", str(folder).replace("%", "%%"))
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise translate(error.orig, where) if isinstance(error.orig, psycopg.Error) else error from error
    finally:
        engine.dispose()
