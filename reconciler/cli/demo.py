"""``demo``: the whole story on embedded parts."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.output import emit, emit_lines, width, write_file
from reconciler.cli.progress import Shown, shown_progress
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.drift.report import Report
    from reconciler.gate.proposal import Proposal

PAGE = Path("demo-report.html")


def demo(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the parts running, and say how to use them.")] = False,
) -> int:
    """See it work in about two minutes, with nothing configured and no cloud.

    Starts an embedded PostgreSQL and an AWS emulator, applies an example estate
    with real Terraform, scans it, changes things behind Terraform's back, scans
    again, prints the drift report and writes it as demo-report.html too. Then a
    fix goes through the gate: proposed, refused, approved by another person,
    applied, read again. Everything that it started ends with it.
    """
    import tempfile  # noqa: PLC0415  `--help` does without

    from reconciler.sandbox.story import play, tidy  # noqa: PLC0415  slow, and only needed here

    if not os.access(".", os.W_OK):  # better said now than in two minutes
        raise ReconcilerError(f"{PAGE} cannot be written here", hint="change to a folder of your own")
    folder = Path(tempfile.mkdtemp(prefix="reconciler-demo-"))
    try:
        with shown_progress() as progress:
            play(folder, Terminal(progress), progress, keep=keep, program=_program())
    except BaseException:
        tidy(folder)
        raise
    if not keep:
        tidy(folder)
    return 0


def _program() -> str:
    """What to type for this program: its name, or its path where the shell would not find it."""
    here = Path(sys.argv[0])
    found = shutil.which(here.name)
    return here.name if found and Path(found).samefile(here) else str(here.absolute())


class Terminal:
    """Tells the story on stdout: it is what the command is for."""

    def __init__(self, progress: Shown) -> None:
        """Write where this progress is shown too: it steps aside."""
        self._progress = progress

    def chapter(self, title: str) -> None:
        """A line with space above it."""
        self._write(f"\n{title}\n")

    def line(self, text: str) -> None:
        """A line below its chapter, folded to the terminal's width."""
        import textwrap  # noqa: PLC0415  `--help` does without

        # A path or an address stays in one piece, to be copied.
        folded = textwrap.wrap(text, width() - 4, break_long_words=False, break_on_hyphens=False)
        self._write("  " + "\n    ".join(folded) + "\n")

    def report(self, report: Report) -> None:
        """The report as a table, and as a page on disk."""
        from reconciler.cli.render.html_page import render_html  # noqa: PLC0415  slow, and needed late
        from reconciler.cli.render.table import render_table  # noqa: PLC0415  likewise

        self._write("\n")
        # No advice on what to type next: unless the parts are kept, nothing is left to type it to.
        emit_lines(render_table(report, width(), advice=False))
        self._write("\nThe same as a page, to open in a browser:\n")
        write_file(render_html(report), PAGE)
        self._write(f"  {PAGE}\n")

    def plan(self, proposal: Proposal) -> None:
        """The plan in a few lines: what it does, to what, how dangerous that is."""
        from reconciler.cli.render.plan_summary import summary  # noqa: PLC0415  slow, and needed late

        self.line(f"plan {proposal.id[:8]}: {summary(proposal.changes)}; risk {proposal.risk.level.value}")
        self.line(f"closes {len(proposal.closes)} findings, and does {len(proposal.beyond) or 'nothing'} beyond them")
        self.line(f"bound to {proposal.digest[:19]}…")

    def _write(self, text: str) -> None:
        self._progress.hide()
        emit(text)
        sys.stdout.flush()
