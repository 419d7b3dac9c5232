"""``make accuracy``: apply both estates, make every change, ask everybody, write the table."""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from accuracy import estates, table
from accuracy.estates import Estate, Scan, scan
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
        Emulator() as three,
        ThreadPoolExecutor(3) as pool,
    ):
        scratch = Path(folder)
        scratch.chmod(0o755)  # an embedded server that root starts runs as another user
        makers = (estates.production, estates.harbour, estates.untagged_harbour)
        pending = [
            pool.submit(make, _own(scratch, make.__name__), emulator)
            for make, emulator in zip(makers, (one, two, three), strict=True)
        ]
        *both, untagged = (future.result() for future in pending)
        measured = [_measured(estate) for estate in both]
        clean = _clean(untagged)
    given.page.write_text(table.page(measured, clean), "utf-8")
    every = [row for each in measured for row in table.rows(each)]
    sys.stdout.write(table.sentence(every, measured) + f"\nwritten to {given.page}\n")
    missed = [row for row in every if not row.later]
    false = sum(table.invented(each, (f.address for f in each.later.findings)) for each in measured)
    noise = [f for scans in (clean, *(each.clean for each in measured)) for each in scans for f in each.findings]
    return 1 if missed or false or noise else 0


def _own(scratch: Path, name: str) -> Path:
    folder = scratch / name
    folder.mkdir()
    return folder


def _clean(estate: Estate) -> tuple[Scan, Scan]:
    installation = estate.installation("clean")
    return scan(installation), scan(installation)


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
