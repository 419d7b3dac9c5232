"""What the options before the command say, and how a command gets at the rest of the program."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    # Both are slow to import: `--help` must not wait for a database driver and a validator.
    from reconciler.settings import Settings
    from reconciler.wiring import Application
    from reconciler.workflows.doctor import Check

    Opener: TypeAlias = Callable[[Settings], AbstractContextManager[Application]]
    Examiner: TypeAlias = Callable[[Settings], AbstractContextManager[Iterator[Check]]]


class LogLevel(StrEnum):
    """The least important line written to stderr."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _wired(settings: Settings) -> AbstractContextManager[Application]:
    from reconciler.wiring import open_application  # noqa: PLC0415  slow, see above

    return open_application(settings)


def _examined(settings: Settings) -> AbstractContextManager[Iterator[Check]]:
    from reconciler.wiring import open_examination  # noqa: PLC0415  slow, see above

    return open_examination(settings)


@dataclass
class Session:
    """One run of the command. ``opener`` and ``examiner`` are what tests replace."""

    opener: Opener = _wired
    examiner: Examiner = _examined
    config: Path | None = None
    log_level: LogLevel = LogLevel.WARNING
    debug: bool = False
    command: str = ""

    def settings(self) -> Settings:
        """The configuration.

        Raises:
            ConfigError: there is none, or it is wrong.
        """
        from reconciler.settings import load_settings  # noqa: PLC0415  slow, see above

        return load_settings(self.config)

    @contextmanager
    def application(self, workspaces: Sequence[str] = ()) -> Iterator[Application]:
        """The program behind the commands, for as long as the block runs.

        Args:
            workspaces: names that the user gave; they are looked up before anything is started.

        Raises:
            ConfigError: there is no configuration, it is wrong, or it has no such workspace.
        """
        settings = self.settings()
        for name in workspaces:
            settings.workspace(name)
        self.log_to_stderr()
        with self.opener(settings) as application:
            yield application

    @contextmanager
    def checks(self) -> Iterator[Iterator[Check]]:
        """What ``doctor`` looks at, one thing after the other, for as long as the block runs.

        Raises:
            ConfigError: there is no configuration, or it is wrong.
        """
        settings = self.settings()
        self.log_to_stderr()
        with self.examiner(settings) as checks:
            yield checks

    def log_to_stderr(self) -> None:
        """Send what the program logs to stderr: stdout is for the result alone."""
        root = logging.getLogger()
        root.handlers[:] = [_Deferred(self.log_level)]
        root.setLevel(logging.WARNING)
        logging.getLogger("reconciler").setLevel(self.log_level.value.upper())
        logging.captureWarnings(capture=True)


class _Deferred(logging.Handler):
    """Sets the log up when something is logged: structlog takes 0.1 s to import, and most commands log nothing."""

    def __init__(self, level: LogLevel) -> None:
        super().__init__()
        self._level = level
        self._at_it = False

    def emit(self, record: logging.LogRecord) -> None:
        """Put the real handler in our place and hand it the record."""
        if self._at_it:  # what is imported complains itself: there is nothing yet to tell it with
            return
        self._at_it = True
        from reconciler.service.logs import configure  # noqa: PLC0415  slow, see above
        from reconciler.service.plan import LogFormat  # noqa: PLC0415  likewise

        root = logging.getLogger()
        if self in root.handlers:
            configure(LogFormat.AUTO, self._level.value)
        self._at_it = False  # a second thread waited at our lock meanwhile
        for handler in root.handlers:
            handler.handle(record)
