"""Runs a command and writes what it cost, with everything that it started, also what it left to end by itself.

    python meter.py RESULT COMMAND [ARGUMENT …]

A program of its own: it adopts orphans (PR_SET_CHILD_SUBREAPER), so that a database server which ends a moment after
the command is waited for and counted, and nothing of whoever measures is.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import sys
import time
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


def main(result: str, *command: str) -> int:
    """Run it, wait for all of it, write ``{"wall", "cpu", "own_cpu", "peak_bytes", "code"}``."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")
    began = time.monotonic()
    pid = os.posix_spawnp(command[0], list(command), dict(os.environ))
    _, status, own = os.wait4(pid, 0)
    wall = time.monotonic() - began
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    all_ = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = os.waitstatus_to_exitcode(status)
    cost = {
        "wall": wall,
        "cpu": all_.ru_utime + all_.ru_stime,
        # With what the command itself waited for: its own children that it reaped.
        "own_cpu": own.ru_utime + own.ru_stime,
        "peak_bytes": own.ru_maxrss * 1024,
        "code": code,
    }
    Path(result).write_text(json.dumps(cost), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
