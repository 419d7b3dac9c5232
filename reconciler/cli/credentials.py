"""``credentials``: ways into AWS accounts, kept sealed in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from reconciler.cli.answers import refused
from reconciler.cli.caller import TokenFile, shell_user, token_of
from reconciler.cli.options import AsList, CredentialWord, ListFormat
from reconciler.cli.output import emit, emit_lines, say, width
from reconciler.cli.secrets import EXTERNAL_ID, KEY_ID, SECRET, read_secrets
from reconciler.cli.session import Session

if TYPE_CHECKING:
    from reconciler.wiring.logins import Login

commands = typer.Typer(
    help="Ways into AWS accounts, kept sealed: add, list, test, rotate, disable. Once there are [b]users[/b], whoever "
    "changes one needs an admin's token.",
    no_args_is_help=True,
)

_ASKED: Final = "-"

Name = Annotated[str, typer.Argument(metavar="NAME", help="As an environment's [b]credential[/b] names it.")]


@commands.command()
def add(  # noqa: PLR0913  each is an option of the command
    ctx: typer.Context,
    name: Name,
    account_id: Annotated[str, typer.Option(metavar="ID", help="The account's 12 digits; every use is checked.")],
    type_: Annotated[
        CredentialWord,
        typer.Option("--type", help="A user's keys, the role this host has, or a role to assume."),
    ],
    role_arn: Annotated[
        str | None, typer.Option(metavar="ARN", help="The role to assume; of an iam_role, the one the host must have.")
    ] = None,
    external_id: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="What the role's trust asks for; [b]-[/b] reads it as the keys are read."),
    ] = None,
    alias: Annotated[str | None, typer.Option(help="The account's alias, for people.")] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=3650, help="For how long it may be used; for ever without.")
    ] = None,
    *,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Assume the role with a user's keys, not as this host.")
    ] = False,
    token_file: TokenFile = None,
) -> int:
    r"""Keep a way into an account. Its secrets are sealed with the master key.

    Keys are never an argument: they are asked for without an echo, or
    read from stdin, a line each, or as [b]aws iam create-access-key[/b]
    prints them.

    An environment names it, one for reading and another for approved
    applies: [b]credential = "prod-read"[/b], [b]apply_credential = "prod"[/b].

    [b]Examples[/b]

        reconciler credentials add prod-read --type assume_role \
            --account-id 123456789012 \
            --role-arn arn:aws:iam::123456789012:role/reconciler-read

        aws iam create-access-key --user-name reconciler |
            reconciler credentials add prod --type iam_user \
            --account-id 123456789012
    """
    from reconciler.gate.refusal import Refusal  # noqa: PLC0415  slow, not for `--help`
    from reconciler.inventory.rows import CredentialRow, CredentialType  # noqa: PLC0415  likewise
    from reconciler.wiring.logins import AccessKey  # noqa: PLC0415  likewise

    kind = CredentialType(type_)
    keyed = kind is CredentialType.IAM_USER or with_keys
    given = read_secrets([*((KEY_ID, SECRET) if keyed else ()), *((EXTERNAL_ID,) if external_id == _ASKED else ())])
    key = AccessKey(given[0], given[1]) if keyed else None
    end = None if days is None else datetime.now(UTC) + timedelta(days=days)
    row = CredentialRow("", name, account_id, kind, role_arn=role_arn, account_alias=alias, expires_at=end)
    with ctx.ensure_object(Session).application() as application:
        by = application.staff.administrator(token_of(token_file), shell_user())
        if isinstance(by, Refusal):
            return refused(by)
        application.logins.add(row, key, given[-1] if external_id == _ASKED else external_id, by)
    say(f"credential {name} is kept; try it: reconciler credentials test {name}")
    return 0


@commands.command("list")
def list_credentials(ctx: typer.Context, format_: AsList = ListFormat.TABLE) -> int:
    """List them without their secrets: of a key only the end of its id."""
    with ctx.ensure_object(Session).application() as application:
        found = application.logins.all()
    _print(found, format_)
    return 0


@commands.command("test")
def try_out(ctx: typer.Context, name: Name, format_: AsList = ListFormat.TABLE) -> int:
    """Ask AWS whose it is. It must be of the account that it is kept for."""
    with ctx.ensure_object(Session).application() as application:
        who = application.logins.test(name)
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump({"name": name, "account_id": who.account_id, "arn": who.arn}))
    else:
        emit(f"{name}: account {who.account_id}, {who.arn}\n")
    return 0


@commands.command()
def rotate(
    ctx: typer.Context,
    name: Name,
    *,
    no_test: Annotated[
        bool, typer.Option("--no-test", help="Store the new key without asking AWS first whether it is good.")
    ] = False,
    token_file: TokenFile = None,
) -> int:
    """Put a new key in the place of the old one, which is not kept.

    The new key is tried first; if AWS does not take it, the old one stays.
    A daemon that runs takes it within half a minute.
    Delete the old key in AWS afterwards.

    [b]Example[/b]

        aws iam create-access-key --user-name reconciler |
            reconciler credentials rotate prod
    """
    from reconciler.gate.refusal import Refusal  # noqa: PLC0415  slow, and not needed for `--help`
    from reconciler.wiring.logins import AccessKey  # noqa: PLC0415  likewise

    key = AccessKey(*read_secrets([KEY_ID, SECRET]))
    with ctx.ensure_object(Session).application() as application:
        by = application.staff.administrator(token_of(token_file), shell_user())
        if isinstance(by, Refusal):
            return refused(by)
        application.logins.rotate(name, key, by, test=not no_test)
    say(f"credential {name} has a new key; delete the old one in AWS")
    return 0


@commands.command()
def disable(ctx: typer.Context, name: Name, token_file: TokenFile = None) -> int:
    """Let it be used no longer. A daemon that runs notices within half a minute."""
    return _set_active(ctx, name, token_of(token_file), active=False)


@commands.command()
def enable(ctx: typer.Context, name: Name, token_file: TokenFile = None) -> int:
    """Let it be used again."""
    return _set_active(ctx, name, token_of(token_file), active=True)


def _set_active(ctx: typer.Context, name: str, token: str | None, *, active: bool) -> int:
    from reconciler.gate.refusal import Refusal  # noqa: PLC0415  slow, and not needed for `--help`

    with ctx.ensure_object(Session).application() as application:
        by = application.staff.administrator(token, shell_user())
        if isinstance(by, Refusal):
            return refused(by)
        application.logins.set_active(name, by, active=active)
    say(f"credential {name} is {'enabled' if active else 'disabled'}")
    return 0


def _print(found: list[Login], format_: ListFormat) -> None:
    from reconciler.cli.render.credentials import credential_json, credentials_table  # noqa: PLC0415  slow

    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump({"credentials": [credential_json(each) for each in found]}))
    else:
        emit_lines(credentials_table(found, width()))
