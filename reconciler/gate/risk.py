"""How dangerous a plan is: judged by the same table that judges drift, since it does not matter who makes a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.drift.severity import BUILT_IN, Judgement, Row, judge
from reconciler.gate.proposal import PlannedChange, Risk

MANY: Final = 10
"""Resources; a plan that writes more of them is of high risk, whatever they are."""

_DEED: Final = {True: "replaces", False: "destroys"}


def risk(changes: Sequence[PlannedChange], rows: Iterable[Row] = BUILT_IN) -> Risk:
    """The worst of what a plan does, with the reasons of all that is as bad.

    Args:
        changes: the whole plan.
        rows: the severity table, the configuration's rows first.
    """
    table = tuple(rows)
    judged = [reason for change in changes for reason in _reasons(change, table)]
    written = sum(1 for change in changes if change.writes)
    if written > MANY:
        judged.append((Severity.HIGH, f"writes {written} resources"))
    if not judged:
        return Risk(Severity.LOW, ("writes nothing but the state",))
    worst = max((level for level, _ in judged), key=lambda level: level.rank)
    return Risk(worst, tuple(dict.fromkeys(reason for level, reason in judged if level is worst)))


def _reasons(change: PlannedChange, table: tuple[Row, ...]) -> Iterator[tuple[Severity, str]]:
    if change.destroys:
        level = _judged(change, Kind.DELETED, table).severity
        yield max(level, Severity.HIGH, key=lambda one: one.rank), f"{_DEED[change.replaces]} {change.address}"
    elif "create" in change.actions and not change.importing:
        yield Severity.MEDIUM, f"creates {change.address}"
    elif "forget" in change.actions:
        level = _judged(change, Kind.DELETED, table).severity
        yield max(level, Severity.MEDIUM, key=lambda one: one.rank), f"lets go of {change.address}"
    if change.runs:
        yield Severity.HIGH, f"runs {' and '.join(change.runs)} with {change.address}"
    if change.changes and {"update", "refresh"} & set(change.actions):
        # What is accepted counts as much as what is written: it stands in the cloud, and nobody will ask again.
        judgement = _judged(change, Kind.CHANGED, table)
        yield from ((judgement.severity, f"{change.address}: {reason}") for reason in judgement.reasons)


def _judged(change: PlannedChange, kind: Kind, table: Sequence[Row]) -> Judgement:
    changes = change.changes if kind is Kind.CHANGED else ()
    return judge(Finding(kind, Severity.MEDIUM, change.address, change.resource_type, changes=changes), table)
