from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.desired.outside import contents, fingerprint

HERE = 'locals { a = jsondecode(file("${path.module}/a.json")) }'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    template = tmp_path / "template"
    (template / "inner").mkdir(parents=True)
    (template / "a.json").write_text("1")
    (template / "inner" / "a.json").write_text("1")
    (tmp_path / "a.json").write_text("1")
    return template


def test_a_template_that_reads_nothing_depends_on_its_text_alone(folder: Path) -> None:
    assert fingerprint(folder, {"main.tf": "locals { file = 1 }"}) == fingerprint(folder, {"main.tf": ""})


@pytest.mark.parametrize(
    ("file", "call", "read"),
    [
        ("main.tf", 'file("a.json")', "a.json"),
        ("main.tf", 'file("${path.root}/a.json")', "a.json"),
        ("main.tf", 'filebase64sha256( "${path.module}/../a.json" )', "../a.json"),
        ("inner/main.tf", 'file("${path.module}/a.json")', "inner/a.json"),
        ("inner/main.tf", 'file("${path.root}/a.json")', "a.json"),
        ("inner/main.tf", 'file("a.json")', "a.json"),
        ("main.tf", 'fileexists("${path.module}/not-there")', "not-there"),
    ],
)
def test_what_a_function_reads_counts(folder: Path, file: str, call: str, read: str) -> None:
    before = fingerprint(folder, {file: call})
    assert before is not None
    for path in ("a.json", "inner/a.json", "../a.json", "not-there"):
        if path != read:
            (folder / path).write_text("another matter")
    assert fingerprint(folder, {file: call}) == before
    (folder / read).write_text("2")
    assert fingerprint(folder, {file: call}) not in (None, before)


@pytest.mark.parametrize(
    "text",
    [
        HERE + ' locals { b = file("${var.name}.json") }',
        "locals { b = file(var.name) }",
        'locals { b = templatefile("${path.module}/a.json", {}) }',
        'locals { b = fileset(path.module, "*.json") }',
        'locals { b = file("a\\u002ejson") }',
        "locals { b = timestamp() }",
        "locals { b = uuid () }",
        'locals { b = bcrypt("x") }',
    ],
)
def test_what_cannot_be_told_is_not_told(folder: Path, text: str) -> None:
    assert fingerprint(folder, {"main.tf": text}) is None


def test_what_is_no_file_is_not_read(folder: Path) -> None:
    (folder / "a.json").unlink()
    os.mkfifo(folder / "a.json")
    assert fingerprint(folder, {"main.tf": HERE}) is None


def test_what_is_named_and_not_kept_counts_by_its_content(folder: Path) -> None:
    elsewhere = str(folder.parent / "a.json")
    named = ["a.json", "inner", "../a.json", elsewhere, "not-there"]
    before = contents(folder, {}, named)
    assert set(before) == {"a.json", "inner/a.json", "../a.json", elsewhere, "not-there"}
    for path in ("a.json", "inner/a.json", "../a.json", "not-there"):
        (folder / path).write_text("2")
        after = contents(folder, {}, named)
        assert after != before
        before = after
    (folder / "nobody.txt").write_text("names it")
    assert contents(folder, {}, named) == before


@pytest.mark.parametrize(
    "text",
    [
        'locals { b = templatefile("${path.module}/${var.name}", {}) }',
        'resource "a_b" "c" { provisioner "local-exec" { command = "./run.sh" } }',
        'data "external" "x" { program = ["./run.sh"] }',
        '{"data": {"external": {"x": {"program": ["./run.sh"]}}}}',
    ],
)
def test_where_it_cannot_be_told_what_is_read_every_file_counts(folder: Path, text: str) -> None:
    files = {"main.tf": text, "../modules/m/main.tf": ""}
    module = folder.parent / "modules" / "m"
    module.mkdir(parents=True)
    before = contents(folder, files, ())
    for place in (folder, folder / "inner", module):
        (place / "run.sh").write_text("echo")
        after = contents(folder, files, ())
        assert len(after) == len(before) + 1
        before = after
    (folder / "inner" / "way").symlink_to(module, target_is_directory=True)
    linked = contents(folder, files, ())
    assert linked != before
    for written in (".terraform/x", "inner/.terraform/x", "terraform.tfstate", "terraform.tfstate.backup", ".git/x"):
        (folder / written).parent.mkdir(exist_ok=True)
        (folder / written).write_text("by Terraform")
    assert contents(folder, files, ()) == linked


def test_what_is_read_by_name_alone_lets_other_files_be(folder: Path) -> None:
    assert contents(folder, {"main.tf": HERE}, ()) == {}


def test_what_is_no_file_is_told_as_that(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    assert contents(folder, {}, ["pipe", "loop"]) == {"pipe": "no file", "loop": "no file"}
