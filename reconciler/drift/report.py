"""The report: what is known of each workspace, as one value that every view (table, JSON, HTML, …) renders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from reconciler.drift.coverage import Coverage, Verdict, overall
from reconciler.drift.finding import Change, Finding
from reconciler.drift.values import to_json

FORMAT_VERSION = "1.0"


class Status(StrEnum):
    """Where a finding is in its life."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Depth(StrEnum):
    """How deep a pass looks."""

    STATIC = "static"
    SWEEP = "sweep"
    EXACT = "exact"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """A finding as the database keeps it, with its identity and its history."""

    id: str
    finding: Finding
    status: Status
    first_seen: datetime
    last_seen: datetime
    acknowledged_by: str | None = None
    note: str | None = None
    attribution: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """An input that could not be read: where, what, and what to do."""

    message: str
    hint: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Suppression:
    """What one ignore rule did in this pass. ``expired`` rules suppress nothing and are said aloud."""

    rule: str
    reason: str
    owner: str
    expires: str | None
    count: int
    expired: bool = False


@dataclass(frozen=True, slots=True)
class IgnoredAttribute:
    """A change left alone by ``lifecycle.ignore_changes``."""

    address: str
    path: str


@dataclass(frozen=True, slots=True)
class WorkspaceReport:
    """One workspace. ``fault`` is set where the pass could not be made at all; then the verdict is unknown."""

    name: str
    environment: str
    verdict: Verdict
    template_path: str
    template_digest: str | None = None
    state_lineage: str | None = None
    state_serial: int | None = None
    state_resources: int = 0
    coverage: Coverage = field(default_factory=Coverage)
    findings: tuple[KnownFinding, ...] = ()
    ignored: tuple[IgnoredAttribute, ...] = ()
    suppressed: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()
    fault: Problem | None = None


@dataclass(frozen=True, slots=True)
class PassFacts:
    """When a pass ran and what it cost. ``api_calls`` counts provider reads and requests of our own."""

    id: str
    depth: Depth
    started_at: datetime
    finished_at: datetime
    api_calls: int = 0

    @property
    def duration_seconds(self) -> float:
        """Wall time of the pass in seconds."""
        return round((self.finished_at - self.started_at).total_seconds(), 3)


@dataclass(frozen=True, slots=True)
class Report:
    """What is known, of all workspaces asked for. ``facts`` is None where no pass has been made yet."""

    facts: PassFacts | None
    workspaces: tuple[WorkspaceReport, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict over all workspaces."""
        return overall(workspace.verdict for workspace in self.workspaces)

    @property
    def exit_code(self) -> int:
        """1 where a workspace could not be scanned at all, otherwise the verdict's."""
        return 1 if any(w.fault for w in self.workspaces) else self.verdict.exit_code

    def to_json(self) -> dict[str, Any]:
        """The contract of ``--format json``, format version 1.0."""
        return {
            "format_version": FORMAT_VERSION,
            "verdict": self.verdict.value,
            "pass": _facts(self.facts),
            "workspaces": [_workspace(workspace) for workspace in self.workspaces],
        }


def _facts(facts: PassFacts | None) -> dict[str, Any] | None:
    if facts is None:
        return None
    return {
        "id": facts.id,
        "depth": facts.depth.value,
        "started_at": facts.started_at.isoformat(),
        "finished_at": facts.finished_at.isoformat(),
        "duration_seconds": facts.duration_seconds,
        "api_calls": facts.api_calls,
    }


def _workspace(workspace: WorkspaceReport) -> dict[str, Any]:
    coverage = workspace.coverage
    return {
        "name": workspace.name,
        "environment": workspace.environment,
        "verdict": workspace.verdict.value,
        "template": {"path": workspace.template_path, "digest": workspace.template_digest},
        "state": {
            "lineage": workspace.state_lineage,
            "serial": workspace.state_serial,
            "resources": workspace.state_resources,
        },
        "coverage": {
            "recorded": coverage.recorded,
            "checked": coverage.checked,
            "unknown": [{"address": u.label, "reason": u.reason.value, "detail": u.detail} for u in coverage.unknown],
        },
        "findings": [finding_to_json(finding) for finding in workspace.findings],
        "ignored": [{"address": i.address, "path": i.path} for i in workspace.ignored],
        "suppressed": [
            {
                "rule": s.rule,
                "reason": s.reason,
                "owner": s.owner,
                "expires": s.expires,
                "count": s.count,
                "expired": s.expired,
            }
            for s in workspace.suppressed
        ],
        "problems": [_problem(problem) for problem in workspace.problems],
        "error": _problem(workspace.fault) if workspace.fault else None,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "message": problem.message,
        "hint": problem.hint,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
    }


def finding_to_json(known: KnownFinding) -> dict[str, Any]:
    """One finding in the report's contract."""
    finding = known.finding
    entry = {
        "id": known.id,
        "kind": finding.kind.value,
        "status": known.status.value,
        "severity": finding.severity.value,
        "address": finding.address,
        "resource_type": finding.resource_type,
        "resource_id": finding.resource_id,
        "arn": finding.arn,
        "account_id": finding.account_id,
        "region": finding.region,
        "changes": [change_to_json(change) for change in finding.changes],
        "reasons": list(finding.reasons),
        "position": finding.position,
        "detail": finding.detail,
        "attribution": dict(known.attribution) if known.attribution else None,
        "first_seen": known.first_seen.isoformat(),
        "last_seen": known.last_seen.isoformat(),
    }
    if finding.suggested_address is not None:
        entry["suggested_address"] = finding.suggested_address
    return entry


def change_to_json(change: Change) -> dict[str, Any]:
    """One change in the report's contract; sets also say what was added and removed."""
    entry = {
        "path": change.text,
        "recorded": to_json(change.recorded),
        "observed": None if change.planned else to_json(change.observed),
        "configured": change.configured,
        "sensitive": change.sensitive,
    }
    if change.planned:
        entry["desired"] = to_json(change.observed)
    if change.added is not None or change.removed is not None:
        entry["added"] = to_json(list(change.added or ()))
        entry["removed"] = to_json(list(change.removed or ()))
    return entry
