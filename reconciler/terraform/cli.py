"""The terraform (or tofu) command: one method per sub-command that we use.

No method writes into the template's own folder unless it is given that folder: scans give it a work copy.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from reconciler.drift.values import UNKNOWN, Value
from reconciler.errors import BusyError, Position, TerraformError
from reconciler.terraform import diagnostics
from reconciler.terraform.arguments import FLAG, Option, arguments
from reconciler.terraform.files import (
    Inputs,
    override_backend,
    plugin_cache_lock,
    question,
    read_answer,
    variable_files,
)
from reconciler.terraform.hints import hint_for
from reconciler.terraform.initialised import is_initialised, note_initialised
from reconciler.terraform.runner import Finished, Limits, run
from reconciler.terraform.versions import Version
from reconciler.terraform.work_copy import DATA_DIR

_LOCKED = "error acquiring the state lock"
_HELD = "Lock Info"

OLDEST = {"terraform": Version.parse("1.1.0"), "tofu": Version.parse("1.6.0")}
"""What we need: ``-json`` with every diagnostic, and provider sources in the lock file."""

_LOCKS_IN_S3 = Version.parse("1.10.0")


@dataclass(frozen=True, slots=True)
class TerraformVersion:
    """What ``version -json`` says. ``product`` is ``terraform`` or ``tofu``."""

    product: str
    version: Version
    platform: str

    @property
    def locks_in_s3(self) -> bool:
        """Whether its s3 backend can lock a state by a file beside it: ``use_lockfile``, since 1.10 of both products.

        https://developer.hashicorp.com/terraform/language/backend/s3#state-locking
        """
        return self.version >= _LOCKS_IN_S3


class Refresh(StrEnum):
    """What a plan asks the cloud for: as it is held against the template, not at all, or to take it into the state."""

    YES = "yes"
    NO = "no"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that each kind of command may take."""

    quick: float = 60.0
    init: float = 600.0
    plan: float = 1800.0
    apply: float = 4 * 3600.0
    grace: float = 10.0
    apply_grace: float = 300.0


