"""Terraform itself as the oracle of the evaluator: the same expressions, the same JSON."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess

import pytest
from support.templates import FIXTURES, locals_of

from reconciler.drift.values import UNKNOWN, Value

EXPRESSIONS = FIXTURES / "templates" / "expressions"

UNDECIDED = {"op_equal_lists"}
"""Terraform's answer depends on types that our values do not carry; UNKNOWN is right there."""


def names() -> list[str]:
    text = (EXPRESSIONS / "main.tf").read_text()
    return re.findall(r"^  (\w+)\s+=", text[text.index("\nlocals {") :], re.MULTILINE)


@pytest.fixture(scope="module")
def ours() -> dict[str, Value]:
    return locals_of(EXPRESSIONS)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Value]:
    folder = tmp_path_factory.mktemp("console")
    shutil.copy(EXPRESSIONS / "main.tf", folder)
    members = ", ".join(f"{name} = local.{name}" for name in names())
    done = subprocess.run(
        ["terraform", "console"],
        input=f"base64encode(jsonencode({{{members}}}))\n",
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    values: dict[str, Value] = json.loads(base64.b64decode(json.loads(done.stdout)))
    return values


@pytest.mark.parametrize("name", sorted(set(names()) - UNDECIDED))
def test_evaluates_as_terraform_does(name: str, ours: dict[str, Value], theirs: dict[str, Value]) -> None:
    assert json.dumps(ours[name], sort_keys=True, default=repr) == json.dumps(theirs[name], sort_keys=True)


@pytest.mark.parametrize("name", sorted(UNDECIDED))
def test_says_unknown_where_it_cannot_decide(name: str, ours: dict[str, Value]) -> None:
    assert ours[name] is UNKNOWN


def test_the_table_is_large(theirs: dict[str, Value]) -> None:
    assert len(theirs) > 180
