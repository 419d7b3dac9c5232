"""One pass of a workspace at a time: advisory locks, held by the connection that also writes the pass.

A session lock ends with its session, so a killed process holds nothing. It can also be lost without its holder
noticing; but what is written over the connection that holds the lock cannot be written after the lock is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from reconciler.errors import BusyError
from reconciler.inventory.engine import Connection
from reconciler.inventory.stored import text

_SINCE = """
SELECT p.id, p.started_at, p.host, p.process_id
FROM passes p JOIN pass_workspaces pw ON pw.pass_id = p.id JOIN workspaces w ON w.id = pw.workspace_id
WHERE p.status = 'running' AND w.name = %s ORDER BY p.started_at DESC LIMIT 1
"""


def take(connection: Connection, workspaces: Sequence[str]) -> None:
    """Take the lock of each workspace, or none.

    Raises:
        BusyError: another pass of one of them is running.
    """
    taken: list[str] = []
    for workspace in sorted(set(workspaces)):  # one order for all, so that two passes cannot hold half each
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key(workspace),)).fetchone()
        if row is None or not row[0]:
            for name in taken:
                connection.execute("SELECT pg_advisory_unlock(%s)", (key(name),))
            raise _busy(connection, workspace)
        taken.append(workspace)


def release(connection: Connection) -> None:
    """Let go of all locks that the connection holds.

    A closed connection loses them too, but only once the server has noticed: the next pass may be there sooner.
    """
    connection.execute("SELECT pg_advisory_unlock_all()")


def key(workspace: str, purpose: str = "workspace") -> int:
    """The number that stands for a workspace, for one purpose, among this database's advisory locks."""
    digest = hashlib.sha256(f"reconciler {purpose} {workspace}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], signed=True)


def _busy(connection: Connection, workspace: str) -> BusyError:
    row = connection.execute(_SINCE, (text(workspace),)).fetchone()
    if row is None:  # it holds the lock and has not committed its row yet
        return BusyError(f'A pass of workspace "{workspace}" has just begun.', hint="wait for it to end")
    pass_id, since, host, process = row
    return BusyError(
        f'A pass of workspace "{workspace}" is running since {since:%Y-%m-%d %H:%M:%S} UTC (pass {pass_id}).',
        hint=f"wait for it to end, or end process {process} on {host}",
    )
