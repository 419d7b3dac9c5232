"""A workspace as a pass needs it: what it is called, and where each of its sides comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, TypeAlias

from reconciler.drift.finding import Finding
from reconciler.drift.identity import Location
from reconciler.drift.record import EnvironmentFacts
from reconciler.drift.snapshot import Baseline, Reading, RecordedInstance, RecordedState, Template, Unread
from reconciler.errors import ReconcilerError
from reconciler.workflows.progress import Progress


@dataclass(frozen=True, slots=True)
class Observation:
    """What the cloud said: one reading for each recorded object that has a cloud side, and what went wrong.

    ``found`` are findings that come of looking itself: resources that nobody manages. ``unlisted`` are types of which
    it could not be told, and ``looked_for_unmanaged`` whether it was tried at all.
    """

    readings: tuple[Reading, ...] = ()
    locations: Mapping[str, Location] = field(default_factory=dict)
    problems: tuple[ReconcilerError, ...] = ()
    api_calls: int = 0
    found: tuple[Finding, ...] = ()
    unlisted: frozenset[str] = frozenset()
    looked_for_unmanaged: bool = False

    def renewed(self, part: Observation) -> Observation:
        """This, with what was read again in place of what was read before."""
        again = {reading.instance.label: reading for reading in part.readings}
        problems = {str(fault): fault for fault in (*self.problems, *part.problems)}
        return replace(
            self,
            readings=tuple(again.get(reading.instance.label, reading) for reading in self.readings),
            problems=tuple(problems.values()),
            api_calls=self.api_calls + part.api_calls,
        )


@dataclass(frozen=True, slots=True)
class OtherState:
    """The state of another workspace of the same account. ``region`` is its environment's."""

    workspace: str
    region: str
    state: RecordedState


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What else is recorded in an account, and why something of it could not be read."""

    states: tuple[OtherState, ...] = ()
    problems: tuple[ReconcilerError, ...] = ()


Past: TypeAlias = Callable[[], Mapping[str, Baseline]]
"""What was last observed of each recorded object, by label. To ask may take a moment, and fail."""


class Observer(Protocol):
    """Looks at the cloud."""

    def observe(self, template: Template, state: RecordedState, past: Past, progress: Progress) -> Observation:
        """Read everything that the state records.

        Raises:
            ReconcilerError: nothing can be said of the whole workspace (credentials of another account).
        """


@dataclass(frozen=True, slots=True)
class Target:
    """One workspace to scan. The callables do the reading when a pass asks, and raise typed errors.

    ``observer`` reads every recorded resource, ``sweeper`` lists the account, ``unapplied`` asks Terraform for what it
    would do, with the findings that follow. ``neighbours`` reads the states of the account's other workspaces. ``seal``
    turns the template's files into the text that the inventory keeps, and ``written`` tells when the state was last
    written, None where its place does not say. ``passed_over`` tells which resources were not read whole.
    """

    name: str
    environment: EnvironmentFacts
    template_path: str
    read_template: Callable[[], Template]
    read_state: Callable[[Template], RecordedState]
    observer: Observer
    sweeper: Observer
    unapplied: Callable[[Template], tuple[Finding, ...]]
    neighbours: Callable[[], Neighbourhood]
    seal: Callable[[Template], str]
    written: Callable[[Template], datetime | None]
    passed_over: Callable[[Template, Sequence[RecordedInstance]], Sequence[Unread]]
