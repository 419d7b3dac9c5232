"""``demo``: the whole story on embedded parts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.output import emit, emit_lines, width
from reconciler.cli.progress import shown_progress

if TYPE_CHECKING:
    from reconciler.drift.report import Report

PAGE = Path("demo-report.html")


def demo(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the parts running, and say how to use them.")] = False,
) -> int:
    """See it work in about two minutes, with nothing configured and no cloud.

    Starts an embedded PostgreSQL and an AWS emulator, applies an example estate with real Terraform, scans it,
    changes things behind Terraform's back, scans again, prints the drift report and writes it as an HTML page too.
    Everything that it started ends with it.
    """
    import tempfile  # noqa: PLC0415  `--help` does without

    from reconciler.sandbox.story import play, tidy  # noqa: PLC0415  slow, and only needed here

    folder = Path(tempfile.mkdtemp(prefix="reconciler-demo-"))
    try:
        with shown_progress() as progress:
            play(folder, Terminal(), progress, keep=keep)
    except BaseException:
        tidy(folder)
        raise
    if not keep:
        tidy(folder)
    return 0


class Terminal:
    """Tells the story on stdout: it is what the command is for."""

    def chapter(self, title: str) -> None:
        """A line with space above it."""
        self._write(f"\n{title}\n")

    def line(self, text: str) -> None:
        """A line below its chapter."""
        self._write(f"  {text}\n")

    def report(self, report: Report) -> None:
        """The report as a table, and as a page on disk."""
        from reconciler.cli.render.html_page import render_html  # noqa: PLC0415  slow, and needed late
        from reconciler.cli.render.table import render_table  # noqa: PLC0415  likewise

        self._write("\n")
        emit_lines(render_table(report, width()))
        self._write("\nThe same as a page, to open in a browser:\n")
        emit(render_html(report), PAGE)

    def _write(self, text: str) -> None:
        emit(text)
        sys.stdout.flush()
