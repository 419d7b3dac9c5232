"""Progress of long work: a line on the terminal, nothing in a pipe."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.workflows.progress import Progress, Silent

if TYPE_CHECKING:
    from rich.progress import Progress as Bars


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Progress on stderr where that is a terminal that can move its cursor."""
    if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield Silent()
        return
    from rich.console import Console  # noqa: PLC0415  slow, and only for terminals
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield TerminalProgress(bars)


class TerminalProgress:
    """One line for each workspace that is at work. Told from several threads."""

    def __init__(self, bars: Bars) -> None:
        """Draw on these bars."""
        self._bars = bars
        self._lock = threading.Lock()
        self._tasks: dict[str, int] = {}
        self._current: int | None = None

    def phase(self, workspace: str, name: str, total: int | None = None) -> None:
        """A phase begins: the workspace's line starts anew."""
        from rich.progress import TaskID  # noqa: PLC0415  loaded already, where this runs

        with self._lock:
            old = self._tasks.pop(workspace, None)
            if old is not None:
                self._bars.remove_task(TaskID(old))
            self._current = self._tasks[workspace] = self._bars.add_task(f"{workspace}: {name}", total=total)

    def advance(self, count: int = 1) -> None:
        """So many steps of the phase that began last are done."""
        from rich.progress import TaskID  # noqa: PLC0415  likewise

        with self._lock:
            if self._current is not None:
                self._bars.advance(TaskID(self._current), count)
