"""Depth ``plan``: what an apply would do to what is recorded, told by Terraform itself, attribute by attribute.

The plan is made without a refresh: it holds the template against the state, and says nothing of the cloud.
Its format: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.drift.snapshot import RecordedState, Template
from reconciler.errors import TerraformError

_REASONS: Final = {
    "replace_because_tainted": "it is tainted",
    "replace_by_request": "it was asked for",
    "replace_by_triggers": "replace_triggered_by",
}


@dataclass(frozen=True, slots=True)
class Planner:
    """Asks Terraform. ``show`` gives a plan as Terraform's JSON."""

    show: Callable[[Template, RecordedState], Mapping[str, Any]]

    def unapplied(self, template: Template, state: RecordedState) -> tuple[Finding, ...]:
        """One finding for each resource that an apply would create, change or replace.

        Raises:
            TerraformError: the plan could not be made, or is none that we know.
        """
        try:
            return tuple(_findings(self.show(template, state)))
        except (KeyError, TypeError, AttributeError) as error:
            raise TerraformError("terraform's plan is not of a form that we know") from error


def _findings(shown: Mapping[str, Any]) -> Iterator[Finding]:
    for entry in shown.get("resource_changes", ()):
        if entry.get("mode") != "managed" or entry.get("deposed"):
            continue
        change = entry["change"]
        actions = change["actions"]
        if actions == ["create"]:
            detail = "declared, but in no state"
        elif actions == ["update"]:
            detail = f"an apply would change {_names(change)}"
        elif "create" in actions and "delete" in actions:
            detail = f"an apply would replace it: {_because(entry)}"
        else:
            continue
        yield Finding(
            kind=Kind.UNAPPLIED,
            severity=Severity.MEDIUM,
            label=entry["address"],
            address=entry["address"],
            resource_type=entry["type"],
            detail=detail,
        )


def _names(change: Mapping[str, Any]) -> str:
    """The attributes that differ. Names only: a value may be a secret, and the unknown ones have none yet."""
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return ", ".join(sorted(names | {name for name, value in unknown.items() if value})) or "what only Terraform sees"


def _because(entry: Mapping[str, Any]) -> str:
    if entry.get("action_reason") in _REASONS:
        return _REASONS[entry["action_reason"]]
    paths = entry["change"].get("replace_paths") or ()
    return ", ".join(sorted({str(path[0]) for path in paths if path})) or "as the provider demands"
