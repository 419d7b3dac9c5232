"""The line that moves on a terminal while long work goes on."""

from __future__ import annotations

import threading

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.text import Text

from reconciler.cli.render.text import visible


class Line:
    """One line on stderr for the phase that runs now. Told from several threads.

    It is drawn from the first phase on. ``hide`` takes it away, and the next phase brings it back.
    """

    def __init__(self) -> None:
        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            _Counted(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            # A stdout of rich's own is no terminal and has no encoding: results would lose colour, width and signs.
            redirect_stdout=False,
        )
        self._lock = threading.Lock()
        self._current: TaskID | None = None

    def phase(self, workspace: str, name: str, total: int | None = None) -> None:
        """A phase begins; the one before it is over. Without a workspace it is of the whole pass."""
        with self._lock:
            self._clear()
            told = visible(f"{workspace}: {name}" if workspace else name)
            self._current = self._bars.add_task(told, total=total)
            self._bars.start()

    def advance(self, count: int = 1) -> None:
        """So many steps of the phase are done."""
        with self._lock:
            if self._current is not None:
                self._bars.advance(self._current, count)

    def hide(self) -> None:
        """Leave the terminal as if the line had never been there."""
        with self._lock:
            self._clear()
            self._bars.stop()

    def _clear(self) -> None:
        if self._current is not None:
            self._bars.remove_task(self._current)
            self._current = None


class _Counted(MofNCompleteColumn):
    """``12/347``, and nothing where nobody knows how many there are."""

    def render(self, task: Task) -> Text:
        return Text() if task.total is None else super().render(task)
