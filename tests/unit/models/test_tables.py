"""The tables' classes: shapes, and nothing else."""

from __future__ import annotations

import inspect

import pytest
from sqlalchemy import CheckConstraint

import models
from models.base import Table
from reconciler.drift.coverage import Verdict
from reconciler.drift.finding import Kind, Severity
from reconciler.drift.record import EventSource, EventStatus, EventType
from reconciler.drift.report import Depth, Status
from reconciler.drift.snapshot import Reason

TABLES = [getattr(models, name) for name in models.__all__ if name != "Table"]


def test_every_class_is_one_table_and_every_table_has_a_class() -> None:
    assert {table.__tablename__ for table in TABLES} == set(Table.metadata.tables)


@pytest.mark.parametrize("table", TABLES)
def test_tables_have_no_behaviour(table: type[Table]) -> None:
    own = {
        name
        for name, value in vars(table).items()
        if inspect.isfunction(value) and value.__module__ == table.__module__
    }
    assert own == set()


@pytest.mark.parametrize("table", TABLES)
def test_every_constraint_has_a_name(table: type[Table]) -> None:
    constraints = Table.metadata.tables[str(table.__tablename__)].constraints
    assert [c for c in constraints if not c.name] == []


@pytest.mark.parametrize(
    ("table", "constraint", "words"),
    [
        ("findings", "kind", Kind),
        ("findings", "severity", Severity),
        ("findings", "status", Status),
        ("passes", "depth", Depth),
        ("pass_workspaces", "verdict", Verdict),
        ("unknown_resources", "reason", Reason),
        ("aws_infrastructure_events", "event_type", EventType),
        ("aws_infrastructure_events", "status", EventStatus),
        ("aws_infrastructure_events", "event_source", EventSource),
    ],
)
def test_the_database_knows_every_word_of_the_core(table: str, constraint: str, words: type) -> None:
    checks = {
        str(check.name): str(check.sqltext)
        for check in Table.metadata.tables[table].constraints
        if isinstance(check, CheckConstraint)
    }
    allowed = checks[f"{table}_{constraint}_check"]
    assert [word for word in words if f"'{word}'" not in allowed] == []
