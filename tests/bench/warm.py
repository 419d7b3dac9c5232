"""A program that stays, as ``serve`` does: it scans once for each line of its input and says what came of it.

    python -m bench.warm CONFIGURATION

prints one JSON object a line: ``wall`` and ``reading`` (our own processor time while resources were read) in seconds,
``verdict``, ``deleted`` resources, ``events`` on record.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from reconciler.drift.finding import Kind
from reconciler.drift.report import Depth
from reconciler.settings import load_settings
from reconciler.wiring import open_application

_MOST_EVENTS = 100_000


class _Stopwatch:
    """Progress that tells how much processor time went into the reading."""

    def __init__(self) -> None:
        self.reading = 0.0
        self._began: float | None = None

    def phase(self, workspace: str, name: str, total: int | None = None) -> None:
        now = time.process_time()
        if self._began is not None:
            self.reading += now - self._began
        self._began = now if name == "reading" else None

    def advance(self, count: int = 1) -> None:
        """Nothing."""


def main(config: str) -> None:
    """Scan at each line."""
    with open_application(load_settings(Path(config))) as application:
        for _ in sys.stdin:
            began, watch = time.monotonic(), _Stopwatch()
            report = application.scan([], Depth.EXACT, watch)
            wall = time.monotonic() - began
            found = [known.finding.kind for workspace in report.workspaces for known in workspace.findings]
            told = {
                "wall": wall,
                "reading": watch.reading,
                "verdict": report.verdict.value,
                "deleted": found.count(Kind.DELETED),
                "events": len(application.events(limit=_MOST_EVENTS)),
            }
            sys.stdout.write(f"{json.dumps(told)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
