"""What grows with an estate, each part alone, and how soon commands answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.estates import Estate, own_environment
from bench.figures import Figure
from bench.scans import metered

_TESTS = Path(__file__).parents[1]
_COPY = "bare COPY"


def _task(home: Path, *arguments: object) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.tasks", *map(str, arguments)],
        env={**own_environment(home), "PYTHONPATH": str(_TESTS)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measured(scratch: Path, runs: int) -> Iterator[Figure]:
    """State, comparison, inventory, template."""
    yield from _states(scratch, runs)
    growth = {count: [_task(scratch, "compare", count) for _ in range(runs)] for count in (1_000, 10_000, 100_000)}
    for count, found in growth.items():
        per = [1e6 * run["seconds"] / count for run in found]
        note = f"{per[0]:.0f} µs each; {found[0]['findings']} findings"
        yield Figure(f"compare {count:,} resources", "wall", [run["seconds"] for run in found], "s", note=note)
    small, large = ([1e6 * run["seconds"] / count for run in growth[count]] for count in (1_000, 100_000))
    yield Figure("compare, each of 100,000", "wall", large, "µs", "each of 1,000", small)
    yield from _inventory(scratch, runs)
    for files in (1, 20):
        found = [_task(scratch, "template", scratch / f"template-{files}-{n}", 10_000, files) for n in range(runs)]
        subject = f"template, 10,000 lines, {files} file{'s' * (files > 1)}"
        yield Figure(subject, "cold", [run["cold"] for run in found], "s")
        yield Figure(subject, "one line edited", [run["edited"] for run in found], "s")


def _states(scratch: Path, runs: int) -> Iterator[Figure]:
    file = scratch / "large.tfstate"
    _task(scratch, "make_state", file, 100)
    ours = [_task(scratch, "state", file) for _ in range(runs)]
    theirs = [_task(scratch, "state_json", file) for _ in range(runs)]
    subject = f"state of 100 MB, {ours[0]['instances']:,}"
    json_ = "json.loads"
    yield Figure(subject, "wall", [r["seconds"] for r in ours], "s", json_, [r["seconds"] for r in theirs])
    yield Figure(
        subject, "peak memory", [r["peak"] / 1e6 for r in ours], "MB", json_, [r["peak"] / 1e6 for r in theirs]
    )
    file.unlink()


def _inventory(scratch: Path, runs: int) -> Iterator[Figure]:
    count = 100_000
    found = [_task(scratch, "inventory", count, scratch / f"inventory-{n}") for n in range(runs)]
    copied = [count / run["copy"] for run in found]
    yield Figure("inventory, 100,000 new rows", "rows", [count / r["first"] for r in found], "/s", _COPY, copied)
    told, verified = ([count / run[name] for run in found] for name in ("told", "verified"))
    yield Figure("inventory, 100,000 new rows and events", "rows", told, "/s", _COPY, copied)
    yield Figure("ledger, 100,000 events", "verified", verified, "/s")
    written = sum(run["unchanged_rows"] + run["unchanged_again_rows"] for run in found)
    unchanged = [count / run["unchanged_again"] for run in found]
    note = f"{written:.0f} rows written"
    yield Figure("inventory, 100,000 unchanged", "rows", unchanged, "/s", _COPY, copied, note)


def starts(estate: Estate, runs: int) -> Iterator[Figure]:
    """How soon commands answer that ask no cloud."""
    metered(estate.command("scan"), estate.environment)  # something to report
    for arguments in (("--help",), ("--version",), ("report",)):
        metered(estate.command(*arguments), estate.environment)
        found = [metered(estate.command(*arguments), estate.environment) for _ in range(max(runs, 5))]
        yield Figure(f"reconciler {arguments[0]}", "wall", [cost.wall for cost in found], "s")
