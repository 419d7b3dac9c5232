"""The schema: that the migrations make what the tables' classes say, and all that the seed names."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from support.database import url_of

from models import Table
from reconciler.errors import DatabaseError
from reconciler.inventory import costs, migrate, migrations
from reconciler.inventory.engine import make_engine
from reconciler.inventory.inventory import Inventory

# What the seed names. Where a type is wider than the seed's, docs/schema.md says why.
SEED_COLUMNS = {
    "aws_resources": "id resource_id resource_arn resource_type name region account_id environment_id status "
    "configuration tags creation_date last_modified_date created_by is_managed created_at updated_at metadata "
    "cloud_provider_id",
    "aws_environments": "id name description account_id default_region is_active deployment_pipeline_id vpc_id "
    "network_config security_group_ids created_at updated_at created_by updated_by metadata",
    "aws_resource_costs": "id resource_id date cost_amount currency cost_type usage_quantity usage_unit blended_cost "
    "unblended_cost amortized_cost is_estimated created_at updated_at metadata",
    "dns_records": "id domain_name record_name record_type record_value ttl is_alias route53_zone_id "
    "route53_record_id resource_id environment_id is_active created_at updated_at created_by updated_by metadata",
    "aws_infrastructure_events": "id resource_id environment_id event_type status description details event_source "
    "triggered_by resource_type timestamp metadata",
    "aws_deployments": "id app_id environment_id version deployment_type source_repo commit_hash branch status "
    "start_time end_time triggered_by config_override deployment_resources rollback_version error_message created_at "
    "updated_at metadata",
    "aws_credentials": "id name account_id account_alias credential_type access_key_id secret_access_key "
    "assume_role_arn external_id is_active expiration_date last_used_date created_by created_at updated_at metadata",
    "aws_backups": "id resource_id backup_id backup_type name description status creation_date expiration_date "
    "backup_size_gb storage_location is_encrypted kms_key_id is_automated retention_policy created_by created_at "
    "updated_at metadata",
    "cloud_providers": "id name display_name is_active created_at",
    "iac_templates": "id name description iac_type version template_content variables environment_id "
    "last_applied_date created_by created_at updated_at",
    "users": "id",
    "applications": "id",
}
SEED_INDEXES = {
    "idx_aws_resources_resource_id": True,
    "idx_aws_resources_type": False,
    "idx_aws_resources_environment_id": False,
    "idx_aws_resources_region": False,
    "idx_aws_resources_status": False,
    "idx_aws_environments_name": False,
    "idx_aws_environments_account_id": False,
    "idx_aws_resource_costs_resource_date": True,
    "idx_aws_resource_costs_date": False,
    "idx_dns_records_domain_name_record": True,
    "idx_dns_records_resource_id": False,
    "idx_dns_records_environment_id": False,
    "idx_aws_infrastructure_events_resource_id": False,
    "idx_aws_infrastructure_events_environment_id": False,
    "idx_aws_infrastructure_events_event_type": False,
    "idx_aws_infrastructure_events_timestamp": False,
    "idx_aws_deployments_app_id": False,
    "idx_aws_deployments_environment_id": False,
    "idx_aws_deployments_status": False,
    "idx_aws_deployments_start_time": False,
    "idx_aws_credentials_account_id": False,
    "idx_aws_credentials_is_active": False,
    "idx_aws_backups_backup_id": True,
    "idx_aws_backups_resource_id": False,
    "idx_aws_backups_backup_type": False,
    "idx_aws_backups_status": False,
    "idx_aws_backups_creation_date": False,
}
# Type, whether it may be null, and default: every column of the seed that its tables do not all share.
SEED_TYPES = {
    ("aws_resources", "id"): ("uuid", "NO", "gen_random_uuid()"),
    ("aws_resources", "resource_id"): ("character varying(2048)", "NO", None),
    ("aws_resources", "resource_arn"): ("character varying(2048)", "YES", None),
    ("aws_resources", "resource_type"): ("character varying(100)", "NO", None),
    ("aws_resources", "name"): ("character varying(1024)", "NO", None),
    ("aws_resources", "region"): ("character varying(20)", "NO", None),
    ("aws_resources", "account_id"): ("character varying(20)", "NO", None),
    ("aws_resources", "status"): ("character varying(50)", "NO", None),
    ("aws_resources", "configuration"): ("jsonb", "NO", "'{}'::jsonb"),
    ("aws_resources", "tags"): ("jsonb", "YES", None),
    ("aws_resources", "creation_date"): ("timestamp with time zone", "NO", None),
    ("aws_resources", "last_modified_date"): ("timestamp with time zone", "NO", "CURRENT_TIMESTAMP"),
    ("aws_resources", "is_managed"): ("boolean", "NO", "true"),
    ("aws_resources", "metadata"): ("jsonb", "YES", "'{}'::jsonb"),
    ("aws_resources", "cloud_provider_id"): ("uuid", "YES", None),
    ("aws_environments", "name"): ("character varying(50)", "NO", None),
    ("aws_environments", "security_group_ids"): ("character varying[]", "YES", "ARRAY[]::character varying[]"),
    ("aws_environments", "network_config"): ("jsonb", "YES", None),
    ("aws_resource_costs", "date"): ("date", "NO", None),
    ("aws_resource_costs", "cost_amount"): ("numeric(12,6)", "NO", None),
    ("aws_resource_costs", "currency"): ("character varying(3)", "NO", "'USD'::character varying"),
    ("aws_resource_costs", "usage_quantity"): ("numeric(20,6)", "YES", None),
    ("aws_resource_costs", "is_estimated"): ("boolean", "YES", "false"),
    ("dns_records", "record_value"): ("text[]", "NO", None),
    ("dns_records", "ttl"): ("integer", "NO", "300"),
    ("dns_records", "is_alias"): ("boolean", "NO", "false"),
    ("aws_infrastructure_events", "description"): ("text", "NO", None),
    ("aws_infrastructure_events", "details"): ("jsonb", "YES", None),
    ("aws_infrastructure_events", "timestamp"): ("timestamp with time zone", "NO", "CURRENT_TIMESTAMP"),
    ("aws_deployments", "end_time"): ("timestamp with time zone", "YES", None),
    ("aws_credentials", "access_key_id"): ("text", "YES", None),
    ("aws_credentials", "secret_access_key"): ("text", "YES", None),
    ("aws_backups", "backup_size_gb"): ("numeric(10,2)", "YES", None),
    ("aws_backups", "is_encrypted"): ("boolean", "NO", "true"),
    ("aws_backups", "is_automated"): ("boolean", "NO", "false"),
    ("iac_templates", "template_content"): ("text", "NO", None),
}
SEED_LINKS = {
    ("aws_resources", "environment_id"): ("aws_environments", "SET NULL"),
    ("aws_resources", "created_by"): ("users", "SET NULL"),
    ("aws_resources", "cloud_provider_id"): ("cloud_providers", "SET NULL"),
    ("aws_environments", "created_by"): ("users", "SET NULL"),
    ("aws_environments", "updated_by"): ("users", "SET NULL"),
    ("aws_resource_costs", "resource_id"): ("aws_resources", "CASCADE"),
    ("dns_records", "resource_id"): ("aws_resources", "SET NULL"),
    ("dns_records", "environment_id"): ("aws_environments", "SET NULL"),
    ("aws_infrastructure_events", "resource_id"): ("aws_resources", "SET NULL"),
    ("aws_infrastructure_events", "environment_id"): ("aws_environments", "SET NULL"),
    ("aws_infrastructure_events", "triggered_by"): ("users", "SET NULL"),
    ("aws_deployments", "app_id"): ("applications", "SET NULL"),
    ("aws_deployments", "environment_id"): ("aws_environments", "SET NULL"),
    ("aws_backups", "resource_id"): ("aws_resources", "SET NULL"),
    ("aws_credentials", "created_by"): ("users", "SET NULL"),
    ("iac_templates", "environment_id"): ("aws_environments", "SET NULL"),
}
TYPES = """
SELECT a.attrelid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod),
       CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(k.oid) FROM pg_constraint k
     JOIN pg_class c ON c.oid = k.conrelid
