"""``make fuzz``: so many inputs for each surface, or as many as fit into so many seconds.

A failure is printed with what makes it again, and its input is kept below ``.fuzz``.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from fuzz.surfaces import SURFACES, Surface

KEPT = Path(__file__).parents[2] / ".fuzz"
SLOW = 5.0
"""Seconds of the processor that an input may take."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz what is asked for; 1 where something was found."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--only", choices=sorted(SURFACES), action="append", help="one surface")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--count", type=int, default=10**9, help="inputs for each surface")
    parser.add_argument("--seconds", type=float, default=30.0, help="time for each surface; 0 for any")
    parser.add_argument("--at", type=int, help="make one input again, and print it")
    given = parser.parse_args(arguments)
    surfaces = [SURFACES[name] for name in given.only or SURFACES]
    if given.at is not None:
        sys.stdout.buffer.write(surfaces[0].input(given.seed, given.at))
        return 0
    _say(f"seed {given.seed}")
    return max([run(surface, given.seed, given.count, given.seconds) for surface in surfaces])


def run(surface: Surface, seed: int, count: int, seconds: float) -> int:
    """Fuzz one surface, and tell how its inputs were taken; 1 where something was found."""
    taken: Counter[str] = Counter()
    began, found, slowest = time.monotonic(), 0, 0.0
    with tempfile.TemporaryDirectory(prefix="reconciler-fuzz-") as folder:
        for number in range(count):
            if seconds and time.monotonic() - began > seconds:
                break
            data = surface.input(seed, number)
            start = time.process_time()
            try:
                taken[surface.check(data, Path(folder))] += 1
            except Exception as error:  # noqa: BLE001 - what is looked for
                found += 1
                _found(surface, seed, number, data, error)
            spent = time.process_time() - start
            slowest = max(slowest, spent)
            if spent > SLOW:
                found += 1
                _found(surface, seed, number, data, TimeoutError(f"{spent:.1f} s"))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    how = ", ".join(f"{number} {name}" for name, number in sorted(taken.items()))
    _say(f"{surface.name}: {how}, {found} failed; slowest {slowest:.2f} s, memory {memory} MB")
    return int(found > 0)


def _found(surface: Surface, seed: int, number: int, data: bytes, error: Exception) -> None:
    KEPT.mkdir(exist_ok=True)
    kept = KEPT / f"{surface.name}-{seed}-{number}"
    kept.write_bytes(data)
    at = traceback.extract_tb(error.__traceback__)[-1:]
    place = f"{at[0].filename}:{at[0].lineno}" if at else "too slow"
    _say(f"{surface.name} --seed {seed} --at {number}: {error!r} ({place}), kept in {kept}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
