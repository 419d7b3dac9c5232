"""What differs from a state that was written moments ago is looked at again before it is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event
from uuid import uuid4

import pytest
from support.sides import QUEUE, instance, observing, present, state, target, template, values

from reconciler.drift.classify import Rules
from reconciler.drift.finding import Kind
from reconciler.drift.report import Depth, WorkspaceReport
from reconciler.drift.snapshot import Absent, Reading, Reason, RecordedInstance, RecordedState, Template, Unread
from reconciler.errors import CutOffError
from reconciler.inventory.memory import MemoryInventory
from reconciler.workflows.progress import Progress, Silent
from reconciler.workflows.scan import Scan
from reconciler.workflows.target import Observation, Past

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GONE = Absent(instance("jobs"), QUEUE, values("jobs"))
STALE = present("jobs", delay_seconds=0)
GOOD = present("jobs")


@dataclass
class SlowCloud:
    """Answers with one reading of ``jobs`` after the other, the last one for ever."""

    answers: list[Reading]
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def observe(self, template: Template, state: RecordedState, past: Past, progress: Progress) -> Observation:
        self.asked.append(tuple(each.label for each in state.instances))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        readings = {"aws_sqs_queue.jobs": answer, "aws_sqs_queue.mail": present("mail")}
        return Observation(tuple(readings[each.label] for each in state.instances), api_calls=len(state.instances))


@dataclass
class Passes:
    """Passes over two queues, a quarter of an hour apart."""

    inventory: MemoryInventory = field(default_factory=MemoryInventory)
    cancelled: Event = field(default_factory=Event)
    now: datetime = NOW
    recorded: RecordedState = field(default_factory=lambda: state("jobs", "mail"))

    def scan(
        self,
        cloud: SlowCloud,
        *,
        age: timedelta | None = timedelta(seconds=20),
        passed_over: Callable[[Sequence[RecordedInstance]], Sequence[Unread]] = lambda _: (),
    ) -> WorkspaceReport:
        self.now += timedelta(minutes=15)
        workspace = replace(
            target(observing(), desired=template("jobs", "mail"), recorded=self.recorded),
            observer=cloud,
            written=lambda _: None if age is None else self.now - age,
            passed_over=lambda _, instances: passed_over(instances),
        )
        scan = Scan(
            rules=lambda now: Rules(now.date()),
            digest=lambda secret: hashlib.sha256(secret).hexdigest(),
            now=lambda: self.now,
            cancelled=self.cancelled,
            pauses=(0, 0, 0),
        )
        pass_id = str(uuid4())
        with self.inventory.begin(pass_id, Depth.EXACT, ["shop"], self.now) as opened:
            scan.run(opened, pass_id, Depth.EXACT, [workspace], Silent())
        (report,) = self.inventory.report(["shop"]).workspaces
        return report


def kinds(report: WorkspaceReport) -> Sequence[Kind]:
    return [known.finding.kind for known in report.findings]


@pytest.mark.parametrize("late", [GONE, STALE])
@pytest.mark.parametrize("looks", [1, 2, 3])
def test_what_the_cloud_shows_late_is_no_drift(late: Reading, looks: int) -> None:
    cloud = SlowCloud([*[late] * looks, GOOD])
    report = Passes().scan(cloud)
    assert (kinds(report), report.coverage.checked) == ([], 2)
    assert cloud.asked == [("aws_sqs_queue.jobs", "aws_sqs_queue.mail"), *[("aws_sqs_queue.jobs",)] * looks]


@pytest.mark.parametrize(("lasting", "kind"), [(GONE, Kind.DELETED), (STALE, Kind.CHANGED)])
@pytest.mark.parametrize("age", [timedelta(seconds=20), timedelta(days=1), None])
def test_what_lasts_is_drift(lasting: Reading, kind: Kind, age: timedelta | None) -> None:
    assert kinds(Passes().scan(SlowCloud([lasting]), age=age)) == [kind]


def test_the_api_calls_of_further_looks_are_counted() -> None:
    passes = Passes()
    passes.scan(SlowCloud([GONE, GOOD]))
    facts = passes.inventory.report(["shop"]).facts
    assert facts is not None
    assert facts.api_calls == 3


def test_a_state_that_has_rested_is_believed_at_once() -> None:
    cloud = SlowCloud([GONE, GOOD])
    assert kinds(Passes().scan(cloud, age=timedelta(minutes=6))) == [Kind.DELETED]
    assert len(cloud.asked) == 1


@pytest.mark.parametrize("age", [timedelta(seconds=-30), None])
def test_where_the_age_is_not_known_it_is_looked_again(age: timedelta | None) -> None:
    assert kinds(Passes().scan(SlowCloud([GONE, GOOD]), age=age)) == []


@pytest.mark.parametrize(("moved", "kind"), [(GONE, Kind.DELETED), (STALE, Kind.CHANGED)])
def test_what_a_pass_has_seen_as_it_should_be_has_really_moved(moved: Reading, kind: Kind) -> None:
    passes = Passes()
    passes.scan(SlowCloud([GOOD]))
    cloud = SlowCloud([moved, GOOD])
    assert kinds(passes.scan(cloud)) == [kind]
    assert len(cloud.asked) == 1


def test_another_object_at_the_same_address_has_been_seen_by_nobody() -> None:
    passes = Passes()
    passes.scan(SlowCloud([GOOD]))
    made_anew = replace(instance("jobs"), attributes=instance("jobs").attributes.replace(b"/jobs", b"/jobs-2"))
    passes.recorded = replace(state("mail"), instances=(made_anew, instance("mail")))
    late = Absent(made_anew, QUEUE, values("jobs", id="https://sqs/123456789012/jobs-2"))
    there = replace(GOOD, instance=made_anew, recorded=late.recorded, observed=late.recorded)
    assert kinds(passes.scan(SlowCloud([late, there]))) == []


def test_an_old_value_after_an_apply_is_late_although_a_pass_has_seen_it() -> None:
    """The state says 30 since a moment ago; the last pass saw, and the cloud still shows, 0."""
    passes = Passes()
    before = replace(STALE, recorded=STALE.observed)
    passes.scan(SlowCloud([before]))
    assert kinds(passes.scan(SlowCloud([STALE, GOOD]))) == []


def test_a_finding_that_is_known_is_not_doubted_again() -> None:
    passes = Passes()
    passes.scan(SlowCloud([STALE]))
    cloud = SlowCloud([STALE])
    assert kinds(passes.scan(cloud)) == [Kind.CHANGED]
    assert len(cloud.asked) == 1


def test_what_cannot_be_read_the_second_time_is_unknown() -> None:
    unread = Unread(instance("jobs"), Reason.THROTTLED, "slow down")
    report = Passes().scan(SlowCloud([GONE, unread]))
    assert (kinds(report), [entry.reason for entry in report.coverage.unknown]) == ([], [Reason.THROTTLED])


class CutWhileWaiting(Event):
    """Set by somebody else while one waits for it."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return super().wait(timeout)


