"""Places where a state can be, for tests: the backend block that Terraform would write there with, and its server."""

from __future__ import annotations

import base64
import hashlib
import http.server
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from reconciler.drift.snapshot import BackendBlock
from reconciler.errors import DatabaseError, TerraformError
from reconciler.recorded.backends.base import Backend, Clients, Objects, S3Access
from reconciler.recorded.backends.registry import open_backend
from reconciler.vault.objects import S3Objects
from reconciler.vault.sessions import AwsAccess, AwsSession, Role

PASSWORD = "canary-password"


def connect_s3(access: S3Access) -> Objects:
    """As the wiring does it."""
    role = access.assume_role
    return S3Objects(
        AwsSession(
            AwsAccess(
                region=access.region,
                endpoint_url=access.endpoint_url,
                sts_endpoint_url=access.sts_endpoint_url,
                profile=access.profile,
                role=Role(role.arn, role.external_id, role.session_name) if role else None,
                access_key=access.access_key,
                secret_key=access.secret_key,
                token=access.token,
                credentials_file=access.credentials_file,
                config_file=access.config_file,
                path_style=access.path_style,
            )
        )
    )


def fetch_row(conn_str: str, *, schema: str, table: str, name: str) -> str | None:
    """As the inventory does it."""
    query = sql.SQL("SELECT data FROM {}.{} WHERE name = %s").format(sql.Identifier(schema), sql.Identifier(table))
    try:
        with psycopg.connect(conn_str, connect_timeout=5) as connection:
            row = connection.execute(query, (name,)).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return None
    except psycopg.OperationalError as error:
        raise DatabaseError("the database does not answer") from error
    return str(row[0]) if row else None


def terraform(folder: Path, *arguments: str) -> bytes:
    """Run Terraform in a folder, with nothing of our environment but the way to it.

    Raises:
        TerraformError: it failed.
    """
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "CHECKPOINT_DISABLE": "1"}
    done = subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise TerraformError(f"terraform {arguments[0]}: {done.stderr.decode()}")
    return done.stdout


@dataclass
class Place:
    """A kind of backend with an empty place of its own for one state."""

    block: BackendBlock
    folder: Path
    put: Callable[[bytes], None]
    dead: dict[str, Any] = field(default_factory=dict)
    workspaces: bool = True

    def open(self, workspace: str | None = None, **more: Any) -> Backend:
        clients = Clients(s3=connect_s3, pg=fetch_row, pull=lambda: terraform(self.folder, "state", "pull"))
        return open_backend(
            self.block, folder=self.folder, workspace=workspace, clients=clients, environment={}, **more
        )

    def hcl(self) -> str:
        """The block as it stands in a template."""
        if self.block.type == "pull":
            return ""
        lines = "\n".join(f"    {name} = {_literal(value)}" for name, value in self.block.values.items())
        return f'terraform {{\n  backend "{self.block.type}" {{\n{lines}\n  }}\n}}\n'


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_literal(item)}" for name, item in value.items()) + " }"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


class StateServer(http.server.ThreadingHTTPServer):
    """What Terraform's documentation asks of a server: GET, POST, and a password."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.states: dict[str, bytes] = {}
        self.methods: list[str] = []
        self.full = False
        """Whether it takes no state."""


@contextmanager
def serving(server: StateServer) -> Iterator[StateServer]:
    """Let a server of states answer."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: StateServer

    def handle_one_request(self) -> None:
        super().handle_one_request()
        if getattr(self, "command", None):
            self.server.methods.append(self.command)

    def do_GET(self) -> None:
        self._answer(self.server.states.get(self.path))

    def do_POST(self) -> None:
        if self.server.full:
            self.send_error(507)
            return
        self.server.states[self.path.partition("?")[0]] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b"")

    def _answer(self, body: bytes | None) -> None:
        if self.headers["Authorization"] != "Basic " + base64.b64encode(f"u:{PASSWORD}".encode()).decode():
            self.send_error(401)
            return
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.send_header(
            "Content-MD5", base64.b64encode(hashlib.md5(body or b"", usedforsecurity=False).digest()).decode()
        )
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *arguments: Any) -> None:
        """Not to stderr."""
