"""A row of a database that is not ours: where Terraform's ``pg`` backend keeps its state."""

from __future__ import annotations

import psycopg
from psycopg import sql
from psycopg.errors import InvalidSchemaName, UndefinedTable

from reconciler.inventory.engine import connect_untranslated, place
from reconciler.inventory.faults import translate

_QUERY = sql.SQL("SELECT data FROM {table} WHERE name = %s")


def read_state_row(conn_str: str, *, schema: str, table: str, name: str) -> str | None:
    """Column ``data`` of the row with that name, over a read-only connection that is closed afterwards.

    Args:
        conn_str: the backend's; may be empty, then libpq's variables say it all.
        schema: Terraform makes it at its first init.
        table: ``states``.
        name: Terraform's workspace.

    Returns:
        the state's text; None where there is no such row, table or schema yet.

    Raises:
        DatabaseError: the database cannot be reached, or refuses.
    """
    where = place(conn_str)
    try:
        with connect_untranslated(conn_str, read_only=True) as connection:
            row = connection.execute(_QUERY.format(table=sql.Identifier(schema, table)), (name,)).fetchone()
    except (UndefinedTable, InvalidSchemaName):
        return None
    except psycopg.Error as error:
        raise translate(error, where) from error
    return None if row is None else str(row[0])
