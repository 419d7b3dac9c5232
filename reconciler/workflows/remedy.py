"""What the workflows of the gate share: a workspace that can be written, and what is read before and after."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from reconciler.drift.finding import Change
from reconciler.drift.masking import all_masked
from reconciler.drift.planned import because, planned_changes
from reconciler.drift.snapshot import Absent, Present, RecordedInstance, RecordedState, Template, Unread
from reconciler.drift.values import Digest
from reconciler.errors import CloudError, TerraformError
from reconciler.gate.digest import digest_of_changes, digest_of_observed
from reconciler.gate.proposal import Basis, Direction, PlannedChange
from reconciler.workflows.progress import Progress
from reconciler.workflows.target import Target

OnEvent = Callable[[Mapping[str, Any]], None]
"""Takes each line of Terraform's JSON stream."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan file, and Terraform's JSON of it. Both hold secrets."""

    content: bytes
    shown: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The digest of the file."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"


class Terraform(Protocol):
    """Terraform at the workspace's own state."""

    def plan(self, template: Template, targets: Sequence[str], on_event: OnEvent, *, lock: bool = False) -> Planned:
        """A plan that can be applied; with ``lock`` TerraformError where somebody else holds the state's lock."""

    def confirm_account(self) -> None:
        """See to it that what would write is of the environment's account.

        Raises:
            ForeignAccountError: it is of another one.
            CloudError: AWS does not say.
        """

    def apply(self, template: Template, plan: bytes, on_event: OnEvent) -> None:
        """Carry a plan out; TerraformError where it failed, perhaps half done."""

    def confirm_nobody_at_work(self) -> None:
        """See to it that nothing that an apply started still runs; BusyError where something does."""

    def errored_state(self) -> str | None:
        """Where a state lies that an apply could not hand to its backend; None where there is none."""

    def template_digest(self, template: Template) -> str:
        """A digest of all that the template says."""

    def providers_digest(self, template: Template) -> str:
        """A digest of which providers would run."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace that can be read and written."""

    target: Target
    terraform: Terraform
    digest: Digest

    def changes(self, shown: Mapping[str, Any]) -> tuple[PlannedChange, ...]:
        """What a plan would do to managed resources, secrets masked.

        Raises:
            TerraformError: the plan is of no form that we know.
        """
        try:
            entries = [entry for entry in shown.get("resource_changes", ()) if entry["mode"] == "managed"]
            changes = (self._change(entry) for entry in entries)
            return tuple(
                each for each in changes if set(each.actions) != {"no-op"} or each.importing or each.moved_from
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise TerraformError("terraform's plan is not of a form that we know") from error

    def _change(self, entry: Mapping[str, Any]) -> PlannedChange:
        change = entry["change"]
        actions = tuple(change["actions"])
        changes: tuple[Change, ...] = planned_changes(change, self.digest) if set(actions) - {"no-op", "read"} else ()
        label = f"{entry['address']} (deposed {entry['deposed']})" if entry.get("deposed") else entry["address"]
        return PlannedChange(
            address=label,
            resource_type=entry["type"],
            actions=actions,
            changes=changes,
            because=because(entry) if {"create", "delete"} <= set(actions) else None,
            importing=(change.get("importing") or {}).get("id"),
            moved_from=entry.get("previous_address"),
        )

    def basis(
        self,
        direction: Direction,
        template: Template,
        state: RecordedState,
        plan: str,
        changes: Sequence[PlannedChange],
        progress: Progress,
    ) -> Basis:
        """What a plan rests on at this moment, the cloud read anew.

        Raises:
            CloudError: what would be written cannot be read: nobody could tell whether it has moved.
        """
        return Basis(
            workspace=self.target.name,
            environment=self.target.environment.name,
            direction=direction,
            template=self.terraform.template_digest(template),
            lineage=state.lineage or None,
            serial=state.serial,
            providers=self.terraform.providers_digest(template),
            plan=plan,
            changes=digest_of_changes(changes),
            observed=self._observed(template, state, changes, progress),
        )

    def _observed(
        self, template: Template, state: RecordedState, changes: Iterable[PlannedChange], progress: Progress
    ) -> dict[str, str | None]:
        written = {change.moved_from or change.address: change for change in changes if change.writes}
        touched = tuple(instance for instance in state.instances if instance.label in written)
        readings = self._read(template, state, touched, progress)
        found: dict[str, str | None] = {}
        for reading in readings:
            change = written[reading.instance.label]
            match reading:
                case Present():
                    found[change.address] = digest_of_observed(reading.observed, _written(change, reading))
                case Absent():
                    found[change.address] = None
                case Unread():
                    raise CloudError(
                        f"{change.address} would be written, and cannot be read: {reading.detail}",
                        hint="a plan rests on what the cloud holds; see what `reconciler scan` says of it",
                    )
        return found

    def _read(
        self, template: Template, state: RecordedState, touched: tuple[RecordedInstance, ...], progress: Progress
    ) -> Sequence[Present | Absent | Unread]:
        if not touched:
            return ()
        part = replace(state, instances=touched)
        observation = self.target.observer.observe(template, part, dict, progress)
        return all_masked(observation.readings, self.digest)


def _written(change: PlannedChange, reading: Present) -> Iterable[str]:
    """The attributes that a change writes: those that move, or of what is destroyed all that somebody can set."""
    if not change.destroys:
        return change.touched
    block = reading.schema.block
    return (*(name for name, each in block.attributes.items() if not each.answered), *block.blocks)
