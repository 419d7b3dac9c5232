"""What the gate's commands end with: a refusal is an answer with an exit code of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.cli.options import ListFormat
from reconciler.cli.output import emit, emit_lines, width

if TYPE_CHECKING:
    from reconciler.gate.proposal import Proposal
    from reconciler.gate.refusal import Refusal

REFUSED: Final = 4
STALE: Final = 5


def refused(refusal: Refusal, format_: ListFormat = ListFormat.TABLE) -> int:
    """Tell a refusal: which rule, and why."""
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump({"refused": {"rule": refusal.rule, "reason": refusal.reason}}))
    else:
        from reconciler.cli.faults import line  # noqa: PLC0415  likewise

        line("refused", f"{refusal.rule}: {refusal.reason}")
    return REFUSED


def told(proposal: Proposal, needed: int | None, format_: ListFormat, *, full: bool = False) -> int:
    """Print a plan, and give the exit code that its status stands for."""
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump(proposal.to_json()))
    else:
        from reconciler.cli.render.plan_page import plan_page  # noqa: PLC0415  likewise

        emit_lines(plan_page(proposal, needed, width(), full=full))
    return {"stale": STALE, "failed": 1, "unknown": 1}.get(proposal.status.value, 0)
