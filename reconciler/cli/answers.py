"""What the gate's commands end with: a refusal is an answer with an exit code of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from reconciler.cli.options import ListFormat, PlanFormat
from reconciler.cli.output import emit, emit_lines, width

if TYPE_CHECKING:
    from reconciler.gate.policy import Rules
    from reconciler.gate.proposal import Proposal
    from reconciler.gate.refusal import Refusal

REFUSED: Final = 4
STALE: Final = 5


def refused(refusal: Refusal, format_: ListFormat | PlanFormat = ListFormat.TABLE) -> int:
    """Tell a refusal: which rule, and why. For people on stderr, so that no page holds half of an answer."""
    if format_.value == "json":
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump({"refused": {"rule": refusal.rule, "reason": refusal.reason}}))
    else:
        from reconciler.cli.faults import line  # noqa: PLC0415  likewise

        line("refused", f"{refusal.rule}: {refusal.reason}")
    return REFUSED


def told(
    proposal: Proposal,
    rules: Rules | None,
    format_: ListFormat | PlanFormat,
    *,
    automatic: str | None = None,
    full: bool = False,
) -> int:
    """Print a plan, and give the exit code that its status stands for.

    Args:
        proposal: the plan.
        rules: of its environment; None where nobody asks any more.
        format_: for whom.
        automatic: the rule that approves it by itself, if one does.
        full: whether a table leaves nothing out; the other formats never do.
    """
    now = datetime.now(UTC)
    # Each view is imported where it is used: a table needs no template engine.
    match format_.value:
        case "json":
            from reconciler.cli.render.json_text import dump  # noqa: PLC0415

            emit(dump(proposal.to_json()))
        case "html":
            from reconciler.cli.render.html_plan import render_plan  # noqa: PLC0415

            emit(render_plan(proposal, rules, now, automatic))
        case _:
            from reconciler.cli.render.plan_page import plan_page  # noqa: PLC0415

            emit_lines(plan_page(proposal, rules, now, width(), automatic=automatic, full=full))
    return {"stale": STALE, "failed": 1, "unknown": 1}.get(proposal.status.value, 0)
