"""How alembic runs: over the connection that it is given, in one transaction."""

from __future__ import annotations

from alembic import context

from models import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
