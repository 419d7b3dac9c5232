"""A plan on a terminal: what nobody asked for first and loudly, then what it mends, and how far it is on its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.text import Text

from reconciler.cli.render.change_lines import change_lines, side_lines
from reconciler.cli.render.paper import Paper
from reconciler.cli.render.plan_standing import ID_LENGTH, Standing, standing
from reconciler.cli.render.plan_summary import (
    DIRECTION_MEANING,
    MEANING,
    Deed,
    act_text,
    attributes,
    by_deed,
    closing,
    deed,
    notes,
    only_side,
    state_text,
    summary,
    why,
)
from reconciler.cli.render.table import SEVERITY_STYLE
from reconciler.cli.render.text import plural, shorten, visible
from reconciler.drift.finding import Change
from reconciler.gate.policy import Rules
from reconciler.gate.proposal import PlannedChange, Proposal, Status

STATUS_STYLE: Final = {
    Status.PROPOSED: "bold yellow",
    Status.APPROVED: "bold cyan",
    Status.APPLYING: "bold cyan",
    Status.APPLIED: "bold green",
    Status.REJECTED: "dim",
    Status.EXPIRED: "dim",
    Status.STALE: "bold yellow",
    Status.FAILED: "bold red",
    Status.UNKNOWN: "bold red",
}
_SIGN: Final = {
    Deed.DESTROYED: ("-", "bold red"),
    Deed.REPLACED: ("-/+", "bold red"),
    Deed.CHANGED: ("~", "yellow"),
    Deed.CREATED: ("+", "green"),
    Deed.FORGOTTEN: ("x", "yellow"),
}
_QUIET: Final = ("=", "dim")
"""Of what writes nothing but the state."""
_ROOM: Final = 24
"""Columns; with less, what a plan does goes on a line of its own."""

_FEW: Final = 8
"""So many attributes of a resource, and reasons of a risk, are shown, unless nothing is to be left out."""


def plan_page(
    proposal: Proposal,
    rules: Rules | None,
    now: datetime,
    width: int,
    *,
    automatic: str | None = None,
    full: bool = False,
) -> list[Text]:
    """A plan as lines of at most ``width`` columns (at least 40).

    Args:
        proposal: the plan.
        rules: of its environment; None where nobody asks any more.
        now: the moment at which it stands where it stands.
        width: columns.
        automatic: the rule that approves it by itself, if one does.
        full: whether nothing is left out.
    """
    paper = Paper(max(width, 40))
    stands = standing(proposal, rules, now, automatic=automatic)
    _head(paper, proposal, now, full=full)
    beyond = f"BEYOND THE FINDINGS, nobody asked for this ({len(proposal.beyond)})"
    _part(paper, beyond, proposal.beyond, "bold reverse red", full=full)
    ends = f"closes {plural(len(proposal.closes), 'finding')}"
    _part(paper, ends if proposal.beyond else f"{ends}, and nothing beyond", closing(proposal), "bold", full=full)
    _approvals(paper, stands)
    if proposal.outcome is not None:
        paper.blank()
        paper.line(Text(visible(proposal.outcome.summary), STATUS_STYLE[proposal.status]), hang=2)
        for each in proposal.outcome.left:
            paper.line(Text(visible(each)), mark=Text("- "), indent=2, hang=2)
        for act in proposal.outcome.acts if full else ():
            paper.line(Text(act_text(act), "dim"), indent=2, hang=2)
    if stands.next_steps:
        step = stands.next_steps[0]
        paper.blank()
        paper.line(Text.assemble(f"next: {step.command}", (f"  ({step.what})", "dim")), hang=2)
    return paper.lines


def plans_table(proposals: Sequence[Proposal], width: int) -> list[Text]:
    """A line per plan: id, status, risk, workspace, what it does; the newest first."""
    paper = Paper(max(width, 40))
    if not proposals:
        paper.line(Text("no plans"))
        return paper.lines
    for each in proposals:
        line = Text.assemble(
            (visible(each.id[:ID_LENGTH]), "dim"),
            "  ",
            (f"{each.status.value:<8}", STATUS_STYLE[each.status]),
            "  ",
            (f"{each.risk.level.value.upper():<8}", SEVERITY_STYLE[each.risk.level]),
            f"  {each.created_at:%m-%d %H:%M}  ",
        )
        what = f"{visible(each.basis.workspace)}: {summary(each.changes)}, by {visible(each.proposer)}"
        room = paper.width - line.cell_len
        if room >= _ROOM:
            paper.line(line.append(shorten(what, room)))
        else:
            paper.line(line, hang=4)
            paper.line(Text(shorten(what, paper.width - 4)), indent=4)
    paper.line(Text(plural(len(proposals), "plan"), "dim"))
    return paper.lines


def _head(paper: Paper, proposal: Proposal, now: datetime, *, full: bool) -> None:
    basis = proposal.basis
    place = visible(basis.workspace)
    if basis.environment != basis.workspace:
        place += f" ({visible(basis.environment)})"
    paper.line(
        Text.assemble(
            ("plan ", "dim"),
            (visible(proposal.id[:ID_LENGTH]), "bold"),
            "  ",
            (proposal.status.value, STATUS_STYLE[proposal.status]),
            f"  {place}: {summary(proposal.changes)}",
        ),
        hang=2,
    )
    _risk(paper, proposal, full=full)
    paper.line(Text(f"{basis.direction.value}: {DIRECTION_MEANING[basis.direction]}", "dim"), hang=2)
    paper.line(
        Text(f"proposed by {visible(proposal.proposer)} {proposal.created_at:%Y-%m-%d %H:%M} UTC", "dim"), hang=2
    )
    ends = "expires" if now < proposal.expires_at else "expired"
    paper.line(Text(f"{ends} {proposal.expires_at:%Y-%m-%d %H:%M} UTC", "dim"))
    paper.line(Text(f"digest {visible(proposal.digest)}", "dim"), hang=2)
    if full:
        paper.line(Text(state_text(basis), "dim"), hang=2)
        paper.line(Text(f"template {visible(basis.template)}", "dim"), hang=2)


def _risk(paper: Paper, proposal: Proposal, *, full: bool) -> None:
    risk = proposal.risk
    level = Text.assemble("risk ", (risk.level.value.upper(), SEVERITY_STYLE[risk.level]))
    reasons = [visible(reason) for reason in risk.reasons]
    if len(reasons) < 2:
        paper.line(Text.assemble(level, f"  {''.join(reasons)}"), hang=2)
        return
    paper.line(level)
    shown = reasons if full else reasons[:_FEW]
    for reason in shown:
        paper.line(Text(reason), mark=Text("- "), indent=2, hang=2)
    if len(reasons) > len(shown):
        paper.line(Text(f"… {plural(len(reasons) - len(shown), 'reason')} more", "dim"), indent=2)


def _part(paper: Paper, title: str, changes: Sequence[PlannedChange], style: str, *, full: bool) -> None:
    if not changes:
        return
    paper.blank()
    paper.line(Text(title, style))
    resources = [(word, change) for word, alike in by_deed(changes) for change in alike]
    for number, (word, change) in enumerate(resources):
        if full and number:
            paper.blank()
        _resource(paper, word, change, full=full)


def _resource(paper: Paper, word: Deed, change: PlannedChange, *, full: bool) -> None:
    sign, colour = _SIGN.get(word, _QUIET)
    mark = Text.assemble((f"{sign:<3} {word.value:<9}", colour), "  ")
    paper.line(Text(visible(change.address), "bold"), mark=mark, indent=2, hang=4)
    reason = why(change)
    said = [reason] if reason else []
    said += [f"{name} {text}" for name, text in notes(change)]
    if not change.writes:
        said.append(MEANING[word])
    if change.closes:
        said.append(f"closes {', '.join(visible(each[:ID_LENGTH]) for each in change.closes)}")
    for text in said:
        paper.line(Text(text, "dim"), indent=6, hang=2)
    _attributes(paper, change, full=full)


def _attributes(paper: Paper, change: PlannedChange, *, full: bool) -> None:
    told, later = attributes(change)
    if deed(change) is not Deed.CREATED:
        # What a new one takes the place of is told too: it says which one goes away.
        told, later = (*told, *later), ()
    shown = told if full else told[:_FEW]
    for each in shown:
        _attribute(paper, change, each, full=full)
    if len(told) > len(shown):
        paper.line(Text(f"… {plural(len(told) - len(shown), 'attribute')} more", "dim"), indent=6)
    if later and full:
        names = ", ".join(visible(each.text) for each in later)
        paper.line(Text(f"known after apply: {names}", "dim"), indent=6, hang=2)


def _attribute(paper: Paper, change: PlannedChange, attribute: Change, *, full: bool) -> None:
    side = only_side(change, attribute)
    if side is None:
        change_lines(paper, attribute, full=full, indent=6)
    else:
        side_lines(paper, attribute, side, full=full, indent=6)


def _approvals(paper: Paper, stands: Standing) -> None:
    if stands.agreed is None:
        return
    paper.blank()
    paper.line(Text(f"approvals: {stands.agreed}", "bold"))
    for each in stands.approvals:
        paper.line(Text(each), indent=2, hang=2)
