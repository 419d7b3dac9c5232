"""The demo: an estate is applied, is changed by hand, the report tells all of it, and a fix goes through the gate."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from reconciler.drift.report import Depth, Report
from reconciler.errors import ReconcilerError
from reconciler.gate.proposal import Proposal
from reconciler.sandbox.by_hand import CHANGES, ByHand, Console
from reconciler.sandbox.emulator import ACCOUNT_ID, REGION, Emulator
from reconciler.sandbox.estate import apply_environment, copy_estate, terraform_for
from reconciler.sandbox.mending import mend
from reconciler.settings import load_settings
from reconciler.wiring import open_application
from reconciler.workflows.progress import Progress

ENVIRONMENT: Final = "production"
CONFIG: Final = "reconciler.toml"

# A dozen of the changes, so that the report is one to read and not one to scroll: one of each sort.
_TOLD: Final = (
    "SSH opened to the world on the load balancer's group",
    "The workers' rule on the database's group removed",
    "A route from a private subnet straight to the internet",
    "www pointed at another machine",
    "The administrator policy attached to the containers' role",
    "The audit trail stopped",
    "The webhook's signing key replaced",
    "The exports bucket made readable by everybody",
    "Deletion protection of the orders table switched off",
    "Visibility timeout of the mail queue raised",
    "The storefront scaled to six containers",
    "A tag added to a public subnet",
)


class Audience(Protocol):
    """Whom the story is told to."""

    def chapter(self, title: str) -> None:
        """Something begins that may take a while."""

    def line(self, text: str) -> None:
        """One line of what happened."""

    def report(self, report: Report) -> None:
        """A scan's report."""

    def plan(self, proposal: Proposal) -> None:
        """What a plan would do, in a few lines."""


def told() -> tuple[ByHand, ...]:
    """The changes that the story makes."""
    return tuple(change for change in CHANGES if change.title.startswith(_TOLD))


def play(
    folder: Path, audience: Audience, progress: Progress, *, keep: bool = False, program: str = "reconciler"
) -> Report:
    """Tell the story in a new folder, on parts that end with it unless they are to be kept.

    Args:
        folder: a folder that does not exist yet or is empty; templates, state directory and configuration go there.
        audience: whom it is told to.
        progress: told where long work is.
        keep: leave the emulator running, and say how to go on.
        program: what starts this program in the user's shell.

    Returns:
        The report after the changes, and before the fix.

    Raises:
        ReconcilerError: a part is not installed, or failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _emulator(keep=keep, audience=audience, folder=folder, program=program) as emulator:
        _apply(folder, emulator, audience, progress)
        settings = load_settings(_configuration(folder, emulator))
        audience.chapter("Scanning: template, state and cloud, compared")
        with open_application(settings) as application:
            first = application.scan([], Depth.EXACT, progress)
            covered = first.workspaces[0].coverage
            verdict = first.verdict.value.replace("_", " ")
            audience.line(f"{verdict}: {covered.checked} of {covered.recorded} resources checked")
            audience.chapter("Somebody works in the console, past Terraform")
            console = Console(emulator)
            for change in told():
                change.make(console)
                audience.line(f"- {change.title}")
            audience.chapter("Scanning again")
            last = application.scan([], Depth.EXACT, progress)
            audience.report(last)
            mend(application, console, audience, progress)
    return last


@contextmanager
def _emulator(*, keep: bool, audience: Audience, folder: Path, program: str) -> Iterator[Emulator]:
    audience.chapter("Starting an AWS emulator; nothing here reaches a real account")
    with Emulator() as emulator:
        audience.line(f"account {ACCOUNT_ID} at {emulator.url}")
        yield emulator
        if keep:
            audience.chapter("All of it is kept. Go on with:")
            audience.line(f"cd {folder}")
            for command in ("report", "scan", "drift list", "doctor"):
                audience.line(f"{program} {command}")
            audience.line(f"The AWS emulator answers at {emulator.url}; to end it: kill {emulator.pid}")
            # The last step: whatever fails before it ends the emulator too.
            emulator.leave_running()


def _apply(folder: Path, emulator: Emulator, audience: Audience, progress: Progress) -> None:
    audience.chapter(f"Applying the example estate's {ENVIRONMENT} with Terraform")
    estate = copy_estate(folder / "iac_templates")
    terraform = terraform_for(emulator, folder / "terraform")
    seen = _Steps(progress)
    applied = apply_environment(estate, ENVIRONMENT, emulator=emulator, terraform=terraform, on_progress=seen)
    audience.line(f"{applied.resources} resources of a web shop, its state in S3, in {applied.seconds:.0f} s")


class _Steps:
    """Terraform's counts as our progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done = 0
        self._total = 0

    def __call__(self, done: int, total: int) -> None:
        if total != self._total:
            self._progress.phase(ENVIRONMENT, "applying", total)
            self._total, self._done = total, 0
        self._progress.advance(done - self._done)
        self._done = done


def _configuration(folder: Path, emulator: Emulator) -> Path:
    """The configuration of the demo, as a user would write it."""
    path = folder / CONFIG
    path.write_text(
        f"""state_dir = "state"

[environments.{ENVIRONMENT}]
account_id = "{ACCOUNT_ID}"
region = "{REGION}"
endpoint_url = "{emulator.url}"

[workspaces.{ENVIRONMENT}]
environment = "{ENVIRONMENT}"
template = "iac_templates/{ENVIRONMENT}"
var_files = ["iac_templates/{ENVIRONMENT}/{ENVIRONMENT}.tfvars"]
""",
        "utf-8",
    )
    return path


def tidy(folder: Path) -> None:
    """Remove what the story left on the disk.

    Raises:
        ReconcilerError: it cannot be removed.
    """
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise ReconcilerError(f"{folder} cannot be removed: {error.strerror}", hint="remove it by hand") from error
