"""``drift``: work with findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.caller import shell_user
from reconciler.cli.options import AsList, FindingId, KindWord, ListFormat, OneWorkspace, SeverityWord, StatusWord
from reconciler.cli.output import emit, emit_lines, width
from reconciler.cli.session import Session

if TYPE_CHECKING:
    from reconciler.drift.report import KnownFinding

commands = typer.Typer(help="Work with findings: list, show, acknowledge.", no_args_is_help=True)


@commands.command("list")
def list_findings(
    ctx: typer.Context,
    workspace: OneWorkspace = None,
    kind: Annotated[KindWord | None, typer.Option(help="Only of this kind.")] = None,
    severity: Annotated[SeverityWord | None, typer.Option(help="Only of this severity.")] = None,
    status: Annotated[StatusWord | None, typer.Option(help="Only of this status.")] = None,
    format_: AsList = ListFormat.TABLE,
) -> int:
    """List findings, the worst first.

    Those that are resolved are left out, unless [b]--status[/b] asks for them.

    [b]Examples[/b]

        reconciler drift list --severity critical
        reconciler drift list --workspace production --status acknowledged
    """
    from reconciler.drift.finding import Kind, Severity  # noqa: PLC0415  slow, and not needed for `--help`
    from reconciler.drift.report import FORMAT_VERSION, Status  # noqa: PLC0415  likewise

    names = [workspace] if workspace else []
    with ctx.ensure_object(Session).application(names) as application:
        found = application.findings(
            workspace=workspace,
            kind=Kind(kind) if kind else None,
            severity=Severity(severity) if severity else None,
            status=Status(status) if status else None,
        )
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump({"format_version": FORMAT_VERSION, "findings": [_as_json(*entry) for entry in found]}))
    else:
        from reconciler.cli.render.listing import findings_table  # noqa: PLC0415  likewise

        emit_lines(findings_table(found, width()))
    return 0


@commands.command()
def show(ctx: typer.Context, finding: FindingId, format_: AsList = ListFormat.TABLE) -> int:
    """Show one finding with nothing left out.

    Of its id as much is enough as no other finding begins with.

    [b]Example[/b]

        reconciler drift show 3f2a9c1e
    """
    with ctx.ensure_object(Session).application() as application:
        workspace, known = application.finding(finding)
    _print(workspace, known, format_)
    return 0


@commands.command()
def acknowledge(
    ctx: typer.Context,
    finding: FindingId,
    note: Annotated[str, typer.Option("--note", "-n", help="Why it may stay as it is for now.")],
    by: Annotated[str | None, typer.Option(help="Who says so; by default the user of the shell.")] = None,
    format_: AsList = ListFormat.TABLE,
) -> int:
    """Take note of a finding: it stays in the report, marked, until it changes or resolves.

    A finding that changes is open again: the note was for what was seen.

    [b]Example[/b]

        reconciler drift acknowledge 3f2a9c1e --note "load test until Friday"
    """
    if not note.strip():
        raise typer.BadParameter("some words are expected", param_hint="'--note' / '-n'")
    with ctx.ensure_object(Session).application() as application:
        workspace, known = application.acknowledge(finding, by=by or shell_user(), note=note)
    _print(workspace, known, format_)
    return 0


def _print(workspace: str, known: KnownFinding, format_: ListFormat) -> None:
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump(_as_json(workspace, known)))
    else:
        from reconciler.cli.render.table import finding_page  # noqa: PLC0415  likewise

        emit_lines(finding_page(workspace, known, width()))


def _as_json(workspace: str, known: KnownFinding) -> dict[str, object]:
    from reconciler.drift.report import finding_to_json  # noqa: PLC0415  slow, see above

    return {"workspace": workspace, **finding_to_json(known)}
