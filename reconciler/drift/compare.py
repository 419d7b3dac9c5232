"""The comparison of one recorded resource: what the cloud holds against what it is held to.

What the template sets is held against the state: an apply would put it back. What only the provider computes, or what
it fills in where the template says nothing, is held against the baseline (what we saw last), because the state's copy
of such a value is as old as the last apply. Without a baseline it is taken as it is, with two exceptions that a first
look must not miss: collections whose every entry somebody must account for, and changes that would be of high severity
or worse. What other resources may set on this one (a bucket's versioning, a role's policies) is held against the
baseline too, unless the template writes it here. A value that came through Terraform (the cloud and the state agree) is
never drift, and the baseline of an object that Terraform has replaced since is none. Collections of which every entry
must be accounted for are the exception: a refresh takes into the state what somebody put there by hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.drift.configured import NOTHING, is_configured, is_ignored
from reconciler.drift.differ import Difference, differences
from reconciler.drift.explain import (
    Estate,
    Held,
    accounted_at_once,
    explain,
    has_guarded,
    is_collection,
    is_shared,
    measure,
)
from reconciler.drift.finding import Change, Kind, Severity
from reconciler.drift.schema import Nesting, Schema
from reconciler.drift.severity import BUILT_IN, Row, judge_change
from reconciler.drift.snapshot import DeclaredResource
from reconciler.drift.values import Object, Path, Value

_DIGEST = re.compile(r".*(sha256|_hash|digest)")


@dataclass(frozen=True, slots=True)
class Compared:
    """One resource's changes, those left alone on the template's wish, and what the changes were held against."""

    changes: tuple[Change, ...] = ()
    ignored: tuple[Change, ...] = ()
    reference: tuple[tuple[str, Value], ...] = ()


SAME = Compared()


def compare(
    held: Held,
    schema: Schema,
    declared: DeclaredResource | None,
    estate: Estate,
    rows: Sequence[Row] = BUILT_IN,
) -> Compared:
    """Compare a resource that is recorded and observed; both sides masked, in the same schema."""
    recorded, observed = held.recorded, held.observed
    if recorded is None or observed is None or (recorded == observed and not has_guarded(held.type)):
        return SAME
    resource = _Resource(held, recorded, observed, schema, declared, estate, rows)
    found = [change for name in _names(schema) for change in resource.changes(name)]
    if not found:
        return SAME
    changes = tuple(change for change in found if not is_ignored(declared, change.path))
    ignored = tuple(change for change in found if is_ignored(declared, change.path))
    reference = tuple(
        (name, resource.reference(name, changes)) for name in dict.fromkeys(str(c.path[0]) for c in changes)
    )
    return Compared(changes, ignored, reference)


def _names(schema: Schema) -> list[str]:
    return sorted((*schema.block.attributes, *schema.block.blocks))


@dataclass(frozen=True, slots=True)
class _Resource:
    held: Held
    recorded: Object
    observed: Object
    schema: Schema
    declared: DeclaredResource | None
    estate: Estate
    rows: Sequence[Row]

    def changes(self, name: str) -> list[Change]:
        """The unexplained changes of one top-level attribute or block."""
        recorded, observed = self.recorded.get(name), self.observed.get(name)
        if self._is_guarded(name):
            return self._guarded(name, observed)
        if recorded == observed and isinstance(recorded, bool) == isinstance(observed, bool):
            return []
        since_apply = self._differences(name, recorded, observed)
        found = [d for d in since_apply if self._is_firm(d.path)]
        loose = [d for d in since_apply if not self._is_firm(d.path)]
        baseline = self.held.seen
        seen = baseline is not None and name in baseline
        if loose and baseline is not None and seen:
            # Held against what was seen, where the state does not already agree with the cloud.
            since_seen = self._differences(name, baseline[name], observed)
            found += [d for d in since_seen if not self._is_firm(d.path) and _touches(d.path, loose)]
        elif loose:
            found += loose
        left = [d for difference in found if (d := explain(self.held, difference, self.estate)) is not None]
        return [self._change(d) for d in left if seen or self._is_firm(d.path) or self._counts_at_once(d)]

    def _guarded(self, name: str, observed: Value) -> list[Change]:
        """A collection of which every entry must be accounted for, whatever a refresh has taken into the state."""
        seen = self.held.seen
        before = seen[name] if seen is not None and name in seen else measure(self.held, name, self.estate)
        found = self._differences(name, before, observed)
        return [self._change(d) for each in found if (d := explain(self.held, each, self.estate)) is not None]

    def _is_guarded(self, name: str) -> bool:
        # Without the block we cannot tell whether the template fills the collection itself.
        written = self.declared is None or is_configured(self.declared.body, self.schema.block, (name,))
        return not written and accounted_at_once(self.held.type, name)

    def reference(self, name: str, changes: Sequence[Change]) -> Value:
        """What the attribute is held against as a whole, for as long as it has changes: the observed one without them.

        What else has moved in it came through Terraform, or is somebody else's, and is taken over.
        """
        value = self.observed.get(name)
        for change in changes:
            if change.path[0] == name:
                value = _put(value, change.path[1:], change.recorded)
        return value

    def _differences(self, name: str, before: Value, after: Value) -> list[Difference]:
        whole = is_collection(self.held.type, name)
        return differences(self.held.type, self.schema.block, name, before, after, whole=whole)

    def _is_firm(self, path: Path) -> bool:
        """Whether the state is the measure: the template sets it, or the provider computes nothing there."""
        block, body = self.schema.block, self.declared.body if self.declared else NOTHING
        if is_configured(body, block, path):
            return True
        if is_shared(self.held.type, str(path[0])) and not is_configured(body, block, path[:1]):
            return False
        steps = iter(path)
        for name in steps:
            if isinstance(name, int):
                continue
            if name in block.attributes:
                attribute = block.attributes[name]
                if attribute.nested is None or attribute.computed:
                    return not attribute.computed
                nested = attribute.nested
            else:
                nested = block.blocks[name]
            block = nested.block
            if nested.nesting is Nesting.MAP:
                next(steps, None)  # its key, which may be called like an attribute
        return True

    def _counts_at_once(self, difference: Difference) -> bool:
        """Whether a difference is reported though we have no baseline for it yet."""
        if accounted_at_once(self.held.type, str(difference.path[0])):
            return True
        row = judge_change(self.held.type, Kind.CHANGED, self._change(difference), self.rows)
        # The state's copy of a purely computed value ages: only the worst is taken from it without a baseline. The
        # digest of what was deployed does not: it moves with a deployment and never by itself.
        ages = difference.attribute.answered and not _DIGEST.fullmatch(str(difference.path[-1]))
        least = Severity.CRITICAL if ages else Severity.HIGH
        return row is not None and row.severity.rank >= least.rank

    def _change(self, difference: Difference) -> Change:
        body = self.declared.body if self.declared else NOTHING
        return Change(
            path=difference.path,
            recorded=difference.before,
            observed=difference.after,
            configured=is_configured(body, self.schema.block, difference.path),
            sensitive=difference.sensitive,
            added=difference.added,
            removed=difference.removed,
        )


def _touches(path: Path, others: Sequence[Difference]) -> bool:
    """Whether one of the differences is at the path, above it or below it."""
    return any(path[: len(o.path)] == o.path or o.path[: len(path)] == path for o in others)


def _put(value: Value, path: Path, new: Value) -> Value:
    """The value with another one at the path; a path that does not lead anywhere in it leaves it as it is."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        return {**value, step: _put(value.get(step), rest, new)}
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return [*value[:step], _put(value[step], rest, new), *value[step + 1 :]]
    return {step: _put(None, rest, new)} if isinstance(step, str) and value is None else value
