"""Depth ``plan``: what an apply would do to what is recorded, told by Terraform itself, attribute by attribute.

The plan is made without a refresh: it holds the template against the state, and says nothing of the cloud.
Its format: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.intent import NOT_RECORDED
from reconciler.drift.planned import because, planned_changes
from reconciler.drift.snapshot import Template
from reconciler.drift.values import Digest
from reconciler.errors import TerraformError


@dataclass(frozen=True, slots=True)
class Planner:
    """Asks Terraform. ``changes`` gives a plan's changes as :func:`changes_of` does, ``digest`` hides their secrets."""

    digest: Digest
    changes: Callable[[Template], Sequence[Mapping[str, Any]]]

    def unapplied(self, template: Template) -> tuple[Finding, ...]:
        """One finding for each resource that an apply would create, change or replace, with what it would change.

        Raises:
            TerraformError: the plan could not be made, or is none that we know.
        """
        changes = self.changes(template)
        with _known_form():
            return tuple(self._findings(changes))

    def _findings(self, entries: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
        for entry in entries:
            change = entry["change"]
            actions = change["actions"]
            changes: tuple[Change, ...] = ()
            if actions == ["create"]:
                detail = NOT_RECORDED
            elif actions == ["update"]:
                changes = planned_changes(change, self.digest)
                detail = f"an apply would change {_names(changes)}"
            elif "create" in actions and "delete" in actions:
                changes = planned_changes(change, self.digest)
                detail = f"an apply would replace it: {because(entry)}"
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


def changes_of(shown: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a plan, as Terraform's JSON, would do to managed resources. It holds their secrets.

    Raises:
        TerraformError: the plan is of no form that we know.
    """
    with _known_form():
        return [
            entry
            for entry in shown.get("resource_changes", ())
            if entry["mode"] == "managed" and not entry.get("deposed") and entry["change"]["actions"] != ["no-op"]
        ]


@contextmanager
def _known_form() -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise TerraformError("terraform's plan is not of a form that we know") from error


def _names(changes: Sequence[Change]) -> str:
    return ", ".join(dict.fromkeys(str(change.path[0]) for change in changes)) or "what only Terraform sees"
