"""The two estates, applied, each with an installation that scans it and a Terraform to ask."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import by_hand_harbour
from support.command import Installation
from support.harbour import apply_harbour

from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.values import parse_path
from reconciler.sandbox import by_hand
from reconciler.sandbox.by_hand import ByHand
from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import apply_environment, copy_estate, terraform_for
from reconciler.terraform.cli_config import write_cli_config
from reconciler.terraform.mirrors import find_mirrors
from reconciler.vault.environment import terraform_environment

_LONG = 600.0


@dataclass(frozen=True)
class Scan:
    """One pass: how many objects are recorded and were looked at, and what was found."""

    recorded: int
    checked: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Planned:
    """What ``terraform plan`` says: addresses it would change, and addresses that have drifted by its word."""

    changes: frozenset[str]
    drift: frozenset[str]


@dataclass(frozen=True)
class Estate:
    """An applied template, what runs against it, and what will be done to it by hand."""

    title: str
    emulator: Emulator
    folder: Path
    var_files: tuple[Path, ...]
    changes: Sequence[ByHand]
    scratch: Path

    def installation(self, name: str, emulator: Emulator | None = None) -> Installation:
        """An installation of its own, with a database of its own: nothing seen yet."""
        workspace = {"template": self.folder, "var_files": [str(path) for path in self.var_files]}
        url = (emulator or self.emulator).url
        made = Installation(self.scratch / name, url, None, {"estate": workspace})
        made.configure()
        return made

    def plan(self, *options: str) -> Planned:
        """Ask Terraform.

        Raises:
            RuntimeError: it cannot plan.
        """
        config = write_cli_config(self.scratch, find_mirrors())
        files = [f"-var-file={path}" for path in self.var_files]
        done = subprocess.run(
            ["terraform", "plan", "-json", "-lock=false", "-input=false", "-parallelism=30", *files, *options],
            cwd=self.folder,
            env=terraform_environment(os.environ, config, self.emulator.environment()),
            capture_output=True,
            timeout=_LONG,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stdout.decode()[-2000:])
        found: dict[str, set[str]] = {"planned_change": set(), "resource_drift": set()}
        for event in map(json.loads, done.stdout.splitlines()):
            if event["type"] in found and event["change"]["action"] != "noop":
                found[event["type"]].add(event["change"]["resource"]["addr"])
        return Planned(frozenset(found["planned_change"]), frozenset(found["resource_drift"]))


def production(scratch: Path, emulator: Emulator) -> Estate:
    """Production of the example estate."""
    terraform = terraform_for(emulator, scratch / "terraform")
    example = copy_estate(scratch / "iac_templates")
    made = apply_environment(example, "production", emulator=emulator, terraform=terraform)
    return Estate("example", emulator, made.folder, made.var_files, by_hand.CHANGES, scratch)


def harbour(scratch: Path, emulator: Emulator) -> Estate:
    """The freight company's."""
    folder = apply_harbour(scratch, emulator)
    return Estate("harbour", emulator, folder, (), by_hand_harbour.CHANGES, scratch)


def scan(installation: Installation) -> Scan:
    """One pass.

    Raises:
        RuntimeError: it did not end as a pass does.
    """
    done = installation.scan(timeout=_LONG)
    (report,) = done.workspaces.values()
    if report["error"] or report["problems"]:
        raise RuntimeError(f"{report['error']} {report['problems']}")
    coverage = report["coverage"]
    return Scan(coverage["recorded"], coverage["checked"], tuple(map(_finding, report["findings"])))


def _finding(told: dict[str, Any]) -> Finding:
    changes = tuple(
        Change(parse_path(each["path"]), each["recorded"], each["observed"], each["configured"])
        for each in told["changes"]
    )
    kind, severity = Kind(told["kind"]), Severity(told["severity"])
    address = told["address"]
    return Finding(kind, severity, address or told["id"], told["resource_type"], address=address, changes=changes)
