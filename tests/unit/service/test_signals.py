from __future__ import annotations

import os
import queue
import signal

from reconciler.service.loop import Message, Tick
from reconciler.service.signals import told_of_signals


def test_each_signal_is_told_and_the_handlers_are_put_back() -> None:
    told: queue.SimpleQueue[Message] = queue.SimpleQueue()
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    with told_of_signals(told.put):
        for number, message in (
            (signal.SIGHUP, Tick.RELOAD),
            (signal.SIGTERM, Tick.STOP),
            (signal.SIGINT, Tick.STOP),
        ):
            os.kill(os.getpid(), number)
            assert told.get(timeout=5) is message
    assert told.empty()
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)] == before
