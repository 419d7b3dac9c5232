"""The same beside Terraform where the calls and not the emulator decide: recorded answers, at once and after 50 ms."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.daemon import Daemon
from bench.estates import Estate
from bench.figures import Figure
from bench.replay import control
from bench.scans import PEER, beside, metered

LATENCY = 0.05
_TERRAFORMS_WIDTH = 10
_OURS = 50
"""At most so many reads at once, by default."""


def measured(estate: Estate, runs: int) -> Iterator[Figure]:
    """Calls of both, and what they take at either latency.

    Raises:
        RuntimeError: something was asked for that was not recorded: the figures would be of refusals.
    """
    with replay(estate.terraform_environment["AWS_ENDPOINT_URL"]) as url:
        there = estate.apart("replay", url)
        metered(there.command("scan"), there.environment)
        with Daemon(there.apart("daemon")) as daemon:
            daemon.scan()
            control(url, "counts")
            daemon.scan()
            ours = _calls(url)
        metered(there.plan, there.terraform_environment)
        theirs = _calls(url)
        yield Figure(estate.title, "calls to AWS of a pass", [ours], "calls", PEER, [theirs])
        for seconds in (0.0, LATENCY):
            control(url, f"replay?latency={seconds}")
            yield from beside(there, runs, f"{estate.resources:,}, answered after {1000 * seconds:.0f} ms")
            if missed := control(url, "counts")["missed"]:
                raise RuntimeError(f"not recorded: {missed}")
    limits = [LATENCY * ours / _OURS], [LATENCY * theirs / _TERRAFORMS_WIDTH]
    yield Figure(
        "calls x 50 ms / reads at once", "the least", limits[0], "s", "10 at once", limits[1], f"{_OURS} at once"
    )


def _calls(url: str) -> float:
    counts = control(url, "counts")["counts"]
    assert isinstance(counts, Mapping)
    return sum(counts.values())


@contextmanager
def replay(upstream: str) -> Iterator[str]:
    """A replay server that records what ``upstream`` says; its URL."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.replay", upstream],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[1])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stdin is not None
        try:
            yield child.stdout.readline().strip()
        finally:
            child.stdin.close()
