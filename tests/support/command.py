"""The installed command, run as a user runs it: a process of its own, in an environment of its own, in its own folder.

What it must not hand on to its children stands in that environment as canaries.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from support.deadline import eventually

from reconciler.cli.main import main
from reconciler.cli.session import Session
from reconciler.sandbox.emulator import ACCOUNT_ID, REGION

COMMAND = Path(sys.executable).with_name("reconciler")

CANARIES = {
    "AWS_CA_BUNDLE": "/canary/ca-bundle.crt",
    "TF_CLI_CONFIG_FILE": "/canary/terraformrc",
    "TF_LOG": "canary-log-level",
    "RECONCILER_TOKEN": "canary-token-7041",
    "PGPASSWORD": "canary-pgpassword-5512",
    "SOME_SECRET": "canary-of-another-program-3307",
}
"""What stands in the environment of whoever calls us, and is no child's business."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """What it printed, as JSON."""
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed

    @property
    def workspaces(self) -> dict[str, dict[str, Any]]:
        """The report's workspaces by name."""
        return {workspace["name"]: workspace for workspace in self.json["workspaces"]}

    def told(self) -> tuple[str, str]:
        """The one error and its hint; nothing else may stand on stderr."""
        lines = self.err.splitlines()
        assert len(lines) == 2, self.err
        assert lines[0].startswith("error: "), self.err
        assert lines[1].startswith("hint: "), self.err
        return lines[0].removeprefix("error: "), lines[1].removeprefix("hint: ")


@dataclass
class Installation:
    """A folder with a configuration, a state directory and a home."""

    folder: Path
    endpoint: str
    database: str | None = None
    workspaces: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: str = ""
    account_id: str = ACCOUNT_ID

    def __post_init__(self) -> None:
        (self.folder / "home").mkdir(parents=True, exist_ok=True)

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "reconciler.toml"

    @property
    def state_dir(self) -> Path:
        """Where it keeps what it keeps."""
        return self.folder / "state"

    def configure(self) -> None:
        """Write the configuration as it is described now."""
        lines = ['state_dir = "state"', self.settings]
        if self.database is not None:
            lines += ["[database]", f'url = "{self.database}"']
        lines += [
            "[environments.production]",
            f'account_id = "{self.account_id}"',
            f'region = "{REGION}"',
            f'endpoint_url = "{self.endpoint}"',
        ]
        for name, values in self.workspaces.items():
            lines += [f"[workspaces.{name}]", 'environment = "production"']
            lines += [f"{key} = {toml(value)}" for key, value in values.items()]
        self.config.write_text("\n".join(lines) + "\n", "utf-8")
        self.config.chmod(0o600)

    def knows(self, schemas: Path) -> None:
        """Have it know a provider that it has not met: see ``known_schemas``."""
        self.state_dir.mkdir(mode=0o700)
        shutil.copytree(schemas, self.state_dir / "schemas")

    def environment(self, **more: str) -> dict[str, str]:
        """What the command finds in its environment: nothing of ours but the way to programs, and the canaries."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), **CANARIES, **more}

    def run(self, *arguments: str, timeout: float = 120, env: Mapping[str, str] | None = None) -> Done:
        """Run a command to its end."""
        done = subprocess.run(
            [COMMAND, "--config", self.config, *arguments],
            cwd=self.folder,
            env=self.environment(**(env or {})),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        found = Done(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in found.out + found.err, found.err
        return found

    def call(self, *arguments: str, env: Mapping[str, str] | None = None) -> Done:
        """Run a command in this process, where nothing has to be imported any more."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        environ = patch.dict(os.environ, self.environment(**(env or {})), clear=True)
        with environ, redirect_stdout(out), redirect_stderr(err):
            code = main(["--config", str(self.config), *arguments], Session())
        texts = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
        return Done(code, *texts)

    def scan(self, *arguments: str, timeout: float = 120) -> Done:
        """One pass, as JSON."""
        return self.run("scan", "--format", "json", *arguments, timeout=timeout)

    @contextmanager
    def start(
        self, *arguments: str, env: Mapping[str, str] | None = None, program: Sequence[str | Path] = (COMMAND,)
    ) -> Iterator[Running]:
        """Start a command, and make sure that it ends."""
        out, err = self.folder / "stdout", self.folder / "stderr"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            child = subprocess.Popen(
                [*program, "--config", self.config, *arguments],
                cwd=self.folder,
                env=self.environment(**(env or {})),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        running = Running(child, self, out, err)
        try:
            yield running
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()

    def processes(self) -> dict[int, str]:
        """Everything that runs for this installation, by its command line or its home: pid and command."""
        mark = str(self.folder).encode()
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes()
                if mark in command or mark in (entry / "environ").read_bytes():
                    found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue  # it ended while we looked
        found.pop(os.getpid(), None)
        return found

    def assert_nothing_runs(self, within: float = 5.0) -> None:
        """No process of this installation is left, after a moment."""
        try:
            eventually(lambda: not self.processes(), within)
        except AssertionError as error:
            raise AssertionError(f"still running: {self.processes()}") from error


@dataclass(frozen=True)
class Running:
    """A command under way."""

    child: subprocess.Popen[bytes]
    installation: Installation
    out: Path
    err: Path

    def providers(self) -> list[int]:
        """The providers that run for it."""
        found = self.installation.processes()
        return sorted(
            pid
            for pid, command in found.items()
            if command.split(" ")[0].rpartition("/")[2].startswith("terraform-provider-")
        )

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, and to nobody else."""
        self.child.send_signal(number)

    def wait(self, timeout: float) -> Done:
        """Wait for its end."""
        code = self.child.wait(timeout)
        found = Done(code, self.out.read_text(), self.err.read_text())
        assert "Traceback" not in found.out + found.err, found.err
        return found


def toml(value: object) -> str:
    """A value as TOML writes it."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case Path():
            return json.dumps(str(value))
        case _:
            return json.dumps(value)