WHERE k.connamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relname <> 'alembic_version'
  AND k.contype <> 'n'
"""
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes i JOIN pg_class c ON c.relname = i.tablename
WHERE i.schemaname = 'public' AND NOT c.relispartition AND c.relname <> 'alembic_version'
"""
LINKS = """
SELECT k.conrelid::regclass::text, a.attname, k.confrelid::regclass::text,
       CASE k.confdeltype WHEN 'n' THEN 'SET NULL' WHEN 'c' THEN 'CASCADE' ELSE 'RESTRICT' END
FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.contype = 'f'
"""


def ask(url: str, statement: str) -> set[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return set(connection.execute(statement.encode()).fetchall())


def test_every_table_and_column_of_the_seed_is_there(database_url: str) -> None:
    columns = {(table, column) for table, column, *_ in ask(database_url, TYPES)}
    wanted = {(table, column) for table, names in SEED_COLUMNS.items() for column in names.split()}
    assert wanted - columns == set()


def test_columns_have_the_seeds_types_and_defaults(database_url: str) -> None:
    found = {(table, column): tuple(rest) for table, column, *rest in ask(database_url, TYPES)}
    assert {key: found[key] for key in SEED_TYPES} == SEED_TYPES


def test_every_index_of_the_seed_is_there(database_url: str) -> None:
    found = {name: definition.startswith("CREATE UNIQUE") for name, definition in ask(database_url, INDEXES)}
    assert {name: found.get(name) for name in SEED_INDEXES} == SEED_INDEXES


def test_the_seeds_references_are_there(database_url: str) -> None:
    found = {(table, column): (target, on_delete) for table, column, target, on_delete in ask(database_url, LINKS)}
    assert {key: found.get(key) for key in SEED_LINKS} == SEED_LINKS


def test_costs_are_partitioned_by_month(database_url: str) -> None:
    ((strategy,),) = ask(database_url, "SELECT pg_get_partkeydef('aws_resource_costs'::regclass)")
    assert strategy == "RANGE (date)"


def test_migrating_twice_does_nothing_the_second_time(empty_database_url: str) -> None:
    inventory = Inventory.open(empty_database_url)
    assert inventory.status().current is None
    every = inventory.status().pending
    assert every[0] == "0001"
    assert inventory.migrate() == list(every)
    before = ask(empty_database_url, INDEXES)
    assert inventory.migrate() == []
    assert ask(empty_database_url, INDEXES) == before
    assert (inventory.status().current, inventory.status().pending) == (every[-1], ())
    inventory.close()


def test_the_migrations_make_what_the_classes_say(
    database_url: str, database_server: str, empty_database_url: str
) -> None:
    engine = make_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_name": lambda name, kind, _: kind != "table" or not (name or "").startswith(PARTITION),
            },
        )
        assert compare_metadata(context, Table.metadata) == []
    engine.dispose()
    # alembic does not look at CHECKs, at conditions of indexes, nor at what a foreign key does: the catalogue does.
    engine = make_engine(empty_database_url)
    Table.metadata.create_all(engine)
    engine.dispose()
    for statement in (TYPES, CONSTRAINTS, INDEXES):
        assert ask(database_url, statement) == ask(empty_database_url, statement)


