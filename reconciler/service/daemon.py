"""``reconciler serve``: the daemon as a process, with its signals, its log and its end."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from reconciler.errors import ReconcilerError
from reconciler.service.application import Opener, SettingsT
from reconciler.service.children import kill_descendants
from reconciler.service.logs import configure
from reconciler.service.loop import CUT_OFF, Configuration, Daemon, one_line
from reconciler.service.notify import Notifier
from reconciler.service.plan import LogFormat
from reconciler.service.signals import told_of_signals

_GRACE: Final = 2.0
"""Seconds in which what has been told to end may still do so: an embedded database writes its last checkpoint."""
_log = structlog.stdlib.get_logger("reconciler.service")


def serve(config: Path | None) -> int:
    """Be the daemon of this configuration until a signal ends it; the exit code, as of :func:`run`.

    Without a path the usual places are searched, again at each reload.
    """
    # Only here: the daemon's loop runs without the settings and the adapters that these bring in.
    from reconciler.service.configuration import load_configuration  # noqa: PLC0415
    from reconciler.wiring import open_application  # noqa: PLC0415

    return run(lambda: load_configuration(config), open_application)


def run(load: Callable[[], Configuration[SettingsT]], opener: Opener[SettingsT]) -> int:
    """Be the daemon until a signal ends it; the exit code: 0, 1 for a fault in the configuration, 130 cut off.

    SIGTERM and SIGINT stop, a second one at once; SIGHUP reads the configuration again. Where passes hang the
    process ends here without returning, since Python would wait for their threads.
    """
    configure(LogFormat.AUTO, "info")
    with Notifier() as notifier:
        try:
            daemon = Daemon(load, opener, notifier)
        except ReconcilerError as problem:
            _log.error("cannot start", error=one_line(problem), hint=problem.hint)
            return problem.exit_code
        with told_of_signals(daemon.tell):
            code = daemon.run()
    # Whatever a library left behind, or what a pass that hangs still holds; after an orderly end there is nothing.
    killed = kill_descendants(grace=0.0 if code == CUT_OFF else _GRACE)
    if killed:
        _log.warning("children were left and killed", children=killed)
    if code == CUT_OFF:
        logging.shutdown()
        sys.stdout.flush()
        os._exit(code)
    return code
