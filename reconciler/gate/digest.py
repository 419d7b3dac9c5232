"""What binds an approval to one plan: a digest over everything that the plan rests on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from reconciler.drift.finding import Change
from reconciler.drift.values import Object, Value, canonical
from reconciler.gate.proposal import Basis, PlannedChange

_SCHEME: Final = "reconciler plan v1"
"""Goes into every digest, so that none is ever that of something else."""


def digest(basis: Basis) -> str:
    """The digest that is approved: ``sha256:`` and 64 hexadecimal digits."""
    return digest_of(
        [
            _SCHEME,
            basis.workspace,
            basis.environment,
            basis.direction.value,
            basis.template,
            basis.lineage,
            basis.serial,
            basis.providers,
            basis.plan,
            basis.changes,
            dict(basis.observed),
        ]
    )


def digest_of(value: Value) -> str:
    """The digest of a value, in this project's notation."""
    return f"sha256:{hashlib.sha256(canonical(value)).hexdigest()}"


def digest_of_changes(changes: Iterable[PlannedChange]) -> str:
    """The digest of what people are shown of a plan, so that nobody approves a picture of something else."""
    return digest_of(
        [
            [
                change.address,
                change.resource_type,
                list(change.actions),
                [_shown(each) for each in change.changes],
                change.because,
                change.taken_back,
                list(change.closes),
                change.importing,
                change.moved_from,
                list(change.runs),
            ]
            for change in changes
        ]
    )


def _shown(change: Change) -> Value:
    return [list(change.path), change.recorded, change.observed, change.sensitive]


def digest_of_observed(observed: Object, written: Iterable[str]) -> str:
    """The digest of what the cloud holds in the attributes that will be written. Secrets in it are masked already."""
    return digest_of({name: observed.get(name) for name in sorted(set(written))})


def moved(before: Basis, now: Basis) -> Sequence[str]:
    """What has moved between two bases, each in a few words; empty where the plan still holds."""
    pairs = (
        ("the template", before.template, now.template),
        ("the state's lineage", before.lineage, now.lineage),
        ("the state's serial", before.serial, now.serial),
        ("the provider lock", before.providers, now.providers),
        ("the plan file", before.plan, now.plan),
        ("what the plan was shown to do", before.changes, now.changes),
        ("the workspace", before.workspace, now.workspace),
        ("the environment", before.environment, now.environment),
        ("the direction", before.direction, now.direction),
    )
    found = [name for name, was, becomes in pairs if was != becomes]
    addresses = sorted({*before.observed, *now.observed})
    found += [
        f"{address} in the cloud"
        for address in addresses
        if (address in before.observed) != (address in now.observed)
        or before.observed.get(address) != now.observed.get(address)
    ]
    return found
