"""``report``: what is known, from the database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.options import Output, ReportFormat, Workspaces
from reconciler.cli.output import emit, emit_lines, width
from reconciler.cli.session import Session

if TYPE_CHECKING:
    from reconciler.drift.report import Report

_BY_ENDING = {
    ".json": ReportFormat.JSON,
    ".html": ReportFormat.HTML,
    ".htm": ReportFormat.HTML,
    ".md": ReportFormat.MARKDOWN,
    ".csv": ReportFormat.CSV,
    ".sarif": ReportFormat.SARIF,
}


def report(
    ctx: typer.Context,
    workspaces: Workspaces = None,
    format_: Annotated[
        ReportFormat | None,
        typer.Option(
            "--format",
            "-f",
            help="By default what the ending of --output says, else a table.",
            show_default=False,
        ),
    ] = None,
    output: Output = None,
) -> int:
    """Show what the last pass of each workspace found, without asking the cloud.

    [b]html[/b] is one file without scripts, to be mailed or archived;
    [b]markdown[/b] is for an issue or a pull request; [b]csv[/b] has a row per change;
    [b]sarif[/b] is for code scanning.

    [b]Exit codes[/b]: 0 in sync, 2 drifted, 3 unknown, 1 fault.

    [b]Examples[/b]

        reconciler report
        reconciler report --output drift.html
        reconciler report production --format markdown
    """
    session = ctx.ensure_object(Session)
    names = list(dict.fromkeys(workspaces or ()))
    chosen = format_ or _by_ending(output)
    with session.application(names) as application:
        known = application.report(names)
    write_report(known, chosen, output)
    return known.exit_code


def _by_ending(output: Path | None) -> ReportFormat:
    return _BY_ENDING.get(output.suffix.lower(), ReportFormat.TABLE) if output else ReportFormat.TABLE


def write_report(known: Report, chosen: ReportFormat, output: Path | None) -> None:
    """Render in one format and write it."""
    # Each view is imported where it is used: a table needs no template engine.
    match chosen:
        case ReportFormat.TABLE:
            from reconciler.cli.render.table import render_table  # noqa: PLC0415

            emit_lines(render_table(known, width()), output)
        case ReportFormat.JSON:
            from reconciler.cli.render.json_text import render_json  # noqa: PLC0415

            emit(render_json(known), output)
        case ReportFormat.HTML:
            from reconciler.cli.render.html_page import render_html  # noqa: PLC0415

            emit(render_html(known), output)
        case ReportFormat.MARKDOWN:
            from reconciler.cli.render.markdown import render_markdown  # noqa: PLC0415

            emit(render_markdown(known), output)
        case ReportFormat.CSV:
            from reconciler.cli.render.csv_rows import render_csv  # noqa: PLC0415

            emit(render_csv(known), output)
        case ReportFormat.SARIF:
            from reconciler.cli.render.sarif import render_sarif  # noqa: PLC0415

            emit(render_sarif(known, str(Path.cwd())), output)
