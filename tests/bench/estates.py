"""Applied estates to measure on: Terraform's folder, and our configuration beside it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.sandbox.emulator import ACCOUNT_ID, REGION, Emulator
from reconciler.sandbox.estate import apply_environment, copy_estate, terraform_for
from reconciler.terraform.cli import Terraform
from reconciler.terraform.cli_config import write_cli_config
from reconciler.terraform.mirrors import find_mirrors
from reconciler.vault.environment import terraform_environment

TEMPLATES = Path(__file__).parent / "estate"
_PARALLELISM = 20  # more, and the emulator answers so late that creations are repeated
_AGE = 3600.0


@dataclass(frozen=True)
class Estate:
    """One applied template."""

    title: str
    resources: int
    folder: Path
    config: Path
    var_files: tuple[Path, ...]
    terraform_environment: dict[str, str]

    @property
    def plan(self) -> list[str]:
        """The command that we are held against."""
        files = [f"-var-file={path}" for path in self.var_files]
        options = ["-refresh-only", "-lock=false", "-input=false", "-no-color", *files]
        return ["terraform", f"-chdir={self.folder}", "plan", *options]

    def command(self, *arguments: str) -> list[str]:
        """Ours."""
        return [str(Path(sys.executable).with_name("reconciler")), "--config", str(self.config), *arguments]

    def apart(self, name: str, endpoint: str | None = None) -> Estate:
        """The same, scanned with a state directory of its own, and where need be behind another endpoint."""
        text = self.config.read_text("utf-8").replace("state-", f"state-{name}-")
        environment = dict(self.terraform_environment)
        if endpoint is not None:
            text = text.replace(environment["AWS_ENDPOINT_URL"], endpoint)
            environment["AWS_ENDPOINT_URL"] = endpoint
        config = self.config.with_name(f"{name}-{self.config.name}")
        config.touch(0o600)
        config.write_text(text, "utf-8")
        return replace(self, config=config, terraform_environment=environment)

    @property
    def environment(self) -> dict[str, str]:
        """What our command sees: nothing of whoever measures, a switch that forbids compiled modules least of all."""
        return own_environment(self.config.parent)


def own_environment(home: Path) -> dict[str, str]:
    """An environment with the way to programs, and a home."""
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


def apply_all(scratch: Path, emulator: Emulator, sizes: Iterable[int], *, others: bool = True) -> dict[str, Estate]:
    """Apply one estate of each size of cheap types, and ``others``: the mixed one and the example's production.

    Returns:
        By name: ``cheap-65``, ``mixed``, ``production``. They were applied side by side, as if an hour ago: differences
        of an estate that was made in the last minutes are looked at again.

    Raises:
        TerraformError: an apply failed.
    """
    terraform = terraform_for(emulator, scratch)
    config = write_cli_config(scratch, find_mirrors())
    environment = terraform_environment(os.environ, config, emulator.environment())
    made: dict[str, tuple[str, int, Path, tuple[Path, ...]]] = {}
    with ThreadPoolExecutor(8) as pool:
        if others:
            example = copy_estate(scratch / "iac_templates")
            production = pool.submit(apply_environment, example, "production", emulator=emulator, terraform=terraform)
            mixed = pool.submit(_applied, scratch / "mixed", TEMPLATES / "mixed", terraform)
        cheap = {}
        for size in sizes:
            values = {"name": f"cheap-{size}", "resources": size}
            cheap[size] = pool.submit(_applied, scratch / f"cheap-{size}", TEMPLATES / "many", terraform, values)
        if others:
            applied = production.result()
            title = f"example estate, {applied.resources} resources"
            made["mixed"] = ("50 resources, 38 types", 50, mixed.result(), ())
            made["production"] = (title, applied.resources, applied.folder, applied.var_files)
        for size, future in cheap.items():
            made[f"cheap-{size}"] = (f"{size:,} resources, 3 cheap types", size, future.result(), ())
    for _, _, folder, _ in made.values():
        for state in folder.glob("*.tfstate"):
            os.utime(state, (time.time() - _AGE, time.time() - _AGE))
    return {
        name: Estate(
            title, resources, folder, _configured(scratch, name, emulator, folder, var_files), var_files, environment
        )
        for name, (title, resources, folder, var_files) in made.items()
    }


def _applied(folder: Path, template: Path, terraform: Terraform, variables: dict[str, object] | None = None) -> Path:
    shutil.copytree(template, folder)
    (folder / "terraform.tfvars.json").write_text(json.dumps(variables or {}), "utf-8")
    terraform.init(folder)
    terraform.apply(folder, parallelism=_PARALLELISM)
    return folder


def _configured(scratch: Path, name: str, emulator: Emulator, folder: Path, var_files: tuple[Path, ...]) -> Path:
    path = scratch / f"{name}.toml"
    path.write_text(
        f"""state_dir = "state-{name}"

[environments.production]
account_id = "{ACCOUNT_ID}"
region = "{REGION}"
endpoint_url = "{emulator.url}"

[workspaces.production]
environment = "production"
template = "{folder}"
var_files = {json.dumps([str(path) for path in var_files])}
""",
        "utf-8",
    )
    path.chmod(0o600)
    return path
