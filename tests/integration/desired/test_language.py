"""The whole language, planned by Terraform in one go: every output and instance held against what we make of it.

``fixtures/templates/language`` has a module for each topic. What an output called "undecided" is worth only Terraform
can tell: there UNKNOWN is right, and nothing else.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from os import environ
from pathlib import Path
from typing import Any

import pytest
from support.provider_host import find_aws_provider
from support.templates import FIXTURES, root_scope

from reconciler.desired.expressions.values import plain, wholly_known
from reconciler.desired.template import read_template
from reconciler.drift.snapshot import Template
from reconciler.drift.values import Value

LANGUAGE = FIXTURES / "templates" / "language"
MISSING = object()


def terraform(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env={
            "PATH": environ["PATH"],
            "HOME": str(folder),
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(folder.parent / "rc"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """``terraform show -json`` of a plan of the whole corpus."""
    folder = tmp_path_factory.mktemp("language") / "language"
    shutil.copytree(LANGUAGE, folder)
    mirror = find_aws_provider().parents[5]
    rc = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
    (folder.parent / "rc").write_text(rc)
    terraform(folder, "init", "-backend=false", "-input=false", "-no-color")
    terraform(folder, "plan", "-input=false", "-lock=false", "-no-color", "-out=plan")
    document: dict[str, Any] = json.loads(terraform(folder, "show", "-json", "plan"))
    return document


@pytest.fixture(scope="module")
def template() -> Template:
    return read_template(LANGUAGE)


@pytest.fixture(scope="module")
def values() -> dict[str, dict[str, Value]]:
    """What we make of the outputs of each topic."""
    scope, problems = root_scope(LANGUAGE)
    found: dict[str, dict[str, Value]] = plain(scope.lookup("module"))
    assert problems == []
    return found


def outputs(plan: Mapping[str, Any]) -> Iterator[tuple[str, str, object]]:
    for topic, output in plan["planned_values"]["outputs"].items():
        yield from ((topic, name, value) for name, value in (output.get("value") or {}).items())


def test_every_output_is_worth_what_terraform_plans(plan: dict[str, Any], values: dict[str, dict[str, Value]]) -> None:
    wrong = {
        f"{topic}.{name}": (values[topic].get(name, MISSING), value)
        for topic, name, value in outputs(plan)
        if not name.startswith("undecided")
        and json.dumps(values[topic].get(name, MISSING), sort_keys=True, default=repr)
        != json.dumps(value, sort_keys=True)
    }
    assert wrong == {}
    assert sum(1 for _ in outputs(plan)) > 200


def test_what_only_terraform_can_tell_is_unknown(plan: dict[str, Any], values: dict[str, dict[str, Value]]) -> None:
    names = [(topic, name) for topic, name, _ in outputs(plan) if name.startswith("undecided")]
    assert len(names) > 10
    assert [(topic, name) for topic, name in names if wholly_known(values[topic][name])] == []


def test_the_instances_are_those_that_terraform_plans(plan: dict[str, Any], template: Template) -> None:
    planned = {change["address"] for change in plan["resource_changes"] if change["mode"] == "managed"}
    assert {str(each) for resource in template.resources for each in resource.instances or ()} == planned
    assert len(planned) > 80


def test_every_resource_stands_where_it_says(template: Template) -> None:
    assert template.problems == ()
    for resource in template.resources:
        text = (LANGUAGE / resource.position.file).read_bytes().decode("utf-8-sig")
        line = text.split("\n")[resource.position.line - 1]
        words = line[resource.position.column - 1 :].replace('"', " ").split()
        if not resource.position.file.endswith(".json"):
            assert words[:3] == ["resource", resource.address.type, resource.address.name]
        else:
            assert f'"{resource.address.name}"' in line


def test_the_corpus_is_large() -> None:
    files = [path for path in FIXTURES.joinpath("templates").rglob("*") if path.name.endswith((".tf", ".tf.json"))]
    assert len(files) >= 50
