"""``make bench``: measure, print a table, keep the figures."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import deleted, fixes, latency, scans, sizes
from bench.estates import Estate, apply_all
from bench.figures import HEAD, Figure, write
from reconciler.sandbox.emulator import Emulator

RESULTS = Path(__file__).parents[2] / ".bench"
GROUPS = ("sizes", "scans", "starts", "latency", "fixes", "deleted")


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument("--sizes", default="65,350,1000", help="estates of cheap types, by their number of resources")
    parser.add_argument("--replayed", type=int, default=1000, help="the size of the estate whose answers are replayed")
    parser.add_argument("--only", choices=GROUPS, action="append", help="one group of figures; may be repeated")
    given = parser.parse_args()
    began, load = time.time(), os.getloadavg()
    figures = []
    _say(f"load {load[0]:.1f} on {os.cpu_count()} processors\n{HEAD}")
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as folder:
        Path(folder).chmod(0o755)  # an embedded server that root starts runs as another user
        for figure in _all(Path(folder), given):
            figures.append(figure)
            _say(f"{figure.line()} {figure.note}")
    _say(f"load {os.getloadavg()[0]:.1f}; {time.time() - began:.0f} s; kept in {write(figures, RESULTS, began, load)}")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _all(scratch: Path, given: argparse.Namespace) -> Iterator[Figure]:
    groups = set(given.only or GROUPS)
    if "sizes" in groups:
        yield from sizes.measured(scratch, given.runs)
    if groups == {"sizes"}:
        return
    wanted = {int(size) for size in given.sizes.split(",") if size} if "scans" in groups else set()
    wanted |= {given.replayed} if "latency" in groups else set()
    smallest = min(wanted, default=65) if "scans" in groups else 65
    wanted |= {smallest} if groups & {"starts", "fixes", "deleted"} else set()
    with Emulator() as emulator:
        estates = apply_all(scratch, emulator, sorted(wanted), others=bool(groups & {"scans", "fixes"}))
        yield from _of_estates(estates, groups, given, emulator, estates.get(f"cheap-{smallest}"))


def _of_estates(
    estates: dict[str, Estate], groups: set[str], given: argparse.Namespace, emulator: Emulator, small: Estate | None
) -> Iterator[Figure]:
    if "scans" in groups:
        for estate in estates.values():
            yield from scans.measured(estate, given.runs)
    if "latency" in groups:
        yield from latency.measured(estates[f"cheap-{given.replayed}"], given.runs)
    if "starts" in groups and small is not None:
        yield from sizes.starts(small, given.runs)
    if "fixes" in groups and small is not None:
        for estate in (small, estates["mixed"], estates["production"]):
            yield from fixes.measured(estate, emulator, given.runs)
    if "deleted" in groups and small is not None:  # the last: what it deletes stays so
        yield from deleted.measured(small, emulator, given.runs)


if __name__ == "__main__":
    sys.exit(main())
