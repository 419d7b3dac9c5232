"""The role that the program works as in a database of its own: it can add to the ledger and to events, not change them.

In a server that somebody else looks after, roles are theirs to make; docs/schema.md says how.
"""

from __future__ import annotations

from typing import Final, LiteralString

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reconciler.inventory.engine import connect, place
from reconciler.inventory.faults import translated

WRITER: Final = "reconciler_writer"

_EXISTS: LiteralString = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)"
# A new table gives the role nothing until the grants are made anew: they are, after each migration.
_GRANTS: Final[tuple[LiteralString, ...]] = (
    "GRANT USAGE ON SCHEMA public TO reconciler_writer",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO reconciler_writer",
    "REVOKE UPDATE, DELETE, TRUNCATE ON ledger, aws_infrastructure_events FROM reconciler_writer",
    "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON alembic_version FROM reconciler_writer",
)


def prepare(url: str, *, migrated: bool) -> str:
    """Make the role where it is missing, or give it its rights anew, and tell the URL to work with.

    Args:
        url: of a superuser, in a cluster that is ours.
        migrated: whether tables were made just now.

    Raises:
        DatabaseError: the database does not answer.
    """
    with translated(place(url)), connect(url) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('reconciler roles'))")  # two who start at once
        if connection.execute(_EXISTS, (WRITER,)).fetchone() != (True,):
            connection.execute("CREATE ROLE reconciler_writer NOLOGIN")
            migrated = True
        if migrated:
            for grant in _GRANTS:
                connection.execute(grant)
    given = conninfo_to_dict(url)
    options = f"{given.get('options') or ''} -c role={WRITER}".strip()
    return make_conninfo(url, options=options)
