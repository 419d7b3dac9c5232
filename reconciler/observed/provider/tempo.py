"""How long reads take, learnt from the reads themselves: which to begin with, and how many to have under way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

T = TypeVar("T")

_AT_FIRST: Final = 10
"""Reads at once to begin with: as many as Terraform has."""
_NEWEST: Final = 0.3
"""What the newest read counts for in what is usual."""
_AS_FAST: Final = 1.5
"""Reads that take so many times the least are still as fast as they were."""
_SLOWED: Final = 3.0
"""Reads that take so many times the least wait for each other somewhere."""


class Tempo:
    """How long a read of each type usually takes. Kept from pass to pass; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._usual: dict[str, float] = {}

    def took(self, type_name: str, seconds: float) -> None:
        """A resource was read."""
        with self._lock:
            usual = self._usual.get(type_name, seconds)
            self._usual[type_name] = usual + _NEWEST * (seconds - usual)

    def slow_first(self, items: Iterable[T], type_name: Callable[[T], str]) -> list[T]:
        """The items, those first whose types take longest; what was never read, and what takes as long, as it comes.

        A read that waits inside the provider decides how long all of it takes, unless it begins with the others.
        """
        with self._lock:
            return sorted(items, key=lambda item: -self._usual.get(type_name(item), 0.0))


class Width:
    """How many reads one batch has under way: more while answers do not get slower by it, fewer when they do.

    A service with latency to spare answers fifty as soon as ten. One that is busy, throttles or has little left
    answers later, or refuses, and gets as many as Terraform would send it.
    """

    def __init__(self, most: int) -> None:
        """Begin.

        Args:
            most: never more than so many.
        """
        self._most = most
        self._first = min(_AT_FIRST, most)
        self._least: dict[str, float] = {}
        self._slowness: list[float] = []
        self.now = self._first

    def took(self, type_name: str, seconds: float) -> None:
        """A resource was read while others waited for their turn."""
        least = self._least[type_name] = min(seconds, self._least.get(type_name, seconds))
        self._slowness.append(seconds / least if least > 0 else 1.0)
        if len(self._slowness) < self.now:
            return
        middle = sorted(self._slowness)[len(self._slowness) // 2]
        self._slowness.clear()
        if middle < _AS_FAST:
            self.now = min(self._most, self.now * 2)
        elif middle > _SLOWED:
            self.now = max(self._first, self.now // 2)

    def refused(self) -> None:
        """A service says that it is asked too much."""
        self._slowness.clear()
        self._most = self.now = self._first
