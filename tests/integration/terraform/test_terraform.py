"""Real Terraform with the real AWS provider, in work copies of the example estate."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from reconciler.drift.values import UNKNOWN
from reconciler.errors import CutOffError, TerraformError
from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import find_estate, terraform_for
from reconciler.terraform.binaries import find_provider
from reconciler.terraform.cli import Terraform, Timeouts
from reconciler.terraform.cli_config import write_cli_config
from reconciler.terraform.files import Inputs
from reconciler.terraform.mirrors import find_mirrors
from reconciler.terraform.work_copy import work_copy
from reconciler.vault.environment import terraform_environment

TOY = "registry.example/acme/toy"


def _files(template: Path) -> list[str]:
    return [os.path.relpath(path, template) for path in template.parent.rglob("*.tf")]


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work copy of production, whose backend is S3."""
    template = find_estate() / "production"
    return work_copy(template, _files(template), digest="one", root=tmp_path_factory.mktemp("work"))


def test_the_version_is_one_that_we_support(terraform: Terraform) -> None:
    assert terraform.version().platform


def test_expressions_are_evaluated_as_terraform_would(terraform: Terraform, production: Path, tmp_path: Path) -> None:
    template = find_estate() / "production"
    before = sorted(template.rglob("*"))
    inputs = Inputs((template / "production.tfvars",), {"owner": 'we "quote" ${x} %{y} é\n', "queues": {"one": {}}})
    expressions = {
        "tags": "local.tags",
        'a "name".with [signs]': "var.owner",
        "secret": "var.webhook_signing_key",
        "many lines": "<<-EOT\n    first ${var.region}\n      second\n  EOT\n",
        "null": "null",
        "typed": "var.queues",
        "hangs on a resource": "module.network.vpc_id",
        "nested": 'merge({ b = [1, 2.5, true] }, {\n  c = format("%s-x", local.name) # why not\n})',
    }
    answers = terraform.console(production, expressions, inputs)
    assert answers == {
        "tags": {
            "Project": "storefront",
            "Environment": "production",
            "Owner": 'we "quote" ${x} %{y} é\n',
            "ManagedBy": "terraform",
        },
        'a "name".with [signs]': 'we "quote" ${x} %{y} é\n',
        "secret": "example-signing-key-of-production",
        "many lines": "first ap-northeast-2\n  second\n",
        "null": None,
        "typed": {"one": {"visibility_timeout": 60, "retention_days": 4, "max_receive_count": None, "fifo": False}},
        "hangs on a resource": UNKNOWN,
        "nested": {"b": [1, 2.5, True], "c": "nuri-prod-x"},
    }
    assert sorted(template.rglob("*")) == before
    assert not (production / "reconciler_probe.tf").exists()

    # The console had to install the provider: it is found where init puts it.
    source = "registry.terraform.io/hashicorp/aws"
    found = find_provider(source, constraint="~> 5.60", data_dirs=[production / ".terraform"], cache=tmp_path)
    assert found is not None
    assert os.access(found.path, os.X_OK)


@pytest.mark.parametrize("expression", ["local.nowhere", "1 +", 'file("/nowhere")', "}"])
def test_an_expression_that_is_none_is_an_error(terraform: Terraform, tmp_path: Path, expression: str) -> None:
    (tmp_path / "main.tf").write_text('locals {\n  x = "y"\n}\n')
    with pytest.raises(TerraformError):
        terraform.console(tmp_path, {"x": expression})
    assert terraform.console(tmp_path, {"x": "local.x"}) == {"x": "y"}


def test_a_broken_template_is_named_at_its_own_place(terraform: Terraform, tmp_path: Path) -> None:
    template = tmp_path / "template"
    template.mkdir()
    (template / "main.tf").write_text("locals {\n  x = [1, 2\n}\n")
    folder = work_copy(template, ["main.tf"], digest="one", root=tmp_path / "work")
    with pytest.raises(TerraformError) as caught:
        terraform.console(folder, {"x": "local.x"})
    assert caught.value.position is not None
    assert caught.value.position.file == str(template / "main.tf")


def _toy_mirror(folder: Path, *versions: str) -> Path:
    for version in versions:
        home = folder.joinpath(*TOY.split("/"), version, "linux_amd64")
        home.mkdir(parents=True)
        (home / f"terraform-provider-toy_v{version}").write_text("#!/bin/sh\n")
        (home / f"terraform-provider-toy_v{version}").chmod(0o755)
    return folder


