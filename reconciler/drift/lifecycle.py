"""The life of findings from pass to pass: they open, change, persist and resolve.

A finding resolves only where this pass could tell: what is unread, undecided or below the pass's depth stays open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.drift.finding import Change, Finding, Kind
from reconciler.drift.record import Step, Transition
from reconciler.drift.report import KnownFinding
from reconciler.drift.values import Value, canonical, to_json


@dataclass(frozen=True, slots=True)
class Scope:
    """What a pass was able to tell: kinds it looked for, labels it could not look at, single things it left open.

    ``recorded`` is what it has read, by type and ARN, and by type, id and region: nothing of that is unmanaged now.
    """

    kinds: frozenset[Kind]
    unknown: frozenset[str] = frozenset()
    undecided: frozenset[tuple[str, Kind]] = frozenset()
    recorded: frozenset[tuple[str, str | None, str | None]] = frozenset()

    def settles(self, finding: Finding) -> bool:
        """Whether the finding's absence from this pass means that it is no more."""
        if (finding.label, finding.kind) in self.undecided:
            return False
        # The same name in another region is another object.
        # An ARN names the account, too: an alias of the template may read another one.
        name = (finding.arn, None) if finding.arn else (finding.resource_id, finding.region)
        itself = (finding.resource_type, *name)
        if finding.kind is Kind.UNMANAGED and itself in self.recorded:
            return True
        return finding.kind in self.kinds and finding.label not in self.unknown


@dataclass(frozen=True, slots=True)
class Life:
    """The transitions of a pass, and all findings that are open after it."""

    transitions: tuple[Transition, ...]
    open: tuple[Finding, ...]


def advance(known: Sequence[KnownFinding], current: Iterable[Finding], scope: Scope) -> Life:
    """Match this pass's findings with those known from before, by label and kind."""
    before = {(entry.finding.label, entry.finding.kind): entry for entry in known}
    transitions: list[Transition] = []
    still_open: list[Finding] = []
    for finding in current:
        entry = before.pop((finding.label, finding.kind), None)
        still_open.append(finding)
        if entry is None:
            transitions.append(Transition(Step.OPENED, finding))
        elif _said(entry.finding) == _said(finding):
            transitions.append(Transition(Step.PERSISTED, finding, entry.id))
        else:
            transitions.append(Transition(Step.CHANGED, finding, entry.id))
    for entry in before.values():
        if scope.settles(entry.finding):
            transitions.append(Transition(Step.RESOLVED, entry.finding, entry.id))
        else:
            still_open.append(entry.finding)
    return Life(tuple(transitions), tuple(still_open))


def _said(finding: Finding) -> bytes:
    """What a finding says, in one form, whether it comes from the comparison or from the database."""
    return canonical([finding.severity.value, finding.detail, sorted(_text(_told(c)) for c in finding.changes)])


def _told(change: Change) -> Value:
    # A set has no order: what came and what went is what is said of it, not how it was listed.
    if change.added is not None or change.removed is not None:
        return [change.text, _unordered(change.added), _unordered(change.removed)]
    return [change.text, to_json(change.recorded, digests=True), to_json(change.observed, digests=True)]


def _unordered(values: tuple[Value, ...] | None) -> list[str]:
    return sorted(_text(to_json(value, digests=True)) for value in values or ())


def _text(value: Value) -> str:
    return canonical(value).decode("utf-8", "surrogatepass")
