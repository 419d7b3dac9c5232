"""A pass, with made-up sides and the inventory in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Event
from uuid import uuid4

import pytest
from support.sides import QUEUE, declared, instance, observing, present, state, target, template, values

from reconciler.drift.classify import Rules
from reconciler.drift.coverage import Verdict
from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.drift.ignore import IgnoreRule
from reconciler.drift.report import Depth, Report, Status
from reconciler.drift.snapshot import Absent, Reason, RecordedState, Unread, Variable
from reconciler.errors import BackendError, CutOffError, Position, TemplateError
from reconciler.inventory.memory import MemoryInventory
from reconciler.workflows.progress import Silent
from reconciler.workflows.scan import Scan
from reconciler.workflows.target import Neighbourhood, OtherState, Target


class Estate:
    """An inventory with passes made over it, an hour apart."""

    def __init__(self, *, rules: tuple[IgnoreRule, ...] = ()) -> None:
        self.inventory = MemoryInventory()
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.rules = rules
        self.cancelled = Event()

    def scan(self, *targets: Target, depth: Depth = Depth.EXACT) -> Report:
        self.time += timedelta(hours=1)
        scan = Scan(
            rules=lambda now: Rules(now.date(), self.rules),
            digest=lambda secret: hashlib.sha256(secret).hexdigest(),
            now=lambda: self.time,
            cancelled=self.cancelled,
        )
        names = [each.name for each in targets]
        pass_id = str(uuid4())
        with self.inventory.begin(pass_id, depth, names, self.time) as opened:
            scan.run(opened, pass_id, depth, targets, Silent())
        return self.inventory.report(names)

    def events(self) -> list[str]:
        return [event.type for event in reversed(self.inventory.events(limit=1000))]


def kinds(report: Report) -> Sequence[tuple[str, Kind]]:
    return [(f.finding.label, f.finding.kind) for workspace in report.workspaces for f in workspace.findings]


def test_an_estate_as_it_should_be_is_in_sync_and_fully_covered() -> None:
    report = Estate().scan(target(observing(present("jobs"), present("mail"))))
    (workspace,) = report.workspaces
    assert (report.verdict, report.exit_code) == (Verdict.IN_SYNC, 0)
    assert (workspace.coverage.recorded, workspace.coverage.checked, workspace.coverage.unknown) == (2, 2, ())
    assert (workspace.state_serial, workspace.template_digest) == (7, "sha256:1")


def test_a_second_identical_pass_writes_no_event() -> None:
    estate = Estate()
    workspace = target(observing(present("jobs", delay_seconds=90), present("mail")))
    estate.scan(workspace)
    before = estate.events()
    estate.scan(workspace)
    assert before == ["drift_detected", "create", "create"]
    assert estate.events() == before


def test_a_finding_opens_changes_and_resolves_with_one_event_each() -> None:
    estate = Estate()
    for delay in (30, 90, 120, 30):
        report = estate.scan(target(observing(present("jobs", delay_seconds=delay))))
    assert report.verdict is Verdict.IN_SYNC
    assert estate.events() == ["create", "drift_detected", "drift_changed", "drift_resolved"]


def test_a_fight_over_an_attribute_is_told_once_when_it_begins() -> None:
    estate = Estate()
    for _ in range(4):
        estate.scan(target(observing(present("jobs"))))
        estate.scan(target(observing(present("jobs", delay_seconds=90))))
        estate.time += timedelta(hours=1)
    assert estate.events().count("drift_detected") == 4
    assert estate.events().count("drift_contested") == 1
    at = estate.events().index("drift_contested")
    assert estate.events()[:at].count("drift_detected") == 3


def test_drift_of_what_no_template_sets_stays_drift_until_it_is_put_back() -> None:
    estate = Estate()
    estate.scan(target(observing(present("jobs"))))
    drifted = target(observing(present("jobs", policy='{"Version": "2012-10-17", "Statement": []}')))
    first, second = estate.scan(drifted), estate.scan(drifted)
    assert kinds(first) == kinds(second) == [("aws_sqs_queue.jobs", Kind.CHANGED)]
    assert kinds(estate.scan(target(observing(present("jobs"))))) == []


def test_an_ignored_drift_is_back_when_the_rule_has_ended() -> None:
    rule = IgnoreRule("aws_sqs_queue.jobs", "migration", "kim", date(2026, 1, 2), path="policy")
    estate = Estate(rules=(rule,))
    estate.scan(target(observing(present("jobs"))))
    drifted = target(observing(present("jobs", policy='{"Version": "2012-10-17", "Statement": []}')))
    ignored = estate.scan(drifted)
    assert ignored.verdict is Verdict.IN_SYNC
    assert [(s.count, s.expired) for s in ignored.workspaces[0].suppressed] == [(1, False)]
    assert estate.events() == ["create"]
    estate.time = datetime(2026, 2, 1, tzinfo=UTC)
    ended = estate.scan(drifted)
    assert kinds(ended) == [("aws_sqs_queue.jobs", Kind.CHANGED)]
    assert [(s.count, s.expired) for s in ended.workspaces[0].suppressed] == [(0, True)]


def test_a_faulty_workspace_costs_the_others_nothing() -> None:
    estate = Estate()
    broken = target(observing(fault=BackendError("no answer", hint="wait")), name="broken", recorded=state("x"))
    report = estate.scan(broken, target(observing(present("jobs", delay_seconds=90))))
    faults = {workspace.name: workspace.fault and workspace.fault.message for workspace in report.workspaces}
    assert faults == {"broken": "no answer", "shop": None}
    assert kinds(report) == [("aws_sqs_queue.jobs", Kind.CHANGED)]
    assert report.exit_code == 1


def test_a_fault_keeps_open_findings_open_and_the_verdict_from_green() -> None:
    estate = Estate()
    estate.scan(target(observing(present("jobs", delay_seconds=90))))
    report = estate.scan(target(observing(fault=BackendError()), recorded=state("jobs")))
    assert kinds(report) == [("aws_sqs_queue.jobs", Kind.CHANGED)]
    assert (report.verdict, report.exit_code) == (Verdict.DRIFTED, 1)


def test_what_could_not_be_read_is_unknown_and_never_resolves() -> None:
    estate = Estate()
    unread = Unread(instance("jobs"), Reason.DENIED, "AccessDenied")
    assert estate.scan(target(observing(unread))).verdict is Verdict.UNKNOWN
    estate.scan(target(observing(present("jobs", delay_seconds=90))))
    report = estate.scan(target(observing(unread)))
    assert kinds(report) == [("aws_sqs_queue.jobs", Kind.CHANGED)]
    assert [u.reason for u in report.workspaces[0].coverage.unknown] == [Reason.DENIED]


def test_an_absent_resource_is_deleted_and_its_row_says_so() -> None:
    estate = Estate()
    estate.scan(target(observing(present("jobs"))))
    report = estate.scan(target(observing(Absent(instance("jobs"), QUEUE, values("jobs")))))
    (known,) = report.workspaces[0].findings
    assert (known.finding.kind, known.finding.severity) == (Kind.DELETED, Severity.HIGH)
    assert estate.inventory.store.rows["shop"]["aws_sqs_queue.jobs"].status == "deleted"


def test_a_pass_that_is_cut_off_writes_nothing() -> None:
    estate = Estate()
    observer = observing(present("jobs", delay_seconds=90), before=estate.cancelled.set)
    with pytest.raises(CutOffError):
        estate.scan(target(observer))
    assert estate.events() == []
    assert estate.inventory.report(["shop"]).workspaces == ()


def test_static_looks_at_no_cloud_and_is_never_green() -> None:
    report = Estate().scan(target(observing(present("jobs"))), depth=Depth.STATIC)
    assert report.verdict is Verdict.UNKNOWN
    assert [u.reason for u in report.workspaces[0].coverage.unknown] == [Reason.UNSUPPORTED]


def test_declared_but_not_recorded_is_unapplied_and_the_other_way_round_orphaned() -> None:
    workspace = target(observing(present("jobs")), desired=template("mail"))
    assert set(kinds(Estate().scan(workspace))) == {
        ("aws_sqs_queue.mail", Kind.UNAPPLIED),
        ("aws_sqs_queue.jobs", Kind.ORPHANED),
    }


def test_a_template_that_cannot_be_read_whole_says_nothing_of_what_it_does_not_declare() -> None:
    estate = Estate()
    broken = TemplateError("not closed", position=Position("queues.tf", 4, 1))
    partly = template("jobs", problems=(broken,))
    report = estate.scan(target(observing(present("jobs"), present("mail")), desired=partly))
    (workspace,) = report.workspaces
    assert workspace.findings == ()
    assert workspace.verdict is Verdict.UNKNOWN
    assert [(u.label, u.reason) for u in workspace.coverage.unknown] == [
        ("aws_sqs_queue.mail", Reason.CONFIG_UNRESOLVED)
    ]
    assert [(p.file, p.line) for p in workspace.problems] == [("queues.tf", 4)]


def test_an_orphan_is_not_resolved_by_a_template_that_cannot_be_read() -> None:
    estate = Estate()
    both = observing(present("jobs"), present("mail"))
    estate.scan(target(both, desired=template("jobs")))
    broken = template("jobs", problems=(TemplateError("not closed"),))
    assert ("aws_sqs_queue.mail", Kind.ORPHANED) in kinds(estate.scan(target(both, desired=broken)))


def test_a_secret_is_in_nothing_that_is_kept() -> None:
    estate = Estate()
    canary = "canary-secret-value"
    workspace = target(
        observing(present("jobs", token=canary, policy=f'{{"note": "{canary}"}}')),
        desired=template("jobs", variables=(Variable("password", canary, sensitive=True),)),
    )
    report = estate.scan(workspace)
    kept = repr(vars(estate.inventory.store)) + repr(report)
    assert canary not in kept
    (known,) = report.workspaces[0].findings
    assert [(c.text, c.sensitive) for c in known.finding.changes if c.text == "token"] == [("token", True)]


def test_each_version_of_a_template_is_kept_once() -> None:
    estate = Estate()
    for digest in ("sha256:1", "sha256:1", "sha256:2"):
        estate.scan(target(observing(present("jobs")), desired=template("jobs", digest=digest)))
    assert sorted(row.version for row in estate.inventory.templates()) == ["sha256:1", "sha256:2"]
    assert estate.inventory.template_content("sha256:2", "shop") == "sealed sha256:2"


def test_a_resource_that_terraform_forgets_leaves_the_inventory_with_an_event() -> None:
    estate = Estate()
    estate.scan(target(observing(present("jobs"), present("mail"))))
    report = estate.scan(target(observing(present("jobs"))))
    assert report.verdict is Verdict.IN_SYNC
    assert estate.events()[-1] == "delete"


def test_an_acknowledged_finding_still_counts() -> None:
    estate = Estate()
    drifted = target(observing(present("jobs", delay_seconds=90)))
    (known,) = estate.scan(drifted).workspaces[0].findings
    estate.inventory.acknowledge(known.id, by="kim", note="known", at=estate.time)
    report = estate.scan(drifted)
    assert [f.status for f in report.workspaces[0].findings] == [Status.ACKNOWLEDGED]
    assert report.verdict is Verdict.DRIFTED


def test_an_unknown_number_of_instances_is_never_called_unapplied() -> None:
    open_count = template("jobs", resources=(replace(declared("jobs"), instances=None),))
    report = Estate().scan(target(observing(), desired=open_count, recorded=state()))
    assert kinds(report) == []


def planned(name: str, detail: str = "an apply would change delay_seconds") -> Finding:
    address = f"aws_sqs_queue.{name}"
    return Finding(Kind.UNAPPLIED, Severity.MEDIUM, address, "aws_sqs_queue", address, detail=detail)


def test_only_a_plan_tells_and_settles_that_a_recorded_resource_would_be_changed() -> None:
    estate = Estate()
    seen = observing(present("jobs"))
    ahead = [("aws_sqs_queue.jobs", Kind.UNAPPLIED)]
    assert kinds(estate.scan(target(seen, planned=(planned("jobs"),)), depth=Depth.PLAN)) == ahead
    assert kinds(estate.scan(target(seen))) == ahead
    assert kinds(estate.scan(target(seen), depth=Depth.PLAN)) == []


@pytest.mark.parametrize("imports", [(), ("aws_sqs_queue.mail",)])
def test_what_was_in_no_state_is_resolved_once_it_is_recorded(imports: tuple[str, ...]) -> None:
    estate, desired = Estate(), replace(template("jobs", "mail"), imports=imports)
    estate.scan(target(observing(present("jobs")), desired=desired))
    seen = observing(present("jobs"), present("mail"))
    report = estate.scan(target(seen, desired=desired, recorded=state("jobs", "mail")))
    assert kinds(report) == []
    assert "drift_resolved" in estate.events()


def test_a_plan_and_the_template_report_an_unapplied_resource_once() -> None:
    seen = target(observing(present("jobs")), desired=template("jobs", "mail"), planned=(planned("mail", "x"),))
    (known,) = Estate().scan(seen, depth=Depth.PLAN).workspaces[0].findings
    assert (known.finding.label, known.finding.detail) == ("aws_sqs_queue.mail", "x")


def test_a_finding_that_a_rule_takes_over_is_not_called_resolved() -> None:
    estate = Estate()
    drifted = target(observing(present("jobs", delay_seconds=90)))
    estate.scan(drifted)
    estate.rules = (IgnoreRule("aws_sqs_queue.jobs", "sale", "kim", date(2026, 6, 1)),)
    assert estate.scan(drifted).verdict is Verdict.IN_SYNC
    assert sorted(estate.events()) == ["create", "drift_changed", "drift_detected"]


TAGGED = present("jobs", tags={"by": "hand"})


def test_other_states_are_read_only_where_they_may_account_for_something() -> None:
    asked: list[str] = []

    def others() -> Neighbourhood:
        asked.append("others")
        return Neighbourhood((OtherState("mail", "eu-west-1", state("mail")),))

    estate = Estate()
    estate.scan(target(observing(present("jobs")), neighbours=others))
    estate.scan(target(observing(present("jobs", delay_seconds=90)), neighbours=others))
    assert asked == []
    report = estate.scan(target(observing(TAGGED), neighbours=others))
    assert asked == ["others"]
    assert kinds(report) == [("aws_sqs_queue.jobs", Kind.CHANGED)]


def test_another_state_that_cannot_be_read_is_told_and_hides_nothing() -> None:
    unreadable = Neighbourhood((), (BackendError("no answer from mail's state", hint="wait"),))
    report = Estate().scan(target(observing(TAGGED), neighbours=lambda: unreadable))
    assert kinds(report) == [("aws_sqs_queue.jobs", Kind.CHANGED)]
    assert [each.message for each in report.workspaces[0].problems] == ["no answer from mail's state"]


def _applied(serials: list[int]) -> Callable[[], RecordedState]:
    """A state that is written again and again: each reading has the next serial, the last one stays."""
    return lambda: replace(state("jobs"), serial=serials.pop(0) if len(serials) > 1 else serials[0])


def test_what_an_apply_under_way_has_done_is_no_drift() -> None:
    estate = Estate()
    seen = iter([present("jobs", delay_seconds=90), present("jobs")])
    moving = observing(present("jobs"))
    moving.before = lambda: moving.readings.update({"aws_sqs_queue.jobs": next(seen)})  # type: ignore[attr-defined]
    report = estate.scan(target(moving, recorded=_applied([7, 8])))
    assert (kinds(report), report.workspaces[0].state_serial) == ([], 8)
    assert estate.events() == ["create"]


def test_a_state_that_never_rests_is_a_fault_and_opens_nothing() -> None:
    estate = Estate()
    moving = target(observing(present("jobs", delay_seconds=90)), recorded=_applied(list(range(20))))
    (workspace,) = estate.scan(moving).workspaces
    assert workspace.fault is not None
    assert "written while the cloud was read" in workspace.fault.message
    assert (workspace.verdict, workspace.findings, estate.events()) == (Verdict.UNKNOWN, (), [])


def test_drift_of_a_state_at_rest_costs_one_more_reading_of_it_and_no_drift_costs_none() -> None:
    read: list[str] = []

    def counted() -> RecordedState:
        read.append("state")
        return state("jobs")

    Estate().scan(target(observing(present("jobs")), recorded=counted))
    assert len(read) == 1
    Estate().scan(target(observing(present("jobs", delay_seconds=90)), recorded=counted))
    assert len(read) == 3


def test_a_state_that_cannot_be_read_again_hides_no_drift() -> None:
    answers = iter([state("jobs")])

    def once() -> RecordedState:
        found = next(answers, None)
        if found is None:
            raise BackendError("no answer", hint="wait")
        return found

    report = Estate().scan(target(observing(present("jobs", delay_seconds=90)), recorded=once))
    assert kinds(report) == [("aws_sqs_queue.jobs", Kind.CHANGED)]
