"""Credentials that no other hand can alter unseen, and what the vault keeps for itself."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table, the column and the CHECK."""
    statements = Path(__file__).with_suffix(".sql").read_text("utf-8")
    # Without parameters the driver sends the file as it is, all statements at once.
    op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
