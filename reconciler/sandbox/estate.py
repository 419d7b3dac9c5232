"""The example estate: where its templates are, a copy to work on, and applying it with real Terraform."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3

from reconciler.errors import ConfigError, TerraformError
from reconciler.sandbox.emulator import REGION, Emulator
from reconciler.terraform.cli import Terraform
from reconciler.terraform.cli_config import write_cli_config
from reconciler.terraform.files import Inputs
from reconciler.terraform.mirrors import find_mirrors
from reconciler.vault.environment import terraform_environment

ENVIRONMENTS: Final = ("development", "staging", "production")
STATE_BUCKET: Final = "nuri-terraform-state"

_PARALLELISM = 30  # an SQS queue holds a slot for 25 s, in Terraform's own waiting
_NOT_COPIED = shutil.ignore_patterns(".terraform", ".terraform.lock.hcl", "*.tfstate", "*.tfstate.*", "__pycache__")


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment of a copy of the estate.

    ``state`` is a path from the template's folder or an ``s3://`` address, ``resources`` how many an apply made.
    """

    name: str
    folder: Path
    var_files: tuple[Path, ...]
    state: str
    resources: int = 0
    seconds: float = 0.0

    @property
    def inputs(self) -> Inputs:
        """What Terraform is given besides the folder."""
        return Inputs(self.var_files)


def find_estate() -> Path:
    """The folder of the templates: inside the installed package, or beside it in a checkout.

    Raises:
        ConfigError: it is in neither place.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "iac_templates", here.parents[1] / "iac_templates"):
        if (folder / "modules").is_dir():
            return folder
    raise ConfigError("the example estate is not installed", hint="install the package again, or work in a checkout")


def copy_estate(target: Path) -> Path:
    """Copy the templates to a folder that does not exist yet: Terraform writes beside them.

    Raises:
        ConfigError: the copy cannot be made.
    """
    try:
        shutil.copytree(find_estate(), target, ignore=_NOT_COPIED)
    except OSError as error:
        raise ConfigError(f"the example estate cannot be copied to {target}", hint="choose another folder") from error
    return target


def environment_of(estate: Path, name: str) -> Environment:
    """One environment of a copy, as its template describes it.

    Raises:
        ConfigError: the estate has no such environment.
    """
    if name not in ENVIRONMENTS:
        raise ConfigError(f"the example estate has no environment {name!r}", hint=f"one of {', '.join(ENVIRONMENTS)}")
    folder = estate / name
    if name == "production":
        state = f"s3://{STATE_BUCKET}/storefront/production.tfstate"
        return Environment(name, folder, (folder / "production.tfvars",), state)
    return Environment(name, folder, (), "terraform.tfstate")


def terraform_for(
    emulator: Emulator,
    state_dir: Path,
    *,
    binary: str = "terraform",
    ours: Mapping[str, str] | None = None,
    stop: threading.Event | None = None,
) -> Terraform:
    """A terraform that takes the emulator for AWS and its providers from this machine's mirrors.

    Args:
        emulator: a running one.
        state_dir: where its configuration and its plugin cache are kept.
        binary: the program.
        ours: our environment, ``os.environ`` by default.
        stop: set it to end what it runs, in order.

    Raises:
        TerraformError: there is no such program.
    """
    ours = os.environ if ours is None else ours
    home = Path(ours["HOME"]) if "HOME" in ours else None
    cli_config = write_cli_config(state_dir, find_mirrors(home=home))
    return Terraform(binary, terraform_environment(ours, cli_config, emulator.environment()), stop=stop)


def apply_environment(
    estate: Path,
    name: str,
    *,
    emulator: Emulator,
    terraform: Terraform,
    on_progress: Callable[[int, int], None] | None = None,
) -> Environment:
    """Apply one environment of a copy, its state bucket included.

    Args:
        estate: the copy.
        name: the environment.
        emulator: the AWS that it is applied to.
        terraform: what applies it.
        on_progress: told how many resources are made, and of how many.

    Raises:
        TerraformError: the apply failed.
    """
    environment = environment_of(estate, name)
    began = time.monotonic()
    if environment.state.startswith("s3://"):
        create_state_bucket(emulator)
    terraform.init(environment.folder)
    counter = _Counter(on_progress)
    terraform.apply(environment.folder, inputs=environment.inputs, parallelism=_PARALLELISM, on_event=counter)
    if counter.done != counter.total:
        raise TerraformError(f"terraform made {counter.done} of {counter.total} resources of {name}")
    seconds = time.monotonic() - began
    return Environment(
        name, environment.folder, environment.var_files, environment.state, counter.done, round(seconds, 1)
    )


def create_state_bucket(emulator: Emulator) -> None:
    """Make the bucket of the production state, as somebody did before the first ``terraform init``. Once is enough."""
    s3 = client(emulator, "s3")
    if STATE_BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=STATE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})


def client(emulator: Emulator, service: str, region: str = REGION) -> Any:
    """A boto3 client of the emulator, whatever account this host has.

    Its type hangs on a name that is not known before: ``Any``.
    """
    keys = emulator.environment()
    session = boto3.session.Session(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], region_name=region)
    return session.client(service, endpoint_url=emulator.url)  # type: ignore[call-overload]  # any service


class _Counter:
    """Counts managed resources in Terraform's events."""

    def __init__(self, on_progress: Callable[[int, int], None] | None) -> None:
        self.done = 0
        self.total = 0
        self._on_progress = on_progress

    def __call__(self, event: Mapping[str, Any]) -> None:
        match event:
            case {"type": "change_summary", "changes": {"operation": "plan", "add": int(add), "change": int(change)}}:
                self.total = add + change
            case {"type": "apply_complete", "hook": {"action": "create" | "update"}}:
                self.done += 1
            case _:
                return
        if self._on_progress is not None:
            self._on_progress(self.done, self.total)
