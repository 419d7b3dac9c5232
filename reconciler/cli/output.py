"""Where results go: stdout, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from rich.text import Text

_NARROW, _WIDE = 80, 120
# 128 + SIGPIPE: what the shell reports for a program that wrote to a reader who had left.
READER_GONE = 141
_PLAIN_SIGNS = str.maketrans({"→": ">", "…": "~"})


def width() -> int:
    """Columns for tables: the terminal's, at most 120; 80 where there is none."""
    if not sys.stdout.isatty():
        return _NARROW
    from shutil import get_terminal_size  # noqa: PLC0415  only on a terminal

    return min(get_terminal_size((_NARROW, 24)).columns, _WIDE)


def emit(text: str, output: Path | None = None) -> None:
    """Write a document for programs or browsers, always in UTF-8.

    Raises:
        ReconcilerError: the file cannot be written.
    """
    if output is not None:
        write_file(text, output)
        say(f"written to {output}")
        return
    with _patient_reader():
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()


def emit_stream(lines: Iterable[str]) -> None:
    """Write a document for programs that may be too long for the memory, line by line, in UTF-8."""
    with _patient_reader():
        sys.stdout.flush()
        for line in lines:
            sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()


def emit_lines(lines: Sequence[Text], output: Path | None = None) -> None:
    """Write lines for a person: with colour on a terminal, plain in a pipe or a file.

    Raises:
        ReconcilerError: the file cannot be written.
    """
    if output is not None:
        write_file("".join(f"{line.plain}\n" for line in lines), output)
        say(f"written to {output}")
        return
    from rich.console import Console  # noqa: PLC0415  slow, and not needed for documents

    # Rich honours NO_COLOR and TERM=dumb. The width is ours: a line is never wrapped a second time.
    console = Console(file=sys.stdout, width=10_000, highlight=False, markup=False, emoji=False)
    plain = (sys.stdout.encoding or "ascii").lower().replace("-", "") not in {"utf8", "utf16", "utf32"}
    if plain:
        for line in lines:
            line.plain = line.plain.translate(_PLAIN_SIGNS)
    if console.color_system is None:
        text = "".join(f"{line.plain}\n" for line in lines)
    else:
        # Captured, since rich answers a broken pipe in its own way.
        with console.capture() as captured:
            for line in lines:
                console.print(line, no_wrap=True, overflow="ignore", crop=False)
        text = captured.get()
    with _patient_reader():
        sys.stdout.write(text)
        sys.stdout.flush()


def say(text: str) -> None:
    """A line beside the result, on stderr, as one line whatever the text holds."""
    from reconciler.cli.render.text import visible  # noqa: PLC0415  slow, and most commands say nothing

    print(visible(text), file=sys.stderr)  # noqa: T201  this is the terminal


class _patient_reader:  # noqa: N801  a context manager reads as a verb
    """Ends the command quietly where the reader of stdout has gone, as with ``| head``."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Turn a broken pipe into an exit."""
        if isinstance(error, BrokenPipeError):
            raise typer.Exit(READER_GONE) from error


def silence_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush finds a reader."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  a device, not a path of anybody's
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def write_file(text: str, output: Path) -> None:
    """Write beside the target and rename, so that no reader sees half a report.

    Raises:
        ReconcilerError: the file cannot be written.
    """
    import tempfile  # noqa: PLC0415  slow, and only for files

    try:
        if output.exists() and not output.is_file():  # a device such as /dev/stdout
            output.write_bytes(text.encode("utf-8", "backslashreplace"))
            return
        descriptor, name = tempfile.mkstemp(prefix=f".{output.name}.", dir=output.parent)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123  a descriptor
                file.write(text.encode("utf-8", "backslashreplace"))
            # mkstemp makes it private; a report gets what any new file of this user gets.
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
            Path(name).replace(output)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        raise ReconcilerError(
            f"{output} cannot be written: {reason}", hint="name another file with --output"
        ) from error
