"""Which findings end with a plan: told before it is applied, and proved by reading afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.drift.finding import Finding, Kind
from reconciler.drift.report import KnownFinding
from reconciler.gate.proposal import PlannedChange


def with_closed(changes: Iterable[PlannedChange], findings: Iterable[KnownFinding]) -> tuple[PlannedChange, ...]:
    """The changes, each with the ids of the findings that end with it."""
    by_address: dict[str, list[KnownFinding]] = {}
    for known in findings:
        if known.finding.address is not None:
            by_address.setdefault(known.finding.address, []).append(known)
    return tuple(
        replace(
            change,
            closes=tuple(
                sorted(known.id for known in by_address.get(change.address, ()) if _ends(known.finding, change))
            ),
        )
        for change in changes
    )


def _ends(finding: Finding, change: PlannedChange) -> bool:
    match finding.kind:
        case Kind.DELETED:
            return "create" in change.actions
        case Kind.ORPHANED:
            return "delete" in change.actions and not change.replaces
        case Kind.UNAPPLIED:
            return change.writes
        case Kind.CHANGED if change.replaces:
            return True
        case Kind.CHANGED:
            moved = {str(each.path[0]) for each in finding.changes if each.path}
            # What the plan leaves as it is stays drift: all of a finding ends, or it does not end.
            return bool(moved) and moved <= change.touched | _mirrored(change.touched)
        case _:
            return False


def _mirrored(touched: frozenset[str]) -> frozenset[str]:
    """What moves with what is written: a tag is shown twice, and written once."""
    return frozenset({"tags", "tags_all"}) if touched & {"tags", "tags_all"} else frozenset()
