"""The inventories that the contract suite runs on, and a server reached over TCP with a password."""

from __future__ import annotations

import itertools
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from reconciler.inventory.embedded import EmbeddedServer
from reconciler.inventory.inventory import Inventory
from reconciler.inventory.memory import MemoryInventory
from reconciler.inventory.port import InventoryPort

_PASSWORD = "pa%ss w@rd/'x"
_QUOTED = "pa%25ss%20w%40rd%2F%27x"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def tcp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``user:password@host:port`` of a server as an administrator would set it up: TCP, a password, no superuser."""
    directory = tmp_path_factory.mktemp("server")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with EmbeddedServer(directory) as server, psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET listen_addresses = '127.0.0.1'")
        connection.execute(f"ALTER SYSTEM SET port = {port}".encode())
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute(f"CREATE ROLE operator LOGIN CREATEDB PASSWORD {_literal(_PASSWORD)}".encode())
        hba = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        Path(directory, "data", "pg_hba.conf").write_text(hba, encoding="ascii")
    with EmbeddedServer(directory):
        authority = f"operator:{_QUOTED}@127.0.0.1:{port}"
        with psycopg.connect(f"postgresql://{authority}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE migrated")
        inventory = Inventory.open(f"postgresql://{authority}/migrated")
        inventory.migrate()
        inventory.close()
        yield authority


@pytest.fixture
def server_url(tcp_server: str) -> Iterator[str]:
    """A database of one's own on the server that asks for a password."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(f"postgresql://{tcp_server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE migrated".encode())
        yield f"postgresql://{tcp_server}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=["memory", "embedded", "server"])
def inventory(request: pytest.FixtureRequest) -> Iterator[InventoryPort]:
    """Each of the inventories."""
    if request.param == "memory":
        yield MemoryInventory()
        return
    url = request.getfixturevalue({"embedded": "database_url", "server": "server_url"}[request.param])
    opened = Inventory.open(url)
    yield opened
    opened.close()


@pytest.fixture
def real(database_url: str) -> Iterator[Inventory]:
    """An inventory in PostgreSQL, for what only a database can show."""
    opened = Inventory.open(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def _stopped_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("stopped")
    with EmbeddedServer(directory) as server:
        inventory = Inventory.open(server.url)
        inventory.migrate()
        inventory.close()
    return directory


@pytest.fixture
def migrated_directory(_stopped_cluster: Path, tmp_path: Path) -> Path:
    """A directory of one's own for an embedded server, its cluster made and migrated, and not running."""
    # Owners are kept, which shutil does not do: as root, the cluster belongs to another account.
    subprocess.run(["cp", "-a", f"{_stopped_cluster}/data", str(tmp_path)], check=True)
    return tmp_path


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
