"""What a pass leaves behind, as one value: the inventory writes it in one transaction and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.drift.coverage import Coverage, Verdict
from reconciler.drift.finding import Finding
from reconciler.drift.report import Depth, IgnoredAttribute, Problem, Suppression
from reconciler.drift.values import Object, Value


class RowStatus(StrEnum):
    """What ``aws_resources.status`` says of a row that a scan wrote."""

    ACTIVE = "active"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """A row of ``aws_resources``: a recorded resource as it was last observed.

    ``label`` ties it to the workspace (unique in one state). ``configuration`` is masked, and is the baseline of the
    next pass. ``resource_id`` is the provider's id. ``depends_on`` are labels or addresses in the same state.
    """

    label: str
    resource_type: str
    resource_id: str
    name: str
    region: str
    account_id: str
    status: RowStatus
    configuration: Object
    arn: str | None = None
    tags: Mapping[str, str] | None = None
    created_at: datetime | None = None
    depends_on: tuple[str, ...] = ()
    managed: bool = True


class Step(StrEnum):
    """What a pass does to a finding's life."""

    OPENED = "opened"
    CHANGED = "changed"
    PERSISTED = "persisted"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Transition:
    """One finding's step. ``finding_id`` is None for one that opens; ``finding`` is the last known when it resolves."""

    step: Step
    finding: Finding
    finding_id: str | None = None


class EventType(StrEnum):
    """``aws_infrastructure_events.event_type`` as far as scans write it."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    START = "start"
    STOP = "stop"
    ERROR = "error"
    DRIFT_DETECTED = "drift_detected"
    DRIFT_CHANGED = "drift_changed"
    DRIFT_RESOLVED = "drift_resolved"
    DRIFT_CONTESTED = "drift_contested"
    PLAN_PROPOSED = "plan_proposed"
    PLAN_APPROVED = "plan_approved"
    PLAN_REJECTED = "plan_rejected"
    APPLY_STARTED = "apply_started"
    APPLY_FINISHED = "apply_finished"


class EventSource(StrEnum):
    """Who caused it, ``aws_infrastructure_events.event_source``."""

    TERRAFORM = "terraform"
    CLOUDFORMATION = "cloudformation"
    CONSOLE = "console"
    API = "api"
    SCHEDULED = "scheduled"


class EventStatus(StrEnum):
    """``aws_infrastructure_events.status``."""

    SUCCESS = "success"
    FAILURE = "failure"
    IN_PROGRESS = "in_progress"


@dataclass(frozen=True, slots=True)
class Event:
    """A row of ``aws_infrastructure_events``. ``label`` finds the resource row it belongs to, if there is one."""

    type: EventType
    status: EventStatus
    source: EventSource
    description: str
    details: Mapping[str, Value] = field(default_factory=dict)
    label: str | None = None
    resource_type: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """A row of ``iac_templates``: one version of a template, its content sealed but restorable.

    ``variables`` are masked. ``version`` is the digest.
    """

    name: str
    version: str
    content: str
    iac_type: str = "terraform"
    variables: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """A row of ``aws_environments``."""

    name: str
    account_id: str
    region: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class WorkspaceRecord:
    """Everything that a pass writes of one workspace."""

    workspace: str
    environment: EnvironmentFacts
    verdict: Verdict
    template_path: str
    template: TemplateVersion | None = None
    state_lineage: str | None = None
    state_serial: int | None = None
    state_resources: int = 0
    state_location: str | None = None
    coverage: Coverage = field(default_factory=Coverage)
    rows: tuple[ResourceRow, ...] = ()
    gone: tuple[str, ...] = ()
    transitions: tuple[Transition, ...] = ()
    events: tuple[Event, ...] = ()
    ignored: tuple[IgnoredAttribute, ...] = ()
    suppressed: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()
    fault: Problem | None = None


@dataclass(frozen=True, slots=True)
class PassRecord:
    """A finished pass."""

    id: str
    depth: Depth
    started_at: datetime
    finished_at: datetime
    api_calls: int
    workspaces: tuple[WorkspaceRecord, ...]
