"""One estate's resources adopted twice: as we write them, and as Terraform does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.provider_host import find_aws_provider

from adoption.judge import NO_CHANGE, Judge
from reconciler.desired.write.resource import Adopted, adopted
from reconciler.drift.address import Address
from reconciler.drift.import_ids import import_id
from reconciler.errors import ReconcilerError
from reconciler.observed.provider.pool import ProviderPool
from reconciler.observed.provider.session import ProviderSession
from reconciler.observed.provider.trial import Trial
from reconciler.sandbox.emulator import REGION, Emulator
from reconciler.workflows.draft import Draft, draft

_NO_IMPORT = re.compile(r"doesn't support import|does not support import")


@dataclass(frozen=True, slots=True)
class Row:
    """One recorded resource: what became of its adoption. ``importable``: whether Terraform can import the type."""

    address: str
    type: str
    ours: str
    theirs: str
    importable: bool = True
    text: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether a plan of ours changes nothing."""
        return self.ours == NO_CHANGE

    @property
    def is_theirs(self) -> bool:
        """Whether a plan of Terraform's own changes nothing."""
        return self.theirs == NO_CHANGE


@dataclass(frozen=True, slots=True)
class _Subject:
    address: str
    type: str
    id: str
    alias: str | None


def measure(
    state: Mapping[str, Any],
    aliases: Mapping[str, str],
    emulator: Emulator,
    folder: Path,
    only: frozenset[str] | None = None,
) -> list[Row]:
    """Adopt everything that a state records.

    Args:
        state: a state file.
        aliases: regions beside the main one, by an alias.
        emulator: what was applied to.
        folder: a new folder to work in.
        only: types, or all.
    """
    subjects = _subjects(state, aliases, only)
    texts, problems = _drafted(subjects, aliases, emulator, folder / "schemas")
    providers = _providers(aliases)
    ours = Judge(folder / "ours", emulator, providers).verdicts(texts)
    other = Judge(folder / "theirs", emulator, providers)
    generated, failed = other.generated({name: _import(name, each) for name, each in subjects.items()})
    theirs = other.verdicts(generated) | failed
    return [
        Row(
            each.address,
            each.type,
            problems.get(name) or ours.get(name, "no verdict"),
            theirs.get(name, "no verdict"),
            importable=not _NO_IMPORT.search(problems.get(name, "")),
            text=texts.get(name, ""),
        )
        for name, each in subjects.items()
    ]


def _subjects(state: Mapping[str, Any], aliases: Mapping[str, str], only: frozenset[str] | None) -> dict[str, _Subject]:
    found: dict[str, _Subject] = {}
    for resource in state["resources"]:
        type_ = resource["type"]
        if resource["mode"] != "managed" or not type_.startswith("aws_") or (only is not None and type_ not in only):
            continue
        region = "us-east-1" if re.search(r"us_east_1|\.virginia|\.far", resource["provider"]) else None
        for instance in resource["instances"]:
            attributes = instance["attributes"]
            region_of = region or next((r for r in aliases.values() if f":{r}:" in str(attributes.get("arn"))), None)
            alias = next((alias for alias, r in aliases.items() if r == region_of), None)
            name = f"r_{len(found)}"
            key = "" if "index_key" not in instance else f"[{json.dumps(instance['index_key'])}]"
            prefix = f"{resource['module']}." if "module" in resource else ""
            address = f"{prefix}{type_}.{resource['name']}{key}"
            found[name] = _Subject(address, type_, import_id(type_, attributes) or "", alias)
    return found


def _drafted(
    subjects: Mapping[str, _Subject], aliases: Mapping[str, str], emulator: Emulator, schemas: Path
) -> tuple[dict[str, str], dict[str, str]]:
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    environment = {**emulator.environment(), "HOME": str(schemas)}
    with ProviderPool(schemas) as pool:
        sessions: dict[str | None, ProviderSession] = {
            alias: pool.session(find_aws_provider(), {"region": region}, environment)
            for alias, region in {None: REGION, **aliases}.items()
        }
        for name, each in subjects.items():
            made = _draft(sessions[each.alias], each)
            if isinstance(made, str):
                problems[name] = made
                continue
            trial, found = made
            if found.problem is not None:
                problems[name] = found.problem
            provider = f"aws.{each.alias}" if each.alias else None
            adoption = Adopted(
                Address(each.type, name), each.id, found.chosen, found.documents, found.ignored, found.asked, provider
            )
            texts[name] = adopted(adoption, trial.schema.block)
    return texts, problems


def _draft(session: ProviderSession, subject: _Subject) -> tuple[Trial, Draft] | str:
    trial = session.trial(subject.type, subject.id)
    if not isinstance(trial, Trial):
        return trial.detail if trial is not None else "the import finds nothing"
    try:
        return trial, draft(trial)
    except ReconcilerError as error:
        return error.message


def _import(name: str, each: _Subject) -> str:
    provider = f"  provider = aws.{each.alias}\n" if each.alias else ""
    return f"import {{\n  to = {each.type}.{name}\n  id = {json.dumps(each.id)}\n{provider}}}\n"


def _providers(aliases: Mapping[str, str]) -> str:
    version = find_aws_provider().parts[-3]
    blocks = [
        (
            f'terraform {{\n  required_providers {{\n    aws = {{\n      source  = "hashicorp/aws"\n'
            f'      version = "{version}"\n    }}\n  }}\n}}\n'
        )
    ]
    blocks.append(f'provider "aws" {{\n  region = "{REGION}"\n}}\n')
    blocks += [
        f'provider "aws" {{\n  alias  = "{alias}"\n  region = "{region}"\n}}\n' for alias, region in aliases.items()
    ]
    return "\n".join(blocks)
