"""Bad input costs a typed error with file and position, and only what is broken."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from support.templates import FIXTURES, read, told, write

from reconciler.desired import files
from reconciler.desired.source import LIMIT
from reconciler.desired.template import read_template
from reconciler.errors import TemplateError

BAD = FIXTURES / "bad" / "hcl"
GOOD = 'resource "aws_sqs_queue" "after" {\n  name = "after"\n}\n'

FIRST_PROBLEM = {
    "unterminated_block": (8, "a block is not closed before this"),
    "unterminated_string": (6, "a quoted string is not closed on its line"),
    "unterminated_heredoc": (6, "a heredoc is not closed"),
    "unterminated_interpolation": (6, ""),
    "merge_conflict": (6, "a merge conflict is not resolved"),
    "missing_bracket": (7, ""),
    "missing_value": (6, "the end of the line is not expected here"),
    "missing_comma": (6, "a number is not expected here"),
    "two_on_a_line": (6, "a newline is missing before this"),
    "newline_in_expression": (7, "an expression must end on its line"),
    "newline_in_string": (6, "a quoted string"),
    "brace_on_next_line": (5, "opening brace"),
    "semicolon": (6, ""),
    "label_with_interpolation": (5, "label must be a plain string"),
    "invalid_escape": (6, ""),
    "json_object": (5, ""),
    "unknown_block": (5, 'no block of type "resouce"'),
    "one_label": (5, "takes 2 labels"),
    "stray_argument": (5, "outside of any block"),
}


@pytest.mark.parametrize("case", sorted(FIRST_PROBLEM))
def test_a_broken_block_costs_only_itself(case: str, tmp_path: Path) -> None:
    line, message = FIRST_PROBLEM[case]
    shutil.copy(BAD / f"{case}.tf", tmp_path)

    template = read_template(tmp_path)

    assert {"aws_sqs_queue.before", "aws_sqs_queue.after"} <= {str(each.address) for each in template.resources}
    assert not any("broken" in str(each.address) for each in template.resources)
    first = template.problems[0]
    assert isinstance(first, TemplateError)
    assert first.position is not None
    assert (first.position.file, first.position.line) == (f"{case}.tf", line)
    assert message in first.message
    assert not any("canary" in text for problem in template.problems for text in (str(problem), problem.hint or ""))


def test_every_fixture_has_its_expectation() -> None:
    assert {path.stem for path in BAD.glob("*.tf")} == set(FIRST_PROBLEM)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("utf16.tf", GOOD.encode("utf-16"), "utf16.tf: encoded as UTF-16"),
        ("latin.tf", b"# one\n# caf\xe9\n", "latin.tf:2: not valid UTF-8"),
        ("nul.tf", b'locals {\n  a = "x\0"\n}\n', "nul.tf:2:9: a NUL character"),
        ("large.tf", b"#" * (LIMIT + 1), "large.tf: larger than 5 MB"),
        ("array.tf.json", b"[]", "array.tf.json:1:1: a JSON object is expected here"),
        ("nan.tf.json", b'{"locals": {"a": NaN}}', "nan.tf.json:1:18: not valid JSON: a value is expected"),
        ("twice.tf.json", b'{"locals": {"a": 1,\n "a": 2}}', 'twice.tf.json:2:2: "a" was already set at line 1'),
        ("cut.tf.json", b'{"locals": {"a"', "cut.tf.json:1:16: not valid JSON: a colon is expected"),
        ("deep.tf.json", b"[" * 100_000, "deep.tf.json:1:102: nested more than 100 deep"),
        ("surrogate.tf.json", b'{"locals": {"a": "\\ud800"}}', "surrogate.tf.json:1:18: not valid JSON: half of a"),
        ("digits.tf.json", b'{"locals": {"a": ' + b"1" * 5000 + b"}}", "digits.tf.json:1:18: not valid JSON: a number"),
        ("type.tf.json", b'{"resources": {}}', 'type.tf.json:1:2: Terraform has no block of type "resources"'),
        (
            "labels.tf.json",
            b'{"resource": {"aws_sqs_queue": 1}}',
            'labels.tf.json:1:2: "resource" takes objects nested',
        ),
    ],
)
def test_a_broken_file_costs_only_itself(name: str, content: bytes, problem: str, tmp_path: Path) -> None:
    template = read_template(write(tmp_path, {name: content, "good.tf": GOOD}))

    assert [str(each.address) for each in template.resources] == ["aws_sqs_queue.after"]
    (line,) = told(template)
    assert line.startswith(problem)


@pytest.mark.parametrize("content", ["", "  \n\t\n", "# only a comment", "\ufeff" + GOOD, GOOD.replace("\n", "\r\n")])
def test_odd_but_valid(content: str, tmp_path: Path) -> None:
    template = read(tmp_path, content)

    assert template.problems == ()
    assert len(template.resources) == (1 if "after" in content else 0)


def test_a_bom_does_not_shift_positions(tmp_path: Path) -> None:
    assert str(read(tmp_path, "\ufeff" + GOOD).resources[0].position) == "main.tf:1:1"


@pytest.mark.parametrize("depth", [100, 1_000, 20_000])
@pytest.mark.parametrize(
    ("opening", "closing"), [("(", ")"), ("[", "]"), ("{ a = ", " }"), ("!", ""), ("1 + ", ""), ("x.", "")]
)
def test_deep_expressions_are_unknown_and_harmless(depth: int, opening: str, closing: str, tmp_path: Path) -> None:
    expression = opening * depth + "x" + closing * depth

    template = read(tmp_path, f'resource "aws_sqs_queue" "deep" {{\n  count = {expression}\n  name  = 1\n}}\n{GOOD}')

    found = {str(each.address): each for each in template.resources}
    assert found["aws_sqs_queue.deep"].instances is None
    assert found["aws_sqs_queue.after"].instances is not None


@pytest.mark.parametrize("depth", [50, 1_000, 20_000])
def test_deep_blocks(depth: int, tmp_path: Path) -> None:
    nested = "a {\n" * depth + "}\n" * depth

    template = read(tmp_path, f'resource "aws_sqs_queue" "deep" {{\n{nested}}}\n{GOOD}')

    assert "aws_sqs_queue.after" in {str(each.address) for each in template.resources}
    assert bool(template.problems) is (depth > 50)


def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tf")

    template = read(tmp_path, GOOD)

    assert told(template) == ["pipe.tf: not a regular file"]
    assert len(template.resources) == 1


def test_symbolic_links(tmp_path: Path) -> None:
    (tmp_path / "loop.tf").symlink_to("loop.tf")
    (tmp_path / "gone.tf").symlink_to("nowhere")
    (tmp_path / "real.txt").write_text(GOOD)
    (tmp_path / "link.tf").symlink_to("real.txt")

    template = read_template(tmp_path)

    assert told(template) == [
        "gone.tf: the file does not exist",
        "loop.tf: its symbolic links go round in a circle",
    ]
    assert [str(each.position) for each in template.resources] == ["link.tf:1:1"]


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"secret.tf": "", "main.tf": GOOD})
    real = os.open

    def refuse(path: Path, flags: int) -> int:
        if str(path).endswith("secret.tf"):
            raise PermissionError(13, "Permission denied")
        return real(path, flags)

    monkeypatch.setattr("reconciler.desired.source.os.open", refuse)

    template = read_template(tmp_path)

    assert told(template) == ["secret.tf: no permission to read it"]
    assert len(template.resources) == 1


def test_folders_backups_and_dotfiles_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "folder.tf").mkdir()
    names = [".hidden.tf", "main.tf~", "#main.tf#", "notes.txt", "main.tf.bak", "x.tfvars"]

    template = read_template(write(tmp_path, {**dict.fromkeys(names, "not { hcl"), "main.tf": GOOD}))

    assert list(template.files) == ["main.tf"]
    assert template.problems == ()


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda folder: folder / "missing", "the folder does not exist"),
        (lambda folder: write(folder, {"file": ""}) / "file", "not a folder"),
        (lambda folder: folder, "no Terraform configuration in this folder"),
    ],
)
def test_no_template_at_all(prepare: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(TemplateError) as raised:
        read_template(prepare(tmp_path))  # type: ignore[operator]

    assert message in str(raised.value)
    assert raised.value.hint


def test_garbage_ends_soon(tmp_path: Path) -> None:
    started = time.process_time()

    template = read(tmp_path, 'a = "${ ( [ { <<E ? : %{ } "\n' * 30_000 + GOOD)

    assert template.problems
    assert time.process_time() - started < 30


@pytest.mark.parametrize(
    "text", ["x <<A y\n" * 50_000 + "A\n", "x = <<A\n" * 50_000, "resource x " * 50_000, "x = y:" * 50_000]
)
def test_repeated_text_takes_no_square_time(text: str, tmp_path: Path) -> None:
    started = time.monotonic()

    assert read(tmp_path, "locals {\n" + text).problems
    assert time.monotonic() - started < 30


def test_text_that_grows_without_end_is_unknown(tmp_path: Path) -> None:
    doubled = "\n".join(f'  l{n} = "${{local.l{n - 1}}}${{local.l{n - 1}}}"' for n in range(1, 60))
    nested = "\n".join(f"  n{n} = [local.n{n - 1}, local.n{n - 1}]" for n in range(1, 60))
    text = f'locals {{\n  l0 = "x"\n  n0 = 1\n{doubled}\n{nested}\n}}\n'
    text += 'resource "aws_sqs_queue" "a" {\n  for_each = { (local.l59) = 1 }\n}\n'
    text += 'resource "aws_sqs_queue" "b" {\n  count = length(flatten(local.n59))\n}\n'
    text += 'resource "aws_sqs_queue" "c" {\n  count = length(jsonencode(local.n59))\n}\n'
    text += 'provider "aws" {\n  token = local.l59\n  other = local.n59\n}\n'

    template = read(tmp_path, text)

    assert [each.instances for each in template.resources] == [None, None, None]
    assert set(template.providers[0].unresolved) == {("token",), ("other",)}


def test_loops_over_too_much_are_unknown(tmp_path: Path) -> None:
    loops = "for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a]]"

    template = read(tmp_path, f'resource "a_b" "c" {{\n  count = length([{loops}])\n}}\n')

    assert template.resources[0].instances is None


def test_what_is_kept_of_parsed_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon reads templates for years: an edit must not cost memory for good."""
    kept = files._Cache()
    monkeypatch.setattr(files, "_cache", kept)
    monkeypatch.setattr(files, "CACHE_LIMIT", 1_000)
    for number in range(50):
        read(tmp_path, f'locals {{ a = "{number:050}" }}\n')
    assert len(kept._kept) == 10
    assert kept._size <= 1_000
