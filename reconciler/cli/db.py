"""``db``: the schema of the database."""

from __future__ import annotations

import typer

from reconciler.cli.options import AsList, ListFormat
from reconciler.cli.output import emit
from reconciler.cli.session import Session

commands = typer.Typer(help="The database: migrate, status.", no_args_is_help=True)


@commands.command()
def migrate(ctx: typer.Context, format_: AsList = ListFormat.TABLE) -> int:
    """Bring the schema to this release's. It can be run again, and goes forward only."""
    with ctx.ensure_object(Session).application() as application:
        done = application.migrate()
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump({"applied": list(done)}))
    else:
        emit("".join(f"applied {revision}\n" for revision in done) or "the schema is up to date\n")
    return 0


@commands.command()
def status(ctx: typer.Context, format_: AsList = ListFormat.TABLE) -> int:
    """Show where the schema is, and which migrations are pending."""
    with ctx.ensure_object(Session).application() as application:
        where = application.database_status()
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump({"current": where.current, "head": where.head, "pending": list(where.pending)}))
        return 0
    lines = [f"current {where.current or 'none: the database is empty'}", f"head    {where.head}"]
    lines += [f"pending {revision}" for revision in where.pending] or ["the schema is up to date"]
    emit("".join(f"{line}\n" for line in lines))
    return 0
