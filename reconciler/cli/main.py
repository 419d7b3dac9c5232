"""The entry point: streams and signals made steady, and every way to end turned into an exit code and a line."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from types import FrameType

import typer

from reconciler.cli.output import READER_GONE, silence_stdout
from reconciler.cli.session import Session
from reconciler.errors import ReconcilerError

_INTERRUPTED = 130


def run() -> None:
    """What the installed command calls."""
    # Imports make 200,000 objects that all stay: looking for garbage after each 700 finds none, and takes a tenth of
    # the start. A daemon's garbage is found a little later than by default, and as surely.
    gc.set_threshold(50_000)
    # Pydantic would read the metadata of every installed package to find plugins, and load them.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name with half a surrogate, or a terminal of another encoding, must not end the program.
            stream.reconfigure(errors="backslashreplace")
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores SIGHUP, and means it
            signal.signal(number, _stop)
    code = main(sys.argv[1:], Session())
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
        code = READER_GONE
    sys.exit(code)


def _stop(number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does: every block's end runs, and no child is left behind."""
    raise SystemExit(128 + number)


def main(arguments: Sequence[str], session: Session) -> int:
    """Run one command and give its exit code. Nothing is raised."""
    from reconciler.cli import app  # noqa: PLC0415  the tree of commands is built once it is needed

    try:
        code = app.run(arguments, session)
    except ReconcilerError as error:
        return _told(error, session)
    except typer.TyperException as error:
        return _misused(error)
    except (KeyboardInterrupt, typer.Abort):
        return _cut_off("interrupted", _INTERRUPTED)
    except SystemExit as ending:
        return _ended(ending)
    except Exception as error:  # noqa: BLE001  the last net: whatever gets here is a bug, and is told as one
        from reconciler.cli import faults  # noqa: PLC0415  only where something went wrong

        if session.debug:
            faults.show_traceback(error)
        return faults.tell_bug(error, session)
    # Typer gives 130 for Ctrl-C, and no command returns it.
    return _cut_off("interrupted", _INTERRUPTED) if code == _INTERRUPTED else code if isinstance(code, int) else 0


def _told(error: ReconcilerError, session: Session) -> int:
    from reconciler.cli import faults  # noqa: PLC0415  only where something went wrong

    if session.debug:
        faults.show_traceback(error)
    return faults.tell(error)


def _misused(error: typer.TyperException) -> int:
    """A wrong option or argument: exit 1, since 2 means drift here."""
    from reconciler.cli import faults  # noqa: PLC0415  only where something went wrong

    context = getattr(error, "ctx", None)
    text = error.format_message().replace("Value error, ", "")  # pydantic's words, through typer
    if not text.strip() or type(error).__name__ == "NoArgsIsHelpError":
        # Called without a command: typer has the help as the error's text.
        sys.stderr.write(f"{text}\n" if text.strip() else "")
        return 1
    faults.line("error", text.rstrip("."))
    path = context.command_path if context is not None else "reconciler"
    faults.line("hint", f"{path} --help")
    return 1


def _cut_off(word: str, code: int) -> int:
    from reconciler.cli import faults  # noqa: PLC0415  only where something went wrong

    faults.line("error", word)
    return code


def _ended(ending: SystemExit) -> int:
    code = ending.code if isinstance(ending.code, int) else 0 if ending.code is None else 1
    stopped = {128 + number for number in (signal.SIGTERM, signal.SIGHUP)}
    return _cut_off(f"stopped by {signal.Signals(code - 128).name}", code) if code in stopped else code
