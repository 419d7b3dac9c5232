"""Passes as values, for tests of what keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.drift.coverage import Coverage, UnknownResource, Verdict
from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.record import (
    EnvironmentFacts,
    Event,
    EventSource,
    EventStatus,
    EventType,
    PassRecord,
    ResourceRow,
    RowStatus,
    Step,
    TemplateVersion,
    Transition,
    WorkspaceRecord,
)
from reconciler.drift.report import Depth, IgnoredAttribute, Problem, Suppression
from reconciler.drift.snapshot import Reason
from reconciler.drift.values import Sensitive

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ACCOUNT = "123456789012"
REGION = "ap-northeast-2"
PRODUCTION = EnvironmentFacts("production", ACCOUNT, REGION)


def at(minutes: float) -> datetime:
    """So many minutes into the story."""
    return START + timedelta(minutes=minutes)


def row(label: str, **given: Any) -> ResourceRow:
    """A queue, by its label."""
    defaults: dict[str, Any] = {
        "label": label,
        "resource_type": "aws_sqs_queue",
        "resource_id": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{label}",
        "name": label,
        "region": REGION,
        "account_id": ACCOUNT,
        "status": RowStatus.ACTIVE,
        "configuration": {"name": label, "delay_seconds": 0},
        "arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{label}",
    }
    return ResourceRow(**{**defaults, **given})


def finding(label: str = "aws_sqs_queue.jobs", **given: Any) -> Finding:
    """A changed queue with every field filled, sets and secrets included."""
    defaults: dict[str, Any] = {
        "kind": Kind.CHANGED,
        "severity": Severity.MEDIUM,
        "label": label,
        "resource_type": "aws_sqs_queue",
        "address": label,
        "resource_id": "https://queue/jobs",
        "arn": "arn:aws:sqs:::jobs",
        "account_id": ACCOUNT,
        "region": REGION,
        "changes": (
            Change(("visibility_timeout_seconds",), 60, 90, configured=True),
            Change(("policy", 0, "a.b"), None, {"x": [1, 2.5, None, True]}, configured=False),
            Change(("tags",), ["a"], ["b"], configured=True, added=("b",), removed=("a",)),
            Change(("secret",), Sensitive("d1"), Sensitive("d2"), configured=False, sensitive=True),
        ),
        "reasons": ("public", "wide"),
        "reference": (("policy", {"deep": [Sensitive("d3")]}), ("tags", ["a"])),
        "position": "main.tf:3:1",
        "detail": "two of three",
    }
    return Finding(**{**defaults, **given})


def event(label: str | None, type_: EventType = EventType.DRIFT_DETECTED, **given: Any) -> Event:
    """Something that happened."""
    defaults: dict[str, Any] = {
        "type": type_,
        "status": EventStatus.SUCCESS,
        "source": EventSource.SCHEDULED,
        "description": f"{type_.value} on {label}",
        "details": {"old": 60, "new": [90]},
        "label": label,
        "resource_type": "aws_sqs_queue",
    }
    return Event(**{**defaults, **given})


def opened(what: Finding) -> Transition:
    """A finding's first step."""
    return Transition(Step.OPENED, what)


def workspace_record(name: str = "production", **given: Any) -> WorkspaceRecord:
    """A workspace in sync without anything in it."""
    defaults: dict[str, Any] = {
        "workspace": name,
        "environment": PRODUCTION,
        "verdict": Verdict.IN_SYNC,
        "template_path": f"iac_templates/{name}",
        "template": TemplateVersion(name, "sha256:one", "sealed-one", variables={"queues": 3}),
        "state_lineage": "lineage",
        "state_serial": 12,
        "state_location": "s3://bucket/key",
    }
    return WorkspaceRecord(**{**defaults, **given})


def everything(name: str = "production") -> WorkspaceRecord:
    """A workspace with something in every field."""
    return workspace_record(
        name,
        verdict=Verdict.DRIFTED,
        state_resources=3,
        coverage=Coverage(
            3,
            1,
            (
                UnknownResource("aws_b.z", Reason.DENIED, "AccessDenied on sqs:Get"),
                UnknownResource("aws_a.a", Reason.TIMEOUT),
            ),
        ),
        rows=(row("aws_sqs_queue.jobs"),),
        transitions=(opened(finding()),),
        events=(event("aws_sqs_queue.jobs"),),
        ignored=(IgnoredAttribute("aws_sqs_queue.jobs", "tags"),),
        suppressed=(Suppression("rule", "because", "ops", "2026-12-31", 2),),
        problems=(Problem("cannot read", "fix it", "main.tf", 3, 1),),
        fault=None,
    )


def pass_record(pass_id: str, minute: float, *workspaces: WorkspaceRecord) -> PassRecord:
    """A finished exact pass that took half a minute."""
    return PassRecord(pass_id, Depth.EXACT, at(minute), at(minute + 0.5), 7, workspaces)


def run(inventory: Any, pass_id: str, minute: float, *workspaces: WorkspaceRecord) -> None:
    """Begin and finish a pass."""
    names: Sequence[str] = [workspace.workspace for workspace in workspaces]
    with inventory.begin(pass_id, Depth.EXACT, names, at(minute)) as running:
        running.finish(pass_record(pass_id, minute, *workspaces))
