"""What the order of tests rests on: see ``support.schedule``."""

from __future__ import annotations

import re
from pathlib import Path

from support.schedule import ESTATE, LONGEST

ROOT = Path(__file__).parents[2]
_USES = re.compile(r"\b(?:applied_estate|private_estate|open_production)\b")


def test_long_files_are_there() -> None:
    assert [file for file in LONGEST if not (ROOT / file).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)


def test_whoever_needs_the_example_estate_runs_with_the_others() -> None:
    using = {
        str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py") if _USES.search(path.read_text())
    }
    assert using - {"tests/unit/test_schedule.py"} == set(ESTATE)
