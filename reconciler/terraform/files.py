"""The files that a run of terraform needs for its time only: variables, an empty backend, a question, a lock."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.drift.values import UNKNOWN, Value
from reconciler.errors import TerraformError
from reconciler.terraform.turns import Work, locked, turn_in

BACKEND = "reconciler_backend_override.tf"
"""The file in a work copy that says where its state is, where the template does not."""
_PROBE = "reconciler_probe.tf"
_ANSWER = "reconciler_answer"
_ENTRY = re.compile(r'^ +"q([0-9]+)" = (?:"([A-Za-z0-9+/=]+)"|(\(known after apply\)))$', re.MULTILINE)
_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a run gets from outside: files as Terraform's ``-var-file``, in order, then values that win over them."""

    var_files: tuple[Path, ...] = ()
    variables: Mapping[str, Value] = field(default_factory=dict)


@contextmanager
def variable_files(inputs: Inputs | None) -> Iterator[list[str]]:
    """The paths for ``-var-file``. Values go through a 0600 file that is gone afterwards, never through argv.

    Raises:
        TerraformError: the file cannot be written.
    """
    inputs = inputs or Inputs()
    paths = [str(path.absolute()) for path in inputs.var_files]
    if not inputs.variables:
        yield paths
        return
    text = json.dumps(dict(inputs.variables))
    try:
        # Not in the template's folder, which is only read. A temporary file is 0600 from birth.
        file = tempfile.NamedTemporaryFile("w", prefix="reconciler-", suffix=".tfvars.json")  # noqa: SIM115  # below
    except OSError as error:
        raise TerraformError("no temporary file for the variables can be made", hint="check TMPDIR") from error
    with file:
        file.write(text)
        file.flush()
        yield [*paths, file.name]


def override_backend(folder: Path) -> None:
    """Make the template in a work copy keep its state in a local file that does not exist: no backend is asked.

    Raises:
        TerraformError: the work copy cannot be written.
    """
    _write_backend(folder, Path("reconciler-none.tfstate"), Path("reconciler-none"))


@contextmanager
def planning_from(folder: Path, state: bytes | None, workspace: str, place: Path, timeout: float) -> Iterator[Path]:
    """Have the template in a work copy take a copy of its state for its state, and give the private folder it lies in.

    So a plan can be made from a state of any backend, without its lock, and nothing can be written to the original.

    Args:
        folder: the work copy.
        state: the state file's content, None where there is none yet.
        workspace: Terraform's workspace.
        place: where to make the folder, 0700 and gone afterwards: the state holds secrets.
        timeout: seconds to wait for another process that plans in this work copy.

    Raises:
        BusyError: the other process takes longer.
        TerraformError: the folder cannot be made, or the work copy not written.
    """
    with private_folder(folder, place, Work.PLAN, timeout) as (private, _):
        default, others = private / "terraform.tfstate", private / "workspaces"
        _write_backend(folder, default, others)
        path = default if workspace == _DEFAULT else others / workspace / "terraform.tfstate"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if state is not None:
            path.write_bytes(state)
        yield private


@contextmanager
def private_folder(
    folder: Path, place: Path, work: Work, timeout: float, stopped: Callable[[], bool] = lambda: False
) -> Iterator[tuple[Path, int]]:
    """A folder that nobody else may look into, gone afterwards, and the work copy for ourselves alone meanwhile.

    Gives the folder, and the lock's descriptor: a child that inherits it keeps the copy for as long as it runs.

    Args:
        folder: the work copy.
        place: where to make the private one.
        work: what for.
        timeout: seconds to wait for another process that works in the copy.
        stopped: whether there is no use in waiting any more.

    Raises:
        BusyError: another process works in the copy for longer, or ``stopped`` says so.
        TerraformError: it cannot be made.
    """
    prefix = private_names(folder)
    with turn_in(folder, work, timeout, stopped) as lock:
        # What a process that was killed has left there holds secrets.
        for left in place.glob(f"{prefix}*"):
            if left.stat(follow_symlinks=False).st_uid == os.getuid():
                shutil.rmtree(left, ignore_errors=True)
        try:
            private = tempfile.TemporaryDirectory(prefix=prefix, dir=place)
        except OSError as error:
            raise TerraformError(f"no private folder can be made below {place}: {error.strerror}") from error
        with private as name:
            yield Path(name), lock


