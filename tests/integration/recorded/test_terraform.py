"""Terraform itself as the oracle of state files: forms of 0.12 to 1.12, and states that it made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.provider_host import find_aws_provider

from reconciler.drift.address import Address, Mode
from reconciler.drift.snapshot import RecordedState
from reconciler.drift.values import Path as ValuePath
from reconciler.recorded.statefile import read_state

FOLDER = Path(__file__).parents[2] / "fixtures" / "state"
BUILT_IN = "terraform.io/builtin/terraform"


def ours(path: Path) -> RecordedState:
    return read_state(path.read_bytes(), location=path.name)


FORMS = sorted(path for path in FOLDER.glob("*/*.tfstate") if path.stem != "opentofu")
"""OpenTofu's state is no Terraform state from 1.9 on: its own expectations are in the unit tests."""

SHOWN = [path for path in FORMS if {each.provider.source for each in ours(path).instances} == {BUILT_IN}]
"""Those whose only provider is built into Terraform: it needs a provider's schema to show a state."""


def terraform(folder: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "CHECKPOINT_DISABLE": "1", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_the_instances_are_those_that_terraform_lists(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "terraform.tfstate")

    listed = [Address.parse(line) for line in terraform(tmp_path, "state", "list").splitlines()]

    managed = {str(address) for address in listed if address.mode is Mode.MANAGED}
    assert {str(instance.address) for instance in ours(path).instances} == managed


def test_the_corpus_holds_what_it_should() -> None:
    instances = [instance for path in FORMS for instance in ours(path).instances]
    assert len(FORMS) > 20
    assert len(instances) > 100
    assert len({instance.provider.source for instance in instances}) > 20
    for wanted in (
        any(instance.flat for instance in instances),
        any(instance.tainted for instance in instances),
        any(instance.deposed for instance in instances),
        any(instance.provider.module for instance in instances),
        len(SHOWN) > 10,
    ):
        assert wanted


def shown(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The managed resources of ``terraform show -json``, at any depth."""
    yield from (each for each in module.get("resources", ()) if each["mode"] == "managed")
    for child in module.get("child_modules", ()):
        yield from shown(child)


def marks(value: Any, at: ValuePath = ()) -> Iterator[ValuePath]:
    """The paths at which ``sensitive_values`` says true."""
    if value is True:
        yield at
    for step, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from marks(inner, (*at, step))


def assert_as_shown(path: Path, text: str) -> None:
    document = json.loads(text)
    theirs = list(shown(document.get("values", {}).get("root_module", {})))
    state = ours(path)

    assert state.terraform_version == document.get("terraform_version")
    assert Counter(
        (str(each.address), each.deposed, each.tainted, each.schema_version, each.provider.source)
        for each in state.instances
    ) == Counter(
        (
            each["address"],
            each.get("deposed_key"),
            each.get("tainted", False),
            each["schema_version"],
            each["provider_name"],
        )
        for each in theirs
    )
    by_label = {each.label: each for each in state.instances}
    for each in theirs:
        deposed = each.get("deposed_key")
        instance = by_label[f"{each['address']} (deposed {deposed})" if deposed else each["address"]]
        assert sorted(instance.dependencies) == each.get("depends_on", [])
        # A provider's schema adds its own marks to those of the state.
        assert set(instance.sensitive_paths) <= set(marks(each["sensitive_values"]))
        if each["provider_name"] == BUILT_IN:
            assert set(instance.sensitive_paths) == set(marks(each["sensitive_values"]))


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_everything_is_as_terraform_shows_it(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "state")

    assert_as_shown(path, terraform(tmp_path, "show", "-json", "state"))


def test_an_aws_state_is_as_terraform_shows_it(tmp_path: Path) -> None:
    mirror = find_aws_provider().parents[5]
    rc = tmp_path / "rc"
    rc.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
    (tmp_path / "main.tf").write_text(
        'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n    }\n  }\n}\n'
    )
    path = FOLDER / "made" / "aws.tfstate"
    shutil.copy(path, tmp_path / "state")
    terraform(tmp_path, "init", "-backend=false", TF_CLI_CONFIG_FILE=str(rc))

    assert_as_shown(path, terraform(tmp_path, "show", "-json", "state", TF_CLI_CONFIG_FILE=str(rc)))
