"""What ``demo --keep`` leaves: an emulator that answers, and words that say how to reach and end it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

_KEEP = """
import sys
from pathlib import Path
from reconciler.sandbox import story

class Told:
    def chapter(self, title): print(title)
    def line(self, text): print(text)
    def report(self, report): print(report)

with story._emulator(keep=True, audience=Told(), folder=Path(sys.argv[1]), program="bin/reconciler"):
    pass
"""


def test_the_emulator_outlives_the_demo_as_it_says(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _KEEP, str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    kept = re.search(r"answers at (http://127\.0\.0\.1:\d+); to end it: kill (\d+)$", done.stdout, re.MULTILINE)
    assert kept
    try:
        with urllib.request.urlopen(f"{kept[1]}/moto-api/data.json", timeout=30) as answer:  # noqa: S310  ours
            assert answer.status == 200
        assert f"cd {tmp_path}\nbin/reconciler report\n" in done.stdout
    finally:
        os.kill(int(kept[2]), signal.SIGTERM)
