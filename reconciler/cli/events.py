"""``events``: what happened, from the append-only record."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from reconciler.cli.options import AsList, ListFormat, OneWorkspace
from reconciler.cli.output import emit, emit_lines, width
from reconciler.cli.session import Session

commands = typer.Typer(
    help="What happened, when, and by whom; and whether the record of it is whole.", no_args_is_help=True
)

_AGO = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def since_time(text: str, now: datetime) -> datetime:
    """A time from ``24h``, ``7d``, ``2026-11-23`` or ``2026-11-23T08:15``; without a zone it is UTC.

    Raises:
        typer.BadParameter: it is none of them.
    """
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter("a time such as 24h, 7d or 2026-11-23T08:15 is expected") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@commands.command("list")
def list_events(
    ctx: typer.Context,
    workspace: OneWorkspace = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="Only of this type, such as [b]drift_detected[/b].")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Not older than this: 24h, 7d, 2026-11-23, 2026-11-23T08:15.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="At most so many, the newest.")] = 50,
    format_: AsList = ListFormat.TABLE,
) -> int:
    """List events, the newest first.

    Events are only ever added. A finding has one when it opens, one for each
    change, and one when it resolves.

    [b]Examples[/b]

        reconciler events list --since 24h
        reconciler events list --type drift_detected --format json
    """
    moment = since_time(since, datetime.now(UTC)) if since else None
    with ctx.ensure_object(Session).application([workspace] if workspace else []) as application:
        rows = application.events(workspace=workspace, type=type_, since=moment, limit=limit)
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all
        from reconciler.cli.render.listing import event_json  # noqa: PLC0415  likewise

        emit(dump({"events": [event_json(row) for row in rows]}))
    else:
        from reconciler.cli.render.listing import events_table  # noqa: PLC0415  likewise

        emit_lines(events_table(rows, width()))
    return 0
