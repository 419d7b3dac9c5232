"""``doctor``: is everything there that a pass needs."""

from __future__ import annotations

import typer

from reconciler.cli.options import AsList, ListFormat
from reconciler.cli.output import emit, emit_lines, width
from reconciler.cli.session import Session


def doctor(ctx: typer.Context, format_: AsList = ListFormat.TABLE) -> int:
    """Check Terraform, providers, database, credentials and states, each with a mend.

    [b]Exit codes[/b]: 0 nothing failed, 1 something failed.
    """
    failed = False
    with ctx.ensure_object(Session).checks() as checks:
        if format_ is ListFormat.JSON:
            from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all
            from reconciler.cli.render.listing import check_json  # noqa: PLC0415  likewise

            found = list(checks)
            failed = any(check.state == "failed" for check in found)
            emit(dump({"checks": [check_json(check) for check in found]}))
        else:
            from reconciler.cli.render.listing import check_lines  # noqa: PLC0415  likewise

            # One by one: some take seconds, and a person should see which.
            for check in checks:
                failed = failed or check.state == "failed"
                emit_lines(check_lines(check, width()))
    return 1 if failed else 0
