from __future__ import annotations

from pathlib import Path

import pytest
from support.application import FakeApplication

from reconciler.cli.output import say
from reconciler.errors import BusyError, CutOffError, DatabaseError, Position, TemplateError

from .conftest import Invoke

SECRET = "hunter2"


def test_an_error_is_a_line_and_a_hint(invoke: Invoke, application: FakeApplication) -> None:
    application.failure = TemplateError("a brace is missing", hint="close it", position=Position("main.tf", 3, 7))
    done = invoke("scan")
    assert done.err == "error: main.tf:3:7: a brace is missing\nhint: close it\n"
    assert done.out == ""
    assert done.code == 1


def test_an_error_cannot_forge_lines_or_steer_the_terminal(invoke: Invoke, application: FakeApplication) -> None:
    application.failure = DatabaseError("gone\nerror: all well\x1b[2J")
    assert invoke("scan").err == "error: gone\\nerror: all well\\x1b[2J\n"


@pytest.mark.parametrize(("failure", "code"), [(BusyError(), 1), (CutOffError(), 130)])
def test_the_exit_code_is_the_errors(
    invoke: Invoke, application: FakeApplication, failure: Exception, code: int
) -> None:
    application.failure = failure
    assert invoke("scan").code == code


def test_several_mistakes_of_the_configuration_are_a_line_each(invoke: Invoke) -> None:
    file = Path(__file__).parents[2] / "fixtures/bad/config/several.toml"
    done = invoke("scan", config=file)
    assert done.err.count("error: ") == 6
    assert done.code == 1


def test_an_unknown_workspace_starts_nothing(invoke: Invoke, application: FakeApplication) -> None:
    done = invoke("scan", "prodution")
    assert done.err.endswith("no workspace is named 'prodution'\nhint: did you mean 'production'?\n")
    assert application.settings is None
    assert done.code == 1


def test_a_bug_is_told_as_one_and_its_details_hold_no_value(
    invoke: Invoke, application: FakeApplication, tmp_path: Path
) -> None:
    application.failure = KeyError(SECRET)
    application.failure.__cause__ = ValueError(SECRET)
    done = invoke("scan")
    assert done.code == 1
    assert done.err.startswith("error: an unexpected KeyError in application.py:")
    assert len(done.err.splitlines()) == 2
    (file,) = (tmp_path / "state").glob("crash-*.txt")
    assert str(file) in done.err
    assert file.stat().st_mode & 0o777 == 0o600
    details = file.read_text()
    assert "command: scan" in details
    assert "builtins.ValueError" in details
    assert SECRET not in details + done.err


def test_debug_shows_the_traceback(invoke: Invoke, application: FakeApplication) -> None:
    application.failure = KeyError("x")
    assert "Traceback (most recent call last)" in invoke("--debug", "scan").err


def test_ctrl_c_is_one_line_and_130(invoke: Invoke, application: FakeApplication) -> None:
    application.failure = KeyboardInterrupt()
    done = invoke("scan")
    assert done.err == "error: interrupted\n"
    assert done.code == 130
    assert application.closed


def test_a_signal_to_stop_ends_every_block(invoke: Invoke, application: FakeApplication) -> None:
    application.failure = SystemExit(143)
    done = invoke("scan")
    assert done.err == "error: stopped by SIGTERM\n"
    assert done.code == 143
    assert application.closed


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["scn"], "error: No such command 'scn'. Did you mean 'scan'?"),
        (["scan", "--dpth", "x"], "error: No such option: --dpth (Possible options: --depth)"),
        (
            ["scan", "--depth", "deep"],
            "error: Invalid value for '--depth': 'deep' is not one of 'static', 'sweep', 'exact', 'plan'",
        ),
        (["drift", "show"], "error: Missing argument 'ID'"),
        (["events", "list", "--since", "soon"], "error: Invalid value: a time such as 24h, 7d"),
    ],
)
def test_misuse_is_1_since_2_means_drift(invoke: Invoke, arguments: list[str], line: str) -> None:
    done = invoke(*arguments)
    assert done.err.startswith(line)
    assert done.err.splitlines()[1].startswith("hint: reconciler ")
    assert done.code == 1
    assert done.out == ""


def test_what_is_said_beside_a_result_is_one_line_that_no_terminal_obeys(capfd: pytest.CaptureFixture[str]) -> None:
    say("left alone: applied by \x1b[2Jroot\n\u202e")
    assert capfd.readouterr().err == "left alone: applied by \\x1b[2Jroot\\n\\u202e\n"
