"""``scan``: one pass over some workspaces. Read the four sides of each, compare, and write it all down at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Final

from reconciler.drift.classify import Comparison, Neighbour, Rules, Sides, classify
from reconciler.drift.coverage import Coverage, Verdict, verdict
from reconciler.drift.finding import Kind
from reconciler.drift.identity import GLOBAL
from reconciler.drift.intent import IN_NO_STATE
from reconciler.drift.journal import journal
from reconciler.drift.lifecycle import Scope, advance
from reconciler.drift.listing import SAME_OBJECT
from reconciler.drift.record import Event, PassRecord, Step, TemplateVersion, Transition, WorkspaceRecord
from reconciler.drift.report import Depth, IgnoredAttribute, KnownFinding, Problem
from reconciler.drift.snapshot import Present, Reason, RecordedInstance, RecordedState, Template, Unread
from reconciler.drift.values import Digest, Sensitive, Value, canonical, is_zero
from reconciler.errors import BusyError, CutOffError, ReconcilerError
from reconciler.gate.standoff import WINDOW, escalated
from reconciler.inventory.port import PassPort
from reconciler.workflows.progress import Progress
from reconciler.workflows.second_look import PAUSES, SecondLook
from reconciler.workflows.target import Observation, Past, Target

# Terraform's own types (terraform_data, terraform_remote_state): they live in the state and nowhere else.
_BUILT_IN: Final = "terraform.io/builtin/"

_READING: Final = (Depth.EXACT, Depth.PLAN)

_TRIES: Final = 3
"""So often a workspace is looked at while its state moves."""

# What each depth can tell. A finding of a kind that a pass did not look for stays as it is.
SETTLED: Final = {
    Depth.STATIC: frozenset({Kind.UNAPPLIED, Kind.ORPHANED}),
    Depth.SWEEP: frozenset({Kind.UNAPPLIED, Kind.ORPHANED}),
    Depth.EXACT: frozenset({Kind.UNAPPLIED, Kind.ORPHANED, Kind.CHANGED, Kind.DELETED}),
    Depth.PLAN: frozenset({Kind.UNAPPLIED, Kind.ORPHANED, Kind.CHANGED, Kind.DELETED}),
}


@dataclass(frozen=True, slots=True)
class Scan:
    """What a pass is made with. ``rules`` is asked once per pass; ``pauses`` are those before a further look."""

    rules: Callable[[datetime], Rules]
    digest: Digest
    now: Callable[[], datetime]
    cancelled: threading.Event
    pauses: tuple[float, ...] = PAUSES

    def run(
        self, opened: PassPort, pass_id: str, depth: Depth, targets: Sequence[Target], progress: Progress
    ) -> PassRecord:
        """Scan the targets and write the pass.

        A fault of one workspace is recorded with it and costs the others nothing.

        Raises:
            CutOffError: the pass was cancelled; nothing of it is written.
            DatabaseError: the past could not be read, or the result not written.
        """
        started = self.now()
        rules = self.rules(started)
        records, calls = [], 0
        for target in targets:
            try:
                record, made = self._workspace(opened, depth, target, rules, progress)
            except CutOffError:
                raise
            except ReconcilerError as fault:
                record, made = self._faulted(opened, target, fault), 0
            records.append(record)
            calls += made
            if self.cancelled.is_set():
                raise CutOffError
        progress.phase("", "recording")
        made_pass = PassRecord(pass_id, depth, started, self.now(), calls, tuple(records))
        opened.finish(made_pass)
        return made_pass

    def _workspace(
        self, opened: PassPort, depth: Depth, target: Target, rules: Rules, progress: Progress
    ) -> tuple[WorkspaceRecord, int]:
        """One workspace, looked at while nobody applied: what an apply under way has done is no drift.

        Raises:
            BusyError: its state moved each time.
        """
        calls = 0
        for _ in range(_TRIES):
            record, made = self._looked_at(opened, depth, target, rules, progress)
            calls += made
            news = any(transition.step in (Step.OPENED, Step.CHANGED) for transition in record.transitions)
            if not news or not _has_moved(target, record):
                return record, calls
        raise BusyError(
            f"the state of workspace {target.name!r} was written while the cloud was read, {_TRIES} times in a row",
            hint="an apply seems to be running: scan again when it has ended",
        )

    def _looked_at(
        self, opened: PassPort, depth: Depth, target: Target, rules: Rules, progress: Progress
    ) -> tuple[WorkspaceRecord, int]:
        # The past is read beside everything else: from here until its result, the port is that thread's.
        with ThreadPoolExecutor(1, thread_name_prefix="past") as beside:
            past = beside.submit(opened.baselines, target.name)
            progress.phase(target.name, "template")
            template = target.read_template()
            progress.phase(target.name, "state")
            state = target.read_state(template)
            observation = self._observe(depth, target, template, state, past.result, progress)
        if self.cancelled.is_set():
            raise CutOffError
        progress.phase(target.name, "comparing")
        baselines, known = past.result(), opened.known_findings(target.name)
        stateful = tuple(instance for instance in state.instances if lives_in_state(instance))
        found = observation.found
        if depth is Depth.PLAN:
            progress.phase(target.name, "planning")
            found = (*found, *target.unapplied(template))
        others = _Others(opened, target)

        def compare(observed: Observation) -> Comparison:
            sides = Sides(template, observed.readings, baselines, known, observed.locations, stateful, found)
            comparison = classify(target.name, sides, self.digest, rules)
            if not comparison.may_be_anothers or not others.neighbours:
                return comparison
            return classify(target.name, replace(sides, neighbours=others.neighbours), self.digest, rules)

        if depth in _READING:
            look = SecondLook(target, self.now, self.cancelled, self.pauses)
            observation, comparison = look.settle(template, state, observation, compare, (baselines, known), progress)
        else:
            comparison = compare(observation)
        scope = _scope(depth, template, state, observation, comparison.coverage, known)
        life = advance(known, comparison.findings, scope)
        problems = (*template.problems, *observation.problems, *others.problems)
        record = WorkspaceRecord(
            workspace=target.name,
            environment=target.environment,
            verdict=verdict(life.open, comparison.coverage, len(problems)),
            template_path=target.template_path,
            template=self._template_version(opened, target, template),
            state_lineage=state.lineage or None,
            state_serial=state.serial,
            state_resources=len(state.instances),
            state_location=state.location or None,
            coverage=comparison.coverage,
            rows=comparison.rows,
            gone=comparison.gone,
            transitions=life.transitions,
            events=(
                *journal(
                    life.transitions, comparison.rows, comparison.gone, baselines, life.open, comparison.set_aside
                ),
                *self._fights(opened, target.name, life.transitions),
            ),
            ignored=tuple(IgnoredAttribute(entry.label, entry.change.text) for entry in comparison.ignored),
            suppressed=comparison.suppressed,
            problems=tuple(problem(error) for error in problems),
        )
        return record, observation.api_calls

    def _fights(self, opened: PassPort, workspace: str, transitions: Sequence[Transition]) -> tuple[Event, ...]:
        """What is said of attributes that have drifted once too often. The past is asked only where drift opens."""
        new = [transition.finding for transition in transitions if transition.step is Step.OPENED]
        if not any(change.configured for finding in new for change in finding.changes):
            return ()
        now = self.now()
        return escalated(new, opened.sightings(workspace, now - WINDOW), now)

    @staticmethod
    def _observe(
        depth: Depth, target: Target, template: Template, state: RecordedState, past: Past, progress: Progress
    ) -> Observation:
        if depth is Depth.SWEEP:
            return target.sweeper.observe(template, state, past, progress)
        if depth in _READING:
            return target.observer.observe(template, state, past, progress)
        unread = (
            Unread(instance, Reason.UNSUPPORTED, f"not read at depth {depth.value}")
            for instance in state.instances
            if not lives_in_state(instance)
        )
        return Observation(tuple(unread))

    def _template_version(self, opened: PassPort, target: Target, template: Template) -> TemplateVersion:
        kept = opened.has_template(target.name, template.digest)
        return TemplateVersion(
            name=target.name,
            version=template.digest,
            content="" if kept else target.seal(template),
            variables={v.name: self._shown(v.value) if v.sensitive else v.value for v in template.variables},
        )

    def _shown(self, value: Value) -> Value:
        return value if is_zero(value) else Sensitive(self.digest(canonical(value)))

    @staticmethod
    def _faulted(opened: PassPort, target: Target, fault: ReconcilerError) -> WorkspaceRecord:
        still_open = opened.known_findings(target.name)
        return WorkspaceRecord(
            workspace=target.name,
            environment=target.environment,
            verdict=Verdict.DRIFTED if still_open else Verdict.UNKNOWN,
            template_path=target.template_path,
            fault=problem(fault),
        )


class _Others:
    """The account's other workspaces, asked for where a comparison first needs them: most passes do not."""

    def __init__(self, opened: PassPort, target: Target) -> None:
        self._opened = opened
        self._target = target
        self.problems: tuple[ReconcilerError, ...] = ()

    @cached_property
    def neighbours(self) -> tuple[Neighbour, ...]:
        """What their states record, with what was last observed of it."""
        found = self._target.neighbours()
        self.problems = found.problems
        return tuple(
            Neighbour(other.workspace, other.state.instances, self._opened.baselines(other.workspace))
            for other in found.states
        )


