"""Terraform itself as the oracle: which instances a template has, and which templates it refuses."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from fuzz.mutate import mutated
from fuzz.surfaces import HCL
from fuzz.verdicts import SEEDS, verdict
from support.templates import FIXTURES

from reconciler.desired.template import read_template

BAD = FIXTURES / "bad" / "hcl"


def terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    return subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_instances_are_those_that_terraform_plans(tmp_path: Path) -> None:
    folder = tmp_path / "template"
    shutil.copytree(FIXTURES / "templates" / "instances", folder)
    for command in (["init", "-backend=false"], ["plan", "-out=plan"]):
        done = terraform(folder, *command, "-input=false", "-no-color")
        assert done.returncode == 0, done.stderr
    planned = json.loads(terraform(folder, "show", "-json", "plan").stdout)

    template = read_template(folder)

    assert template.problems == ()
    assert all(each.instances is not None for each in template.resources)
    ours = {str(instance) for each in template.resources for instance in each.instances or ()}
    assert ours == {change["address"] for change in planned["resource_changes"]}
    assert len(ours) > 30


@pytest.mark.parametrize("path", sorted(BAD.glob("*.tf")), ids=lambda path: path.stem)
def test_terraform_refuses_what_has_a_problem(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path)

    assert terraform(tmp_path, "providers").returncode == 1
    assert read_template(tmp_path).problems


VALID = {
    "one_line": 'locals { a = 1 }\nresource "a" "b" {}\nresource "a" "c" { d = 1 }\n',
    "comments": "# one\n// two\n/* three\n four */ locals { /* five */\n  a /* six */ = 1 # seven\n}\n",
    "unquoted_labels": "resource terraform_data a {\n}\n",
    "unicode_names": "locals {\n  größe = 1\n  b     = local.größe\n}\n",
    "double_negation": "locals {\n  a = !!true\n  b = - -1\n}\n",
    "brackets_over_lines": "locals {\n  a = (\n    1\n    + 2\n  )\n  b = [\n    1,\n    2\n  ]\n"
    "  c = max(\n    1,\n    2,\n  )\n}\n",
    "conditional_in_brackets": "locals {\n  a = (true\n    ? 1\n    : 2)\n}\n",
    "newline_in_interpolation": 'locals {\n  a = "x${\n    1\n  }y"\n}\n',
    "heredoc_in_call": 'locals {\n  a = upper(<<-E\n    x ${1} "y"\n  E\n  )\n}\n',
    "commented_block": '/*\nresource "a" "b" {\n*/\nlocals {\n  a = 1\n}\n',
    "block_in_heredoc": 'locals {\n  a = <<E\nresource "a" "b" {\nE\n}\n',
    "crlf": "locals {\r\n  a = <<E\r\nx\r\nE\r\n  b = 1\r\n}\r\n",
    "lone_return_in_comments": "locals {\n  a = 1 # x\ry\n  /* x\ry */\n}\n// x\r\n",
    "no_last_newline": "locals {\n  a = 1\n}",
    "object_separators": "locals {\n  a = { b = 1, c = 2,\n    d = 3\n    e : 4 }\n}\n",
    "nested_quotes": 'locals {\n  m = { "a b" = 1 }\n  a = "x ${local.m["a b"]} ${"y ${"z"}"}"\n}\n',
    "tuple_comment": "locals {\n  a = [ # one\n    1, // two\n    2 /* three */\n  ]\n}\n",
}
INVALID = {
    "trailing_operator": "locals {\n  a = 1 +\n  2\n}\n",
    "two_blocks_on_a_line": "locals { a = 1 } locals { b = 2 }\n",
    "two_arguments_in_one_line_block": "locals { a = 1, b = 2 }\n",
    "argument_behind_brace": "locals { a = 1\n}\n",
    "brace_behind_argument": "locals {\n  a = 1 }\n",
    "conditional_over_lines": "locals {\n  a = true\n    ? 1\n    : 2\n}\n",
    "call_on_next_line": "locals {\n  a = max\n  (1)\n}\n",
    "string_over_lines": 'locals {\n  a = "x\n  y"\n}\n',
    "object_without_separator": "locals {\n  a = { b = 1 c = 2 }\n}\n",
    "duplicate_argument": "locals {\n  a = 1\n  a = 2\n}\n",
    "duplicate_resource": 'resource "a" "b" {}\nresource "a" "b" {}\n',
    "duplicate_variable": 'variable "a" {}\nvariable "a" {}\n',
    "duplicate_output": 'output "a" {\n  value = 1\n}\noutput "a" {\n  value = 1\n}\n',
    "duplicate_local": "locals {\n  a = 1\n}\nlocals {\n  a = 1\n}\n",
    "duplicate_provider": 'provider "a" {}\nprovider "a" {}\n',
    "duplicate_module": 'module "a" {\n  source = "./x"\n}\nmodule "a" {\n  source = "./x"\n}\n',
    "count_and_for_each": 'resource "terraform_data" "a" {\n  count    = 1\n  for_each = {}\n}\n',
    "missing_module": 'module "a" {\n  source = "./missing"\n}\n',
    "stray_brace": "locals {\n}\n}\n",
    "lone_return": "locals {\n  a =\r 1\n}\n",
    "lone_return_in_label": 'resource "terraform_\rdata" "a" {\n}\n',
    "lone_return_in_string": 'locals {\n  a = "x\ry"\n}\n',
    "lone_return_in_heredoc": "locals {\n  a = <<E\nx\ry\nE\n}\n",
    "lone_return_behind_a_block": "locals {\n  a = 1\n}\r\n\r",
    "two_returns": "locals {\n  a = 1\r\r\n}\n",
}


@pytest.mark.parametrize("case", sorted(VALID))
def test_accepts_what_terraform_accepts(case: str, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_bytes(VALID[case].encode())

    done = terraform(tmp_path, "providers")
    assert done.returncode == 0, done.stderr
    assert read_template(tmp_path).problems == ()


@pytest.mark.parametrize("case", sorted(INVALID))
def test_refuses_what_terraform_refuses(case: str, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_bytes(INVALID[case].encode())

    assert terraform(tmp_path, "providers").returncode == 1
    assert read_template(tmp_path).problems


def test_altered_templates_get_no_other_verdict_than_terraforms(tmp_path: Path) -> None:
    """A few; ``python -m fuzz.verdicts`` compares as many as one likes."""
    for number in range(40):
        verdict(mutated(SEEDS, HCL.tokens, random.Random(f"1 {number}")), tmp_path)  # noqa: S311 - the same each time
