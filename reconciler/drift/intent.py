"""Desired against recorded: what the template declares and the state does not hold, and the other way round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.drift.address import Address
from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.drift.snapshot import DeclaredResource, RecordedInstance, Template

NOT_RECORDED: Final = "declared, but in no state"
_TO_IMPORT: Final = "an import block waits for the next apply"
IN_NO_STATE: Final = frozenset({NOT_RECORDED, _TO_IMPORT})
"""What an unapplied finding says of a resource that no state records; what else it says is of one that is recorded."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What the template says of each recorded object, and the findings that follow.

    ``declared`` maps a recorded label to its block; a label is in ``undecided`` where the template has parts that
    could not be read and might declare it.
    """

    declared: Mapping[str, DeclaredResource]
    findings: tuple[Finding, ...]
    undecided: frozenset[str]


def intent(template: Template, recorded: Iterable[RecordedInstance]) -> Intent:
    """Match blocks and recorded objects by address, along ``moved`` blocks."""
    blocks = {resource.address: resource for resource in template.resources}
    # A block may make a hundred thousand instances: looked up, not searched.
    made = {str(address): resource for resource in template.resources for address in resource.instances or ()}
    moves = {move.source: move.target for move in template.moves}
    declared: dict[str, DeclaredResource] = {}
    findings: list[Finding] = []
    undecided: set[str] = set()
    held: set[str] = set()
    for instance in recorded:
        if instance.deposed is not None:
            continue  # waits to be destroyed; no template declares it
        address = _moved(instance.address, moves) if moves else instance.address
        held.add(str(address))
        block = made.get(str(address))
        if block is not None:
            declared[instance.label] = block
            continue
        block = blocks.get(address.declaration)
        if block is not None:
            declared[instance.label] = block
            if block.instances is None:
                continue
        elif template.problems:
            undecided.add(instance.label)
            continue
        findings.append(_orphaned(instance, template))
    for resource in template.resources:
        for address in resource.instances or ():
            if str(address) not in held:
                held.add(str(address))  # a template that declares it twice is wrong, and says so itself
                findings.append(_unapplied(address, resource, template))
    return Intent(declared, tuple(findings), frozenset(undecided))


def _moved(address: Address, moves: Mapping[str, str]) -> Address:
    """Where ``moved`` blocks take an address: itself, its resource, or a module around it, any number of times."""
    for _ in moves:
        target = _step(str(address), moves)
        if target is None:
            return address
        try:
            address = Address.parse(target)
        except ValueError:
            return address  # x to x[0] says nothing of x[1], which would become x[0][1]
    return address


def _step(text: str, moves: Mapping[str, str]) -> str | None:
    for source, target in moves.items():
        if text == source:
            return target
        # A resource or module named without a key stands for all its instances, and a module for all in it.
        if text.startswith(source) and text[len(source)] in ".[":
            return target + text[len(source) :]
    return None


def _unapplied(address: Address, resource: DeclaredResource, template: Template) -> Finding:
    imported = str(address) in template.imports
    return Finding(
        kind=Kind.UNAPPLIED,
        severity=Severity.MEDIUM,
        label=str(address),
        address=str(address),
        resource_type=address.type,
        position=str(resource.position),
        detail=_TO_IMPORT if imported else NOT_RECORDED,
    )


def _orphaned(instance: RecordedInstance, template: Template) -> Finding:
    names = {str(instance.address.declaration), str(instance.address)}
    declared = any(name == gone or name.startswith(f"{gone}.") for gone in template.removed for name in names)
    return Finding(
        kind=Kind.ORPHANED,
        severity=Severity.MEDIUM,
        label=instance.label,
        address=str(instance.address),
        resource_type=instance.address.type,
        detail="a removed block waits for the next apply" if declared else "recorded, but no longer in the template",
    )
