"""What systemd is told: the ``sd_notify`` protocol. Without a notify socket nothing is said and all else is the same.

Protocol: https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Mapping
from typing import Self

from sdnotify import SystemdNotifier


class Notifier:
    """The connection to systemd. A message that cannot be sent is dropped: the daemon works without systemd too."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """Connect where ``NOTIFY_SOCKET`` names a socket."""
        environment = os.environ if environment is None else environment
        self._systemd = _connect() if environment.get("NOTIFY_SOCKET") else None
        if self._systemd is not None and self._systemd.socket is not None:
            # A service manager that does not read must not stop us.
            self._systemd.socket.settimeout(1.0)
        self._watchdog = _watchdog(environment)
        self._status = ""

    def __enter__(self) -> Self:
        """Use as a context: the socket is closed at its end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the socket."""
        if self._systemd is not None and self._systemd.socket is not None:
            self._systemd.socket.close()
            self._systemd = None

    @property
    def watchdog(self) -> float | None:
        """After so many seconds without :meth:`alive` systemd kills us; None where it does not watch."""
        return self._watchdog

    def ready(self, status: str) -> None:
        """Start-up or a reload is complete."""
        self._send("READY=1", self._say(status))

    def reloading(self) -> None:
        """A reload begins; :meth:`ready` ends it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self, status: str) -> None:
        """The end begins."""
        self._send("STOPPING=1", self._say(status))

    def status(self, status: str) -> None:
        """One line for ``systemctl status``; the same line is sent once."""
        if _one_line(status) != self._status:
            self._send(self._say(status))

    def alive(self) -> None:
        """Feed the watchdog."""
        if self._watchdog is not None:
            self._send("WATCHDOG=1")

    def _say(self, status: str) -> str:
        self._status = _one_line(status)
        return f"STATUS={self._status}"

    def _send(self, *fields: str) -> None:
        if self._systemd is not None:
            # systemd reads UTF-8, the library writes Latin-1: this way each byte arrives as it is.
            self._systemd.notify("\n".join(fields).encode().decode("latin-1"))


def _connect() -> SystemdNotifier:
    with warnings.catch_warnings():
        # The library forgets to close its socket where it cannot connect.
        warnings.simplefilter("ignore", ResourceWarning)
        return SystemdNotifier()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _watchdog(environment: Mapping[str, str]) -> float | None:
    """``WATCHDOG_USEC`` in seconds, if it is meant for this process."""
    usec, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    meant = not pid or pid == str(os.getpid())
    return int(usec) / 1e6 if meant and usec.isascii() and usec.isdigit() and int(usec) else None
