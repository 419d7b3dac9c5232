"""Which findings end with a plan, and which do not though it touches their resource."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from support.plans import change, planned

from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.report import KnownFinding, Status
from reconciler.gate.closing import with_closed
from reconciler.gate.proposal import PlannedChange

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUEUE = "aws_sqs_queue.jobs"
UNSET = Change(("visibility_timeout_seconds",), 30, 90, configured=False)


def found(kind: Kind, *changes: Change, id_: str = "f1", address: str | None = QUEUE, **more: Any) -> KnownFinding:
    label = address or "aws_sqs_queue https://sqs/jobs"
    type_ = label.replace(" ", ".").partition(".")[0]
    finding = Finding(kind, Severity.MEDIUM, label, type_, address, changes=changes, **more)
    return KnownFinding(id_, finding, Status.OPEN, NOW, NOW)


def closed(plan: PlannedChange, *findings: KnownFinding) -> tuple[str, ...]:
    [told] = with_closed([plan], findings, "r")
    return told.closes


REFRESHED = planned(actions=("refresh",), changes=(change(),), closes=())


@pytest.mark.parametrize(
    ("plan", "finding", "ends"),
    [
        (planned(), found(Kind.CHANGED, change()), True),
        (planned(), found(Kind.CHANGED, change(), UNSET), False),  # half of it stays
        (planned(), found(Kind.CHANGED), False),
        (planned(), found(Kind.DELETED), False),
        (planned(actions=("create",)), found(Kind.DELETED), True),
        (planned(actions=("delete",)), found(Kind.ORPHANED), True),
        (planned(actions=("forget",)), found(Kind.ORPHANED), True),
        (planned(actions=("delete", "create")), found(Kind.ORPHANED), False),
        (planned(actions=("delete", "create")), found(Kind.CHANGED, UNSET), True),
        (planned(actions=("create",)), found(Kind.UNAPPLIED), True),
        (planned(actions=("no-op",), importing="x"), found(Kind.UNAPPLIED), False),
        (planned(), found(Kind.CHANGED, change(), address="aws_sqs_queue.other"), False),
        (REFRESHED, found(Kind.CHANGED, change()), True),
        (REFRESHED, found(Kind.CHANGED, UNSET), False),
        (REFRESHED, found(Kind.DELETED), False),
        (planned(actions=("forget",), changes=()), found(Kind.DELETED), True),
    ],
)
def test_a_finding_ends_where_all_that_it_says_ends(plan: PlannedChange, finding: KnownFinding, ends: bool) -> None:  # noqa: FBT001
    assert closed(plan, finding) == (("f1",) if ends else ())


def test_what_the_template_takes_back_ends_nothing() -> None:
    taken = planned(actions=("refresh",), changes=(change(),), taken_back=True)
    assert closed(taken, found(Kind.CHANGED, change())) == ()


def test_what_nobody_accounts_for_stays_though_the_state_takes_it_over() -> None:
    rule = Change(("ingress",), [], [{"from_port": 22}], configured=False)
    group = "aws_security_group.web"
    plan = planned(group, actions=("refresh",), changes=(Change(("ingress",), [], [1], configured=False),))
    assert closed(plan, found(Kind.CHANGED, rule, address=group)) == ()
    # Where the template lists the rules itself, the next plan is held against them.
    written = Change(("ingress",), [], [{"from_port": 22}], configured=True)
    assert closed(plan, found(Kind.CHANGED, written, address=group)) == ("f1",)


@pytest.mark.parametrize(
    ("importing", "type_", "ends"),
    [
        ("https://sqs/jobs", "aws_sqs_queue", True),
        ("https://sqs/other", "aws_sqs_queue", False),
        ("https://sqs/jobs", "aws_sns_topic", False),
        (None, "aws_sqs_queue", False),
    ],
)
def test_what_is_imported_is_managed(importing: str | None, type_: str, ends: bool) -> None:  # noqa: FBT001
    plan = planned(f"{type_}.jobs", actions=("no-op",), importing=importing, closes=())
    stray = found(Kind.UNMANAGED, address=None, resource_id="https://sqs/jobs", region="r")
    assert closed(plan, stray) == (("f1",) if ends else ())
    elsewhere = found(Kind.UNMANAGED, address=None, resource_id="https://sqs/jobs", region="elsewhere")
    assert closed(plan, elsewhere) == ()
