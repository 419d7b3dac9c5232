"""An inventory in memory, for tests of what uses one. The contract suite holds it against PostgreSQL's."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import uuid4

from reconciler.drift.record import Event, PassRecord, ResourceRow, Step, Transition, WorkspaceRecord
from reconciler.drift.report import Depth, KnownFinding, PassFacts, Report, Status, WorkspaceReport
from reconciler.drift.snapshot import Baseline
from reconciler.errors import BusyError, CutOffError, DatabaseError, ReconcilerError
from reconciler.gate.chain import Entry
from reconciler.gate.cover import KIND
from reconciler.gate.standoff import Sighting
from reconciler.inventory.findings import no_such_step
from reconciler.inventory.memory_ledger import MemoryLedger, covered
from reconciler.inventory.rows import EventRow, MigrationStatus, TemplateRow

_SHORTEST_PREFIX = 4


@dataclass
class _Run:
    record: WorkspaceRecord
    facts: PassFacts


@dataclass
class _Store:
    """Everything that is kept. A pass changes a copy, which takes the store's place when it finishes."""

    runs: dict[str, _Run] = field(default_factory=dict)
    rows: dict[str, dict[str, ResourceRow]] = field(default_factory=dict)
    findings: dict[str, tuple[str, KnownFinding]] = field(default_factory=dict)
    events: list[EventRow] = field(default_factory=list)
    templates: dict[tuple[str, str], tuple[TemplateRow, str]] = field(default_factory=dict)
    passes: dict[str, str] = field(default_factory=dict)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)


class MemoryPass:
    """A running pass."""

    def __init__(self, inventory: MemoryInventory, pass_id: str, names: Sequence[str]) -> None:
        self._inventory = inventory
        self._names = names
        self.id = pass_id

    def baselines(self, workspace: str) -> dict[str, Baseline]:
        """What was last observed of each recorded resource, by label."""
        rows = self._inventory.store.rows.get(workspace, {})
        return {label: Baseline(copy.deepcopy(row.configuration), row.status.value) for label, row in rows.items()}

    def known_findings(self, workspace: str) -> list[KnownFinding]:
        """The findings that no pass has resolved, oldest first."""
        return self._inventory.unresolved(workspace)

    def sightings(self, workspace: str, since: datetime) -> list[Sighting]:
        """Each attribute that was found to have drifted since a moment, as often as it was, oldest first."""
        return self._inventory.sightings(workspace, since)

    def has_template(self, name: str, version: str) -> bool:
        """Whether this version of a template is kept already."""
        return (name, version) in self._inventory.store.templates

    def finish(self, record: PassRecord) -> None:
        """Write everything that the pass found out, whole or not at all."""
        store = _Store(**{name: copy.copy(kept) for name, kept in vars(self._inventory.store).items()})
        facts = PassFacts(record.id, record.depth, record.started_at, record.finished_at, record.api_calls)
        for workspace in record.workspaces:
            if workspace.workspace not in self._names:
                raise DatabaseError(f'Workspace "{workspace.workspace}" is none of those that the pass has begun with.')
            _write(store, workspace, facts)
        store.passes[self.id] = "finished"
        self._inventory.store = store


