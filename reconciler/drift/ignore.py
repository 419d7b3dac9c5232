"""Ignore rules of the configuration: known differences, each with a reason, an owner and an end.

They take findings, or single changes, out of the report and out of the verdict. What they took is counted in every
report, and a rule past its end takes nothing and is said aloud.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from reconciler.drift.finding import Change, Finding, Kind, SuppressedFinding
from reconciler.drift.glob import matches
from reconciler.drift.report import Suppression
from reconciler.drift.values import format_path, parse_path


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """A rule. ``resource`` is a pattern over addresses or types; ``path`` one over attribute paths, None for all.

    ``expires`` is the last day on which it holds.
    """

    resource: str
    reason: str
    owner: str
    expires: date
    path: str | None = None
    kinds: frozenset[Kind] = frozenset()
    workspace: str | None = None

    @property
    def name(self) -> str:
        """What reports call it."""
        what = f"{self.resource}:{self.path}" if self.path else self.resource
        kinds = f" ({', '.join(sorted(self.kinds))})" if self.kinds else ""
        where = f" in {self.workspace}" if self.workspace is not None else ""
        return f"{what}{kinds}{where}"

    def speaks_of(self, workspace: str) -> bool:
        """Whether it holds in this workspace."""
        return self.workspace is None or matches(self.workspace, workspace)

    def covers(self, workspace: str, finding: Finding) -> bool:
        """Whether it speaks of this finding at all, whatever its paths."""
        if not self.speaks_of(workspace) or (self.kinds and finding.kind not in self.kinds):
            return False
        return self.names_one((finding.label, finding.address, finding.resource_type, finding.resource_id))

    def names_one(self, names: Iterable[str | None]) -> bool:
        """Whether its pattern fits one of the names that something goes by: address, type, id."""
        return any(matches(self.resource, name) for name in names if name)

    def covers_change(self, change: Change) -> bool:
        """Whether it names the change's path, or a path above it."""
        if self.path is None:
            return True
        pattern = _as_written(self.path)
        return any(matches(pattern, format_path(change.path[:length])) for length in range(1, len(change.path) + 1))


def _as_written(path: str) -> str:
    """A path in the one form of paths: people write ``tags["Name"]`` for ``tags.Name``."""
    try:
        return format_path(parse_path(path))
    except ValueError:
        return path


def suppress(
    workspace: str, findings: Iterable[Finding], rules: Sequence[IgnoreRule], today: date
) -> tuple[list[Finding], list[SuppressedFinding]]:
    """Split findings into those that stay and what the rules took, rule by rule in their order.

    A rule with a path takes the changes it names; a finding of which changes stay, stays with those.
    """
    kept: list[Finding] = []
    taken: list[SuppressedFinding] = []
    for finding in findings:
        left: Finding | None = finding
        for rule in rules:
            if left is None or rule.expires < today or not rule.covers(workspace, left):
                continue
            covered = tuple(change for change in left.changes if rule.covers_change(change))
            if rule.path is None or (covered and len(covered) == len(left.changes)):
                taken.append(SuppressedFinding(left, rule.name))
                left = None
            elif covered:
                taken.append(SuppressedFinding(replace(left, changes=covered), rule.name))
                left = replace(left, changes=tuple(change for change in left.changes if change not in covered))
        if left is not None:
            kept.append(left)
    return kept, taken


def account(rules: Iterable[IgnoreRule], taken: Sequence[SuppressedFinding], today: date) -> tuple[Suppression, ...]:
    """What each rule did, for the report: those that took something, and those that have expired."""
    counts = [(rule, sum(1 for t in taken if t.rule == rule.name), rule.expires < today) for rule in rules]
    return tuple(
        Suppression(rule.name, rule.reason, rule.owner, rule.expires.isoformat(), count, expired)
        for rule, count, expired in counts
        if count or expired
    )
