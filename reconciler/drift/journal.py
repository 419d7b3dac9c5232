"""The events of a pass: what happened to findings, and what happened to the inventory's rows through Terraform."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from reconciler.drift.finding import Finding
from reconciler.drift.record import Event, EventSource, EventStatus, EventType, ResourceRow, RowStatus, Step, Transition
from reconciler.drift.report import change_to_json
from reconciler.drift.snapshot import Baseline
from reconciler.drift.values import to_json

_STEPS: Final = {
    Step.OPENED: (EventType.DRIFT_DETECTED, "found"),
    Step.CHANGED: (EventType.DRIFT_CHANGED, "has changed"),
    Step.RESOLVED: (EventType.DRIFT_RESOLVED, "is resolved"),
}
_SET_ASIDE: Final = (EventType.DRIFT_CHANGED, "is covered by an ignore rule")


def journal(
    transitions: Iterable[Transition],
    rows: Iterable[ResourceRow],
    gone: Iterable[str],
    baselines: Mapping[str, Baseline],
    still_open: Sequence[Finding],
    set_aside: Collection[str] = (),
) -> tuple[Event, ...]:
    """The events of one workspace's pass, in a stable order; none where nothing happened.

    A finding whose label is ``set_aside`` has not been put right: an ignore rule speaks of it now.
    """
    transitions = tuple(transitions)
    # What a finding says, a row's event does not say again, nor ascribe to Terraform: neither while it is open, nor
    # when somebody has put things back.
    told = {finding.label for finding in still_open} | {transition.finding.label for transition in transitions}
    return (*_findings(transitions, set_aside), *_rows(rows, baselines, told), *_gone(gone))


def _findings(transitions: Iterable[Transition], set_aside: Collection[str]) -> Iterator[Event]:
    for transition in transitions:
        if transition.step not in _STEPS:
            continue
        finding = transition.finding
        ignored = transition.step is Step.RESOLVED and finding.label in set_aside
        type_, words = _SET_ASIDE if ignored else _STEPS[transition.step]
        yield Event(
            type=type_,
            status=EventStatus.SUCCESS,
            source=EventSource.SCHEDULED,
            description=f"drift {words}: {finding.label} {finding.kind.value} ({finding.severity.value})",
            details={
                "kind": finding.kind.value,
                "severity": finding.severity.value,
                "reasons": list(finding.reasons),
                "address": finding.address,
                "changes": [change_to_json(change) for change in finding.changes],
            },
            label=finding.label,
            resource_type=finding.resource_type,
        )


def _rows(rows: Iterable[ResourceRow], baselines: Mapping[str, Baseline], told: set[str]) -> Iterator[Event]:
    for row in rows:
        before = baselines.get(row.label)
        if before is None and row.status is RowStatus.ACTIVE:
            yield _row_event(EventType.CREATE, row, f"{row.label} is in the inventory now", {})
        elif before is not None and row.label not in told and before.configuration != row.configuration:
            names = sorted(_moved(before, row))
            yield _row_event(EventType.UPDATE, row, f"{row.label} was brought up to date", {"attributes": names})


def _moved(before: Baseline, row: ResourceRow) -> Iterator[str]:
    for name in {*before.configuration, *row.configuration}:
        if before.configuration.get(name) != row.configuration.get(name):
            yield name


def _row_event(type_: EventType, row: ResourceRow, description: str, details: Mapping[str, object]) -> Event:
    return Event(
        type=type_,
        status=EventStatus.SUCCESS,
        # Who moved it is not known: the pass that saw it says so.
        source=EventSource.SCHEDULED,
        description=description,
        details={"resource_id": row.resource_id, **to_json(details)},
        label=row.label,
        resource_type=row.resource_type,
    )


def _gone(gone: Iterable[str]) -> Iterator[Event]:
    for label in gone:
        yield Event(
            type=EventType.DELETE,
            status=EventStatus.SUCCESS,
            source=EventSource.TERRAFORM,
            description=f"{label} is in the state no longer",
            label=label,
        )
