"""``users``: the people of the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.answers import refused
from reconciler.cli.caller import TokenFile, shell_user, token_of
from reconciler.cli.options import AsList, ListFormat, RoleWord
from reconciler.cli.output import emit, emit_lines, say, width
from reconciler.cli.session import Session

if TYPE_CHECKING:
    from datetime import timedelta

    from reconciler.gate.people import Person

commands = typer.Typer(help="People who propose, approve and apply: add, list, disable.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="As it will stand in plans and records.")]
Days = Annotated[
    int | None, typer.Option("--days", min=1, max=3650, help="How long the token is good; for ever without.")
]


@commands.command()
def add(
    ctx: typer.Context,
    name: Name,
    role: Annotated[RoleWord, typer.Option(help="viewer looks, operator proposes and applies, approver approves.")],
    environment: Annotated[
        list[str] | None, typer.Option("--environment", "-e", help="Only there; may be repeated.")
    ] = None,
    days: Days = None,
    token_file: TokenFile = None,
    *,
    break_glass: Annotated[
        bool, typer.Option("--break-glass", help="With root's word in place of a token, where no admin has one.")
    ] = False,
) -> int:
    """Add somebody, and print their token, the only time that it is shown.

    On a new installation the first admin is added without a token, once. Afterwards it takes an admin's.

    Where no admin has a token any more, root of this host agrees to a new one by a file that only root can write, and
    [b]--break-glass[/b] adds them; the ledger says so.

    [b]Examples[/b]

        reconciler users add ann --role admin > ~/.config/reconciler/token
        reconciler users add bob --role approver --environment production --days 90
        echo eve | sudo tee /etc/reconciler/break-glass; reconciler users add eve --role admin --break-glass
    """
    from reconciler.gate.people import Role  # noqa: PLC0415  slow, and not needed for `--help`
    from reconciler.gate.refusal import Refusal  # noqa: PLC0415  likewise

    if break_glass and (role != "admin" or environment):
        raise typer.BadParameter("it adds an admin of everything: --role admin", param_hint="'--break-glass'")
    with ctx.ensure_object(Session).application() as application:
        for each in environment or ():
            if each not in application.settings.environments:
                raise typer.BadParameter(f"no environment is named {each}", param_hint="'--environment'")
        made: str | Refusal
        if break_glass:
            consent = application.settings.vault.break_glass_file
            made = application.staff.break_glass(name, shell_user(), _lifetime(days), application.root_says(consent))
            if isinstance(made, Refusal):
                say(f"as root: echo {name} > {consent}")
        else:
            token, environments = token_of(token_file), frozenset(environment or ())
            made = application.staff.add(token, name, Role(role), environments, _lifetime(days))
    if isinstance(made, Refusal):
        return refused(made)
    emit(f"{made}\n")
    say(f"that is the token of {name}; it is not kept, and cannot be shown again")
    return 0


@commands.command("list")
def list_people(ctx: typer.Context, format_: AsList = ListFormat.TABLE) -> int:
    """List everybody with a role."""
    with ctx.ensure_object(Session).application() as application:
        people = application.staff.everybody()
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump({"users": [_as_json(each) for each in people]}))
    else:
        from reconciler.cli.render.listing import people_table  # noqa: PLC0415  likewise

        emit_lines(people_table(people, width()))
    return 0


@commands.command()
def disable(ctx: typer.Context, name: Name, token_file: TokenFile = None) -> int:
    """Let somebody do nothing any more; their approvals count no longer."""
    return _set_active(ctx, name, token_of(token_file), active=False)


@commands.command()
def enable(ctx: typer.Context, name: Name, token_file: TokenFile = None) -> int:
    """Let somebody in again."""
    return _set_active(ctx, name, token_of(token_file), active=True)


@commands.command("token")
def renew(ctx: typer.Context, name: Name, days: Days = None, token_file: TokenFile = None) -> int:
    """Print a new token; the old one is dead. Everybody may do so for themselves, an admin for anybody."""
    from reconciler.gate.refusal import Refusal  # noqa: PLC0415  slow, and not needed for `--help`

    with ctx.ensure_object(Session).application() as application:
        made = application.staff.renew(token_of(token_file), name, _lifetime(days))
    if isinstance(made, Refusal):
        return refused(made)
    emit(f"{made}\n")
    return 0


def _set_active(ctx: typer.Context, name: str, token: str | None, *, active: bool) -> int:
    from reconciler.gate.refusal import Refusal  # noqa: PLC0415  slow, and not needed for `--help`

    with ctx.ensure_object(Session).application() as application:
        answer = application.staff.set_active(token, name, active=active)
    if isinstance(answer, Refusal):
        return refused(answer)
    say(f"{name} is {'enabled' if active else 'disabled'}")
    return 0


def _lifetime(days: int | None) -> timedelta | None:
    from datetime import timedelta  # noqa: PLC0415  not needed for `--help`

    return None if days is None else timedelta(days=days)


def _as_json(person: Person) -> dict[str, object]:
    expires = person.token_expires_at
    return {
        "name": person.name,
        "role": person.role.value,
        "environments": sorted(person.environments) or None,
        "active": person.active,
        "token_expires_at": None if expires is None else expires.isoformat(),
    }
