"""A plan on a terminal: what nobody asked for first and loudly, then what it mends, and how far it is on its way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.text import Text

from reconciler.cli.render.paper import Paper
from reconciler.cli.render.table import SEVERITY_STYLE, change_lines
from reconciler.cli.render.text import plural, shorten, value_text, visible
from reconciler.drift.values import Unknown
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
ID_LENGTH: Final = 8
_FEW: Final = 8
"""So many attributes of a resource are shown, unless nothing is to be left out."""


def plan_page(proposal: Proposal, needed: int | None, width: int, *, full: bool = False) -> list[Text]:
    """A plan as lines of at most ``width`` columns (at least 40).

    Args:
        proposal: the plan.
        needed: how many approvals its risk asks for; None where nobody asks any more.
        width: columns.
        full: whether nothing is shortened.
    """
    paper = Paper(max(width, 40))
    _head(paper, proposal)
    _part(
        paper,
        f"BEYOND THE FINDINGS, nobody asked for this ({len(proposal.beyond)})",
        proposal.beyond,
        "bold reverse red",
        full=full,
    )
    mended = [change for change in proposal.changes if change.closes]
    _part(paper, f"closes {plural(len(proposal.closes), 'finding')}", mended, "bold", full=full)
    _approvals(paper, proposal, needed)
    if proposal.outcome is not None:
        paper.blank()
        paper.line(Text(visible(proposal.outcome.summary), STATUS_STYLE[proposal.status]), hang=2)
        for each in proposal.outcome.left:
            paper.line(Text(f"- {visible(each)}"), indent=2, hang=2)
    _next_step(paper, proposal, needed)
    return paper.lines


def plans_table(proposals: Sequence[Proposal], width: int) -> list[Text]:
    """A line per plan: id, status, risk, workspace, what it does; the newest first."""
    paper = Paper(max(width, 40))
    if not proposals:
        paper.line(Text("no plans"))
        return paper.lines
    for each in proposals:
        line = Text.assemble(
            (each.id[:ID_LENGTH], "dim"),
            "  ",
            (f"{each.status.value:<8}", STATUS_STYLE[each.status]),
            "  ",
            (f"{each.risk.level.value.upper():<8}", SEVERITY_STYLE[each.risk.level]),
            f"  {each.created_at:%m-%d %H:%M}  ",
        )
        what = f"{visible(each.basis.workspace)}: {summary(each.changes)}, by {visible(each.proposer)}"
        paper.line(line.append(shorten(what, max(paper.width - line.cell_len, 8))), hang=4)
    paper.line(Text(plural(len(proposals), "plan"), "dim"))
    return paper.lines


def summary(changes: Iterable[PlannedChange]) -> str:
    """``2 changed, 1 destroyed``."""
    counts: dict[str, int] = {}
    for change in changes:
        counts[_deed(change)] = counts.get(_deed(change), 0) + 1
    return ", ".join(f"{count} {deed}" for deed, count in counts.items()) or "nothing"


def _head(paper: Paper, proposal: Proposal) -> None:
    basis = proposal.basis
    paper.line(
        Text.assemble(
            ("plan ", "dim"),
            (proposal.id[:ID_LENGTH], "bold"),
            "  ",
            (proposal.status.value, STATUS_STYLE[proposal.status]),
            f"  {visible(basis.workspace)}: {summary(proposal.changes)}",
        ),
        hang=2,
    )
    risk = proposal.risk
    paper.line(
        Text.assemble(
            "risk ",
            (risk.level.value.upper(), SEVERITY_STYLE[risk.level]),
            f"  {visible('; '.join(risk.reasons[:_FEW]))}",
        ),
        hang=2,
    )
    facts = f"proposed by {visible(proposal.proposer)} {proposal.created_at:%Y-%m-%d %H:%M}, expires "
    paper.line(Text(f"{facts}{proposal.expires_at:%Y-%m-%d %H:%M} UTC", "dim"), hang=2)
    paper.line(Text(proposal.digest, "dim"), hang=2)


def _part(paper: Paper, title: str, changes: Sequence[PlannedChange], style: str, *, full: bool) -> None:
    if not changes:
        return
    paper.blank()
    paper.line(Text(title, style))
    for change in changes:
        sign, colour = _SIGN[_deed(change)]
        paper.line(Text.assemble((f"{sign:<3}", colour), " ", (visible(change.address), "bold")), indent=2, hang=4)
        for note in _notes(change):
            paper.line(Text(note, "dim"), indent=6, hang=2)
        _attributes(paper, change, full=full)


def _attributes(paper: Paper, change: PlannedChange, *, full: bool) -> None:
    one_sided = change.actions in (("create",), ("delete",))
    # What only AWS knows of something new says nothing to who has to agree to it.
    told = [each for each in change.changes if not (one_sided and isinstance(each.observed, Unknown))]
    shown = told if full else told[:_FEW]
    for each in shown:
        if not one_sided:
            change_lines(paper, each, full=full, indent=6)
            continue
        value = value_text(each.observed if change.actions == ("create",) else each.recorded)
        text = f"{visible(each.text)}: {value}"
        paper.line(Text(text if full else shorten(text, 2 * (paper.width - 8))), indent=6, hang=2)
    if len(told) > len(shown):
        paper.line(Text(f"… {plural(len(told) - len(shown), 'attribute')} more", "dim"), indent=6)


def _notes(change: PlannedChange) -> Iterable[str]:
    if change.runs:
        yield f"runs {visible(' and '.join(change.runs))}: what that does, no plan tells"
    if change.because:
        yield f"replaced because of {visible(change.because)}"
    if change.importing:
        yield f"taken into the state: {visible(change.importing)}"
    if change.moved_from:
        yield f"was {visible(change.moved_from)}"
    if change.closes:
        yield f"closes {', '.join(visible(each[:ID_LENGTH]) for each in change.closes)}"


_SIGN: Final = {
    "created": ("+", "green"),
    "changed": ("~", "yellow"),
    "replaced": ("-/+", "bold red"),
    "destroyed": ("-", "bold red"),
    "forgotten": ("x", "yellow"),
    "noted": (" ", "dim"),
}


def _deed(change: PlannedChange) -> str:
    if change.replaces:
        return "replaced"
    for action, word in (
        ("delete", "destroyed"),
        ("create", "created"),
        ("update", "changed"),
        ("forget", "forgotten"),
    ):
        if action in change.actions:
            return word
    return "noted"


def _approvals(paper: Paper, proposal: Proposal, needed: int | None) -> None:
    if not proposal.approvals and needed is None:
        return
    paper.blank()
    wanted = f" of {needed}" if needed is not None else ""
    paper.line(Text(f"approvals: {len(proposal.approvals)}{wanted}", "bold"))
    for each in proposal.approvals:
        signed = ", signed" if each.signed else ""
        paper.line(Text(f"{visible(each.user)}, {each.at:%Y-%m-%d %H:%M} UTC{signed}"), indent=2, hang=2)


def _next_step(paper: Paper, proposal: Proposal, needed: int | None) -> None:
    short = proposal.id[:ID_LENGTH]
    if proposal.status is Status.PROPOSED and needed is not None:
        paper.blank()
        paper.line(Text(f"next: another person runs  reconciler approve {short}"), hang=2)
    elif proposal.status is Status.APPROVED:
        paper.blank()
        paper.line(Text(f"next: reconciler apply {short}"), hang=2)
    elif proposal.status in (Status.STALE, Status.EXPIRED, Status.FAILED):
        paper.blank()
        paper.line(Text(f"next: reconciler plan {visible(proposal.basis.workspace)}"), hang=2)