def _toy_template(folder: Path, constraint: str) -> Path:
    folder.mkdir()
    toy = f'{{\n      source  = "{TOY}"\n      version = "{constraint}"\n    }}'
    (folder / "main.tf").write_text(f"terraform {{\n  required_providers {{\n    toy = {toy}\n  }}\n}}\n")
    return folder


def _offline(state: Path, mirror: Path) -> Terraform:
    config = write_cli_config(state, [mirror])
    return Terraform("terraform", terraform_environment(os.environ, config), timeouts=Timeouts(init=60))


@pytest.mark.parametrize("name", ["plain", 'with "quotes"', "with ${x} and %{y}", 'open ${"brace', "back\\slash é"])
def test_a_mirror_may_have_any_name(tmp_path: Path, name: str) -> None:
    mirror = _toy_mirror(tmp_path / name, "1.0.0")
    template = _toy_template(tmp_path / "template", "~> 1.0")
    _offline(tmp_path / "state", mirror).init(template, backend=False)
    assert find_provider(TOY, data_dirs=[template / ".terraform"], cache=tmp_path, machine="linux_amd64") is not None


@pytest.mark.parametrize("constraint", ["~> 1", "~> 1.0.0", ">= 1.1, != 1.2.0", "= 2.0.0-rc1", "< 2"])
def test_we_take_the_version_that_init_takes(tmp_path: Path, constraint: str) -> None:
    mirror = _toy_mirror(tmp_path / "mirror", "1.0.0", "1.0.9", "1.1.0", "1.2.0", "2.0.0-rc1", "2.1.0")
    template = _toy_template(tmp_path / "template", constraint)
    _offline(tmp_path / "state", mirror).init(template, backend=False)
    (installed,) = (template / ".terraform" / "providers").joinpath(*TOY.split("/")).iterdir()
    ours = find_provider(TOY, constraint=constraint, mirrors=[mirror], cache=tmp_path, machine="linux_amd64")
    assert ours is not None
    assert ours.version == installed.name


def test_many_may_init_at_once(tmp_path: Path) -> None:
    mirror = _toy_mirror(tmp_path / "mirror", "1.0.0")
    terraform = _offline(tmp_path / "state", mirror)
    templates = [_toy_template(tmp_path / f"template-{number}", "1.0.0") for number in range(4)]
    threads = [threading.Thread(target=terraform.init, args=(template,)) for template in templates]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((template / ".terraform.lock.hcl").is_file() for template in templates)


def test_a_provider_that_is_nowhere_is_an_error_with_a_mend(tmp_path: Path) -> None:
    mirror = _toy_mirror(tmp_path / "mirror", "1.0.0")
    template = _toy_template(tmp_path / "template", "~> 3.0")
    with pytest.raises(TerraformError) as caught:
        _offline(tmp_path / "state", mirror).init(template, backend=False)
    assert caught.value.hint is not None
    assert "plugin_mirrors" in caught.value.hint


def test_an_apply_that_is_stopped_writes_its_state_and_lets_the_lock_go(emulator: Emulator, tmp_path: Path) -> None:
    stop = threading.Event()
    terraform = terraform_for(emulator, tmp_path / "state", stop=stop)
    template = tmp_path / "template"
    template.mkdir()
    (template / "main.tf").write_text(
        'resource "terraform_data" "quick" {}\n'
        'resource "terraform_data" "slow" {\n'
        "  depends_on = [terraform_data.quick]\n"
        '  provisioner "local-exec" {\n    command = "sleep 600"\n  }\n}\n'
    )
    terraform.init(template)

    def watch(event: object) -> None:
        match event:
            case {"type": "provision_start"}:
                stop.set()

    with pytest.raises(CutOffError):
        terraform.apply(template, on_event=watch)
    assert "quick" in (template / "terraform.tfstate").read_text()
    assert not (template / ".terraform.tfstate.lock.info").exists()


def test_mirrors_of_this_machine_hold_the_aws_provider() -> None:
    """What the end-to-end tests rest on, said once and clearly."""
    mirrors = find_mirrors(home=Path.home())
    found = find_provider(
        "registry.terraform.io/hashicorp/aws", constraint="~> 5.60", mirrors=mirrors, cache=Path("/nonexistent")
    )
    assert found is not None
    assert shutil.which("terraform") is not None
