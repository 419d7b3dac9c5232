"""The ledger."""

from __future__ import annotations

from pathlib import Path

from alembic import op
from psycopg import Connection

from reconciler.inventory import ledger

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table; its first record covers the events of before."""
    statements = Path(__file__).with_suffix(".sql").read_text("utf-8")
    bind = op.get_bind()
    # Without parameters the driver sends the file as it is, all statements at once.
    bind.exec_driver_sql(statements, execution_options={"no_parameters": True})
    driver = bind.connection.driver_connection
    assert isinstance(driver, Connection)  # noqa: S101 - the engine is made for this driver
    ledger.cover_what_is_there(driver)
