"""The example estate with real Terraform, the real AWS provider and the emulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.drift.address import Address
from reconciler.errors import ConfigError, TerraformError
from reconciler.sandbox.by_hand import CHANGES, Console
from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import (
    ENVIRONMENTS,
    Environment,
    apply_environment,
    copy_estate,
    environment_of,
    find_estate,
    terraform_for,
)
from reconciler.terraform.cli import Refresh, Terraform

Applied = Callable[[str], Environment]


def _managed(terraform: Terraform, environment: Environment) -> list[dict[str, Any]]:
    state = json.loads(terraform.pull_state(environment.folder))
    return [resource for resource in state["resources"] if resource["mode"] == "managed"]


def _addresses(resources: list[dict[str, Any]]) -> set[str]:
    return {
        ".".join(filter(None, (resource.get("module"), resource["type"], resource["name"])))
        + ("" if (key := instance.get("index_key")) is None else f"[{json.dumps(key)}]")
        for resource in resources
        for instance in resource["instances"]
    }


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_after_an_apply_there_is_nothing_left_to_do(
    name: str, applied_estate: Applied, terraform: Terraform, tmp_path: Path
) -> None:
    environment = applied_estate(name)
    assert environment.resources == len(_addresses(_managed(terraform, environment)))
    assert not terraform.plan(environment.folder, tmp_path / "plan", environment.inputs)


def test_production_is_as_large_and_as_various_as_a_real_one(applied_estate: Applied, terraform: Terraform) -> None:
    resources = _managed(terraform, applied_estate("production"))
    assert len({resource["type"] for resource in resources}) >= 50
    assert len(_addresses(resources)) >= 100
    providers = {resource["provider"] for resource in resources}
    assert any(provider.endswith(".us_east_1") for provider in providers), "two regions in one state"
    modules = {resource.get("module", "") for resource in resources}
    assert any(module.count("module.") == 2 for module in modules), "modules two deep"


def test_production_keeps_its_state_in_the_bucket_and_nothing_beside_the_template(applied_estate: Applied) -> None:
    environment = applied_estate("production")
    assert environment.state == "s3://nuri-terraform-state/storefront/production.tfstate"
    assert not list(environment.folder.glob("*.tfstate*"))


def test_every_change_by_hand_can_be_made_and_is_on_a_recorded_resource(
    private_estate: Callable[[str], tuple[Emulator, Environment]], tmp_path: Path
) -> None:
    emulator, environment = private_estate("production")
    terraform = terraform_for(emulator, tmp_path / "state")
    recorded = _addresses(_managed(terraform, environment))
    console = Console(emulator)
    for change in CHANGES:
        change.make(console)
        for expected in change.expected:
            assert expected.address in recorded
            Address.parse(expected.address)

    # Terraform itself is the witness that something moved, for all that a refresh can show.
    assert terraform.plan(environment.folder, tmp_path / "plan", environment.inputs, refresh=Refresh.ONLY)
    moved = {drift["address"] for drift in terraform.show_json(environment.folder, tmp_path / "plan")["resource_drift"]}
    missing = {expected.address for change in CHANGES for expected in change.expected} - moved
    assert missing == set()


def test_the_shared_estate_stays_as_it_was_when_a_private_one_is_changed(
    private_estate: Callable[[str], tuple[Emulator, Environment]],
    applied_estate: Applied,
    terraform: Terraform,
    tmp_path: Path,
) -> None:
    emulator, _ = private_estate("development")
    from reconciler.sandbox.estate import client  # noqa: PLC0415  # beside its only use

    client(emulator, "dynamodb").update_table(TableName="nuri-dev-orders", DeletionProtectionEnabled=True)
    shared = applied_estate("development")
    assert not terraform.plan(shared.folder, tmp_path / "plan", shared.inputs)


def test_nothing_that_terraform_writes_is_ever_in_the_example_itself(applied_estate: Applied) -> None:
    applied_estate("development")
    estate = find_estate()
    written = [*estate.rglob(".terraform"), *estate.rglob("*.tfstate*"), *estate.rglob(".terraform.lock.hcl")]
    assert written == []


def test_progress_goes_up_to_the_total(emulator: Emulator, terraform: Terraform, tmp_path: Path) -> None:
    """On a template of two resources: applying an environment for this would cost a minute."""
    estate = tmp_path / "estate"
    (estate / "development").mkdir(parents=True)
    (estate / "development" / "main.tf").write_text('resource "terraform_data" "x" {\n  count = 2\n}\n')
    seen: list[tuple[int, int]] = []
    applied = apply_environment(
        estate,
        "development",
        emulator=emulator,
        terraform=terraform,
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert applied.resources == 2
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_a_failing_apply_says_what_failed_and_where(emulator: Emulator, terraform: Terraform, tmp_path: Path) -> None:
    estate = tmp_path / "estate"
    (estate / "development").mkdir(parents=True)
    main = estate / "development" / "main.tf"
    main.write_text('resource "terraform_data" "x" {\n  input = file("nowhere.txt")\n}\n')
    with pytest.raises(TerraformError) as caught:
        apply_environment(estate, "development", emulator=emulator, terraform=terraform)
    assert caught.value.position is not None
    assert (caught.value.position.file, caught.value.position.line) == (str(main), 2)


def test_a_copy_leaves_out_what_terraform_wrote(tmp_path: Path) -> None:
    copy = copy_estate(tmp_path / "copy")
    assert {folder.name for folder in copy.iterdir() if folder.is_dir()} == {*ENVIRONMENTS, "modules"}
    with pytest.raises(ConfigError):
        copy_estate(tmp_path / "copy")


def test_an_environment_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        environment_of(tmp_path, "qa")
    assert caught.value.hint == "one of development, staging, production"
