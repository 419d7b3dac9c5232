"""Which findings end with a plan: told before it is applied, and proved by reading afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.drift.explain import accounted_at_once
from reconciler.drift.finding import Change, Finding, Kind
from reconciler.drift.identity import GLOBAL
from reconciler.drift.import_ids import import_id
from reconciler.drift.report import KnownFinding
from reconciler.gate.proposal import PlannedChange


def with_closed(
    changes: Iterable[PlannedChange], findings: Sequence[KnownFinding], region: str
) -> tuple[PlannedChange, ...]:
    """The changes, each with the ids of the findings that end with it.

    Args:
        changes: the plan's.
        findings: the workspace's unresolved ones.
        region: the environment's; the same name elsewhere is another object.
    """
    by_address: dict[str, list[KnownFinding]] = {}
    by_import: dict[tuple[str, str], list[KnownFinding]] = {}
    for known in findings:
        finding = known.finding
        if finding.address is not None:
            by_address.setdefault(finding.address, []).append(known)
        elif finding.region in (region, GLOBAL) and (identifier := _import_id(finding)) is not None:
            by_import.setdefault((finding.resource_type, identifier), []).append(known)

    def closed(change: PlannedChange) -> Iterator[str]:
        yield from (each.id for each in by_address.get(change.address, ()) if _ends(each.finding, change))
        if change.importing is not None:
            yield from (each.id for each in by_import.get((change.resource_type, change.importing), ()))

    return tuple(replace(change, closes=tuple(sorted(closed(change)))) for change in changes)


def _import_id(finding: Finding) -> str | None:
    return import_id(finding.resource_type, {"id": finding.resource_id, "arn": finding.arn})


def _ends(finding: Finding, change: PlannedChange) -> bool:
    if change.taken_back:
        return False
    match finding.kind:
        case Kind.DELETED:
            return bool({"create", "forget"} & set(change.actions))
        case Kind.ORPHANED:
            return bool({"delete", "forget"} & set(change.actions)) and not change.replaces
        case Kind.UNAPPLIED:
            return change.writes
        case Kind.CHANGED:
            all_move = bool(finding.changes) and all(_moves(each, change) for each in finding.changes)
            return change.replaces or all_move
        case _:
            return False


def _moves(drift: Change, change: PlannedChange) -> bool:
    """Whether an attribute's drift ends: what the plan leaves as it is stays drift."""
    if not drift.path:
        return False
    name = str(drift.path[0])
    if "refresh" in change.actions and not drift.configured and accounted_at_once(change.resource_type, name):
        return False  # the state takes it over, and still nobody accounts for it
    return name in change.touched | _mirrored(change.touched)


def _mirrored(touched: frozenset[str]) -> frozenset[str]:
    """What moves with what is written: a tag is shown twice, and written once."""
    return frozenset({"tags", "tags_all"}) if touched & {"tags", "tags_all"} else frozenset()
