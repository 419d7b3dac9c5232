"""``vault``: the keys that seal what is stored, and a new one in the place of an old one."""

from __future__ import annotations

import typer

from reconciler.cli.answers import refused
from reconciler.cli.caller import TokenFile, shell_user, token_of
from reconciler.cli.options import AsList, ListFormat
from reconciler.cli.output import emit
from reconciler.cli.progress import shown_progress
from reconciler.cli.session import Session

commands = typer.Typer(help="The keys that seal what is stored: status, rekey.", no_args_is_help=True)


@commands.command()
def status(ctx: typer.Context, format_: AsList = ListFormat.TABLE) -> int:
    """Show the keys, and how much is still sealed with an older one.

    Where nothing is, an older key can be taken out of the configuration.
    """
    with ctx.ensure_object(Session).application() as application:
        vault = application.vault
        due = vault.due()
        current, older = vault.keys.master.id, [key.id for key in vault.keys.older]
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        emit(dump({"current": current, "older": older, "due": due}))
        return 0
    lines = [f"current {current}", *(f"older   {each}" for each in older)]
    lines += [f"due     {table}: {count}" for table, count in due.items() if count]
    emit("".join(f"{line}\n" for line in lines) + ("" if any(due.values()) else "all is sealed with the current key\n"))
    return 0


@commands.command()
def rekey(ctx: typer.Context, format_: AsList = ListFormat.TABLE, token_file: TokenFile = None) -> int:
    r"""Seal everything in the database anew with the current key.

    Once there are [b]users[/b], it takes an admin's token. Others go on
    working meanwhile. It may be cut off at any moment: run again, it goes on.

    [b]A new key in the place of the present one[/b]

        (umask 077; head -c 32 /dev/urandom > /etc/reconciler/new.key)

        \[vault]                    # then reload every daemon
        key_file = "/etc/reconciler/new.key"
        older_key_files = ["/etc/reconciler/vault.key"]

        reconciler vault rekey      # then leave older_key_files out

    [b]Exit codes[/b]: 0 nothing is left, 1 something could not be sealed anew.
    """
    from reconciler.gate.refusal import Refusal  # noqa: PLC0415  slow, and not needed for `--help`

    token = token_of(token_file)
    with ctx.ensure_object(Session).application() as application, shown_progress() as progress:
        by = application.staff.administrator(token, shell_user())
        if isinstance(by, Refusal):
            return refused(by, format_)
        vault = application.vault
        result = vault.rekey(progress)
        current = vault.keys.master.id
    if format_ is ListFormat.JSON:
        from reconciler.cli.render.json_text import dump  # noqa: PLC0415  one view is needed, not all

        left = [{"table": each.table, "row": each.key, "reason": str(each.fault)} for each in result.left]
        emit(dump({"current": current, "done": result.done, "left": left}))
    else:
        emit("".join(f"{table}: {count}\n" for table, count in result.done.items() if count))
        if not result.left:
            emit(f"all is sealed with key {current}\n")
    for each in result.left:
        from reconciler.cli.faults import line  # noqa: PLC0415  only where something went wrong

        line("error", f"{each.table}, row {each.key}: {each.fault}")
    return 1 if result.left else 0
