"""Starts the embedded server, and ends it when its last user is gone, however that user ended.

A program of its own with no import of ours, so that it starts at once and outlives who started it. Users hold a shared
lock on a file; the kernel lets go of it when they die. This holds another file's lock for as long as the server lives.

Usage: python -I -S guard.py USERS_LOCK SERVER_LOCK COMMAND…
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading

_IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def _open(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _end_when_unused(users: int, server: int) -> None:
    fcntl.flock(users, fcntl.LOCK_EX)  # granted when nobody uses the server; whoever comes now waits for its end
    os.kill(server, signal.SIGINT)  # fast shutdown; our own child, so the number cannot be another's


def main(users_lock: str, server_lock: str, *command: str) -> int:
    """Run the server until it ends; its exit code is ours."""
    held = _open(server_lock)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 75  # another guard was quicker
    users = _open(users_lock)
    for number in _IGNORED:  # a user's Ctrl-C and the end of its session are not ours
        signal.signal(number, signal.SIG_IGN)
    server = os.fork()
    if server == 0:
        for number in _IGNORED:
            signal.signal(number, signal.SIG_DFL)
        os.execv(command[0], command)  # noqa: S606 - what we are for
    threading.Thread(target=_end_when_unused, args=(users, server), daemon=True).start()
    _, status = os.waitpid(server, 0)
    return os.waitstatus_to_exitcode(status) & 0xFF


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
