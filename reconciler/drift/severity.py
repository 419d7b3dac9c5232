"""How much a finding matters: an ordered table, read from the top, the first row that fits decides.

Each change is looked up by itself; a finding is as severe as its worst change. Rows of the configuration stand above
the built-in ones (:mod:`reconciler.drift.severities`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.glob import any_matches
from reconciler.drift.severities import BUILT_IN, Row

__all__ = ["BUILT_IN", "Judgement", "Row", "judge", "judge_change"]

_ANY = ("*",)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A severity and why."""

    severity: Severity
    reasons: tuple[str, ...]


def judge_change(resource_type: str, kind: Kind, change: Change | None, rows: Iterable[Row]) -> Row | None:
    """The first row that fits a change, or a finding without changes."""
    return next((row for row in rows if _fits(row, resource_type, kind, change)), None)


def _fits(row: Row, resource_type: str, kind: Kind, change: Change | None) -> bool:
    if row.kinds and kind not in row.kinds:
        return False
    if row.types != _ANY and not any_matches(row.types, resource_type):
        return False
    if change is None:
        return not row.paths and row.when is None
    if row.paths and not any(any_matches(row.paths, text) for text in _texts(change)):
        return False
    return row.when is None or row.when(change)


def _texts(change: Change) -> tuple[str, ...]:
    """The path, also without its indexes: ``rule[0].apply.kms`` is also ``rule.apply.kms``."""
    if len(change.path) == 1:
        return (change.text,)
    return (change.text, ".".join(step for step in change.path if isinstance(step, str)))


def judge(finding: Finding, rows: Sequence[Row] = BUILT_IN) -> Judgement:
    """The worst of the finding's changes, with the reasons of all that are as bad."""
    changes: Sequence[Change | None] = finding.changes or (None,)
    judged = [judge_change(finding.resource_type, finding.kind, change, rows) for change in changes]
    levels = [(row.severity, row.reason) if row else (Severity.MEDIUM, "differs") for row in judged]
    worst = max((severity for severity, _ in levels), key=lambda severity: severity.rank)
    return Judgement(worst, tuple(dict.fromkeys(reason for severity, reason in levels if severity is worst)))
