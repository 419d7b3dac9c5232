"""Folders for the sockets of providers: ours alone, short of path, and not left behind, not even by a SIGKILL."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from reconciler.errors import ProviderError

_PREFIX: Final = "tfp-"
# A provider appends at most "/tmpXXXXXXXX/py-tf-plugin.sock" to its TMPDIR, and Linux has 107 bytes for all.
_LONGEST: Final = 70
# A folder that old and not locked has lost its owner; a younger one may just not be locked yet.
_STALE_SECONDS: Final = 60


class SocketFolder:
    """A folder that only we may enter, locked as long as it is in use."""

    def __init__(self) -> None:
        """Make it.

        Raises:
            ProviderError: no place for temporary files with a short path can be written.
        """
        for base in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/run")):  # noqa: S108 a folder of our own is made in it
            if len(base.encode()) > _LONGEST - len("/tfp-XXXXXXXX"):
                continue
            with suppress(OSError):
                self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
                self._lock = _locked(self.path)
                _sweep(Path(base))
                return
        raise ProviderError("there is no folder for the provider's socket", hint="set TMPDIR to a short, writable path")

    def remove(self) -> None:
        """Remove it with what is in it. Safe to call twice."""
        lock, self._lock = self._lock, None
        if lock is not None:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """A handle that holds the folder's lock, None where somebody else does. The kernel lets go with the process."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _sweep(base: Path) -> None:
    """Remove what a killed predecessor left."""
    for folder in base.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            stat = folder.lstat()
            if stat.st_uid != os.getuid() or time.time() - stat.st_mtime < _STALE_SECONDS:
                continue
            if (lock := _locked(folder)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)
