"""``serve``: the daemon."""

from __future__ import annotations

import typer

from reconciler.cli.session import Session


def serve(ctx: typer.Context) -> int:
    r"""Scan each workspace at its interval, until SIGTERM. SIGHUP reads the configuration again.

    Logs go to stderr, in the format and level that [b]\[service][/b] of the
    configuration says.
    """
    from reconciler.service.daemon import serve as run_daemon  # noqa: PLC0415  slow, and only needed here

    return run_daemon(ctx.ensure_object(Session).config)
