from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from support.provider_host import recorded

from reconciler.drift.schema import Block, Schema
from reconciler.drift.snapshot import Absent, Present, Reading, Reason, RecordedInstance, Unread
from reconciler.observed.provider.frank import merged, reasons, silent, warned
from reconciler.observed.provider.process import _warning

SCHEMA = Schema(0, Block())


def instance(kind: str, name: str) -> RecordedInstance:
    return recorded(kind, {"id": name}, name=name)


def waiting(*names: str, kind: str = "aws_vpc") -> list[Unread]:
    return [Unread(instance(kind, name), Reason.TIMEOUT, "silent") for name in names]


def value(each: RecordedInstance) -> Reading:
    return Present(each, SCHEMA, {"id": 1}, {"id": 1})


def gone(each: RecordedInstance) -> Reading:
    return Absent(each, SCHEMA, {"id": 1})


def unread(reason: Reason) -> Callable[[RecordedInstance], Reading]:
    return lambda each: Unread(each, reason, f"said {reason}")


@dataclass
class Asked:
    """A way to read that answers in one way, and remembers what it was asked for."""

    answer: Callable[[RecordedInstance], Reading]
    labels: list[str] = field(default_factory=list)

    def __call__(self, wanted: Sequence[RecordedInstance]) -> list[Reading]:
        self.labels += [each.address.name for each in wanted]
        return [self.answer(each) for each in wanted]


def told(found: dict[str, Reading]) -> dict[str, object]:
    kinds = {label: each.reason if isinstance(each, Unread) else type(each) for label, each in found.items()}
    return {label.rpartition(".")[2]: kind for label, kind in kinds.items()}


def test_a_throttled_type_is_asked_once_and_the_reason_holds_for_all_of_it() -> None:
    ask, again = Asked(unread(Reason.THROTTLED)), Asked(value)
    found = reasons([*waiting("a", "b", "c"), *waiting("x", kind="aws_subnet")], ask, again)
    assert told(found) == dict.fromkeys("abcx", Reason.THROTTLED)
    assert (ask.labels, again.labels) == (["a", "x"], [])
    assert all("said throttled" in each.detail for each in found.values() if isinstance(each, Unread))


def test_a_type_that_stays_silent_is_not_asked_for_more() -> None:
    ask, again = Asked(unread(Reason.TIMEOUT)), Asked(value)
    assert reasons(waiting("a", "b"), ask, again) == {}
    assert (ask.labels, again.labels) == (["a"], [])


@pytest.mark.parametrize("reason", [Reason.DENIED, Reason.PROVIDER_ERROR, Reason.UNSUPPORTED])
def test_another_reason_is_each_ones_own(reason: Reason) -> None:
    ask = Asked(unread(reason))
    assert told(reasons(waiting("a", "b"), ask, Asked(value))) == {"a": reason, "b": reason}
    assert ask.labels == ["a", "b"]


def test_a_value_is_not_taken_from_it_but_read_again() -> None:
    ask, again = Asked(value), Asked(lambda each: Present(each, SCHEMA, {}, {"whole": True}))
    found = reasons(waiting("a", "b"), ask, again)
    assert [each.observed for each in found.values() if isinstance(each, Present)] == [{"whole": True}] * 2
    assert again.labels == ["a", "b"]


def test_what_is_silent_again_stays_so() -> None:
    assert reasons(waiting("a"), Asked(value), Asked(unread(Reason.TIMEOUT))) == {}


def test_an_absence_is_handed_on_to_be_confirmed() -> None:
    assert told(reasons(waiting("a"), Asked(gone), Asked(value))) == {"a": Absent}


def test_only_silence_is_asked_about_and_replaced() -> None:
    denied = Unread(instance("aws_vpc", "d"), Reason.DENIED, "no")
    quiet = waiting("a")[0]
    readings: list[Reading] = [denied, quiet, value(instance("aws_vpc", "v"))]
    assert silent(readings) == [quiet]
    instead = gone(quiet.instance)
    assert merged(readings, {quiet.instance.label: instead}) == [denied, instead, readings[2]]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("2026-01-01T00:00:00Z [WARN] Error reading EC2 VPC", "Error reading EC2 VPC"),
        ("[ERROR] api error", "api error"),
        ('{"@level":"warn","@message":"could not","error":"AccessDenied"}', "could not AccessDenied"),
        ('{"@level":"error","@message":"it failed"}', "it failed"),
        ("[DEBUG] Waiting for state to become: [success]", None),
        ('{"@level":"debug","@message":"error"}', None),
        ('{"@level":"warn"', None),
        ("[1]", None),
        ("", None),
    ],
)
def test_what_a_log_warns_of(line: str, text: str | None) -> None:
    assert _warning(line) == text


def test_an_error_that_was_passed_over_is_why_something_is_not_read() -> None:
    vpc = instance("aws_vpc", "a")
    text = "Error reading EC2 VPC (vpc-1) default NACL: api error UnauthorizedOperation: with hunter2hunter2"
    found = warned(vpc, ["S3 Bucket not found, removing from state", text], ["hunter2hunter2"])
    assert found is not None
    assert found.reason is Reason.DENIED
    assert "default NACL" in found.detail
    assert "hunter2" not in found.detail


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("api error Throttling: Rate exceeded", Reason.THROTTLED),
        ("https response error StatusCode: 503, RequestID: 1, api error ServiceUnavailable: ", Reason.PROVIDER_ERROR),
        ("request send failed, Post: connection reset by peer", Reason.TIMEOUT),
        ("https response error StatusCode: 404, api error NoSuchBucketPolicy: there is none", None),
        ("Error reading policy: StatusCode: 400, api error InvalidGroup.NotFound: none", None),
        ("deprecated argument", None),
        ("S3 Bucket not found, removing from state", None),
    ],
)
def test_that_something_is_not_there_is_an_answer(text: str, reason: Reason | None) -> None:
    found = warned(instance("aws_vpc", "a"), [text], [])
    assert (None if found is None else found.reason) is reason
