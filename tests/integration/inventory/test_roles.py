"""The role that the program works as in a cluster of its own: all that it needs, and no way to change the past."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from support.inventory_records import event, everything, run, workspace_record

from reconciler.drift.record import EventType
from reconciler.inventory import migrate, roles
from reconciler.inventory.embedded import EmbeddedServer
from reconciler.inventory.engine import connect
from reconciler.inventory.inventory import Inventory
from reconciler.inventory.ledger import Ledger


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Of the role, in a cluster of its own: roles belong to a cluster, and the other tests have none."""
    with EmbeddedServer(tmp_path) as server:
        migrate.migrate(server.url)
        with ThreadPoolExecutor(4) as pool:  # several programs start at once
            urls = set(pool.map(lambda _: roles.prepare(server.url, migrated=True), range(4)))
        assert urls == {roles.prepare(server.url, migrated=False)}
        yield urls.pop()


def test_a_pass_needs_no_more_and_the_past_stays(url: str) -> None:
    inventory = Inventory.open(url)
    run(inventory, "one", 0, everything(), workspace_record("b", rows=(), events=(event("x", EventType.CREATE),)))
    assert inventory.acknowledge(inventory.findings()[0][1].id, by="ann", note="x", at=inventory.events()[0].timestamp)
    assert inventory.migrate() == []
    ledger = Ledger(url)
    assert ledger.size().records == 2
    forbidden: list[LiteralString] = [
        "UPDATE ledger SET body = ''",
        "DELETE FROM ledger",
        "TRUNCATE ledger",
        "ALTER TABLE ledger DISABLE TRIGGER append_only",
        "DROP TABLE ledger",
        "SET session_replication_role = replica",
        "UPDATE aws_infrastructure_events SET description = ''",
        "DELETE FROM aws_infrastructure_events",
        "TRUNCATE aws_infrastructure_events",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE FUNCTION sha256(text) RETURNS text LANGUAGE sql AS 'SELECT 1'",
    ]
    with connect(url) as connection:
        for statement in forbidden:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        # What a foreign key does to events, it does as their owner.
        connection.execute("DELETE FROM aws_resources")
    assert ledger.verify() is None
    inventory.close()
