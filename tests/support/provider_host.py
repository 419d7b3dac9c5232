"""Real providers for tests: one of our own making that does as it is told, and the AWS provider of a mirror."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.drift.address import Address, ProviderAddress
from reconciler.drift.snapshot import RecordedInstance
from reconciler.drift.values import Path as ValuePath

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests/fixtures/provider/main.py"
INTERPRETER = ROOT / ".venv/test-provider/bin/python"
TEST_PROVIDER = ProviderAddress("test.example/test/test")
AWS_PROVIDER = ProviderAddress("registry.terraform.io/hashicorp/aws")

THING = {
    "id": "t-1",
    "name": "one",
    "behave": None,
    "size": 3,
    "flag": True,
    "secret": None,
    "tags": {"a": "b"},
    "zones": ["x", "y"],
    "anything": None,
    "limits": {"most": 5, "token": "limits-token-1"},
    "ports": [{"number": 80}],
    "rule": [{"port": 22, "cidr": "10.0.0.0/8"}],
}


def make_launcher(folder: Path) -> Path:
    """An executable that is the test provider."""
    launcher = folder / "terraform-provider-test_v1.0.0_x6"
    launcher.write_text(f"#!/bin/sh\nexec {shlex.quote(str(INTERPRETER))} {shlex.quote(str(PROGRAM))}\n")
    launcher.chmod(0o755)
    return launcher


def provider_environment(folder: Path, **more: str) -> dict[str, str]:
    """What the test provider needs: a home to keep its certificate in."""
    return {"HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **more}


def thing(name: str | int = "one", **attributes: object) -> RecordedInstance:
    """A recorded thing of the test provider."""
    return recorded("test_thing", {**THING, "id": f"t-{name}", **attributes}, name=str(name), schema_version=2)


def recorded(  # the shape of a state's object
    type_name: str,
    attributes: Mapping[str, object],
    *,
    name: str = "this",
    schema_version: int = 0,
    private: bytes = b"",
    sensitive_paths: tuple[ValuePath, ...] = (),
) -> RecordedInstance:
    provider = AWS_PROVIDER if type_name.startswith("aws_") else TEST_PROVIDER
    return RecordedInstance(
        Address(type_name, name),
        provider,
        schema_version,
        json.dumps(attributes).encode(),
        private=private,
        sensitive_paths=sensitive_paths,
    )


def find_aws_provider() -> Path:
    """The AWS provider in a filesystem mirror, in the places where people keep one."""
    for folder in _mirrors():
        found = sorted(folder.glob("registry.terraform.io/hashicorp/aws/*/linux_*/terraform-provider-aws_*"))
        usable = [path for path in found if path.is_file() and os.access(path, os.X_OK)]
        if usable:
            return usable[-1]
    raise AssertionError("these tests need the AWS provider in a filesystem mirror, see CONTRIBUTING.md")


def _mirrors() -> Iterator[Path]:
    yield Path.home() / ".terraform.d/plugins"
    for share in ("/usr/local/share/terraform", "/usr/share/terraform"):
        yield Path(share) / "plugins"
        yield Path(share) / "providers"
    for depth in ("registry.terraform.io", "*/registry.terraform.io", "*/*/registry.terraform.io"):
        for found in sorted(Path("/opt").glob(depth)):
            yield found.parent


def process_exists(pid: int) -> bool:
    """Whether a process still runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"
