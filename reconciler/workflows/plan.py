"""Depth ``plan``: what an apply would do to what is recorded, told by Terraform itself, attribute by attribute.

The plan is made without a refresh: it holds the template against the state, and says nothing of the cloud.
Its format: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.masking import masked_pair
from reconciler.drift.snapshot import Template
from reconciler.drift.values import UNKNOWN, Digest, Path, Sensitive, Value
from reconciler.errors import TerraformError

_REASONS: Final = {
    "replace_because_tainted": "it is tainted",
    "replace_by_request": "it was asked for",
    "replace_by_triggers": "replace_triggered_by",
}


@dataclass(frozen=True, slots=True)
class Planner:
    """Asks Terraform. ``show`` gives a plan as Terraform's JSON; ``digest`` stands for the secrets in it."""

    digest: Digest
    show: Callable[[Template], Mapping[str, Any]]

    def unapplied(self, template: Template) -> tuple[Finding, ...]:
        """One finding for each resource that an apply would create, change or replace, with what it would change.

        Raises:
            TerraformError: the plan could not be made, or is none that we know.
        """
        try:
            return tuple(self._findings(self.show(template)))
        except (KeyError, TypeError, AttributeError) as error:
            raise TerraformError("terraform's plan is not of a form that we know") from error

    def _findings(self, shown: Mapping[str, Any]) -> Iterator[Finding]:
        for entry in shown.get("resource_changes", ()):
            if entry.get("mode") != "managed" or entry.get("deposed"):
                continue
            change = entry["change"]
            actions = change["actions"]
            changes: tuple[Change, ...] = ()
            if actions == ["create"]:
                detail = "declared, but in no state"
            elif actions == ["update"]:
                changes = self._changes(change)
                detail = f"an apply would change {_names(changes)}"
            elif "create" in actions and "delete" in actions:
                changes = self._changes(change)
                detail = f"an apply would replace it: {_because(entry)}"
            else:
                continue
            yield Finding(
                kind=Kind.UNAPPLIED,
                severity=Severity.MEDIUM,
                label=entry["address"],
                address=entry["address"],
                resource_type=entry["type"],
                changes=changes,
                detail=detail,
            )

    def _changes(self, change: Mapping[str, Any]) -> tuple[Change, ...]:
        marks = (change.get("before_sensitive"), change.get("after_sensitive"))
        before, after = masked_pair(change.get("before") or {}, change.get("after") or {}, marks, self.digest)
        after = _with_unknown(after, change.get("after_unknown") or {})
        return tuple(
            Change(path, was, becomes, configured=True, sensitive=_is_secret(was, becomes), planned=True)
            for path, was, becomes in _moved((), before, after)
        )


def _moved(path: Path, before: Value, after: Value) -> Iterator[tuple[Path, Value, Value]]:
    """The innermost places where two values differ; a list of another length differs as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            yield from _moved((*path, name), before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (was, becomes) in enumerate(zip(before, after, strict=True)):
            yield from _moved((*path, index), was, becomes)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield path, before, after


def _with_unknown(value: Value, unknown: Value) -> Value:
    """The planned value with UNKNOWN where Terraform's own mark says so."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping) and isinstance(value, Mapping):
        return {name: _with_unknown(value.get(name), unknown.get(name)) for name in {**value, **unknown}}
    if isinstance(unknown, list) and isinstance(value, list):
        return [_with_unknown(inner, mark) for inner, mark in zip_longest(value, unknown)]
    return value


def _is_secret(*sides: Value) -> bool:
    return any(isinstance(side, Sensitive) for side in sides)


def _names(changes: Sequence[Change]) -> str:
    return ", ".join(dict.fromkeys(str(change.path[0]) for change in changes)) or "what only Terraform sees"


def _because(entry: Mapping[str, Any]) -> str:
    if entry.get("action_reason") in _REASONS:
        return _REASONS[entry["action_reason"]]
    paths = entry["change"].get("replace_paths") or ()
    return ", ".join(sorted({str(path[0]) for path in paths if path})) or "as the provider demands"
