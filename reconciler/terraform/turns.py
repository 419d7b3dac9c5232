"""Who works in a work copy: a lock on a file in it, which children inherit and which ends with the last that has it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

from reconciler.errors import BusyError, TerraformError

TURN: Final = ".reconciler-plan.lock"
"""The file in a work copy that who works there has locked."""

_POLL: Final = 0.1


class Work(StrEnum):
    """What is done in a work copy."""

    PLAN = "plan"
    APPLY = "apply"


@contextmanager
def locked(path: Path, timeout: float, stopped: Callable[[], bool] = lambda: False) -> Iterator[int]:
    """Have a lock file to oneself; gives its descriptor.

    Args:
        path: the file, made if it is not there.
        timeout: seconds to wait for whoever has it.
        stopped: whether there is no use in waiting any more.

    Raises:
        BusyError: another process has it for longer, or ``stopped`` says so.
        TerraformError: the file cannot be made.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise TerraformError(f"the lock file {path} cannot be made: {error.strerror}") from error
    try:
        deadline = time.monotonic() + timeout
        while not _take(handle):
            if time.monotonic() > deadline or stopped():
                raise BusyError(f"another process holds {path}", hint="wait for it, or end it")
            time.sleep(_POLL)
        yield handle
    finally:
        os.close(handle)


@contextmanager
def turn_in(folder: Path, work: Work, timeout: float, stopped: Callable[[], bool] = lambda: False) -> Iterator[int]:
    """Have a work copy to oneself, and say for what; gives the lock's descriptor, for children to inherit.

    Raises:
        BusyError: as :func:`locked`.
        TerraformError: likewise.
    """
    with locked(folder / TURN, timeout, stopped) as handle:
        os.ftruncate(handle, 0)
        os.pwrite(handle, work.value.encode(), 0)
        yield handle


def turns_below(root: Path, work: Work | None = None) -> list[Path]:
    """The lock files of all work copies below a folder; with ``work`` those whose last turn was for that."""
    found = sorted(root.rglob(TURN))
    return found if work is None else [turn for turn in found if _last(turn) == work.value]


def _take(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _last(turn: Path) -> str:
    try:
        return turn.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
