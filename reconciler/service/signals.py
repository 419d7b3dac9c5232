"""Signals as messages: SIGTERM and SIGINT stop, SIGHUP reloads."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from reconciler.service.loop import Message, Tick

_MEANING: Final = {signal.SIGTERM: Tick.STOP, signal.SIGINT: Tick.STOP, signal.SIGHUP: Tick.RELOAD}


@contextmanager
def told_of_signals(tell: Callable[[Message], None]) -> Iterator[None]:
    """Tell of each signal, from a thread; to be entered in the main thread.

    A handler in Python runs only when the main thread gets to it, and one that is just about to wait may get to it
    seconds later. The interpreter's own handler writes the signal's number to a socket at once.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    before = {number: signal.signal(number, _left_to_the_reader) for number in _MEANING}
    former = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    thread = threading.Thread(target=_read, args=(reader, tell), name="signals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(former)
        for number, handler in before.items():
            signal.signal(number, handler)
        writer.close()
        thread.join()
        reader.close()


def _read(reader: socket.socket, tell: Callable[[Message], None]) -> None:
    while numbers := reader.recv(64):
        for number in numbers:
            if number in _MEANING:
                tell(_MEANING[signal.Signals(number)])


def _left_to_the_reader(_number: int, _frame: FrameType | None) -> None:
    """Nothing: that a handler is there keeps the signal from ending the process."""