def _has_moved(target: Target, record: WorkspaceRecord) -> bool:
    """Whether the state has been written since it was read. One that cannot be read again says nothing new."""
    try:
        state = target.read_state(target.read_template())
    except ReconcilerError:
        return False
    return (state.lineage or None, state.serial) != (record.state_lineage, record.state_serial)


def _scope(
    depth: Depth,
    template: Template,
    state: RecordedState,
    observation: Observation,
    coverage: Coverage,
    known: Sequence[KnownFinding],
) -> Scope:
    """What the pass was able to tell."""
    kinds = SETTLED[depth]
    if template.problems:
        kinds -= {Kind.UNAPPLIED, Kind.ORPHANED}
    if observation.looked_for_unmanaged:
        kinds |= {Kind.UNMANAGED}
    unlisted = {k.finding.label for k in known if k.finding.resource_type in observation.unlisted}
    # That an apply would change what is recorded, only a plan can tell.
    planned = frozenset() if depth is Depth.PLAN else {instance.label for instance in state.instances}
    undecided = {
        (each.finding.label, Kind.UNAPPLIED)
        for each in known
        if each.finding.label in planned and each.finding.detail not in IN_NO_STATE
    }
    return Scope(
        kinds,
        frozenset(unlisted | {entry.label for entry in coverage.unknown}),
        frozenset(undecided),
        frozenset(_recorded(observation) if any(each.finding.kind is Kind.UNMANAGED for each in known) else ()),
    )


def _recorded(observation: Observation) -> Iterator[tuple[str, str, str | None]]:
    """What is there and in the state, as a list would name it; one of the whole account has no regions.

    Only what was found unmanaged is ever held against it.
    """
    for reading in observation.readings:
        place = observation.locations.get(reading.instance.label)
        if not isinstance(reading, Present) or place is None:
            continue
        type_, id_, arn = _listed_as(reading), reading.observed.get("id"), reading.observed.get("arn")
        if isinstance(arn, str):
            yield type_, arn, None
        if isinstance(id_, str):
            yield type_, id_, place.region
            yield type_, id_, GLOBAL


def _listed_as(reading: Present) -> str:
    """The type under which a list holds what was read."""
    type_ = reading.instance.address.type
    return SAME_OBJECT.get(type_, type_)


def lives_in_state(instance: RecordedInstance) -> bool:
    """Whether there is nothing in any cloud to hold the object against."""
    return instance.provider.source.startswith(_BUILT_IN)


def problem(error: ReconcilerError) -> Problem:
    """An error as a report tells it."""
    where = error.position
    return Problem(
        message=error.message,
        hint=error.hint,
        file=where.file if where else None,
        line=where.line if where else None,
        column=where.column if where else None,
    )
