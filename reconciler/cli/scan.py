"""``scan``: one pass now."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import AsList, DepthWord, ListFormat, Output, Workspaces
from reconciler.cli.output import emit, emit_lines, width
from reconciler.cli.progress import shown_progress
from reconciler.cli.session import Session


def scan(
    ctx: typer.Context,
    workspaces: Workspaces = None,
    depth: Annotated[
        DepthWord,
        typer.Option(help="How deep to look: each adds API calls. [b]exact[/b] reads every recorded resource."),
    ] = "exact",
    format_: AsList = ListFormat.TABLE,
    output: Output = None,
) -> int:
    """Compare template, state and the cloud now, record what differs, and report it.

    Nothing is changed in the cloud, in the state or in the template's folder.

    [b]Exit codes[/b]: 0 in sync, 2 drifted, 3 unknown (something could not be checked), 1 fault.

    [b]Examples[/b]

        reconciler scan
        reconciler scan production staging
        reconciler scan production --depth static
        reconciler scan --format json --output report.json
    """
    from reconciler.drift.report import Depth  # noqa: PLC0415  slow, and not needed for `--help`

    session = ctx.ensure_object(Session)
    names = list(dict.fromkeys(workspaces or ()))
    with session.application(names) as application, shown_progress() as progress:
        report = application.scan(names, Depth(depth), progress)
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import render_json  # noqa: PLC0415  one view is needed, not all

        emit(render_json(report), output)
    else:
        from reconciler.cli.render.table import render_table  # noqa: PLC0415  likewise

        emit_lines(render_table(report, width()), output)
    return report.exit_code
