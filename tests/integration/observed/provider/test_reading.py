"""Protocol 6 and all that can go wrong, with a provider of our own that does as it is told."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.provider_host import THING, process_exists, recorded, thing

from reconciler.drift.schema import Attribute, Block, NestedBlock, Nesting
from reconciler.drift.snapshot import Absent, Present, Reading, Reason, RecordedInstance, Unread
from reconciler.drift.values import UNKNOWN
from reconciler.errors import CutOffError, ProviderError
from reconciler.observed.provider.host import Limits
from reconciler.observed.provider.session import ProviderSession

MakeSession = Callable[..., ProviderSession]


def one(readings: list[Reading]) -> Reading:
    (reading,) = readings
    return reading


def unread(reading: Reading, reason: Reason) -> str:
    assert isinstance(reading, Unread)
    assert reading.reason is reason
    return reading.detail


def present(reading: Reading) -> Present:
    assert isinstance(reading, Present)
    return reading


def test_a_resource_as_it_is_recorded(make_session: MakeSession) -> None:
    found = present(one(make_session().read([thing()])))
    assert found.recorded == found.observed == {**THING, "id": "t-one"}


def test_the_schema_comes_along(make_session: MakeSession) -> None:
    schema = present(one(make_session().read([thing()]))).schema
    assert schema.version == 2
    assert schema.block.attributes["secret"] == Attribute("string", optional=True, sensitive=True)
    limits = Block({"most": Attribute("number", optional=True), "token": Attribute("string", sensitive=True)})
    assert schema.block.attributes["limits"].nested == NestedBlock(Nesting.SINGLE, limits)
    assert schema.block.blocks["rule"].nesting is Nesting.SET
    assert set(schema.block.sensitive_paths()) == {("secret",), ("limits", "token")}


def test_a_change_and_an_absence(make_session: MakeSession) -> None:
    changed, gone = make_session().read([thing("a", behave="change:9"), thing("b", behave="gone")])
    assert present(changed).recorded["size"] == 3
    assert present(changed).observed["size"] == 9
    assert isinstance(gone, Absent)
    assert gone.recorded["id"] == "t-b"


def test_an_older_schema_is_upgraded_by_the_provider(make_session: MakeSession) -> None:
    attributes = {key: value for key, value in THING.items() if key != "name"} | {"label": "old name"}
    found = present(one(make_session().read([recorded("test_thing", attributes, schema_version=1)])))
    assert found.recorded["name"] == "old name"
    assert "label" not in found.recorded


def test_a_schema_that_cannot_be_upgraded(make_session: MakeSession) -> None:
    detail = unread(one(make_session().read([recorded("test_thing", THING)])), Reason.PROVIDER_ERROR)
    assert detail == "Too old: version 0 cannot be upgraded"


def test_a_state_of_a_newer_provider(make_session: MakeSession) -> None:
    newer = recorded("test_thing", THING, schema_version=3)
    assert "newer provider version" in unread(one(make_session().read([newer])), Reason.PROVIDER_ERROR)


def test_a_type_the_provider_does_not_have(make_session: MakeSession) -> None:
    detail = unread(one(make_session().read([recorded("test_other", {})])), Reason.UNSUPPORTED)
    assert detail == "this provider version has no resource type test_other"


def test_private_bytes_reach_the_provider(make_session: MakeSession) -> None:
    instance = recorded("test_thing", {**THING, "behave": "private"}, schema_version=2, private=b'{"v":1}')
    assert present(one(make_session().read([instance]))).observed["name"] == '{"v":1}'


def test_a_value_in_json_notation(make_session: MakeSession) -> None:
    assert present(one(make_session().read([thing(behave="json")]))).observed["size"] == 0.1


def test_warnings_are_kept_out(make_session: MakeSession) -> None:
    assert isinstance(one(make_session().read([thing(behave="warn:AccessDenied")])), Present)


@pytest.mark.parametrize(
    ("behave", "reason", "detail"),
    [
        ("error:api error AccessDenied: no", Reason.DENIED, "Reading failed: api error AccessDenied: no"),
        ("error:Rate exceeded", Reason.THROTTLED, "Reading failed: Rate exceeded"),
        ("error:dial tcp: i/o timeout", Reason.TIMEOUT, "Reading failed: dial tcp: i/o timeout"),
        ("raise:oops", Reason.PROVIDER_ERROR, "oops"),
        ("unknown", Reason.PROVIDER_ERROR, "unknown values"),
        ("empty", Reason.PROVIDER_ERROR, "holds no state"),
        ("bytes:c1", Reason.PROVIDER_ERROR, "not msgpack"),
        ("bytes:80", Reason.PROVIDER_ERROR, "other attributes than the schema"),
        ("bytes:91c0", Reason.PROVIDER_ERROR, "not of the schema's type"),
        ("deferred:1", Reason.CONFIG_UNRESOLVED, "deferred"),
        ("deferred:3", Reason.PROVIDER_ERROR, "deferred"),
    ],
)
def test_what_cannot_be_read_is_never_absent(
    make_session: MakeSession, behave: str, reason: Reason, detail: str
) -> None:
    bad, good = make_session().read([thing("bad", behave=behave), thing("good")])
    assert detail in unread(bad, reason)
    assert isinstance(good, Present)


def test_broken_recorded_json_costs_only_itself(make_session: MakeSession) -> None:
    broken = recorded("test_thing", {}, schema_version=2)
    object.__setattr__(broken, "attributes", b"{")
    bad, good = make_session().read([broken, thing()])
    assert isinstance(bad, Unread)
    assert isinstance(good, Present)


def test_secrets_of_the_resource_do_not_show(make_session: MakeSession) -> None:
    told = "error:value s3cr3t-value, limits-token-1 or marked-value or env-secret or conf-secret was wrong"
    instance = recorded(
        "test_thing",
        {**THING, "secret": "s3cr3t-value", "name": "marked-value", "behave": told},
        schema_version=2,
        sensitive_paths=(("name",),),
    )
    session = make_session({"token": "conf-secret"}, TEST_SECRET="env-secret")
    detail = unread(one(session.read([instance])), Reason.PROVIDER_ERROR)
    assert detail == "Reading failed: value …, … or … or … or … was wrong"


def test_many_are_read_at_once_and_told_as_they_come(make_session: MakeSession) -> None:
    told: list[Reading] = []
    instances = [thing(i, behave="sleep:0.3") for i in range(9)] + [thing("quick")]
    began = time.monotonic()
    readings = make_session().read(instances, on_read=told.append)
    assert time.monotonic() - began < 2.5
    assert [each.instance for each in readings] == instances
    assert told[0].instance.address.name == "quick"
    assert {id(each) for each in told} == {id(each) for each in readings}


def test_slow_reads_do_not_hold_the_others(make_session: MakeSession) -> None:
    told: list[str] = []
    instances = [thing(i, behave="sleep:3") for i in range(3)] + [thing(f"quick-{i}") for i in range(20)]
    session = make_session(limits=Limits(concurrency=3, slow_after=0.2, read_timeout=20))
    session.read(instances, on_read=lambda reading: told.append(reading.instance.address.name))
    assert sorted(told[-3:]) == ["0", "1", "2"]  # they end at the same moment, in any order


def test_a_slow_read_that_is_proven_to_find_nothing_is_not_waited_for(make_session: MakeSession) -> None:
    asked: list[str] = []

    def gone(slow: Sequence[RecordedInstance], _: threading.Event) -> set[str]:
        asked.extend(each.label for each in slow)
        return {"test_thing.lost", "test_thing.quick"}

    session = make_session(limits=Limits(slow_after=0.2, read_timeout=30))
    instances = [thing("lost", behave="sleep:60"), thing("quick"), thing("late", behave="sleep:1")]
    lost, quick, late = session.read(instances, gone=gone)
    assert isinstance(lost, Absent)
    assert lost.recorded["id"] == "t-lost"
    assert [type(each) for each in (quick, late)] == [Present, Present]
    assert sorted(asked) == ["test_thing.late", "test_thing.lost"], "each slow one once, and no other"
    # The answer that nobody waits for any longer says nothing to the next pass.
    assert isinstance(one(session.read([thing("lost")])), Present)


@pytest.mark.parametrize("failure", [OSError("no way in"), CutOffError()])
def test_a_question_that_fails_proves_nothing(make_session: MakeSession, failure: Exception) -> None:
    def gone(_: Sequence[RecordedInstance], __: threading.Event) -> set[str]:
        raise failure

    session = make_session(limits=Limits(slow_after=0.1, read_timeout=30))
    assert isinstance(one(session.read([thing(behave="sleep:1")], gone=gone)), Present)


def test_who_proves_is_told_when_nobody_waits_any_longer(make_session: MakeSession) -> None:
    told = threading.Event()

    def gone(_: Sequence[RecordedInstance], over: threading.Event) -> set[str]:
        over.wait()
        told.set()
        return {"test_thing.one"}

    session = make_session(limits=Limits(slow_after=0.1, read_timeout=30))
    assert isinstance(one(session.read([thing(behave="sleep:1")], gone=gone)), Present)
    assert told.wait(20)


def test_a_second_pass_asks_for_no_upgrade(make_session: MakeSession) -> None:
    session = make_session()
    first = session.read([thing()])
    assert session.upgrades.get(thing()) is not None
    assert session.read([thing()]) == first


def test_a_read_that_takes_too_long(make_session: MakeSession) -> None:
    slow, quick = make_session(limits=Limits(read_timeout=0.5)).read([thing("slow", behave="sleep:3"), thing("quick")])
    assert unread(slow, Reason.TIMEOUT).startswith("the provider did not answer within 0.5 s; it may be repeating")
    assert isinstance(quick, Present)


def test_a_type_that_is_never_answered_is_given_up_and_no_other(make_session: MakeSession) -> None:
    mute = [recorded("test_thing_3", {**THING, "behave": "sleep:6"}, schema_version=2) for _ in range(60)]
    mixed = [thing(i, behave="sleep:6" if i < 6 else "sleep:0.05") for i in range(60)]
    session = make_session(limits=Limits(concurrency=4, slow_after=0.2, read_timeout=4))
    readings = session.read([each for pair in zip(mute, mixed, strict=True) for each in pair])
    details = {unread(each, Reason.TIMEOUT) for each in readings[::2]}
    assert "not tried: no other resource of this type was answered" in details
    assert sum(isinstance(each, Present) for each in readings[1::2]) >= 40


def test_a_pass_that_takes_too_long(make_session: MakeSession) -> None:
    instances = [thing("slow", behave="sleep:10"), thing("quick"), *(thing(i, behave="sleep:10") for i in range(20))]
    began = time.monotonic()
    slow, quick, *others = make_session().read(instances, timeout=2)
    assert time.monotonic() - began < 4
    assert isinstance(quick, Present)
    assert {unread(each, Reason.TIMEOUT) for each in (slow, *others)} == {
        "it was not read before the time for this pass was over"
    }


def test_a_frozen_provider_is_replaced(make_session: MakeSession) -> None:
    session = make_session(limits=Limits(read_timeout=1, concurrency=1))
    session.start()
    frozen = session.pid
    bad, good = session.read([thing("bad", behave="freeze"), thing("good")])
    assert unread(bad, Reason.TIMEOUT)
    assert isinstance(good, Present)
    assert frozen is not None
    assert session.pid != frozen
    assert not process_exists(frozen)


def test_a_provider_that_always_freezes_is_given_up(make_session: MakeSession) -> None:
    session = make_session(limits=Limits(read_timeout=0.5, concurrency=1, slow_after=10))
    began = time.monotonic()
    readings = session.read([thing(i, behave="freeze") for i in range(30)])
    assert {unread(each, Reason.TIMEOUT) for each in readings}
    assert time.monotonic() - began < 10


def test_a_resource_that_kills_the_provider_is_blamed_alone(make_session: MakeSession) -> None:
    instances = [thing(i, behave="crash" if i in (3, 11) else None) for i in range(20)]
    readings = make_session().read(instances)
    bad = [i for i, each in enumerate(readings) if not isinstance(each, Present)]
    assert bad == [3, 11]
    detail = unread(readings[3], Reason.PROVIDER_ERROR)
    assert detail.startswith("the provider crashes while it reads this: exit code 2, panic: runtime error")
    assert "hunter2" not in detail


def test_a_crash_that_does_not_come_back_costs_nothing(make_session: MakeSession, tmp_path: Path) -> None:
    behave = f"crash_once:{tmp_path / 'crashed'}"
    readings = make_session().read([thing("a", behave=behave), thing("b"), thing("c")])
    assert all(isinstance(each, Present) for each in readings)


def test_a_provider_killed_from_outside_is_started_again(make_session: MakeSession) -> None:
    session = make_session()
    session.start()
    killed = session.pid
    assert killed is not None
    threading.Timer(0.3, os.kill, (killed, signal.SIGKILL)).start()
    readings = session.read([thing(i, behave="sleep:0.2") for i in range(12)])
    assert all(isinstance(each, Present) for each in readings)
    assert session.pid != killed


def test_a_provider_that_died_between_passes_is_started_again(make_session: MakeSession) -> None:
    session = make_session()
    session.start()
    killed = session.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    assert isinstance(one(session.read([thing()])), Present)


def test_a_type_that_kills_the_provider_is_given_up(make_session: MakeSession) -> None:
    readings = make_session().read(
        [*(thing(i, behave="crash") for i in range(15)), recorded("test_thing_0", THING, schema_version=2)]
    )
    details = [unread(each, Reason.PROVIDER_ERROR) for each in readings[:15]]
    assert details[0].startswith("the provider crashes while it reads this: exit code 2")
    assert details[-1].startswith("the provider crashes on resources of this type: exit code 2")
    assert isinstance(readings[15], Present)


def test_a_provider_that_only_crashes_is_given_up(make_session: MakeSession) -> None:
    dead = {**THING, "behave": "crash"}
    readings = make_session().read([recorded(f"test_thing_{i}", dead, schema_version=2) for i in range(12)])
    details = [unread(each, Reason.PROVIDER_ERROR) for each in readings]
    assert details[-1].startswith("the provider crashed 10 times in a row: exit code 2")


def test_noise_on_its_outputs_does_not_stop_a_provider(make_session: MakeSession) -> None:
    assert isinstance(one(make_session().read([thing(behave="noise:1000000")])), Present)


def test_cancelling_stops_at_once(make_session: MakeSession) -> None:
    session = make_session()
    session.start()
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    began = time.monotonic()
    with pytest.raises(CutOffError):
        session.read([thing(i, behave="sleep:15") for i in range(30)], cancel=cancel)
    assert time.monotonic() - began < 2


def test_an_error_of_the_listener_reaches_the_caller(make_session: MakeSession) -> None:
    def fail(_: Reading) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        make_session().read([thing("a"), thing("b", behave="sleep:5")], on_read=fail)


def test_two_threads_share_a_session(make_session: MakeSession) -> None:
    session = make_session()
    found: list[list[Reading]] = []
    threads = [
        threading.Thread(target=lambda: found.append(session.read([thing(i, behave="sleep:0.1") for i in range(15)])))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [isinstance(each, Present) for readings in found for each in readings] == [True] * 30


def test_nothing_to_read_starts_nothing(make_session: MakeSession) -> None:
    session = make_session()
    assert session.read([]) == []
    assert not session.running


def test_the_configuration_reaches_the_provider(make_session: MakeSession) -> None:
    shown: dict[str, Any] = {
        "region": "12",
        "count": 5,
        "strict": True,
        "zones": ["a", "b"],
        "token": None,
        "role": [{"arn": "x"}],
    }
    written = {"region": 12, "count": "5", "strict": "true", "zones": ["a", "b"], "role": {"arn": "x"}}
    session = make_session({**written, "expect": json.dumps(shown)})
    assert isinstance(one(session.read([thing()])), Present)


@pytest.mark.parametrize(
    ("behave", "reason", "detail"),
    [
        ("error:api error ExpiredToken: old", Reason.DENIED, "Configuration refused: api error ExpiredToken: old"),
        ("error:Throttling", Reason.THROTTLED, "Configuration refused: Throttling"),
        ("error:what", Reason.PROVIDER_ERROR, "Configuration refused: what"),
        ("crash", Reason.PROVIDER_ERROR, "UNAVAILABLE"),
        ("sleep:20", Reason.TIMEOUT, "DEADLINE_EXCEEDED"),
    ],
)
def test_a_refused_configuration_leaves_all_unread(
    make_session: MakeSession, behave: str, reason: Reason, detail: str
) -> None:
    session = make_session({"behave": behave}, Limits(configure_timeout=1))
    readings = session.read([thing(i) for i in range(3)])
    assert [detail in unread(each, reason) for each in readings] == [True] * 3
    assert not session.running


def test_an_unknown_configuration_leaves_all_unread_and_starts_nothing(make_session: MakeSession) -> None:
    told: list[Reading] = []
    session = make_session({"role": [{"arn": UNKNOWN}]})
    readings = session.read([thing()], on_read=told.append)
    assert unread(one(readings), Reason.CONFIG_UNRESOLVED)
    assert told == readings
    assert not session.running


def test_a_configuration_that_does_not_fit(make_session: MakeSession) -> None:
    session = make_session({"regoin": "x"})
    with pytest.raises(ProviderError, match="regoin is no argument"):
        session.read([thing()])
    assert not session.running


def test_a_resource_in_no_state(make_session: MakeSession) -> None:
    session = make_session()
    found = session.import_state("test_thing", "t-9")
    assert isinstance(found, dict)
    assert (found["id"], found["name"]) == ("t-9", "imported")
    assert session.import_state("test_thing", "missing") is None


@pytest.mark.parametrize(("type_name", "name"), [("test_other", "x"), ("test_thing", "refused")])
def test_a_resource_in_no_state_that_cannot_be_read(make_session: MakeSession, type_name: str, name: str) -> None:
    found = make_session().import_state(type_name, name)
    assert getattr(found, "reason", None) in (Reason.UNSUPPORTED, Reason.DENIED)
