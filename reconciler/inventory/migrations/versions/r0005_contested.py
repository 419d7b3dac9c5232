"""An event for an attribute that the template and somebody fight over."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Let the CHECK know the word."""
    statements = Path(__file__).with_suffix(".sql").read_text("utf-8")
    # Without parameters the driver sends the file as it is, all statements at once.
    op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
