"""``templates``: every version of a template that was scanned, and back to disk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.options import AsList, ListFormat
from reconciler.cli.output import emit, emit_lines, say, width
from reconciler.cli.session import Session

commands = typer.Typer(help="The kept versions of templates: list, restore.", no_args_is_help=True)


@commands.command("list")
def list_templates(ctx: typer.Context, format_: AsList = ListFormat.TABLE) -> int:
    """List the kept versions, the newest first."""
    with ctx.ensure_object(Session).application() as application:
        rows = application.templates()
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all
        from reconciler.cli.render.listing import template_json  # noqa: PLC0415  likewise

        emit(dump({"templates": [template_json(row) for row in rows]}))
    else:
        from reconciler.cli.render.listing import templates_table  # noqa: PLC0415  likewise

        emit_lines(templates_table(rows, width()))
    return 0


@commands.command()
def restore(
    ctx: typer.Context,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="A version, as [b]templates list[/b] shows it.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write its files: a new or empty folder.")],
) -> int:
    """Write the files of a kept version to a folder.

    A version may be cut short, as long as one alone begins so.
    Its variable files come back with it, and the files that it reads.
    What was too large to keep is said on stderr.

    [b]Example[/b]

        reconciler templates restore sha256:4f1c9a /tmp/as-it-was
    """
    with ctx.ensure_object(Session).application() as application:
        restored = application.restore_template(version, folder)
    emit("".join(f"{file}\n" for file in restored.written))
    for name, reason in restored.left_out.items():
        say(f"not kept: {name}: {reason}")
    return 0
