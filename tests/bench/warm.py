"""A program that stays, as ``serve`` does: it scans once for each line of its input and says what came of it.

    python -m bench.warm CONFIGURATION

prints one JSON object a line: ``wall`` in seconds, ``verdict``, ``deleted`` resources, ``events`` on record.
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
from reconciler.workflows.progress import Silent

_MOST_EVENTS = 100_000


def main(config: str) -> None:
    """Scan at each line."""
    with open_application(load_settings(Path(config))) as application:
        for _ in sys.stdin:
            began = time.monotonic()
            report = application.scan([], Depth.EXACT, Silent())
            wall = time.monotonic() - began
            found = [known.finding.kind for workspace in report.workspaces for known in workspace.findings]
            told = {
                "wall": wall,
                "verdict": report.verdict.value,
                "deleted": found.count(Kind.DELETED),
                "events": len(application.events(limit=_MOST_EVENTS)),
            }
            sys.stdout.write(f"{json.dumps(told)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
