"""The ``pg`` backend: a row. https://developer.hashicorp.com/terraform/language/backend/pg."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.errors import BackendError, DatabaseError
from reconciler.recorded.backends.arguments import Arguments
from reconciler.recorded.backends.base import DEFAULT_WORKSPACE, Clients, StateRow, within
from reconciler.recorded.backends.workspace import no_workspace


@dataclass(frozen=True, slots=True)
class PgBackend:
    """A row of the table ``states``, by the workspace's name."""

    fetch: StateRow
    conn_str: str = field(repr=False)
    schema: str
    table: str
    workspace: str
    limit: int

    @property
    def location(self) -> str:
        """``pg:schema.table/workspace``. The connection string may hold a password and stays out."""
        return f"pg:{self.schema}.{self.table}/{self.workspace}"

    def read(self) -> bytes | None:
        """The row's data; None where the default workspace has no row.

        Raises:
            BackendError: the database refuses or does not answer, or there is no such workspace.
        """
        try:
            text = self.fetch(self.conn_str, schema=self.schema, table=self.table, name=self.workspace)
        except DatabaseError as error:
            raise BackendError(f"cannot read {self.location}: {error.message}", hint=error.hint) from error
        if text is None:
            if self.workspace != DEFAULT_WORKSPACE:
                raise no_workspace(self.workspace, self.location)
            return None
        return within(text.encode(), self.limit, self.location)


def open_pg(arguments: Arguments, *, workspace: str, clients: Clients, limit: int) -> PgBackend:
    """The row of a workspace."""
    return PgBackend(
        fetch=clients.pg,
        conn_str=arguments.text("conn_str", "PG_CONN_STR") or "",
        schema=arguments.text("schema_name", "PG_SCHEMA_NAME") or "terraform_remote_state",
        table=arguments.text("table_name", "PG_TABLE_NAME") or "states",
        workspace=workspace,
        limit=limit,
    )
