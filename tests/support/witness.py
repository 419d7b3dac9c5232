"""The witness of effects: it stands on the wire before the emulator, and notes every call that writes.

It is no part of the program and asks it nothing. What the plan's row said when the call came it reads in the database.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from support.weather import Answer, Weather, weather

_READS = re.compile(r"(Get|List|Describe|Head|Lookup|GET |HEAD )")
"""How the actions begin that change nothing. Whatever begins otherwise counts as a write."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A call that writes and was passed on to the emulator. ``status`` is the plan's, as it was committed then."""

    service: str
    action: str
    body: str
    status: str


@dataclass
class Witness:
    """What was written, and a hand on the wire.

    Writes go through one at a time. Each may take a while on its way there and on its way back, as in AWS: ``pause``
    gives the seconds. ``meet`` is told what the wire is at ("write 1 on its way", "write 1 done"), and may kill.
    """

    wire: Weather
    status: Callable[[], str] = lambda: ""
    pause: Callable[[], float] = lambda: 0.0
    meet: Callable[[str], None] = lambda point: None
    effects: list[Effect] = field(default_factory=list)
    _busy: int = 0
    _losses: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _waiting: threading.Event = field(default_factory=threading.Event)
    _count: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, upstream: str, status: Callable[[], str]) -> None:
        """Watch another emulator, and another plan's ``status``; what was is forgotten."""
        self.wire.upstream, self.status = upstream, status
        self.effects = []
        self.meet, self.pause = (lambda point: None), (lambda: 0.0)

    def lose(self) -> None:
        """Lose what is on the wire at this moment: who sent it is gone."""
        self._losses += 1

    @property
    def is_quiet(self) -> bool:
        """Whether nothing that writes is on the wire."""
        return self._busy == 0

    def between(self, service: str, action: str, body: bytes, ask: Callable[[], Answer]) -> Answer:
        """Pass a call on, and note it if it writes."""
        if _READS.match(action):
            return ask()
        losses = self._losses
        self._at_it(1)
        try:
            with self._turn:
                number = len(self.effects) + 1
                self._on_the_way(f"write {number} on its way", losses)
                self.effects.append(Effect(service, action, body.decode("utf-8", "replace"), self.status()))
                answer = ask()
                self._on_the_way(f"write {number} done", losses)
                return answer
        finally:
            self._at_it(-1)

    def _on_the_way(self, point: str, losses: int) -> None:
        self._waiting.wait(self.pause())
        self.meet(point)
        if self._losses > losses:
            raise ConnectionResetError

    def _at_it(self, change: int) -> None:
        with self._count:
            self._busy += change


@contextmanager
def witnessed(upstream: str) -> Iterator[Witness]:
    """A witness before the emulator at ``upstream``."""
    with weather(upstream) as wire:
        witness = Witness(wire)
        wire.between = witness.between
        yield witness
