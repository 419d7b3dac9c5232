"""The demo's second half: one person proposes a fix, another approves it, it is applied and read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from reconciler.drift.coverage import Verdict
from reconciler.drift.report import Depth
from reconciler.errors import ReconcilerError
from reconciler.gate.people import Person, Role, Verb
from reconciler.gate.proposal import Proposal
from reconciler.gate.refusal import Refusal
from reconciler.sandbox.by_hand.undo import UNDO
from reconciler.workflows.progress import Progress

if TYPE_CHECKING:
    from reconciler.sandbox.by_hand import Console
    from reconciler.sandbox.story import Audience
    from reconciler.wiring import Application

_WORKSPACE: Final = "production"
_APPROVERS: Final = ("bob", "cleo")


def mend(application: Application, console: Console, audience: Audience, progress: Progress) -> None:
    """Bring the estate back, through the gate, and what no apply brings back by hand.

    Raises:
        ReconcilerError: something did not come out as it has to.
    """
    gate, people = application.gate, _people(application)
    audience.chapter("A fix, behind the gate. Ann proposes to bring it back to the template")
    plan = _done(gate.propose(_WORKSPACE, (), people["ann"].name, progress, _deaf))
    audience.plan(plan)
    early = gate.apply(plan.id, "ann", progress, _deaf)
    audience.chapter("Ann applies it at once")
    audience.line(_refused(early))
    audience.chapter("Ann approves it herself")
    audience.line(_refused(gate.approve(plan.id, "ann", plan.digest)))
    needed = gate.rules(plan.basis.environment).needed(plan.risk.level)
    who = "Bob reads it and approves" if needed == 1 else "Bob and Cleo read it and approve"
    audience.chapter(f"{who}: a plan of {plan.risk.level.value} risk asks for {needed}")
    for name in _APPROVERS[:needed]:
        audience.line(f"{name}: {_done(gate.approve(plan.id, people[name].name, plan.digest)).status.value}")
    audience.chapter("Ann applies it: all is read again, then written by Terraform, then read again")
    applied = _done(gate.apply(plan.id, "ann", progress, _deaf))
    outcome = applied.outcome.summary if applied.outcome else ""
    audience.line(f"{applied.status.value}: {outcome}")
    audience.chapter("What the template does not set no apply takes back. It is undone where it was done")
    for title, undo in UNDO:
        undo(console)
        audience.line(f"- {title}")
    audience.chapter("Scanning once more")
    last = application.scan([], Depth.EXACT, progress)
    covered = last.workspaces[0].coverage
    audience.line(f"{last.verdict.value.replace('_', ' ')}: {covered.checked} of {covered.recorded} resources checked")
    if last.verdict is not Verdict.IN_SYNC:
        raise ReconcilerError("the estate is not in sync after the fix", hint="please report it, with the output above")


def _people(application: Application) -> Mapping[str, Person]:
    """Ann, who is an admin, and two who may approve, each with the token that was made for them."""
    staff = application.staff
    admin = staff.add(None, "ann", Role.ADMIN, frozenset(), None)
    tokens: dict[str, str | Refusal] = {"ann": admin}
    for name in _APPROVERS:
        token = admin if isinstance(admin, str) else None
        tokens[name] = staff.add(token, name, Role.APPROVER, frozenset({_WORKSPACE}), None)
    people = {}
    for name, made in tokens.items():
        caller = staff.allowed(made if isinstance(made, str) else None, Verb.APPROVE, _WORKSPACE)
        if isinstance(caller, Refusal):
            raise ReconcilerError(f"{name} may not approve: {caller.reason}")
        people[name] = caller
    return people


def _done(answer: Proposal | Refusal) -> Proposal:
    if isinstance(answer, Refusal):
        raise ReconcilerError(f"the gate refused where it should not: {answer.rule}: {answer.reason}")
    return answer


def _refused(answer: Proposal | Refusal) -> str:
    if not isinstance(answer, Refusal):
        raise ReconcilerError("the gate did not refuse where it should")
    return f"refused: {answer.rule}: {answer.reason}"


def _deaf(_: Mapping[str, Any]) -> None:
    """Terraform's lines are not the story."""
