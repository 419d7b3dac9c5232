from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Position
from reconciler.terraform.diagnostics import Diagnostic, from_json_line, from_text, last_line
from reconciler.terraform.hints import hint_for

BOX = """\
\x1b[33m╷\x1b[0m
│ Warning: Deprecated attribute
│
│ Never mind.
╵
\x1b[31m╷\x1b[0m
│ \x1b[1mError: Reference to undeclared local value\x1b[0m
│
│   with module.app.aws_iam_role.this["task"],
│   on ../modules/app/iam.tf line 31, in locals:
│   31:   password = "hunter2"
│     ├────────────────
│     │ var.x is "hunter2"
│
│ A local value with the name "nope" has not been declared. Its value was
│ hunter2.
╵
╷
│ Error: Second
╵
"""


def test_the_first_error_of_a_text_is_told_in_a_line_without_source() -> None:
    error = from_text(BOX)
    assert error == Diagnostic(
        "Reference to undeclared local value",
        'A local value with the name "nope" has not been declared',
        Position("../modules/app/iam.tf", 31),
    )
    assert "hunter2" not in error.line


def test_a_text_without_frames_is_read_too() -> None:
    error = from_text('\nError: Backend initialization required, please run "terraform init"\n\nReason: Unset\n')
    assert error is not None
    assert error.line == 'Backend initialization required, please run "terraform init": Reason: Unset'


@pytest.mark.parametrize("text", ["", "Warning: odd\n", "all is well", "the Error: inside a line"])
def test_a_text_without_an_error_has_none(text: str) -> None:
    assert from_text(text) is None


def _line(**diagnostic: object) -> bytes:
    return json.dumps({"@level": "error", "type": "diagnostic", "diagnostic": diagnostic}).encode()


def test_an_error_in_json_has_its_place_and_its_resource() -> None:
    error = from_json_line(
        _line(
            severity="error",
            summary="creating Queue",
            detail="AccessDenied: not allowed. Request id 1",
            address="aws_sqs_queue.x",
            range={"filename": "main.tf", "start": {"line": 3, "column": 5, "byte": 40}},
        )
    )
    assert error is not None
    assert error.position == Position("main.tf", 3, 5)
    assert error.line == "aws_sqs_queue.x: creating Queue: AccessDenied: not allowed"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not json",
        b"[]",
        b'{"type": "apply_start"}',
        b'{"diagnostic": "text"}',
        _line(severity="warning", summary="odd"),
        b"[" * 100_000,
    ],
)
def test_other_lines_are_no_errors(line: bytes) -> None:
    assert from_json_line(line) is None


def test_a_strange_range_is_no_place() -> None:
    error = from_json_line(_line(severity="error", summary="x", range={"filename": "a.tf", "start": {"line": "3"}}))
    assert error is not None
    assert error.position == Position("a.tf")


def test_a_long_error_is_cut() -> None:
    assert len(Diagnostic("x" * 1000).line) == 300


def test_the_last_line_is_told_where_there_is_no_diagnostic() -> None:
    assert last_line("one\n│ two \n\n╵\n") == "two"
    assert last_line("") == ""
    assert len(last_line("x" * 1000)) == 300


@given(st.text(max_size=300), st.binary(max_size=100))
def test_anything_can_be_read(text: str, line: bytes) -> None:
    error = from_text("Error: " + text)
    assert error is None or "\n" not in error.line
    from_json_line(line)


@pytest.mark.parametrize(
    ("summary", "word"),
    [
        ("Failed to query available provider packages", "plugin_mirrors"),
        ("No value for required variable", "var_files"),
        ("Error acquiring the state lock", "wait"),
        ("Something nobody has seen", "by hand"),
    ],
)
def test_every_error_has_a_hint(summary: str, word: str) -> None:
    assert word in hint_for(Diagnostic(summary))


def test_an_error_that_announces_others_is_passed_over() -> None:
    announced = "╷\n│ Error: problems with the configuration, described below.\n╵\n"
    error = from_text(announced + "╷\n│ Error: Missing item\n│ \n│   on a.tf line 3:\n╵\n")
    assert error == Diagnostic("Missing item", "", Position("a.tf", 3))
    alone = from_text("Error: described below\n")
    assert alone is not None
    assert alone.summary == "described below"
