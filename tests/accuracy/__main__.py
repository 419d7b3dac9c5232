"""``make accuracy``: apply both estates, make every change, ask everybody, write the table."""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from accuracy import estates, table
from accuracy.estates import Estate, scan
from accuracy.table import Measured
from reconciler.sandbox.by_hand import Console
from reconciler.sandbox.emulator import Emulator

PAGE = Path(__file__).parents[2] / "docs" / "accuracy-table.md"


def main() -> int:
    """Measure, write, and fail where something was missed or invented."""
    parser = argparse.ArgumentParser(prog="make accuracy")
    parser.add_argument("--page", type=Path, default=PAGE, help="the file to write")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="reconciler-accuracy-") as folder,
        Emulator() as one,
        Emulator() as two,
        ThreadPoolExecutor(2) as pool,
    ):
        scratch = Path(folder)
        scratch.chmod(0o755)  # an embedded server that root starts runs as another user
        pending = [
            pool.submit(make, _own(scratch, make.__name__), emulator)
            for make, emulator in ((estates.production, one), (estates.harbour, two))
        ]
        measured = [_measured(future.result()) for future in pending]
    given.page.write_text(table.page(measured), "utf-8")
    every = [row for each in measured for row in table.rows(each)]
    sys.stdout.write(table.sentence(every, measured) + f"\nwritten to {given.page}\n")
    missed = [row for row in every if not row.later]
    false = sum(table.invented(each, (f.address for f in each.later.findings)) for each in measured)
    noise = [f for each in measured for one_pass in each.clean for f in one_pass.findings]
    return 1 if missed or false or noise else 0


def _own(scratch: Path, name: str) -> Path:
    folder = scratch / name
    folder.mkdir()
    return folder


def _measured(estate: Estate) -> Measured:
    installation = estate.installation("baseline")
    clean = scan(installation), scan(installation)
    clean_plan, clean_refresh = estate.plan(), estate.plan("-refresh-only")
    console = Console(estate.emulator)
    for change in estate.changes:
        change.make(console)
    later, first = scan(installation), scan(estate.installation("first"))
    return Measured(estate, clean, clean_plan, clean_refresh, later, first, estate.plan(), estate.plan("-refresh-only"))


if __name__ == "__main__":
    sys.exit(main())
