"""A program that stays, as ``serve`` does: it scans once for each line of its input and says how long it took.

python -m bench.warm CONFIGURATION
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from reconciler.drift.report import Depth
from reconciler.settings import load_settings
from reconciler.wiring import open_application
from reconciler.workflows.progress import Silent


def main(config: str) -> None:
    """Scan at each line."""
    with open_application(load_settings(Path(config))) as application:
        for _ in sys.stdin:
            began = time.monotonic()
            report = application.scan([], Depth.EXACT, Silent())
            sys.stdout.write(f"{time.monotonic() - began} {report.verdict.value}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
