"""The tree of commands, and the options before them."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup, TyperOption

from reconciler.cli import (
    adopt,
    credentials,
    db,
    demo,
    doctor,
    drift,
    events,
    gate,
    ledger,
    report,
    scan,
    serve,
    templates,
    users,
    vault,
)
from reconciler.cli.session import LogLevel, Session
from reconciler.cli.version import version

LOOK, KEEP, MEND, OPERATE = "Look", "Findings and records", "Mend", "Operate"

app = typer.Typer(
    name="reconciler",
    rich_markup_mode="rich",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes of scan and report: 0 in sync, 2 drifted, 3 unknown, 1 fault. Of plan, approve and apply: "
    "0 done, 4 refused, 5 stale, 1 fault. Results go to stdout, all else to stderr.",
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001  typer calls it so
    if wanted:
        typer.echo(f"reconciler {version()}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            envvar="RECONCILER_CONFIG",
            help="The configuration. By default ./reconciler.toml, then /etc/reconciler/reconciler.toml.",
            show_default=False,
        ),
    ] = None,
    log_level: Annotated[
        LogLevel, typer.Option(metavar="LEVEL", help="What is logged to stderr: debug, info, warning, error.")
    ] = LogLevel.WARNING,
    *,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks of unexpected errors. They may hold secrets.")
    ] = False,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Find what really changed in an AWS estate: template, state and cloud compared.

    It only reads. Nothing is changed, but by [b]apply[/b], with a plan that somebody approved, and a template only by
    [b]adopt --write[/b].

    [b]First steps[/b]

        reconciler demo                     the whole story, nothing configured
        reconciler doctor                   is everything there
        reconciler scan                     compare now
        reconciler report -o drift.html     the same, to read or to mail
        reconciler drift show 3f2a9c1e      one finding with nothing left out
    """
    session = ctx.ensure_object(Session)
    session.config, session.log_level, session.debug = config, log_level, debug
    session.command = ctx.invoked_subcommand or ""
    del show_version  # its callback has done the work


app.command(rich_help_panel=LOOK)(scan.scan)
app.command(rich_help_panel=LOOK)(report.report)
app.command(rich_help_panel=LOOK)(demo.demo)
app.add_typer(drift.commands, name="drift", rich_help_panel=KEEP)
for command in (ledger.verify, ledger.anchor, ledger.export):
    events.commands.command()(command)
app.add_typer(events.commands, name="events", rich_help_panel=KEEP)
app.add_typer(templates.commands, name="templates", rich_help_panel=KEEP)
app.command(rich_help_panel=MEND)(gate.plan)
app.add_typer(gate.plans, name="plans", rich_help_panel=MEND)
app.command(rich_help_panel=MEND)(gate.approve)
app.command(rich_help_panel=MEND)(gate.reject)
app.command(rich_help_panel=MEND)(gate.apply)
app.command(rich_help_panel=MEND)(gate.recover)
app.command(rich_help_panel=MEND)(adopt.adopt)
app.add_typer(users.commands, name="users", rich_help_panel=MEND)
app.command(rich_help_panel=OPERATE)(serve.serve)
app.command(rich_help_panel=OPERATE)(doctor.doctor)
app.add_typer(db.commands, name="db", rich_help_panel=OPERATE)
app.add_typer(credentials.commands, name="credentials", rich_help_panel=OPERATE)
app.add_typer(vault.commands, name="vault", rich_help_panel=OPERATE)


def run(arguments: Sequence[str], session: Session) -> object:
    """Run one command and give what it returns; what it raises goes through."""
    tree = typer.main.get_command(app)
    _tidy_help(typer.Context(tree, **tree.context_settings))
    return tree.main(list(arguments), prog_name="reconciler", standalone_mode=False, obj=session)


def _tidy_help(context: typer.Context) -> None:
    """Let help flow in the width that there is, and show no type where a flag takes no value."""
    context.command.help = _flowing(context.command.help or "")
    for parameter in context.command.get_params(context):
        if isinstance(parameter, TyperOption) and parameter.is_flag:
            parameter.metavar = ""
    if isinstance(context.command, TyperGroup):
        for command in context.command.commands.values():
            _tidy_help(typer.Context(command, parent=context, **command.context_settings))


def _flowing(text: str) -> str:
    """A docstring whose paragraphs are one line each; what is indented stays as it is."""
    paragraphs = cleandoc(text).split("\n\n")
    return "\n\n".join(each if each.startswith(" ") else each.replace("\n", " ") for each in paragraphs)
