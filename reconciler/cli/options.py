"""Options and arguments that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from reconciler.errors import ReconcilerError


class ListFormat(StrEnum):
    """For people or for programs."""

    TABLE = "table"
    JSON = "json"


class PlanFormat(StrEnum):
    """For people, for programs, or for reviewers: one file without scripts."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"


class ReportFormat(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"
    CSV = "csv"
    SARIF = "sarif"


# The core's words, once more: its modules take longer to import than `--help` may take altogether.
DepthWord: TypeAlias = Literal["static", "sweep", "exact", "plan"]
KindWord: TypeAlias = Literal["changed", "deleted", "unmanaged", "unapplied", "orphaned"]
SeverityWord: TypeAlias = Literal["low", "medium", "high", "critical"]
StatusWord: TypeAlias = Literal["open", "acknowledged", "resolved"]
CredentialWord: TypeAlias = Literal["iam_user", "iam_role", "assume_role"]
RoleWord: TypeAlias = Literal["viewer", "operator", "approver", "admin"]
PlanStatusWord: TypeAlias = Literal[
    "proposed", "approved", "rejected", "expired", "stale", "applying", "applied", "failed", "unknown"
]


def workspace_names(ctx: typer.Context, incomplete: str) -> list[str]:
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
        metavar="WORKSPACE",
        help="Names from the configuration; without any, all of them.",
        autocompletion=workspace_names,
        show_default=False,
    ),
]
OneWorkspace: TypeAlias = Annotated[
    str | None,
    typer.Option("--workspace", "-w", help="Only of this workspace.", autocompletion=workspace_names),
]
AsList: TypeAlias = Annotated[ListFormat, typer.Option("--format", "-f", help="For people or for programs.")]
AsPlan: TypeAlias = Annotated[
    PlanFormat, typer.Option("--format", "-f", help="For people or for programs; html is a page to review.")
]
Output: TypeAlias = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to this file and not to stdout.", show_default=False),
]
FindingId: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="A finding's id, or enough of its beginning.")]
