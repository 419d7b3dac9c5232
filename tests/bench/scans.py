"""A scan beside ``terraform plan -refresh-only`` on the same estate, in turns, so that the machine's moods hit both."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.estates import Estate
from bench.figures import Figure
from bench.processes import PeakMemory, family, name, private_bytes, processor_seconds

_METER = Path(__file__).with_name("meter.py")
_TESTS = Path(__file__).parents[1]
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
    """The whole command, a pass of a program that stays, and Terraform; then memory, in runs of its own."""
    ours, theirs = [], []
    metered(estate.command("scan"), estate.environment)  # caches, and modules compiled
    for _ in range(runs):
        ours.append(metered(estate.command("scan"), estate.environment))
        theirs.append(metered(estate.plan, estate.terraform_environment))
    yield Figure(estate.title, "scan, wall", [cost.wall for cost in ours], "s", PEER, [cost.wall for cost in theirs])
    yield Figure(estate.title, "scan, processor", [cost.cpu for cost in ours], "s", PEER, [cost.cpu for cost in theirs])
    passes, memory = _warm(estate, max(runs, 5))
    yield Figure(
        estate.title, "pass of a daemon, wall", [cost.wall for cost in passes], "s", PEER, [c.wall for c in theirs]
    )
    # Of all passes together: the kernel counts a process' time in hundredths of a second.
    cpu = sum(cost.cpu for cost in passes) / len(passes)
    yield Figure(estate.title, "pass of a daemon, processor", [cpu], "s", PEER, [cost.cpu for cost in theirs])
    plan = _memory(estate.plan, estate.terraform_environment)
    provider = [size for program, size in plan.items() if program.startswith("terraform-provi")]
    own = [size for program, size in memory.items() if program.startswith(("python", "reconciler"))]
    held = [size for program, size in memory.items() if program.startswith("terraform-provi")]
    yield Figure(
        estate.title, "memory, daemon", [sum(own) / _MEGABYTE], "MB", "terraform", [plan["terraform"] / _MEGABYTE]
    )
    yield Figure(
        estate.title,
        "memory, provider(s)",
        [sum(held) / _MEGABYTE],
        "MB",
        "terraform's provider(s), most",
        [sum(provider) / _MEGABYTE],
    )


def _warm(estate: Estate, passes: int) -> tuple[list[Cost], dict[str, int]]:
    """The cost of passes after the first, and what the processes hold afterwards, by program."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.warm", str(estate.config)],
        env={**estate.environment, "PYTHONPATH": str(_TESTS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    costs = []
    try:
        for number in range(passes + 1):
            before = processor_seconds(child.pid)
            child.stdin.write("\n")
            child.stdin.flush()
            wall, verdict = child.stdout.readline().split()
            if verdict != "in_sync":
                raise RuntimeError(f"{estate.title}: {verdict}")
            if number:
                costs.append(Cost(float(wall), processor_seconds(child.pid) - before, 0))
        held: dict[str, int] = {}
        for pid in family(child.pid):
            held[name(pid)] = held.get(name(pid), 0) + private_bytes(pid)
    finally:
        child.stdin.close()
        child.wait(30)
        child.stdout.close()
    return costs, held


def _memory(command: Sequence[str], environment: Mapping[str, str]) -> dict[str, int]:
    child = subprocess.Popen(
        command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with PeakMemory(child.pid) as peak:
        child.wait()
    return peak.by_program
