"""What the tables hold after passes: rows written by difference, ties, history, dependencies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest
from support.inventory_records import (
    ACCOUNT,
    PRODUCTION,
    at,
    event,
    everything,
    pass_record,
    row,
    run,
    workspace_record,
)

from reconciler.drift.record import EventType, RowStatus, Step, Transition
from reconciler.drift.report import Depth
from reconciler.errors import DatabaseError
from reconciler.inventory.inventory import Inventory

# Where a row version lies and who wrote it: both change with any write, even one of the same values.
VERSIONS = "SELECT '{0}', ctid::text, xmin::text FROM {0}"
QUIET = (
    "aws_resources aws_environments aws_infrastructure_events iac_templates workspaces workspace_resources "
    "resource_dependencies cloud_providers"
)


def ask(url: str, statement: str, *given: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode(), given or None).fetchall()


def versions(url: str) -> set[tuple[Any, ...]]:
    return {row for table in QUIET.split() for row in ask(url, VERSIONS.format(table))}


def test_a_second_identical_pass_writes_no_row_but_its_own(real: Inventory, database_url: str) -> None:
    rows = tuple(row(f"aws_a.b[{n}]", depends_on=("aws_c.d", "module.e.aws_f.g")) for n in range(50))
    rows += (row("tagged", tags={"a": "b"}, arn=None, created_at=at(-1)),)
    first = replace(everything(), rows=rows)
    run(real, "one", 0, first)
    before = versions(database_url)
    ((_, known),) = real.findings()
    persisted = Transition(Step.PERSISTED, known.finding, known.id)
    # The template's content is sealed anew each time, so it differs though the version is the same.
    sealed_anew = replace(first.template, content="sealed differently") if first.template else None
    run(real, "two", 5, replace(first, transitions=(persisted,), events=(), template=sealed_anew))
    assert versions(database_url) == before
    assert ask(database_url, "SELECT first_seen, last_seen, last_pass FROM findings") == [(at(0.5), at(5.5), "two")]
    assert ask(database_url, "SELECT count(*) FROM passes WHERE status = 'finished'") == [(2,)]


@pytest.mark.parametrize(
    "change",
    [
        {"arn": "arn:other"},
        {"arn": None},
        {"name": "renamed"},
        {"status": RowStatus.DELETED},
        {"configuration": {"delay_seconds": 1}},
        {"tags": {"a": "c"}},
        {"tags": None},
        {"created_at": at(-5)},
        {"managed": False},
    ],
)
def test_any_difference_is_written_and_only_there(real: Inventory, database_url: str, change: dict[str, Any]) -> None:
    same, other = row("same"), row("other", tags={"a": "b"})
    run(real, "one", 0, workspace_record(rows=(same, other)))
    before = dict(ask(database_url, "SELECT name, xmin::text FROM aws_resources"))
    created = ask(database_url, "SELECT created_at FROM aws_resources WHERE resource_id = %s", other.resource_id)
    run(real, "two", 1, workspace_record(rows=(same, replace(other, **change))))
    after = ask(
        database_url,
        "SELECT xmin::text, last_modified_date, updated_at, created_at FROM aws_resources WHERE resource_id = %s",
        other.resource_id,
    )
    assert ask(database_url, "SELECT xmin::text FROM aws_resources WHERE name = 'same'") == [(before["same"],)]
    assert after[0][0] != before["other"]
    assert after[0][1:] == (at(1.5), at(1.5), created[0][0])


def test_a_row_says_what_the_seed_asks_for(real: Inventory, database_url: str) -> None:
    run(real, "one", 0, workspace_record(rows=(row("q", tags={"team": "a"}), row("r", created_at=at(-9)))))
    (found,) = ask(
        database_url,
        "SELECT r.name, region, r.account_id, e.name, status, tags, is_managed, p.name, creation_date, r.metadata"
        " FROM aws_resources r JOIN aws_environments e ON e.id = environment_id"
        " JOIN cloud_providers p ON p.id = cloud_provider_id WHERE r.name = 'q'",
    )
    production = ("q", "ap-northeast-2", ACCOUNT, "production", "active", {"team": "a"}, True, "aws")
    assert found == (*production, at(0.5), {"creation_date": "first_seen"})
    assert ask(database_url, "SELECT creation_date, metadata FROM aws_resources WHERE name = 'r'") == [(at(-9), {})]


def test_what_left_the_state_stays_as_history_and_unmanaged(real: Inventory, database_url: str) -> None:
    run(real, "one", 0, workspace_record(rows=(row("a"), row("b"))))
    run(real, "two", 1, workspace_record(rows=(row("b"),), gone=("a",), events=(event("a", EventType.DELETE),)))
    assert ask(database_url, "SELECT name, is_managed, status FROM aws_resources ORDER BY name") == [
        ("a", False, "active"),
        ("b", True, "active"),
    ]
    assert ask(database_url, "SELECT label FROM workspace_resources") == [("b",)]
    about = ask(
        database_url,
        "SELECT r.name, e.metadata->>'resource_id' FROM aws_infrastructure_events e"
        " JOIN aws_resources r ON r.id = e.resource_id",
    )
    assert about == [("a", row("a").resource_id)]


def test_a_replaced_resource_gets_a_new_row(real: Inventory, database_url: str) -> None:
    run(real, "one", 0, workspace_record(rows=(row("a", resource_id="i-1"),)))
    run(real, "two", 1, workspace_record(rows=(row("a", resource_id="i-2"),)))
    statement = (
        "SELECT r.resource_id, r.is_managed, t.label FROM aws_resources r"
        " LEFT JOIN workspace_resources t ON t.resource_id = r.id ORDER BY r.resource_id"
    )
    assert ask(database_url, statement) == [("i-1", False, None), ("i-2", True, "a")]


def test_a_moved_resource_keeps_its_row(real: Inventory, database_url: str) -> None:
    run(real, "one", 0, workspace_record(rows=(row("old", resource_id="q", name="q"),)))
    (before,) = ask(database_url, "SELECT id, xmin::text FROM aws_resources")
    run(real, "two", 1, workspace_record(rows=(row("new", resource_id="q", name="q", arn=row("old").arn),)))
    # Not told that the old label is gone, the new one cannot be the same resource.
    assert len(ask(database_url, "SELECT id FROM aws_resources")) == 2
    moved = row("newest", resource_id="q", name="q", arn=row("old").arn, configuration=row("old").configuration)
    run(real, "three", 2, workspace_record(rows=(moved,), gone=("old", "new")))
    assert ask(database_url, "SELECT id, xmin::text FROM aws_resources WHERE discriminator = ''") == [before]
    statement = "SELECT label, is_managed FROM workspace_resources t JOIN aws_resources r ON r.id = t.resource_id"
    assert ask(database_url, statement) == [("newest", True)]


def test_a_resource_that_another_workspace_adopts_keeps_its_row(real: Inventory, database_url: str) -> None:
    run(real, "one", 0, workspace_record("a", rows=(row("q"),)))
    run(real, "two", 1, workspace_record("a", gone=("q",)))
    run(real, "three", 2, workspace_record("b", rows=(row("q"),)))
    assert ask(database_url, "SELECT is_managed, discriminator FROM aws_resources") == [(True, "")]


def test_dependencies_are_kept_in_step(real: Inventory, database_url: str) -> None:
    def dependencies() -> list[tuple[str, str]]:
        return [
            (label, needed)
            for label, needed in ask(
                database_url, "SELECT label, depends_on FROM resource_dependencies ORDER BY label, depends_on"
            )
        ]

    first = row("a", depends_on=("aws_x.y", "aws_z.z", "aws_x.y"))
    run(real, "one", 0, workspace_record(rows=(first, row("b", depends_on=("aws_q.q",)))))
    assert dependencies() == [("a", "aws_x.y"), ("a", "aws_z.z"), ("b", "aws_q.q")]
    run(real, "two", 1, workspace_record(rows=(row("a", depends_on=("aws_z.z", "aws_n.n")),)))
    assert dependencies() == [("a", "aws_n.n"), ("a", "aws_z.z"), ("b", "aws_q.q")]
    run(real, "three", 2, workspace_record(gone=("b",)))
    assert dependencies() == [("a", "aws_n.n"), ("a", "aws_z.z")]


def test_dependencies_lead_to_the_instances_of_what_they_name(real: Inventory, database_url: str) -> None:
    rows = (
        row('module.m["x.y"].aws_b.c["k]"]'),
        row("module.m[0].aws_b.c[1] (deposed abc)"),
        row("aws_b.c"),
        row("aws_d.e", depends_on=("module.m.aws_b.c",)),
    )
    run(real, "one", 0, workspace_record(rows=rows))
    statement = (
        "SELECT t.label FROM resource_dependencies d JOIN workspace_resources t"
        " ON t.workspace_id = d.workspace_id AND d.depends_on IN (t.declaration, t.label)"
        " WHERE d.label = 'aws_d.e' ORDER BY t.label"
    )
    assert {label for (label,) in ask(database_url, statement)} == {rows[0].label, rows[1].label}


def test_the_environment_is_brought_up_to_date(real: Inventory, database_url: str) -> None:
    run(real, "one", 0, workspace_record(environment=replace(PRODUCTION, description="prod")))
    run(real, "two", 1, workspace_record(environment=replace(PRODUCTION, region="us-east-1")))
    found = ask(database_url, "SELECT name, account_id, default_region, description, updated_at FROM aws_environments")
    assert found == [("production", ACCOUNT, "us-east-1", "prod", at(1.5))]


def test_a_reader_never_sees_half_a_pass(real: Inventory, database_url: str) -> None:
    # Refused by the database after the resources are written: more was checked than recorded.
    broken = replace(everything(), coverage=replace(everything().coverage, recorded=1))
    with pytest.raises(DatabaseError, match="pass_workspaces_coverage_check"):
        run(real, "one", 0, everything("first"), broken)
    for table in ("aws_resources", "findings", "aws_infrastructure_events", "unknown_resources", "iac_templates"):
        assert ask(database_url, f"TABLE {table}") == [], table
    ((status, error),) = ask(database_url, "SELECT status, error FROM passes")
    assert status == "failed"
    assert error.endswith("refuses rows that break its rules (pass_workspaces_coverage_check).")


def test_ids_beyond_any_limit_are_kept_apart(real: Inventory, database_url: str) -> None:
    long = "한" * 1000
    rows = (row("a", resource_id=long + "1", name=long * 2, arn=long), row("b", resource_id=long + "2"))
    run(real, "one", 0, workspace_record(rows=rows))
    run(real, "two", 1, workspace_record(rows=rows))
    assert ask(database_url, "SELECT count(DISTINCT resource_id), max(discriminator) FROM aws_resources") == [(2, "")]


def test_two_workspaces_that_claim_one_row_at_once_both_get_through(real: Inventory, database_url: str) -> None:
    shared = row("q")
    with (
        real.begin("one", Depth.EXACT, ["a"], at(0)) as first,
        real.begin("two", Depth.EXACT, ["b"], at(0)) as second,
    ):
        second.finish(pass_record("two", 0, workspace_record("b", rows=(shared,))))
        first.finish(pass_record("one", 0, workspace_record("a", rows=(shared,))))
    assert ask(database_url, "SELECT count(*) FROM aws_resources WHERE discriminator = ''") == [(1,)]
    assert ask(database_url, "SELECT count(*) FROM workspace_resources") == [(2,)]
