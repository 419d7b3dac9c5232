"""The last resort at the end: no process that we started, nor one that those started, outlives the daemon."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Final

_LOOK: Final = 0.05
"""Seconds between two looks at what is left."""


def descendants(root: int | None = None) -> list[int]:
    """The living processes below a process (this one), parents before children. Empty where there is no ``/proc``."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The command's name stands in brackets and may hold anything: the fields count from the last bracket.
            fields = entry.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if fields[0] != "Z":  # one that has ended and that nobody asks for its exit code, such as PostgreSQL's guard
            children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found: list[int] = []
    level = children.get(os.getpid() if root is None else root, [])
    while level:
        found += level
        level = [child for parent in level for child in children.get(parent, [])]
    return found


def kill_descendants(*, grace: float = 0.0) -> int:
    """Kill everything below this process that does not end by itself within ``grace`` seconds; how many there were."""
    deadline = time.monotonic() + grace
    while (found := descendants()) and time.monotonic() < deadline:
        time.sleep(_LOOK)
    for pid in found:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return len(found)
