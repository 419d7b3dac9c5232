"""What later passes cost in a program that stays."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench.estates import Estate
from bench.processes import family, name, private_bytes, processor_seconds

_TESTS = Path(__file__).parents[1]


@dataclass(frozen=True)
class Pass:
    """One pass. ``cpu`` is the processor time of everything, ``reading`` ours alone while it read; in seconds."""

    wall: float
    cpu: float
    reading: float
    verdict: str
    deleted: int
    events: int


class Daemon:
    """The program of :mod:`bench.warm`, in a ``with`` statement."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    def __enter__(self) -> Self:
        """Start it."""
        self._child = subprocess.Popen(
            [sys.executable, "-m", "bench.warm", str(self._estate.config)],
            env={**self._estate.environment, "PYTHONPATH": str(_TESTS)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and what it started."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        self._child.wait(30)
        self._child.stdout.close()

    def scan(self, expected: str = "in_sync") -> Pass:
        """Make one pass.

        Raises:
            RuntimeError: its verdict is another than the one expected.
        """
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        pid = self._child.pid
        before = processor_seconds(pid)
        self._child.stdin.write("\n")
        self._child.stdin.flush()
        told = json.loads(self._child.stdout.readline())
        if told["verdict"] != expected:
            raise RuntimeError(f"{self._estate.title}: {told['verdict']}, where {expected} was expected")
        return Pass(cpu=processor_seconds(pid) - before, **told)

    def memory(self) -> dict[str, int]:
        """Bytes that its processes hold alone, by program."""
        held: dict[str, int] = {}
        for pid in family(self._child.pid):
            held[name(pid)] = held.get(name(pid), 0) + private_bytes(pid)
        return held
