"""Errors as people meet them: a line that says what, a line that says what to do, and never a traceback."""

from __future__ import annotations

import os
import platform
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from reconciler.cli.session import Session
from reconciler.cli.version import version
from reconciler.errors import ReconcilerError


def tell(error: ReconcilerError) -> int:
    """Print an error, or each of several, and give the exit code."""
    for each in getattr(error, "errors", (error,)):
        line("error", str(each))
        if each.hint:
            line("hint", each.hint)
    return error.exit_code


def line(kind: str, text: str) -> None:
    """``error: text`` on stderr, as one line whatever the text holds."""
    from rich.console import Console  # noqa: PLC0415  only where something went wrong
    from rich.text import Text  # noqa: PLC0415  likewise

    from reconciler.cli.render.text import visible  # noqa: PLC0415  likewise

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    styled = Text.assemble((f"{kind}:", "bold red" if kind == "error" else "bold"), " ", visible(text))
    console.print(styled, soft_wrap=True)


def tell_bug(error: Exception, session: Session) -> int:
    """Say that the fault is ours and where its details are; the exit code is 1."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    line("error", f"an unexpected {type(error).__name__} in {place}: this is a bug in reconciler")
    try:
        file = _write_details(error, session)
    except OSError as problem:
        line("hint", f"run it again with --debug for the details ({problem.strerror or 'no file could be written'})")
    else:
        line("hint", f"details without secrets are in {file}: please report them")
    return 1


def _write_details(error: Exception, session: Session) -> Path:
    """The stack without any value: messages and variables may hold secrets, files and lines do not."""
    now = datetime.now(UTC)
    folder = _state_dir(session)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"crash-{now:%Y%m%dT%H%M%S.%f}.txt"
    parts = [
        f"reconciler {version()}, Python {platform.python_version()}, {platform.platform()}",
        f"command: {session.command or 'none'}",
        f"time: {now.isoformat()}",
    ]
    seen: BaseException | None = error
    while seen is not None and len(parts) < 50:
        parts += ["", f"{type(seen).__module__}.{type(seen).__qualname__}"]
        parts += [f"  {f.filename}:{f.lineno} in {f.name}" for f in traceback.extract_tb(seen.__traceback__)]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as target:  # noqa: PTH123  a descriptor
        target.write("\n".join(parts) + "\n")
    return file


def _state_dir(session: Session) -> Path:
    from reconciler.settings import default_state_dir  # noqa: PLC0415  slow, and only after a crash

    try:
        return session.settings().state_dir
    except Exception:  # noqa: BLE001  the bug may sit in there, and a second one while it is told would show its values
        return default_state_dir()


def show_traceback(error: BaseException) -> None:
    """The whole traceback, for ``--debug`` alone: it may show values."""
    traceback.print_exception(error, file=sys.stderr)
