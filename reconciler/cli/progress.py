"""Progress of long work: a line on the terminal, nothing in a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from reconciler.workflows.progress import Progress, Silent


class Shown(Progress, Protocol):
    """Progress that can step aside."""

    def hide(self) -> None:
        """Leave the terminal to somebody who writes to it; the next phase shows the line again."""


class Unseen(Silent):
    """Tells nobody."""

    def hide(self) -> None:
        """Nothing."""


@contextmanager
def shown_progress() -> Iterator[Shown]:
    """Progress on stderr where that is a terminal that can move its cursor."""
    if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield Unseen()
        return
    from reconciler.cli.bars import Line  # noqa: PLC0415  slow, and only for terminals

    line = Line()
    try:
        yield line
    finally:
        line.hide()
