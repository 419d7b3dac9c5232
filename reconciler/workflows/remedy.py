"""What the workflows of the gate share: a workspace that can be written, and what is read before and after."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from reconciler.drift.address import Address
from reconciler.drift.finding import Change
from reconciler.drift.masking import all_masked
from reconciler.drift.planned import because, overtaken, planned_changes
from reconciler.drift.snapshot import Absent, Present, RecordedInstance, RecordedState, Template, Unread
from reconciler.drift.values import Digest, format_path, is_zero
from reconciler.errors import BusyError, CloudError, TerraformError
from reconciler.gate.digest import digest_of_changes, digest_of_observed
from reconciler.gate.proposal import DEPOSED, Basis, Direction, PlannedChange, bound
from reconciler.gate.refusal import Refusal
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


class Ready(Protocol):
    """Terraform that is being made ready to write."""

    def wait(self) -> None:
        """Wait until it is; TerraformError where it cannot be: nothing was written."""

    def apply(self, on_event: OnEvent) -> None:
        """Carry the plan out; TerraformError where it failed, perhaps half done."""


class Terraform(Protocol):
    """Terraform at the workspace's own state."""

    def plan(
        self,
        template: Template,
        targets: Sequence[str],
        on_event: OnEvent,
        *,
        direction: Direction = Direction.REVERT,
        lock: bool = False,
    ) -> Planned:
        """A plan that can be applied; with ``lock`` BusyError where somebody else holds the state's lock."""

    def confirm_account(self) -> None:
        """See to it that what would write is of the environment's account.

        Raises:
            ForeignAccountError: it is of another one.
            CloudError: AWS does not say.
        """

    def ready(self, template: Template, plan: bytes) -> AbstractContextManager[Ready]:
        """Begin to make ready for a plan's apply, beside whatever else is done; it is gone with the context."""

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

    def lost_state(self) -> Refusal | None:
        """Why nothing may be planned or applied: what an apply did last is known to a file alone."""
        lost = self.terraform.errored_state()
        if lost is None:
            return None
        return Refusal(
            "lost_state",
            f"the backend did not take the state of an apply, which lies in {lost}: look at it, hand it over from "
            "there with `terraform state push`, and remove it: see the runbook",
        )

    def changes(self, shown: Mapping[str, Any], direction: Direction = Direction.REVERT) -> tuple[PlannedChange, ...]:
        """What a plan would do to managed resources, or to what the state says of them, secrets masked.

        Raises:
            TerraformError: the plan is of no form that we know.
        """
        part = "resource_changes" if direction is Direction.REVERT else "resource_drift"
        try:
            entries = [entry for entry in shown.get(part, ()) if entry["mode"] == "managed"]
            provisioners = dict(_provisioners(shown.get("configuration", {}).get("root_module", {})))
            changes = [self._change(entry, provisioners) for entry in entries]
            if direction is Direction.ADOPT:
                return tuple(each for each in map(accepted, changes) if each is not None)
            return tuple(
                each for each in changes if set(each.actions) != {"no-op"} or each.importing or each.moved_from
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise TerraformError("terraform's plan is not of a form that we know") from error

    def _change(self, entry: Mapping[str, Any], provisioners: Mapping[str, tuple[str, ...]]) -> PlannedChange:
        change = entry["change"]
        actions = tuple(change["actions"])
        changes: tuple[Change, ...] = planned_changes(change, self.digest) if set(actions) - {"no-op", "read"} else ()
        label = f"{entry['address']}{DEPOSED}{entry['deposed']})" if entry.get("deposed") else entry["address"]
        return PlannedChange(
            address=label,
            resource_type=entry["type"],
            actions=actions,
            changes=changes,
            because=because(entry) if {"create", "delete"} <= set(actions) else None,
            importing=(change.get("importing") or {}).get("id"),
            moved_from=entry.get("previous_address"),
            runs=provisioners.get(_declaration(entry), ()) if {"create", "delete"} & set(actions) else (),
        )

    def basis(
        self,
        direction: Direction,
        template: Template,
        state: RecordedState,
        plan: str,
        changes: Sequence[PlannedChange],
        progress: Progress,
        *,
        is_new: bool = False,
    ) -> Basis:
        """What a plan rests on at this moment, the cloud read anew.

        Args:
            direction: of the plan.
            template: what it was made of.
            state: as it is recorded.
            plan: the digest of the plan file.
            changes: what it shows.
            progress: told the phases.
            is_new: whether the plan was made just now: what it shows of the cloud has to be what is read.

        Raises:
            BusyError: the cloud moved between Terraform's reading and ours.
            CloudError: what would be written cannot be read: nobody could tell whether it has moved.
        """
        observed = self._observed(template, state, bound(direction, changes), progress, direction if is_new else None)
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
            observed=observed,
        )

    def _observed(
        self,
        template: Template,
        state: RecordedState,
        changes: Iterable[PlannedChange],
        progress: Progress,
        shown_by: Direction | None,
    ) -> dict[str, str | None]:
        written = {_label_in_state(change): change for change in changes}
        touched = tuple(instance for instance in state.instances if instance.label in written)
        readings = self._read(template, state, touched, progress)
        found: dict[str, str | None] = {}
        for reading in readings:
            change = written[reading.instance.label]
            match reading:
                case Present():
                    if shown_by is not None:
                        _confirm_shown(change, reading, shown_by)
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


def accepted(change: PlannedChange) -> PlannedChange | None:
    """What Terraform found to have drifted, as what the state takes over; None where nothing would be different.

    A provider says *not set* in several ways, and after the first read often in another one.
    """
    if change.destroys:
        return replace(change, actions=("forget",), changes=(), runs=())
    said = tuple(each for each in change.changes if not (is_zero(each.recorded) and is_zero(each.observed)))
    if said or change.moved_from is not None:
        return replace(change, actions=("refresh",), changes=said)
    return None


def _provisioners(module: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """By the address of a block, the kinds of its provisioners: they run as its resource is made or destroyed."""
    for resource in module.get("resources", ()):
        if kinds := tuple(dict.fromkeys(each["type"] for each in resource.get("provisioners", ()))):
            yield f"{path}{resource['address']}", kinds
    for name, call in module.get("module_calls", {}).items():
        yield from _provisioners(call.get("module", {}), f"{path}module.{name}.")


def _declaration(entry: Mapping[str, Any]) -> str:
    """The address of the block that a change's resource is declared by: without the keys of its instance."""
    try:
        return str(Address.parse(entry["address"]).declaration)
    except ValueError:
        return str(entry["address"])


def _label_in_state(change: PlannedChange) -> str:
    """What the state calls an object: where the template has moved it, it is not there yet."""
    _, deposed, key = change.address.partition(DEPOSED)
    return f"{change.moved_from or change.address.removesuffix(deposed + key)}{deposed}{key}"


def _confirm_shown(change: PlannedChange, reading: Present, direction: Direction) -> None:
    written = set(_written(change, reading))
    shown = (each for each in change.changes if each.path[0] in written)
    moved = overtaken(shown, reading.observed, accepts=direction is Direction.ADOPT)
    if moved is not None:
        raise BusyError(
            f"{change.address}: {format_path(moved)} moved in the cloud while the plan was made", hint="propose again"
        )


def _written(change: PlannedChange, reading: Present) -> Iterable[str]:
    """The attributes that a change writes: those that move, or of what is destroyed all that somebody can set."""
    if not change.destroys:
        return change.touched
    block = reading.schema.block
    return (*(name for name, each in block.attributes.items() if not each.answered), *block.blocks)
