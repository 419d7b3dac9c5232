"""Processor time and memory of processes with all their descendants, from /proc."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and its descendants, as far as they run."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            children.setdefault(int(_fields(int(entry.name))[1]), []).append(int(entry.name))
    found, ahead = [], [pid]
    while ahead:
        found.append(ahead.pop())
        ahead += children.get(found[-1], [])
    return found


def processor_seconds(pid: int) -> float:
    """Of a process, its running descendants, and those that they have waited for."""
    total = 0
    for member in family(pid):
        with suppress(OSError):
            total += sum(map(int, _fields(member)[11:15]))
    return total / _TICKS


def private_bytes(pid: int) -> int:
    """What a process alone holds and the system could not take back: its dirty private pages."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Private_Dirty:"):
                return int(line.split()[1]) * 1024
    return 0


def name(pid: int) -> str:
    """The program of a process."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text("ascii").strip()
    return ""


class PeakMemory:
    """The most that a process' family held at any of the moments that it was looked at.

    Looking costs: a run that is watched so is not one to take the time of.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.total = 0
        self.by_program: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.is_set():
            held: dict[str, int] = {}
            for member in family(self._pid):
                program = name(member)
                held[program] = held.get(program, 0) + private_bytes(member)
            self.total = max(self.total, sum(held.values()))
            for program, size in held.items():
                self.by_program[program] = max(self.by_program.get(program, 0), size)
            time.sleep(0.05)


def _fields(pid: int) -> list[str]:
    """What stands in ``/proc/PID/stat`` behind the program's name."""
    return Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()
