"""The places that the contract of backends is asked of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from support.moto_server import client, moto_server
from support.state_places import PASSWORD, Place, StateServer, serving

from reconciler.drift.snapshot import BackendBlock


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture(scope="session")
def state_server() -> Iterator[StateServer]:
    with serving(StateServer()) as server:
        yield server


@pytest.fixture
def local(tmp_path: Path) -> Place:
    block = BackendBlock("local", {"path": "there.tfstate"})
    return Place(block, tmp_path, lambda data: _write(tmp_path / "there.tfstate", data), dead={"path": "/dev/null"})


@pytest.fixture
def s3(tmp_path: Path, aws: str) -> Place:
    bucket = f"states-{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:16]}"
    storage = client(aws, "s3", "us-east-1")
    storage.create_bucket(Bucket=bucket)
    values = {
        "bucket": bucket,
        "key": "prod/terraform.tfstate",
        "region": "us-east-1",
        "access_key": "testing",
        "secret_key": PASSWORD,
        "endpoints": {"s3": aws, "sts": aws},
        "use_path_style": True,
        "skip_credentials_validation": True,
        "skip_requesting_account_id": True,
        "skip_metadata_api_check": True,
    }
    block = BackendBlock("s3", values)
    return Place(
        block,
        tmp_path,
        lambda data: storage.put_object(Bucket=bucket, Key="prod/terraform.tfstate", Body=data),
        dead={"bucket": "no-such-bucket"},
    )


@pytest.fixture
def pg(tmp_path: Path, empty_database_url: str) -> Place:
    parts = {name: value for name, value in conninfo_to_dict(empty_database_url).items() if value}
    conn_str = make_conninfo(**{**parts, "password": PASSWORD})

    def put(data: bytes) -> None:
        with psycopg.connect(empty_database_url) as connection:
            connection.execute('CREATE SCHEMA IF NOT EXISTS "odd ""schema"')
            connection.execute('CREATE TABLE IF NOT EXISTS "odd ""schema".states (name text PRIMARY KEY, data text)')
            connection.execute(
                'INSERT INTO "odd ""schema".states VALUES (%s, %s)'
                " ON CONFLICT (name) DO UPDATE SET data = excluded.data",
                ("default", data.decode()),
            )

    values = {"conn_str": conn_str, "schema_name": 'odd "schema'}
    return Place(BackendBlock("pg", values), tmp_path, put, dead={"conn_str": f"host={tmp_path} password={PASSWORD}"})


@pytest.fixture
def http_place(tmp_path: Path, state_server: StateServer) -> Place:
    port, path = state_server.server_address[1], f"/{tmp_path.name}"
    values = {"address": f"http://127.0.0.1:{port}{path}", "username": "u", "password": PASSWORD}
    return Place(
        BackendBlock("http", values),
        tmp_path,
        lambda data: state_server.states.__setitem__(path, data),
        dead={"address": "http://127.0.0.1:1/x", "retry_max": 0},
        workspaces=False,
    )


@pytest.fixture
def pull(tmp_path: Path) -> Place:
    """A backend that is not known here: Terraform itself reads it. Its own one is the local file."""
    (tmp_path / "main.tf").write_text("")
    return Place(
        BackendBlock("gcs", {"bucket": "x"}), tmp_path, lambda data: _write(tmp_path / "terraform.tfstate", data)
    )


@pytest.fixture(params=["local", "s3", "pg", "http_place", "pull"])
def place(request: pytest.FixtureRequest) -> Place:
    """Every kind of place."""
    found: Place = request.getfixturevalue(request.param)
    return found


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