def test_waiting_is_cut_off() -> None:
    cloud = SlowCloud([GONE, GOOD])
    with pytest.raises(CutOffError):
        Passes(cancelled=CutWhileWaiting()).scan(cloud)
    assert len(cloud.asked) == 1


WITH_POLICY = replace(GOOD, recorded=values("jobs", policy='{"a": 1}'), observed=values("jobs", policy='{"a": 1}'))
EMPTIED = replace(GOOD, recorded=WITH_POLICY.recorded, observed=values("jobs", policy=""))


def _denied(instances: Sequence[RecordedInstance]) -> Sequence[Unread]:
    return [Unread(each, Reason.DENIED, "GetQueueAttributes: AccessDenied") for each in instances]


def test_what_a_provider_left_empty_because_it_was_refused_is_unknown() -> None:
    passes = Passes()
    assert kinds(passes.scan(SlowCloud([WITH_POLICY]))) == []
    report = passes.scan(SlowCloud([EMPTIED]), passed_over=_denied)
    unknown = [(entry.label, entry.reason) for entry in report.coverage.unknown]
    assert (kinds(report), unknown) == ([], [("aws_sqs_queue.jobs", Reason.DENIED)])


def test_what_was_left_empty_for_once_is_read_again_and_is_no_drift() -> None:
    passes = Passes()
    passes.scan(SlowCloud([WITH_POLICY]))
    cloud = SlowCloud([EMPTIED, WITH_POLICY])
    assert kinds(passes.scan(cloud, passed_over=lambda _: ())) == []
    assert len(cloud.asked) == 2


def test_what_is_really_empty_is_drift() -> None:
    passes = Passes()
    passes.scan(SlowCloud([WITH_POLICY]))
    asked: list[str] = []

    def all_read(instances: Sequence[RecordedInstance]) -> Sequence[Unread]:
        asked.extend(each.label for each in instances)
        return ()

    for _ in range(2):
        assert kinds(passes.scan(SlowCloud([EMPTIED]), passed_over=all_read)) == [Kind.CHANGED]
    assert asked == ["aws_sqs_queue.jobs"], "once: what is known is not asked again"


@pytest.mark.parametrize("changed", [{"policy": '{"a": 2}'}, {"delay_seconds": 0}, {"tags": {}}])
def test_a_value_and_what_the_template_sets_are_not_doubted(changed: dict[str, object]) -> None:
    passes = Passes()
    passes.scan(SlowCloud([WITH_POLICY]))
    moved = replace(WITH_POLICY, observed={**WITH_POLICY.observed, **changed})
    assert kinds(passes.scan(SlowCloud([moved]), passed_over=_denied)) == [Kind.CHANGED]
