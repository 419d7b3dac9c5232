"""The log: structlog on stderr, one line an event; what libraries log by the standard library goes the same way.

Under the journal a line carries its priority as ``<N>`` in front and no time of its own; elsewhere times are UTC.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from typing import Final, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from reconciler.service.masking import mask_event
from reconciler.service.plan import LogFormat

LEVELS: Final = ("debug", "info", "warning", "error")
_KEY_ORDER: Final = ("timestamp", "level", "event", "workspace")
# Priorities of sd-daemon(3), which the journal takes off the front of a line.
_PRIORITY: Final = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_UNFIT_KEY: Final = re.compile(r"[\s=\"\x00-\x20]+")


def configure(log_format: LogFormat, level: str, stream: TextIO | None = None) -> None:
    """Send all logging of this process to ``stream`` (stderr); may be called again with another format or level.

    Our own events are logged from ``level`` on, those of libraries from WARNING on.
    """
    stream = sys.stderr if stream is None else stream
    journal = _is_journal(stream)
    chosen = log_format
    if chosen is LogFormat.AUTO:
        chosen = LogFormat.CONSOLE if stream.isatty() else LogFormat.LOGFMT
    shared = _shared(timestamps=not journal)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(chosen, prioritised=journal),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("reconciler").setLevel(level.upper())
    logging.captureWarnings(capture=True)


def _shared(*, timestamps: bool) -> list[Processor]:
    chain: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        # An exception becomes text before the masks, which then cover it too.
        structlog.processors.format_exc_info,
    ]
    if timestamps:
        chain.append(structlog.processors.TimeStamper(fmt="iso", utc=True))
    return [*chain, mask_event]


def _rendering(log_format: LogFormat, *, prioritised: bool) -> list[Processor]:
    match log_format:
        case LogFormat.JSON:
            chain: list[Processor] = [structlog.processors.JSONRenderer(ensure_ascii=False)]
        case LogFormat.CONSOLE:
            chain = [_one_line, structlog.dev.ConsoleRenderer(colors=True)]
        case _:
            chain = [
                _one_line,
                structlog.processors.LogfmtRenderer(key_order=_KEY_ORDER, drop_missing=True, bool_as_flag=False),
            ]
    return [_Prioritised(chain)] if prioritised else chain


class _Prioritised:
    """Renders with a chain and puts the journal's priority in front."""

    def __init__(self, chain: list[Processor]) -> None:
        self._chain = chain

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> str:
        priority = _PRIORITY.get(str(event.get("level")), _PRIORITY["info"])
        rendered: object = event
        for processor in self._chain:
            rendered = processor(logger, method, rendered)  # type: ignore[arg-type]  # only the last makes it a text
        return f"<{priority}>{rendered}"


def _one_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """No text may forge a line or steer a terminal: control characters are written out, and keys are plain words.

    A newline stays: the logfmt renderer writes it out, and on a console a traceback should be readable.
    """
    return {
        _UNFIT_KEY.sub("_", key): _CONTROL.sub(lambda found: repr(found.group())[1:-1], value)
        if isinstance(value, str)
        else value
        for key, value in event.items()
    }


def _is_journal(stream: TextIO) -> bool:
    """Whether the stream is the journal's: ``JOURNAL_STREAM`` names its device and inode, see systemd.exec(5)."""
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        facts = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return (device, inode) == (str(facts.st_dev), str(facts.st_ino))
