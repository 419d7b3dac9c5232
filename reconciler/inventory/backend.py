"""A query of a database that is not ours: where Terraform's ``pg`` backend keeps its state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from reconciler.errors import BackendError, DatabaseError
from reconciler.inventory.engine import connect_untranslated, place
from reconciler.inventory.faults import translate


def query_backend_state(url: str, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Ask for rows over a read-only connection that is closed afterwards.

    Args:
        url: the backend's ``conn_str``.
        query: one statement with ``%s`` for each parameter.
        params: the parameters.

    Raises:
        BackendError: the database cannot be reached, or refuses.
    """
    try:
        where = place(url)
        with connect_untranslated(url, read_only=True) as connection:
            return connection.execute(query.encode(), params).fetchall()
    except psycopg.Error as error:
        fault = translate(error, where)
        raise BackendError(fault.message, hint="check the backend's conn_str and schema_name") from error
    except DatabaseError as error:
        raise BackendError(error.message, hint="check the backend's conn_str") from error
