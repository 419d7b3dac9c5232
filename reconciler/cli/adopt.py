"""``adopt``: accept what the cloud says, as text for the template."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.options import ListFormat
from reconciler.cli.output import emit, say
from reconciler.cli.session import Session

if TYPE_CHECKING:
    from reconciler.workflows.adopt import Adoption

REFUSED = 4


def adopt(
    ctx: typer.Context,
    findings: Annotated[list[str], typer.Argument(metavar="FINDING", help="Ids, or enough of their beginnings.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write files into this folder.", show_default=False)
    ] = None,
    *,
    write: Annotated[bool, typer.Option("--write", help="Write into the template's own folder.")] = False,
    format_: Annotated[
        ListFormat, typer.Option("--format", "-f", help="Text, or JSON for programs.")
    ] = ListFormat.TABLE,
) -> int:
    """Accept what the cloud says: a patch of the template, or a new block with its import.

    A [b]changed[/b] finding gives a unified diff that sets what the template sets to what the cloud holds, and touches
    nothing else. An [b]unmanaged[/b] one gives an import block and a resource block whose plan changes nothing.
    Nothing is written unless you ask for it. What cannot be adopted is said on stderr, with the reason.

    [b]Exit codes[/b]: 0 all of it, 4 some of it cannot be adopted, 1 fault.

    [b]Examples[/b]

        reconciler adopt 3f2a9c1e | git apply
        reconciler adopt 3f2a9c1e 77b0 --out adopted
        reconciler adopt 3f2a9c1e --write
    """
    if write and out is not None:
        raise typer.BadParameter("one place is enough: --out or --write", param_hint="'--out'")
    with ctx.ensure_object(Session).application() as application:
        made = application.adopt(list(dict.fromkeys(findings)))
        written = application.put_down(made, out) if write or out is not None else []
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all
        from reconciler.drift.report import FORMAT_VERSION  # noqa: PLC0415  likewise

        told = {
            "format_version": FORMAT_VERSION,
            "adoptions": [_as_json(each) for each in made],
            "written": [str(path) for path in written],
        }
        emit(dump(told))
    elif not written:
        emit("\n".join(each.text for each in made if each.text))
    for path in written:
        say(f"written: {path}")
    return _tell(made)


def _tell(made: Sequence[Adoption]) -> int:
    """Say what is not in the texts, and give the exit code."""
    from reconciler.drift.values import format_path  # noqa: PLC0415  slow, and not needed for `--help`

    for each in made:
        for left in each.left:
            place = f"{each.address} {format_path(left.path)}".rstrip()
            say(f"not adopted: {place}: {left.reason}")
            say(f"hint: {left.hint}")
    return REFUSED if any(each.left for each in made) else 0


def _as_json(each: Adoption) -> dict[str, object]:
    from reconciler.drift.values import format_path  # noqa: PLC0415  slow, see above

    return {
        "finding": each.finding.id,
        "workspace": each.workspace,
        "kind": each.finding.finding.kind.value,
        "address": each.address,
        "file": each.file or None,
        "patch": each.text if each.before is not None and each.text else None,
        "hcl": each.text if each.before is None else None,
        "left": [{"path": format_path(e.path), "reason": e.reason, "hint": e.hint} for e in each.left],
    }
