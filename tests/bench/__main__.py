"""``make bench``: measure, print a table, keep the figures."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import scans, sizes
from bench.estates import apply_all
from bench.figures import HEAD, Figure, write
from reconciler.sandbox.emulator import Emulator

RESULTS = Path(__file__).parents[2] / ".bench"


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument("--sizes", default="65,350", help="estates of cheap types, by their number of resources")
    parser.add_argument("--only", choices=("scans", "sizes"), help="one half of it")
    given = parser.parse_args()
    began, load = time.time(), os.getloadavg()
    figures = []
    _say(f"load {load[0]:.1f} on {os.cpu_count()} processors\n{HEAD}")
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as folder:
        Path(folder).chmod(0o755)  # an embedded server that root starts runs as another user
        for figure in _all(Path(folder), given):
            figures.append(figure)
            _say(f"{figure.line()} {figure.note}")
    _say(f"load {os.getloadavg()[0]:.1f}; kept in {write(figures, RESULTS, began, load)}")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _all(scratch: Path, given: argparse.Namespace) -> Iterator[Figure]:
    if given.only != "scans":
        yield from sizes.measured(scratch, given.runs)
    if given.only != "sizes":
        with Emulator() as emulator:
            estates = apply_all(scratch, emulator, [int(size) for size in given.sizes.split(",") if size])
            for estate in estates:
                yield from scans.measured(estate, given.runs)
            yield from sizes.starts(estates[0], given.runs)


if __name__ == "__main__":
    sys.exit(main())
