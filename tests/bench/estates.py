"""Applied estates to measure on: Terraform's folder, and our configuration beside it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from reconciler.sandbox.emulator import ACCOUNT_ID, REGION, Emulator
from reconciler.sandbox.estate import apply_environment, copy_estate, terraform_for
from reconciler.terraform.cli import Terraform
from reconciler.terraform.cli_config import write_cli_config
from reconciler.terraform.mirrors import find_mirrors
from reconciler.vault.environment import terraform_environment

TEMPLATES = Path(__file__).parent / "estate"
_PARALLELISM = 60


@dataclass(frozen=True)
class Estate:
    """One applied template."""

    title: str
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

    @property
    def environment(self) -> dict[str, str]:
        """What our command sees: nothing of whoever measures, a switch that forbids compiled modules least of all."""
        return own_environment(self.config.parent)


def own_environment(home: Path) -> dict[str, str]:
    """An environment with the way to programs, and a home."""
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


def apply_all(scratch: Path, emulator: Emulator, sizes: list[int]) -> list[Estate]:
    """Apply the mixed estate, the example's production, and one of each size of cheap types; side by side.

    Raises:
        TerraformError: an apply failed.
    """
    terraform = terraform_for(emulator, scratch)
    config = write_cli_config(scratch, find_mirrors())
    environment = terraform_environment(os.environ, config, emulator.environment())
    example = copy_estate(scratch / "iac_templates")
    with ThreadPoolExecutor(8) as pool:
        production = pool.submit(apply_environment, example, "production", emulator=emulator, terraform=terraform)
        folders = {"mixed": pool.submit(_applied, scratch / "mixed", TEMPLATES / "mixed", terraform)}
        for size in sizes:
            name = f"cheap-{size}"
            values = {"name": name, "resources": size}
            folders[name] = pool.submit(_applied, scratch / name, TEMPLATES / "many", terraform, values)
        made = {name: (future.result(), ()) for name, future in folders.items()}
        applied = production.result()
    made["production"] = (applied.folder, applied.var_files)
    titles = {
        "mixed": "50 resources, 38 types",
        "production": f"example estate, {applied.resources} resources",
        **{f"cheap-{size}": f"{size} resources, 3 cheap types" for size in sizes},
    }
    return [
        Estate(title, made[name][0], _configured(scratch, name, emulator, *made[name]), made[name][1], environment)
        for name, title in titles.items()
    ]


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
