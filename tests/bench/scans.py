"""A scan beside ``terraform plan -refresh-only`` on the same estate, in turns, so that the machine's moods hit both."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.daemon import Daemon
from bench.estates import Estate
from bench.figures import Figure
from bench.processes import PeakMemory

_METER = Path(__file__).with_name("meter.py")
PEER = "terraform plan -refresh-only"
_MEGABYTE = 1e6


@dataclass(frozen=True)
class Cost:
    """What one run took, its descendants included. Seconds and bytes."""

    wall: float
    cpu: float
    peak: int


def metered(command: Sequence[str], environment: Mapping[str, str], expected: Sequence[int] = (0,)) -> Cost:
    """Run a command and see what it cost.

    Raises:
        RuntimeError: it ended with another code than those expected.
    """
    with tempfile.NamedTemporaryFile("r", suffix=".json") as result:
        subprocess.run(
            [sys.executable, "-I", _METER, result.name, *command],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        cost = json.load(result)
    if cost["code"] not in expected:
        raise RuntimeError(f"{' '.join(command)} ended with {cost['code']}")
    return Cost(cost["wall"], cost["cpu"], cost["peak_bytes"])


def measured(estate: Estate, runs: int) -> Iterator[Figure]:
    """The whole command and a pass of a program that stays beside Terraform; then memory, in runs of its own."""
    yield from beside(estate, runs)
    plan = _memory(estate.plan, estate.terraform_environment)
    with Daemon(estate) as daemon:
        for _ in range(runs):
            daemon.scan()
        memory = daemon.memory()
    for what, mine, peer, its in (
        ("memory, daemon", lambda name: name.startswith(("python", "reconciler")), "terraform", "terraform".__eq__),
        ("memory, provider(s)", _is_provider, "terraform's provider(s), most", _is_provider),
    ):
        yield Figure(estate.title, what, [_held(memory, mine)], "MB", peer, [_held(plan, its)])


def beside(estate: Estate, runs: int, title: str | None = None) -> Iterator[Figure]:
    """The whole command, and a pass of a program that stays, each beside Terraform."""
    title = title or estate.title
    ours, theirs, passes = [], [], []
    metered(estate.command("scan"), estate.environment)  # caches, and modules compiled
    with Daemon(estate.apart("daemon")) as daemon:
        first = daemon.scan()
        for _ in range(runs):
            # A daemon that waits for its next pass takes nothing from the others.
            ours.append(metered(estate.command("scan"), estate.environment))
            theirs.append(metered(estate.plan, estate.terraform_environment))
            passes += [daemon.scan(), daemon.scan()]
    walls, cpus = [cost.wall for cost in theirs], [cost.cpu for cost in theirs]
    yield Figure(title, "scan, wall", [cost.wall for cost in ours], "s", PEER, walls)
    yield Figure(title, "scan, processor", [cost.cpu for cost in ours], "s", PEER, cpus)
    note = f"{passes[-1].events - first.events} events"
    yield Figure(title, "pass of a daemon, wall", [each.wall for each in passes], "s", PEER, walls, note)
    # Of all passes together: the kernel counts a process' time in hundredths of a second.
    cpu = sum(each.cpu for each in passes) / len(passes)
    yield Figure(title, "pass of a daemon, processor", [cpu], "s", PEER, cpus)
    reads = [1000 * each.reading / estate.resources for each in passes]
    yield Figure(title, "our part of a read, processor", reads, "ms")


def _is_provider(program: str) -> bool:
    return program.startswith("terraform-provi")


def _held(memory: Mapping[str, int], belongs: Callable[[str], bool]) -> float:
    """Megabytes that these programs hold."""
    return sum(size for program, size in memory.items() if belongs(program)) / _MEGABYTE


def _memory(command: Sequence[str], environment: Mapping[str, str]) -> dict[str, int]:
    child = subprocess.Popen(
        command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with PeakMemory(child.pid) as peak:
        child.wait()
    return peak.by_program
