"""The monthly partitions of ``aws_resource_costs``, made ahead of the months that fill them."""

from __future__ import annotations

from datetime import date
from typing import LiteralString

from psycopg import sql

from reconciler.inventory.engine import Connection

AHEAD = 3
"""Months made ahead of the current one."""

_EXISTING: LiteralString = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'aws_resource_costs'::regclass
"""
_CREATE: LiteralString = "CREATE TABLE {partition} (LIKE aws_resource_costs INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
# Rows that came before their month's partition wait in the default one, which must give them up first.
_MOVE: LiteralString = """
WITH moved AS (DELETE FROM aws_resource_costs_default WHERE date >= {first} AND date < {next} RETURNING *)
INSERT INTO {partition} SELECT * FROM moved
"""
_ATTACH: LiteralString = (
    "ALTER TABLE aws_resource_costs ATTACH PARTITION {partition} FOR VALUES FROM ({first}) TO ({next})"
)


def make_partitions(connection: Connection, first: date, months: int = AHEAD + 1) -> list[str]:
    """Make what is missing of the partitions for some months, and tell their names.

    Args:
        connection: in autocommit.
        first: any day of the first month.
        months: how many months, that one included.
    """
    made = []
    with connection.transaction():
        # Two processes that migrate at once would both find the same partition missing.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('aws_resource_costs partitions'))")
        existing = {row[0] for row in connection.execute(_EXISTING)}
        for start in _months(first, months):
            name = f"aws_resource_costs_{start:%Y_%m}"
            if name in existing:
                continue
            parts = {
                "partition": sql.Identifier(name),
                "first": sql.Literal(start),
                "next": sql.Literal(_next(start)),
            }
            for statement in (_CREATE, _MOVE, _ATTACH):
                connection.execute(sql.SQL(statement).format(**parts))
            made.append(name)
    return made


def _months(first: date, count: int) -> list[date]:
    months = [first.replace(day=1)]
    while len(months) < count:
        months.append(_next(months[-1]))
    return months


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
