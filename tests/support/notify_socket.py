"""A service manager's end of the ``sd_notify`` protocol."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from support.deadline import eventually


class NotifySocket:
    """Receives datagrams in the background and keeps them in order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.messages: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(0.1)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._receive)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self._socket.close()

    def index(self, field: str, start: int = 0) -> int:
        """Where in the order a message with this field (its start) is; -1 if it has not come."""
        found = (
            n for n, m in enumerate(self.messages) if n >= start and any(f.startswith(field) for f in m.split("\n"))
        )
        return next(found, -1)

    def wait(self, field: str, start: int = 0, timeout: float = 10.0) -> int:
        """Wait for a message with this field and return its place."""
        eventually(lambda: self.index(field, start) >= 0, timeout)
        return self.index(field, start)

    def _receive(self) -> None:
        while not self._done.is_set():
            try:
                self.messages.append(self._socket.recv(65536).decode())
            except TimeoutError:
                continue