class Terraform:
    """A terraform program with the environment that its children get.

    Args:
        binary: a path, or a name to look for on the PATH of ``env``.
        env: the whole environment of every child.
        timeouts: how long commands may take.
        stop: set it from anywhere to end what runs, in order.
        keeps: descriptors that every child inherits: the locks that it holds for as long as it runs, even if we die.

    Raises:
        TerraformError: there is no such program.
    """

    def __init__(
        self,
        binary: str,
        env: Mapping[str, str],
        *,
        timeouts: Timeouts | None = None,
        stop: threading.Event | None = None,
        keeps: Sequence[int] = (),
    ) -> None:
        found = shutil.which(binary, path=env.get("PATH", os.defpath))
        if found is None:
            raise TerraformError(
                f"the program {binary!r} is not found or not executable",
                hint="install Terraform or OpenTofu, or name it under [terraform] binary",
            )
        self._binary = str(Path(found).absolute())
        self._env = dict(env)
        self._timeouts = timeouts or Timeouts()
        self._stop = stop
        self._keeps = tuple(keeps)

    def version(self) -> TerraformVersion:
        """The program's version.

        Raises:
            TerraformError: it is too old, or is no Terraform.
        """
        done = self._run("version", {"json": FLAG}, folder=Path.cwd(), timeout=self._timeouts.quick)
        try:
            answer = json.loads(done.stdout)
            version = Version.parse(answer["terraform_version"])
            machine = str(answer.get("platform", ""))
        except (ValueError, KeyError, TypeError) as error:
            raise TerraformError(
                f"{self._binary} does not answer as Terraform does", hint="check [terraform] binary"
            ) from error
        product = "tofu" if "tofu" in Path(self._binary).name else "terraform"
        if version < OLDEST[product]:
            raise TerraformError(
                f"{product} {version} is too old", hint=f"install {product} {OLDEST[product]} or newer"
            )
        return TerraformVersion(product, version, machine)

    def init(
        self,
        folder: Path,
        *,
        backend: bool = True,
        backend_config: Mapping[str, Value] | None = None,
        data_dir: Path | None = None,
    ) -> None:
        """Install providers and modules, and with ``backend`` set the state's backend up, completed by its config.

        One at a time over all processes that share our plugin cache: Terraform does not lock it.

        Raises:
            TerraformError: it failed.
        """
        options: dict[str, Option] = {"input": False, "no_color": FLAG, "backend": backend}
        if backend:
            options["reconfigure"] = FLAG
        locked = plugin_cache_lock(self._env.get("TF_CLI_CONFIG_FILE"), self._timeouts.init)
        with locked, variable_files(Inputs(variables=backend_config or {})) as files:
            if backend:
                options["backend_config"] = files
            self._run("init", options, folder=folder, data_dir=data_dir, timeout=self._timeouts.init)

    def init_once(self, folder: Path) -> None:
        """Set up a work copy and its backend as :meth:`init` does, unless it is as the last time left it.

        Raises:
            TerraformError: it failed.
        """
        cli_config = self._env.get("TF_CLI_CONFIG_FILE")
        if not is_initialised(folder, self._binary, cli_config):
            self.init(folder)
            note_initialised(folder, self._binary, cli_config)

    def console(
        self,
        folder: Path,
        expressions: Mapping[str, str],
        inputs: Inputs | None = None,
        *,
        data_dir: Path | None = None,
    ) -> dict[str, Value]:
        """Evaluate expressions exactly as Terraform would, without state.

        The folder must be a work copy: its backend is overridden by an empty local one, and the expressions are written
        into it for the time being.

        Args:
            folder: an initialised work copy, or one that will be.
            expressions: HCL expressions of any length by name, evaluated in the root module. A name is any text.
            inputs: variables and variable files.
            data_dir: instead of ``.terraform`` in the folder.

        Returns:
            By name the value; UNKNOWN where it hangs on a resource or on a variable that has no value.

        Raises:
            TerraformError: an expression or the template is not valid.
        """
        if not expressions:
            return {}
        override_backend(folder)
        if not ((data_dir or folder / DATA_DIR) / "terraform.tfstate").is_file():
            self.init(folder, data_dir=data_dir)
        names, timeout = list(expressions), self._timeouts.plan
        with question(folder, [expressions[name] for name in names], timeout) as asked, variable_files(inputs) as files:
            options: dict[str, Option] = {"var_file": files}
            done = self._run("console", options, folder=folder, data_dir=data_dir, timeout=timeout, stdin=asked)
        try:
            values = read_answer(done.stdout.decode("utf-8", "replace"), len(names))
        except ValueError as error:
            raise self._failed("console", folder, done, None) from error
        # An error in the template makes what hangs on it unknown, and does not change the exit code.
        problem = diagnostics.from_text(done.stderr) if UNKNOWN in values else None
        if problem is not None:
            raise self._failed("console", folder, done, problem)
        return dict(zip(names, values, strict=True))

    def plan(
        self,
        folder: Path,
        out: Path,
        inputs: Inputs | None = None,
        *,
        refresh: Refresh = Refresh.YES,
        targets: Sequence[str] = (),
        lock: bool = False,
        on_event: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> bool:
        """Make a plan file. It holds secrets: ``out`` belongs into a folder of our own and has to be removed.

        With ``targets``, addresses, it is of these resources and what they depend on. With ``lock`` it takes the
        state's lock, and so tells whether somebody else holds it.

        Returns:
            Whether it holds changes.

        Raises:
            TerraformError: it failed.
        """
        with variable_files(inputs) as files:
            options: dict[str, Option] = {
                **self._changing(files, None),
                "detailed_exitcode": FLAG,
                "lock": lock,
                "out": str(out.absolute()),
                "refresh": False if refresh is Refresh.NO else None,
                "refresh_only": FLAG if refresh is Refresh.ONLY else None,
                "target": list(targets),
            }
            done = self._stream("plan", options, folder, self._timeouts.plan, on_event, accepted=(0, 2), outlives=lock)
        return done.code == 2

    def show_json(self, folder: Path, plan: Path) -> dict[str, Any]:
        """A plan file as Terraform's JSON (https://developer.hashicorp.com/terraform/internals/json-format).

        Raises:
            TerraformError: the file is no plan of this template.
        """
        options: dict[str, Option] = {"json": FLAG, "no_color": FLAG}
        done = self._run("show", options, [str(plan.absolute())], folder=folder, timeout=self._timeouts.plan)
        try:
            shown = json.loads(done.stdout)
        except ValueError as error:
            raise TerraformError("terraform show did not answer with JSON") from error
        if not isinstance(shown, dict):
            raise TerraformError("terraform show did not answer with an object")
        return shown

    def apply(
        self,
        folder: Path,
        plan: Path | None = None,
        inputs: Inputs | None = None,
        *,
        parallelism: int | None = None,
        on_event: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        """Apply a plan file, or without one whatever the template asks for now.

        Raises:
            TerraformError: it failed, perhaps half done.
        """
        operands = [str(plan.absolute())] if plan else []
        with variable_files(None if plan else inputs) as files:
            options = {**self._changing(files, parallelism), "auto_approve": FLAG}
            self._stream("apply", options, folder, self._timeouts.apply, on_event, operands=operands, outlives=True)

    def destroy(
        self,
        folder: Path,
        inputs: Inputs | None = None,
        *,
        on_event: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        """Destroy everything that the state holds.

        Raises:
            TerraformError: it failed, perhaps half done.
        """
        with variable_files(inputs) as files:
            options = {**self._changing(files, None), "auto_approve": FLAG}
            self._stream("destroy", options, folder, self._timeouts.apply, on_event, outlives=True)

    def pull_state(self, folder: Path, *, data_dir: Path | None = None) -> bytes:
        """The state file's bytes from an initialised folder's backend; empty where there is no state. No lock is taken.

        Raises:
            TerraformError: it failed.
        """
        return self._run("state pull", {}, folder=folder, data_dir=data_dir, timeout=self._timeouts.init).stdout

    def _changing(self, files: list[str], parallelism: int | None) -> dict[str, Option]:
        return {"json": FLAG, "input": False, "no_color": FLAG, "var_file": files, "parallelism": parallelism}

    def _stream(
        self,
        command: str,
        options: Mapping[str, Option],
        folder: Path,
        timeout: float,
        on_event: Callable[[Mapping[str, Any]], None] | None,
        *,
        operands: Sequence[str] = (),
        accepted: Sequence[int] = (0,),
        outlives: bool = False,
    ) -> Finished:
        """Run a command that answers in JSON lines; the first error among them becomes ours.

        What holds the state's lock ``outlives`` us: it lets go of the lock, and writes the state.
        """
        errors: list[diagnostics.Diagnostic] = []

        def take(line: bytes) -> None:
            error = diagnostics.from_json_line(line)
            if error is not None:
                errors.append(error)
            elif on_event is not None and (event := _event(line)) is not None:
                on_event(event)

        argv = arguments(self._binary, command, options, operands)
        # What is killed under the state's lock leaves it locked.
        grace = self._timeouts.apply_grace if outlives else self._timeouts.grace
        limits = Limits(timeout, grace, self._stop)
        done = run(argv, cwd=folder, env=self._env, limits=limits, on_line=take, outlives=outlives, keeps=self._keeps)
        if done.code not in accepted:
            raise self._failed(command, folder, done, errors[0] if errors else None)
        return done

    def _run(
        self,
        command: str,
        options: Mapping[str, Option],
        operands: Sequence[str] = (),
        *,
        folder: Path,
        timeout: float,
        data_dir: Path | None = None,
        stdin: bytes | None = None,
    ) -> Finished:
        env = {**self._env, "TF_DATA_DIR": str(data_dir.absolute())} if data_dir else self._env
        argv = arguments(self._binary, command, options, operands)
        limits = Limits(timeout, self._timeouts.grace, self._stop)
        done = run(argv, cwd=folder, env=env, limits=limits, stdin=stdin, keeps=self._keeps)
        if done.code != 0:
            raise self._failed(command, folder, done, None)
        return done

    def _failed(
        self, command: str, folder: Path, done: Finished, error: diagnostics.Diagnostic | None
    ) -> TerraformError | BusyError:
        error = error or diagnostics.from_text(done.stderr)
        name = f"{Path(self._binary).name} {command}"
        # Without it the lock is not held by anybody: it could not be had for another reason.
        if error is not None and _LOCKED in error.summary.lower() and _HELD in error.detail:
            return BusyError(f"{name} could not lock the state: {error.detail or error.summary}", hint=hint_for(error))
        if error is not None:
            return TerraformError(
                f"{name} failed: {error.line}", hint=hint_for(error), position=_real(folder, error.position)
            )
        ended = f"ended by signal {-done.code}" if done.code < 0 else f"exit code {done.code}"
        said = diagnostics.last_line(done.stderr)
        return TerraformError(
            f"{name} failed: {said or ended}", hint="run it by hand in a copy of the template to see all"
        )


def _real(folder: Path, position: Position | None) -> Position | None:
    """The position in the user's own file: a work copy is made of links to it."""
    if position is None:
        return None
    return Position(os.path.realpath(folder / position.file), position.line, position.column)


def _event(line: bytes) -> Mapping[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None