def private_names(folder: Path) -> str:
    """How the names of a work copy's private folders begin."""
    return f"reconciler-plan-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}-"


def name_backend(folder: Path, backend: str, arguments: Mapping[str, str | bool]) -> None:
    """Make the template in a work copy keep its state at a place that it does not name itself, or not from here.

    Args:
        folder: the work copy.
        backend: Terraform's name of it, ``local`` or ``s3``.
        arguments: of the backend block. None may be a secret: they are written into the folder.

    Raises:
        TerraformError: the work copy cannot be written.
    """
    lines = "".join(
        f"    {name} = {json.dumps(value) if isinstance(value, bool) else _quoted(value)}\n"
        for name, value in arguments.items()
    )
    _write(folder / BACKEND, f'terraform {{\n  backend "{backend}" {{\n{lines}  }}\n}}\n')


def forget_backend(folder: Path) -> None:
    """Let the template in a work copy keep its state where it says itself."""
    (folder / BACKEND).unlink(missing_ok=True)


def _write_backend(folder: Path, path: Path, workspace_dir: Path) -> None:
    name_backend(folder, "local", {"path": str(path), "workspace_dir": str(workspace_dir)})


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


@contextmanager
def question(folder: Path, expressions: Sequence[str], timeout: float) -> Iterator[bytes]:
    """Put expressions into a work copy for the time being, and give what to ask the console for their values.

    The console reads line by line, and expressions may have many lines: so they stand in a file as a local value, an
    object of ``q0``, ``q1``, …. Each is JSON in base64, which no quoting of the console can change; ``sensitive``
    around it lets ``nonsensitive`` pass whether or not something in it is secret.

    Raises:
        BusyError: another process is asking in this work copy, for longer than ``timeout`` seconds.
        TerraformError: the work copy cannot be written.
    """
    entries = "".join(
        f"    q{number} = base64encode(nonsensitive(jsonencode(sensitive(\n{text}\n    ))))\n"
        for number, text in enumerate(expressions)
    )
    path = folder / _PROBE
    with locked(folder / ".reconciler-probe.lock", timeout):
        _write(path, f"locals {{\n  {_ANSWER} = {{\n{entries}  }}\n}}\n")
        try:
            yield f"local.{_ANSWER}\n".encode()
        finally:
            path.unlink(missing_ok=True)


def read_answer(output: str, count: int) -> list[Value]:
    """The values that the console printed for :func:`question`, UNKNOWN where it says so.

    What it prints before the object (warnings, in colours) is passed over.

    Raises:
        ValueError: the output is no answer to so many expressions.
    """
    found = _ENTRY.findall(output)
    if [int(number) for number, _, _ in found] != sorted(range(count), key=lambda number: f"q{number}"):
        raise ValueError("an answer is missing")
    values: dict[int, Value] = {}
    for number, text, _ in found:
        values[int(number)] = json.loads(base64.b64decode(text, validate=True)) if text else UNKNOWN
    return [values[number] for number in range(count)]


@contextmanager
def plugin_cache_lock(cli_config: str | None, timeout: float) -> Iterator[None]:
    """Hold the lock of the plugin cache that our CLI configuration names: Terraform does not lock it itself.

    Raises:
        BusyError: another process holds it for longer than ``timeout`` seconds.
        TerraformError: the lock file cannot be made.
    """
    if cli_config is None:
        yield
        return
    with locked(Path(cli_config).parent / ".init.lock", timeout):
        yield


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TerraformError(f"the work copy cannot be written: {path}: {error.strerror}") from error
