"""Becomes a provider, after asking the kernel to kill it with its parent. Run as a program, by path.

A provider that outlives us would keep credentials in memory and a socket open for nobody. ``preexec_fn`` would do
the same in less time, but runs Python between fork and exec of a process with threads, which can lock up.
Needs nothing but the standard library: it runs with ``-I -S``.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

CANNOT_EXECUTE = 126
ORPHANED = 125
_PR_SET_PDEATHSIG = 1


def main(parent: int, binary: str) -> None:
    """Tie this process to its parent and replace it by the provider."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it died before the request took hold
        os._exit(ORPHANED)
    try:
        os.execv(binary, [binary])  # noqa: S606 that is the purpose; no shell
    except OSError:
        os._exit(CANNOT_EXECUTE)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
