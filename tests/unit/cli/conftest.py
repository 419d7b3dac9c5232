from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from support.application import FakeApplication

from reconciler.cli.main import main
from reconciler.cli.session import Session

CONFIG = """\
state_dir = "state"

[environments.production]
account_id = "123456789012"
region = "ap-northeast-2"

[workspaces.production]
environment = "production"
template = "estate"

[workspaces.staging]
environment = "production"
template = "estate"
"""


@dataclass
class Result:
    code: int
    out: str
    err: str


Invoke = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "reconciler.toml"
    file.write_text(CONFIG)
    return file


@pytest.fixture
def application() -> FakeApplication:
    return FakeApplication()


@pytest.fixture
def invoke(config: Path, application: FakeApplication, capfd: pytest.CaptureFixture[str]) -> Iterator[Invoke]:
    """Run a command as the installed one does, against the fake; stdout and stderr are no terminals."""

    def run(*arguments: object, config: Path | None = config) -> Result:
        before = ["--config", str(config)] if config else []
        code = main([*before, *map(str, arguments)], Session(opener=application.open, examiner=application.examine))
        captured = capfd.readouterr()
        return Result(code, captured.out, captured.err)

    yield run
    structlog.reset_defaults()
