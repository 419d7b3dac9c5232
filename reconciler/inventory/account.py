"""Who the embedded server runs as. PostgreSQL refuses to run as root, so root needs another account for it.

Which account: the owner of the data directory, where there is one; else the owner of the directory around it, where
that is not root; else the system account ``embedded_postgres``, which is made where it is missing.

Nobody's directory is opened up for that account. Where it could not reach the programs or the data (both may lie
under a home of mode 0700), the server gets the one capability that lets it pass closed directories, through
util-linux's ``setpriv``. Its only clients are root and itself: the socket lies in a directory of mode 0700.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import DatabaseError

NAME = "embedded_postgres"
_HINT = "run it as an ordinary user, or configure database.url"
# Either lets a process pass closed directories; containers often keep only the second, wider one.
_CAPABILITIES = (("dac_read_search", 2), ("dac_override", 1))


@dataclass(frozen=True, slots=True)
class Account:
    """An account to run as. ``prefix`` goes before a command; it is empty where we are that account already."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    def own(self, path: Path) -> None:
        """Make a file or directory the account's, and nobody else's."""
        if self.prefix:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)


def choose(directory: Path, programs: Path) -> Account:
    """The account for a server with its data under a directory.

    Args:
        directory: it exists, and may hold ``data``.
        programs: the folder of PostgreSQL's programs.

    Raises:
        DatabaseError: there is no such account, and none can be made.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    data = directory / "data"
    owner = (data if data.exists() else directory).stat()
    uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid != 0 else _system_account()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise DatabaseError(
            "The embedded database cannot be run by root: `setpriv` (util-linux) is missing.", hint=_HINT
        )
    prefix = [setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    if not all(_reaches(uid, gid, path) for path in (directory, programs)):
        capability = _capability()
        prefix += [f"--inh-caps=-all,+{capability}", f"--ambient-caps=-all,+{capability}"]
    else:
        prefix += ["--inh-caps=-all"]
    return Account(uid, gid, (*prefix, "--"))


def _system_account() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _make_account()
    return entry.pw_uid, entry.pw_gid


def _make_account() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    message = f"The embedded database cannot be run by root, and the account {NAME} for it cannot be made."
    if useradd is None:
        raise DatabaseError(message, hint=_HINT)
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    command = [useradd, *options, "--shell", "/usr/sbin/nologin", NAME]
    made = subprocess.run(command, capture_output=True, check=False, timeout=30)  # noqa: S603 - all of it is ours
    try:
        return pwd.getpwnam(NAME)  # also where another process was quicker
    except KeyError:
        raise DatabaseError(f"{message} (useradd: exit code {made.returncode})", hint=_HINT) from None


def _reaches(uid: int, gid: int, path: Path) -> bool:
    """Whether the account may pass every directory down to a path."""
    for folder in (path, *path.parents):
        found = folder.stat()
        mode = found.st_mode
        if found.st_uid == uid:
            passes = mode & stat.S_IXUSR
        elif found.st_gid == gid:
            passes = mode & stat.S_IXGRP
        else:
            passes = mode & stat.S_IXOTH
        if not passes:
            return False
    return True


def _capability() -> str:
    status = Path("/proc/self/status").read_text("ascii")
    bounding = int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff")), 16)
    for name, number in _CAPABILITIES:
        if bounding & 1 << number:
            return name
    raise DatabaseError(
        "The embedded database's account cannot reach its directory.",
        hint="choose a state_dir such as /var/lib/reconciler, or configure database.url",
    )
