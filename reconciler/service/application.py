"""What the daemon needs of the rest of the program, and which instance of it serves which configuration.

An application is opened for one configuration. After a reload new passes take the new one, running passes keep
theirs, and a retired one is closed when its last pass has ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Generic, Protocol, TypeVar

import structlog

from reconciler.drift.report import Depth, Report
from reconciler.errors import CutOffError
from reconciler.service.upkeep import Anchors, Kept, settle
from reconciler.workflows.progress import Progress

_log = structlog.stdlib.get_logger("reconciler.service")


class Application(Kept, Protocol):
    """One configuration's database, provider pool and workflows. Used from several threads at once."""

    def scan(self, workspaces: Sequence[str], depth: Depth, progress: Progress) -> Report:
        """Make one pass.

        Raises:
            ReconcilerError: the pass could not be made at all.
        """

    def cancel(self) -> None:
        """Cut running passes off. They end soon, by an error or with what they have; later passes end at once."""


SettingsT = TypeVar("SettingsT")
Opener = Callable[[SettingsT], AbstractContextManager[Application]]
"""Opens the application of a configuration; raises ReconcilerError where that is not possible now."""


class _Generation(Generic[SettingsT]):
    """The application of one configuration: opened by its first pass, closed after its last."""

    def __init__(self, settings: SettingsT, opener: Opener[SettingsT]) -> None:
        self.settings = settings
        self.users = 0
        self.retired = False
        self._opener = opener
        self._opening = threading.Lock()
        self._stack = ExitStack()
        self._application: Application | None = None

    @property
    def application(self) -> Application | None:
        return self._application

    def open(self) -> Application:
        # One thread opens, the others wait for it: two pools of one configuration would double the memory.
        with self._opening:
            if self._application is None:
                self._application = self._stack.enter_context(self._opener(self.settings))
            return self._application

    def close(self) -> None:
        try:
            self._stack.close()
        except Exception as problem:  # noqa: BLE001 - a fault while closing must not keep the daemon from ending
            _log.warning("an application did not close cleanly", error=str(problem))


class Applications(Generic[SettingsT]):
    """Gives each pass the application of the configuration in force. Safe to use from several threads."""

    def __init__(self, opener: Opener[SettingsT], settings: SettingsT) -> None:
        """Start with these settings; nothing is opened before the first pass."""
        self._opener = opener
        self._lock = threading.Lock()
        self._current = _Generation(settings, opener)
        self._all = {self._current}
        self._closing: list[threading.Thread] = []
        self._cancelled = False
        self._anchors = Anchors()

    def scan(self, workspace: str, progress: Progress) -> Report:
        """Make one exact pass with the configuration in force now.

        Raises:
            ReconcilerError: the application could not be opened, or the pass could not be made.
        """
        with self._lock:
            generation = self._current
            generation.users += 1
        try:
            application = generation.open()
            if self._cancelled:
                raise CutOffError
            settle(application, workspace, progress)
            report = application.scan([workspace], Depth.EXACT, progress)
            self._anchors.drop(application)
            return report
        finally:
            self._leave(generation)

    def replace(self, settings: SettingsT) -> None:
        """New passes take a new application with these settings; the old one is closed when nothing uses it."""
        with self._lock:
            old, self._current = self._current, _Generation(settings, self._opener)
            self._all.add(self._current)
            old.retired = True
            self._close_if_idle(old)

    def cancel(self) -> None:
        """Cut every running pass off, those that have not started yet too."""
        self._cancelled = True
        with self._lock:
            applications = [generation.application for generation in self._all]
        for application in applications:
            if application is not None:
                application.cancel()

    def close(self, deadline: float) -> bool:
        """Close everything, in threads of its own; True if all was closed within so many seconds.

        A generation that a pass still uses is left alone, and then the answer is False.
        """
        with self._lock:
            for generation in tuple(self._all):
                generation.retired = True
                self._close_if_idle(generation)
            closing, idle = tuple(self._closing), not self._all
        for thread in closing:
            # A thread's share is the whole deadline: they run side by side.
            thread.join(deadline)
        return idle and not any(thread.is_alive() for thread in closing)

    def _leave(self, generation: _Generation[SettingsT]) -> None:
        with self._lock:
            generation.users -= 1
            self._close_if_idle(generation)

    def _close_if_idle(self, generation: _Generation[SettingsT]) -> None:
        if not generation.retired or generation.users or generation not in self._all:
            return
        self._all.discard(generation)
        self._closing = [thread for thread in self._closing if thread.is_alive()]
        # Never in the caller's thread: it may be the one that listens to signals and feeds the watchdog.
        thread = threading.Thread(target=generation.close, name="close-application", daemon=True)
        thread.start()
        self._closing.append(thread)
