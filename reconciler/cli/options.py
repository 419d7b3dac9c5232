"""Options and arguments that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from reconciler.errors import ReconcilerError


class ListFormat(StrEnum):
    """For people or for programs."""

    TABLE = "table"
    JSON = "json"


class ReportFormat(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"
    CSV = "csv"
    SARIF = "sarif"


def _workspace_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """What the shell may complete: the configuration's workspaces. A broken configuration completes nothing."""
    from reconciler.settings import load_settings  # noqa: PLC0415  slow, and only while completing

    root = ctx.find_root()
    try:
        settings = load_settings(root.params.get("config"))
    except ReconcilerError:
        return []
    return sorted(name for name in settings.workspaces if name.startswith(incomplete))


Workspaces: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[WORKSPACE]...",
        help="Names from the configuration; without any, all of them.",
        autocompletion=_workspace_names,
        show_default=False,
    ),
]
OneWorkspace: TypeAlias = Annotated[
    str | None,
    typer.Option("--workspace", "-w", help="Only of this workspace.", autocompletion=_workspace_names),
]
AsList: TypeAlias = Annotated[ListFormat, typer.Option("--format", "-f", help="For people or for programs.")]
Output: TypeAlias = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write to this file and not to stdout.", show_default=False)
]
FindingId: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="A finding's id, or enough of its beginning.")]
