"""``plan``, ``plans``, ``approve``, ``reject``, ``apply``, ``recover``: from a finding to an approved fix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.cli.answers import refused, told
from reconciler.cli.caller import TokenFile, token_of
from reconciler.cli.faults import tell
from reconciler.cli.options import AsList, AsPlan, ListFormat, OneWorkspace, PlanFormat, PlanStatusWord, workspace_names
from reconciler.cli.output import emit, emit_lines, say, width
from reconciler.cli.progress import shown_progress
from reconciler.cli.session import Session
from reconciler.errors import ConfigError

if TYPE_CHECKING:
    from reconciler.workflows.progress import Progress

PlanId = Annotated[str, typer.Argument(metavar="PLAN", help="A plan's id, or enough of its beginning.")]

plans = typer.Typer(help="Plans on their way: list, show, write-off.", no_args_is_help=True)


def plan(
    ctx: typer.Context,
    workspace: Annotated[str, typer.Argument(metavar="WORKSPACE", autocompletion=workspace_names)],
    finding: Annotated[
        list[str] | None, typer.Option("--finding", metavar="ID", help="Only what this finding needs; may be repeated.")
    ] = None,
    *,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Take into the state what the cloud holds; write nothing else.")
    ] = False,
    format_: AsPlan = PlanFormat.TABLE,
    token_file: TokenFile = None,
) -> int:
    """Propose to bring the cloud back to the template: make a plan that others can approve.

    Terraform plans the whole workspace, or the resources of the named findings alone. The plan is kept, sealed; what it
    would do is shown, and first of all what it would do [b]beyond[/b] the findings. Nothing is changed yet.

    With [b]--adopt[/b] the state gives way: it takes over what the cloud holds, of the named findings or of all. Bring
    the template along first ([b]reconciler adopt[/b]), or the next apply takes it back; the plan says where.

    [b]Exit codes[/b]: 0 proposed, 1 fault, 4 refused (a rule forbids it, or there is nothing to do).

    [b]Examples[/b]

        reconciler plan production
        reconciler plan production --finding 3f2a9c1e
        reconciler plan production --finding 3f2a9c1e --adopt
    """
    from reconciler.gate.people import Verb  # noqa: PLC0415  slow, and not needed for `--help`
    from reconciler.gate.proposal import Direction  # noqa: PLC0415  likewise
    from reconciler.gate.refusal import Refusal  # noqa: PLC0415  likewise

    token = token_of(token_file)
    with ctx.ensure_object(Session).application([workspace]) as application, shown_progress() as progress:
        environment = application.settings.workspace(workspace).environment
        caller = application.staff.allowed(token, Verb.PROPOSE, environment)
        if isinstance(caller, Refusal):
            return refused(caller, format_)
        wanted = [application.finding(each)[1].id for each in finding or ()]
        telling = _telling(progress, workspace)
        direction = Direction.ADOPT if adopt else Direction.REVERT
        made = application.gate.propose(workspace, wanted, caller.name, progress, telling, direction=direction)
        if isinstance(made, Refusal):
            return refused(made, format_)
        rules, automatic = application.gate.rules(environment), application.gate.automatic(made)
    return told(made, rules, format_, automatic=automatic)


@plans.command("list")
def list_plans(
    ctx: typer.Context,
    workspace: OneWorkspace = None,
    status: Annotated[PlanStatusWord | None, typer.Option(help="Only of this status.")] = None,
    format_: AsList = ListFormat.TABLE,
) -> int:
    """List plans, the newest first.

    [b]Example[/b]

        reconciler plans list --status approved
    """
    from reconciler.gate.proposal import Proposal, Status  # noqa: PLC0415  slow, and not needed for `--help`

    with ctx.ensure_object(Session).application([workspace] if workspace else []) as application:
        answers = application.gate.plans.plans(workspace=workspace, status=Status(status) if status else None)
    found = [each for each in answers if isinstance(each, Proposal)]
    altered = [each for each in answers if not isinstance(each, Proposal)]
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        problems = [{"message": each.message, "hint": each.hint} for each in altered]
        emit(dump({"plans": [each.to_json() for each in found], "problems": problems}))
    else:
        from reconciler.cli.render.plan_page import plans_table  # noqa: PLC0415  likewise

        emit_lines(plans_table(found, width()))
    return max((tell(each) for each in altered), default=0)


@plans.command()
def show(ctx: typer.Context, plan: PlanId, format_: AsPlan = PlanFormat.TABLE) -> int:
    """Show one plan with nothing left out: what to read before you approve it.

    [b]html[/b] is one file without scripts, to be sent to who shall approve.

    [b]Examples[/b]

        reconciler plans show 3f2a9c1e
        reconciler plans show 3f2a9c1e --format html > plan.html
    """
    with ctx.ensure_object(Session).application() as application:
        found = application.gate.plans.plan(plan)
        rules, automatic = application.gate.rules(found.basis.environment), application.gate.automatic(found)
    told(found, rules, format_, automatic=automatic, full=True)
    return 0


@plans.command("write-off")
def write_off(
    ctx: typer.Context,
    plan: PlanId,
    format_: AsList = ListFormat.TABLE,
    token_file: TokenFile = None,
) -> int:
    """Answer for a cut-off apply whose record somebody altered or removed, so that the workspace can go on.

    Look in AWS and in the state what came of it first: nobody else will. An admin's token is wanted, and the ledger
    tells who it was. A plan whose record is whole is settled by [b]recover[/b].

    [b]Example[/b]

        reconciler plans write-off 3f2a9c1e
    """
    from reconciler.gate.people import Verb  # noqa: PLC0415  slow, and not needed for `--help`
    from reconciler.gate.refusal import Refusal  # noqa: PLC0415  likewise

    token = token_of(token_file)
    with ctx.ensure_object(Session).application() as application:
        caller = application.staff.allowed(token, Verb.ADMINISTER, None)
        if isinstance(caller, Refusal):
            return refused(caller, format_)
        answer = application.gate.write_off(plan, caller.name)
    if isinstance(answer, Refusal):
        return refused(answer, format_)
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump({"id": answer, "status": "written off"}))
    else:
        say(f"plan {answer[:8]} is written off: its workspace can be applied to again")
    return 0


def approve(
    ctx: typer.Context,
    plan: PlanId,
    digest: Annotated[
        str | None, typer.Option(metavar="SHA256", help="The digest that you read, if you want to be sure.")
    ] = None,
    sign_with: Annotated[
        Path | None,
        typer.Option(metavar="KEY", help="Sign with this SSH key, or with the agent's for this public key."),
    ] = None,
    signature: Annotated[Path | None, typer.Option(metavar="FILE", help="A signature that you made elsewhere.")] = None,
    format_: AsList = ListFormat.TABLE,
    token_file: TokenFile = None,
) -> int:
    """Approve a plan: say yes to exactly what [b]plans show[/b] shows.

    It takes another person than the proposer, with the role [i]approver[/i] in the plan's environment. Where signatures
    are required, sign with [b]--sign-with[/b]; or where your key is, and bring the file with [b]--signature[/b]:

        printf %s sha256:… | ssh-keygen -Y sign -n reconciler-plan -f ~/.ssh/id_ed25519 > plan.sig

    [b]Exit codes[/b]: 0 approved, 1 fault, 4 refused.

    [b]Example[/b]

        reconciler approve 3f2a9c1e
    """
    from reconciler.gate.people import Verb  # noqa: PLC0415  slow, and not needed for `--help`
    from reconciler.gate.refusal import Refusal  # noqa: PLC0415  likewise
    from reconciler.vault.signatures import signing_command  # noqa: PLC0415  likewise

    token = token_of(token_file)
    with ctx.ensure_object(Session).application() as application:
        found = application.gate.plans.plan(plan)
        caller = application.staff.allowed(token, Verb.APPROVE, found.basis.environment)
        if isinstance(caller, Refusal):
            return refused(caller, format_)
        agreed = digest or found.digest
        answer = application.gate.approve(found.id, caller.name, agreed, _signature(agreed, sign_with, signature))
        if isinstance(answer, Refusal):
            if answer.rule == "require_signature":
                say(f"sign it: {signing_command(agreed, 'KEY')}")
            return refused(answer, format_)
        rules = application.gate.rules(found.basis.environment)
    return told(answer, rules, format_)


def reject(
    ctx: typer.Context,
    plan: PlanId,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why not.")],
    format_: AsList = ListFormat.TABLE,
    token_file: TokenFile = None,
) -> int:
    """Reject a plan: it can never be applied.

    [b]Example[/b]

        reconciler reject 3f2a9c1e --reason "the change was on purpose"
    """
    from reconciler.gate.people import Verb  # noqa: PLC0415  slow, and not needed for `--help`
    from reconciler.gate.refusal import Refusal  # noqa: PLC0415  likewise

    token = token_of(token_file)
    with ctx.ensure_object(Session).application() as application:
        found = application.gate.plans.plan(plan)
        caller = application.staff.allowed(token, Verb.APPROVE, found.basis.environment)
        if isinstance(caller, Refusal):
            return refused(caller, format_)
        answer = application.gate.reject(found.id, caller.name, reason)
        if isinstance(answer, Refusal):
            return refused(answer, format_)
    return told(answer, None, format_)


def apply(ctx: typer.Context, plan: PlanId, format_: AsList = ListFormat.TABLE, token_file: TokenFile = None) -> int:
    """Apply an approved plan, and prove by reading what came of it.

    Everything that the plan rests on is read again first; if anything has moved, nothing is written and the plan is
    stale. Ctrl-C lets Terraform end in order. What a crash cuts off, [b]recover[/b] settles.

    [b]Exit codes[/b]: 0 applied and verified, 1 failed or unknown, 4 refused, 5 stale.

    [b]Example[/b]

        reconciler apply 3f2a9c1e
    """
    from reconciler.gate.people import Verb  # noqa: PLC0415  slow, and not needed for `--help`
    from reconciler.gate.refusal import Refusal  # noqa: PLC0415  likewise

    token = token_of(token_file)
    with ctx.ensure_object(Session).application() as application, shown_progress() as progress:
        found = application.gate.plans.plan(plan)
        caller = application.staff.allowed(token, Verb.APPLY, found.basis.environment)
        if isinstance(caller, Refusal):
            return refused(caller, format_)
        answer = application.gate.apply(found.id, caller.name, progress, _telling(progress, found.basis.workspace))
    return refused(answer, format_) if isinstance(answer, Refusal) else told(answer, None, format_)


def recover(ctx: typer.Context, format_: AsList = ListFormat.TABLE) -> int:
    """Settle applies that were cut off, and those that are unknown, by reading. Nothing is ever applied again.

    [b]Exit codes[/b]: 0 nothing is left unknown, 1 fault or something is.
    """
    from reconciler.gate.proposal import Proposal, Status  # noqa: PLC0415  slow, and not needed for `--help`

    with ctx.ensure_object(Session).application() as application, shown_progress() as progress:
        answers = list(application.gate.recover(progress))
    settled = [each for each in answers if isinstance(each, Proposal)]
    for each in answers:
        if not isinstance(each, Proposal):
            say(f"left alone: {each.reason}")
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump({"plans": [each.to_json() for each in settled]}))
    else:
        for each in settled:
            told(each, None, format_)
    return 1 if len(settled) < len(answers) or any(each.status is Status.UNKNOWN for each in settled) else 0


def _signature(digest: str, key: Path | None, file: Path | None) -> str | None:
    """The signature that the caller makes here, or has brought along."""
    if key is not None:
        from reconciler.wiring.gate import signed_with  # noqa: PLC0415  only who signs needs it

        return signed_with(digest, key)
    if file is None:
        return None
    try:
        return file.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the signature {file} cannot be read", hint="bring what ssh-keygen wrote") from error


def _telling(progress: Progress, workspace: str) -> Callable[[Mapping[str, Any]], None]:
    """Takes Terraform's JSON lines, and tells which resource it is at."""

    def take(event: Mapping[str, Any]) -> None:
        if event.get("type") in ("apply_start", "refresh_start"):
            hook = event.get("hook") or {}
            address = (hook.get("resource") or {}).get("addr", "")
            progress.phase(workspace, f"{hook.get('action', 'read')} {address}")

    return take