class MemoryInventory:
    """An inventory that ends with its process. ``store`` is there for tests to look into."""

    def __init__(self) -> None:
        self.store = _Store()
        self._busy: dict[str, tuple[str, datetime]] = {}

    def close(self) -> None:
        """Nothing to let go of."""

    def migrate(self) -> list[str]:
        """Nothing to do."""
        return []

    def status(self) -> MigrationStatus:
        """Always at its only version."""
        return MigrationStatus("memory", "memory", ())

    @contextmanager
    def begin(
        self,
        pass_id: str,
        depth: Depth,  # noqa: ARG002 - the port's
        workspaces: Sequence[str],
        started_at: datetime,
    ) -> Iterator[MemoryPass]:
        """A pass of some workspaces, for as long as the context lasts."""
        for name in sorted(workspaces):
            if name in self._busy:
                other, since = self._busy[name]
                raise BusyError(
                    f'A pass of workspace "{name}" is running since {since:%Y-%m-%d %H:%M:%S} UTC (pass {other}).'
                )
        self._busy.update(dict.fromkeys(workspaces, (pass_id, started_at)))
        self.store.passes[pass_id] = "running"
        status = "cut_off"
        try:
            yield MemoryPass(self, pass_id, tuple(workspaces))
        except BaseException as error:
            status = "failed" if isinstance(error, Exception) and not isinstance(error, CutOffError) else "cut_off"
            raise
        finally:
            if self.store.passes[pass_id] == "running":
                self.store.passes[pass_id] = status
            for name in workspaces:
                self._busy.pop(name, None)

    def report(self, workspaces: Sequence[str] = ()) -> Report:
        """The latest finished run of each workspace with its unresolved findings."""
        runs = {name: run for name, run in sorted(self.store.runs.items()) if not workspaces or name in workspaces}
        facts = max((run.facts for run in runs.values()), key=lambda f: (f.finished_at, f.started_at), default=None)
        return Report(facts, tuple(self._report(name, run.record) for name, run in runs.items()))

    def findings(
        self,
        *,
        workspace: str | None = None,
        environment: str | None = None,
        kind: str | None = None,
        severity: str | None = None,
        status: str | None = None,
        resource_type: str | None = None,
    ) -> list[tuple[str, KnownFinding]]:
        """Findings, worst first, then oldest first; those not resolved unless a status is asked."""
        found = [
            (name, known)
            for name, known in self.store.findings.values()
            if workspace in (None, name)
            and environment in (None, self.store.runs[name].record.environment.name)
            and kind in (None, known.finding.kind)
            and severity in (None, known.finding.severity)
            and resource_type in (None, known.finding.resource_type)
            and (known.status is not Status.RESOLVED if status is None else known.status == status)
        ]
        return sorted(found, key=lambda entry: (-entry[1].finding.severity.rank, *_age(entry[1])))

    def finding(self, prefix: str) -> tuple[str, KnownFinding]:
        """The finding whose id begins so."""
        if len(prefix) < _SHORTEST_PREFIX:
            raise ReconcilerError("A finding is named by its id or by the first 4 or more characters of it.")
        found = [row for id_, row in self.store.findings.items() if id_.startswith(prefix.lower())]
        if not found:
            raise ReconcilerError(f"There is no finding whose id begins with {prefix}.")
        if len(found) > 1:
            raise ReconcilerError(f"More than one finding's id begins with {prefix}.")
        return found[0]

    def acknowledge(self, prefix: str, *, by: str, note: str, at: datetime) -> KnownFinding:
        """Mark a finding as known and accepted until it changes."""
        workspace, known = self.finding(prefix)
        if known.status is Status.RESOLVED:
            raise ReconcilerError(f"Finding {known.id} is resolved; there is nothing left to acknowledge.")
        del at  # kept by the real one, and shown by nothing yet
        known = replace(known, status=Status.ACKNOWLEDGED, acknowledged_by=by, note=note)
        self.store.findings[known.id] = (workspace, known)
        return known

    def events(
        self,
        *,
        workspace: str | None = None,
        environment: str | None = None,
        type: str | None = None,  # noqa: A002 - the column's name
        since: datetime | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[EventRow]:
        """Events, newest first."""
        found = [
            event
            for event in reversed(self.store.events)
            if workspace in (None, event.workspace)
            and environment in (None, event.environment)
            and type in (None, event.type)
            and (since is None or event.timestamp >= since)
            and (before is None or event.sequence < before)
        ]
        return found[:limit]

    def sightings(self, workspace: str, since: datetime) -> list[Sighting]:
        """Each attribute that was found to have drifted since a moment, as often as it was, oldest first."""
        return [
            Sighting(event.timestamp, event.label or "", change["path"], change["recorded"], change["observed"])
            for event in self.store.events
            if (event.workspace, event.type) == (workspace, "drift_detected") and event.timestamp >= since
            for change in event.details.get("changes", ())
            if change["configured"]
        ]

    def templates(self, name: str | None = None) -> list[TemplateRow]:
        """The kept versions of templates, newest first."""
        found = [row for row, _ in self.store.templates.values() if name in (None, row.name)]
        return sorted(found, key=lambda row: (datetime.max.replace(tzinfo=UTC) - row.created_at, row.name))

    def template_content(self, version: str, name: str | None = None) -> str:
        """The sealed content of one version."""
        for (kept_name, kept_version), (_, content) in self.store.templates.items():
            if kept_version == version and name in (None, kept_name):
                return content
        raise ReconcilerError(f"No template of version {version} is kept.")

    def unresolved(self, workspace: str) -> list[KnownFinding]:
        """The open and acknowledged findings of a workspace, oldest first."""
        unresolved = (
            known
            for name, known in self.store.findings.values()
            if name == workspace and known.status is not Status.RESOLVED
        )
        return sorted(unresolved, key=_age)

    def _report(self, name: str, record: WorkspaceRecord) -> WorkspaceReport:
        return WorkspaceReport(
            name=name,
            environment=record.environment.name,
            verdict=record.verdict,
            template_path=record.template_path,
            template_digest=record.template.version if record.template else None,
            state_lineage=record.state_lineage,
            state_serial=record.state_serial,
            state_resources=record.state_resources,
            coverage=record.coverage,
            findings=tuple(self.unresolved(name)),
            ignored=record.ignored,
            suppressed=record.suppressed,
            problems=record.problems,
            fault=record.fault,
        )


def _write(store: _Store, record: WorkspaceRecord, facts: PassFacts) -> None:
    before = store.rows.get(record.workspace, {})
    gone = {label: row for label, row in before.items() if label in record.gone}
    rows = {label: row for label, row in before.items() if label not in record.gone}
    rows.update((row.label, copy.deepcopy(row)) for row in record.rows)
    store.rows[record.workspace] = rows
    for transition in sorted(record.transitions, key=lambda t: t.step is not Step.RESOLVED):
        _step(store, record.workspace, transition, facts.finished_at)
    told = []
    for sequence, event in enumerate(record.events, len(store.events) + 1):
        row = rows.get(event.label or "") or gone.get(event.label or "")
        told.append(_event(event, record, row, facts, sequence))
    if told:
        store.events += told
        body = {"pass": facts.id, **covered(told).body}
        store.ledger.append([Entry(facts.finished_at, KIND, record.workspace, body)])
    if record.template and (record.template.name, record.template.version) not in store.templates:
        kept = record.template
        environment, at = record.environment.name, facts.finished_at
        row_ = TemplateRow(kept.name, kept.version, kept.iac_type, environment, at, dict(kept.variables))
        store.templates[kept.name, kept.version] = (row_, kept.content)
    store.runs[record.workspace] = _Run(record, facts)


def _age(known: KnownFinding) -> tuple[datetime, str, str]:
    return known.first_seen, known.finding.label, known.finding.kind


def _step(store: _Store, workspace: str, transition: Transition, now: datetime) -> None:
    finding = transition.finding
    if transition.step is Step.OPENED:
        for name, known in store.findings.values():
            same = (name, known.finding.label, known.finding.kind) == (workspace, finding.label, finding.kind)
            if same and known.status is not Status.RESOLVED:
                raise DatabaseError(f"The finding on {finding.label} is open already.")
        id_ = str(uuid4())
        store.findings[id_] = (workspace, KnownFinding(id_, finding, Status.OPEN, now, now))
        return
    kept = store.findings.get(transition.finding_id or "")
    if kept is None or kept[0] != workspace or kept[1].status is Status.RESOLVED:
        raise no_such_step(finding.label)
    known = kept[1]
    match transition.step:
        case Step.RESOLVED:
            known = replace(known, status=Status.RESOLVED)
        case Step.CHANGED:
            known = replace(known, finding=finding, status=Status.OPEN, last_seen=now)
        case _:
            known = replace(known, finding=finding, last_seen=now)
    store.findings[known.id] = (workspace, known)


def _event(event: Event, record: WorkspaceRecord, row: ResourceRow | None, facts: PassFacts, sequence: int) -> EventRow:
    return EventRow(
        id=str(uuid4()),
        sequence=sequence,
        timestamp=facts.finished_at,
        type=event.type.value,
        status=event.status.value,
        source=event.source.value,
        description=event.description,
        details=dict(event.details),
        resource_type=event.resource_type,
        resource_id=row.resource_id if row else None,
        workspace=record.workspace,
        environment=record.environment.name,
        label=event.label,
        pass_id=facts.id,
    )