PARTITION = "aws_resource_costs_"


def test_revisions_are_told_from_file_names_as_alembic_tells_them() -> None:
    script = ScriptDirectory(str(Path(migrations.__file__).parent))
    told = tuple(revision.revision for revision in reversed(list(script.walk_revisions())))
    assert migrate.revisions() == told
    assert migrate.revisions()[-1] == script.get_current_head()


def test_a_database_of_a_newer_program_is_refused(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    inventory = Inventory.open(database_url)
    with pytest.raises(DatabaseError, match="9999"):
        inventory.migrate()
    with pytest.raises(DatabaseError, match="9999"):
        inventory.status()


def test_a_database_of_another_encoding_is_refused(database_server: str) -> None:
    name = "latin"
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'".encode())
    inventory = Inventory.open(url_of(database_server, name))
    with pytest.raises(DatabaseError, match="LATIN1"):
        inventory.migrate()


def test_months_ahead_have_a_partition_and_early_rows_move_into_it(database_url: str) -> None:
    insert = "INSERT INTO aws_resource_costs (date, cost_amount, cost_type) VALUES (%s, 1.5, 'compute')"
    where = "SELECT tableoid::regclass::text FROM aws_resource_costs WHERE date = %s"
    with psycopg.connect(database_url, autocommit=True) as connection:
        for day in (date(2031, 12, 31), date(2032, 1, 1), date(2032, 2, 1)):
            connection.execute(insert, (day,))
        made = costs.make_partitions(connection, date(2031, 12, 15), 2)
        assert made == ["aws_resource_costs_2031_12", "aws_resource_costs_2032_01"]
        assert costs.make_partitions(connection, date(2031, 12, 1), 2) == []
        found = [
            connection.execute(where, (day,)).fetchall()
            for day in (date(2031, 12, 31), date(2032, 1, 1), date(2032, 2, 1))
        ]
    assert found == [
        [("aws_resource_costs_2031_12",)],
        [("aws_resource_costs_2032_01",)],
        [("aws_resource_costs_default",)],
    ]


def test_this_month_has_a_partition_after_migrating(database_url: str) -> None:
    months = {
        name for (name,) in ask(database_url, "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
    }
    assert len([name for name in months if name.startswith("aws_resource_costs_2")]) == costs.AHEAD + 1


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (
            (
                "INSERT INTO aws_infrastructure_events (event_type, status, description, event_source)"
                " VALUES ('explode', 'success', 'x', 'api')"
            ),
            "aws_infrastructure_events_event_type_check",
        ),
        (
            (
                "INSERT INTO aws_credentials (name, account_id, credential_type, access_key_id)"
                " VALUES ('a', '1', 'iam_user', 'AKIAIOSFODNN7EXAMPLE')"
            ),
            "aws_credentials_access_key_id_check",
        ),
        (
            (
                "INSERT INTO aws_credentials (name, account_id, credential_type, secret_access_key)"
                " VALUES ('a', '1', 'iam_user', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')"
            ),
            "aws_credentials_secret_access_key_check",
        ),
        (
            (
                "INSERT INTO passes (id, depth, status, started_at, host, process_id)"
                " VALUES ('p', 'exact', 'finished', now(), 'h', 1)"
            ),
            "passes_finished_at_check",
        ),
        (
            (
                "WITH w AS (INSERT INTO workspaces (name) VALUES ('w') RETURNING id),"
                " p AS (INSERT INTO passes (id, depth, status, started_at, host, process_id)"
                "       VALUES ('p', 'exact', 'running', now(), 'h', 1))"
                " INSERT INTO pass_workspaces (pass_id, workspace_id, finished_at, verdict, recorded, checked, unknown)"
                " SELECT 'p', id, now(), 'in_sync', 2, 1, 1 FROM w"
            ),
            "pass_workspaces_in_sync_check",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_the_database(database_url: str, statement: str, constraint: str) -> None:
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.CheckViolation) as caught:
        connection.execute(statement.encode())
    assert caught.value.diag.constraint_name == constraint


def test_siblings_of_one_dns_name_are_told_apart(database_url: str) -> None:
    insert = (
        "INSERT INTO dns_records (domain_name, record_name, record_type, record_value, route53_zone_id, set_identifier)"
        " VALUES ('example.com', 'www', 'A', '{1.2.3.4}', %s, %s)"
    )
    with psycopg.connect(database_url, autocommit=True) as connection:
        for zone, sibling in (("Zpublic", None), ("Zprivate", None), ("Zpublic", "blue"), ("Zpublic", "green")):
            connection.execute(insert, (zone, sibling))
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(insert, ("Zpublic", None))


EVENT = (
    "INSERT INTO aws_infrastructure_events (event_type, status, description, event_source, environment_id)"
    " SELECT 'create', 'success', 'x', 'api', id FROM aws_environments"
)
ENVIRONMENT = "INSERT INTO aws_environments (name, account_id, default_region) VALUES ('e', '1', 'r')"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE aws_infrastructure_events SET description = 'nothing happened'",
        "UPDATE aws_infrastructure_events SET environment_id = NULL",
        "UPDATE aws_infrastructure_events SET timestamp = now()",
        "UPDATE aws_infrastructure_events SET metadata = '{\"a\": 1}'",
        "DELETE FROM aws_infrastructure_events",
        "TRUNCATE aws_infrastructure_events",
    ],
)
def test_events_are_append_only(database_url: str, statement: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(ENVIRONMENT)
        connection.execute(EVENT)
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            connection.execute(statement.encode())


def test_an_event_outlives_its_environment(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(ENVIRONMENT)
        connection.execute(EVENT)
        connection.execute("DELETE FROM aws_environments")
        kept = connection.execute("SELECT environment_id, description FROM aws_infrastructure_events").fetchall()
    assert kept == [(None, "x")]
