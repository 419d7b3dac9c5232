"""``events verify``, ``events anchor``, ``events export``: the ledger, for who has to trust it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.options import AsList, ListFormat
from reconciler.cli.output import emit, emit_stream, say
from reconciler.cli.session import Session
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.wiring.audit import Verdict

Anchors = Annotated[
    Path | None,
    typer.Option(
        "--anchor", "-a", metavar="FILE", help="Anchors that were kept elsewhere: of [b]events anchor[/b], or a log.",
        show_default=False,
    ),
]  # fmt: skip


def verify(ctx: typer.Context, anchor: Anchors = None, format_: AsList = ListFormat.TABLE) -> int:
    """Look whether every record and every event is as it was written.

    All that happens is told in a ledger, each record with the hash of the one
    before. What was altered, removed, moved or slipped in is found, and the
    first such record or event is named.

    Somebody who may write everything can cut off the end, or write it all
    anew. An anchor that was kept where they cannot write finds that.

    [b]Exit codes[/b]: 0 whole, 1 broken or fault.

    [b]Examples[/b]

        reconciler events verify
        reconciler events verify --anchor /mnt/elsewhere/anchors.jsonl
        journalctl -u reconciler -o cat > log; reconciler events verify -a log
    """
    lines = _lines(anchor) if anchor else []
    with ctx.ensure_object(Session).application() as application:
        verdict = application.audit.verify(lines)
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump(_as_json(verdict)))
    else:
        size, head = verdict.size, verdict.head
        upto = f"{size.records} records over {size.events} events, up to {head.sequence} {head.hash}"
        emit(f"whole: {upto}\n" if verdict.broken is None else f"broken: {verdict.broken}\n")
        if not verdict.anchors:
            say("no anchor was given: an end that was cut off cannot be told")
    return 0 if verdict.broken is None else 1


def anchor(ctx: typer.Context) -> int:
    """Print the end of the ledger, signed, as one line to keep elsewhere.

    Keep it where nobody can write who can write to the database: on another
    host, in a bucket with object lock, on paper. The key is derived from the
    master key; the public key stands in the line.

    [b]Example[/b]

        reconciler events anchor >> /mnt/elsewhere/anchors.jsonl
    """
    with ctx.ensure_object(Session).application() as application:
        line = application.audit.anchor()
    emit(f"{line}\n")
    return 0


def export(ctx: typer.Context) -> int:
    """Print every record and every event as lines of JSON.

    [b]docs/verify_ledger.py[/b] verifies them anywhere, with Python alone.

    [b]Example[/b]

        reconciler events export > ledger.jsonl
        python3 verify_ledger.py ledger.jsonl /mnt/elsewhere/anchors.jsonl
    """
    with ctx.ensure_object(Session).application() as application:
        emit_stream(application.audit.export())
    return 0


def _lines(file: Path) -> list[str]:
    try:
        found = [line for line in file.read_text("utf-8", "replace").splitlines() if line.strip()]
    except OSError as error:
        raise ReconcilerError(f"{file} cannot be read: {error.strerror}") from error
    if not found:
        raise ReconcilerError(f"{file} holds no anchor", hint="`reconciler events anchor` prints one")
    return found


def _as_json(verdict: Verdict) -> dict[str, object]:
    from reconciler.gate.cover import BrokenEvent  # noqa: PLC0415  slow, and not needed for `--help`

    broken = verdict.broken
    what = "event" if isinstance(broken, BrokenEvent) else "record"
    return {
        "whole": broken is None,
        "broken": broken and {what: broken.sequence, "reason": broken.reason},
        "records": verdict.size.records,
        "events": verdict.size.events,
        "head": {"sequence": verdict.head.sequence, "hash": verdict.head.hash},
        "anchors": verdict.anchors,
    }
