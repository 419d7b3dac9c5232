"""``demo``: the whole story on embedded parts."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.progress import shown_progress


def demo(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the parts running, and say how to use them.")] = False,
) -> int:
    """See it work in about two minutes, with nothing configured and no cloud.

    Starts an embedded PostgreSQL and an AWS emulator, applies an example estate with real Terraform, scans it,
    changes things behind Terraform's back, scans again and reports. Everything that it started ends with it.
    """
    from reconciler.sandbox.story import run  # noqa: PLC0415  slow, and only needed here

    with shown_progress() as progress:
        return run(keep=keep, progress=progress)
