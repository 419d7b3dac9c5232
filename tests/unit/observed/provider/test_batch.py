"""The loop over instances, with a provider whose calls never end."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
from support.provider_host import thing

from reconciler.drift.schema import Block, Schema
from reconciler.drift.snapshot import Present, Reading, Reason, Unread
from reconciler.errors import CutOffError, ProviderError
from reconciler.observed.provider.diagnose import Diagnosis
from reconciler.observed.provider.host import Host, Limits
from reconciler.observed.provider.packing import pack
from reconciler.observed.provider.protocol import CallFailedError
from reconciler.observed.provider.reading import Batch
from reconciler.observed.provider.schema_cache import TypeSchema
from reconciler.observed.provider.tempo import Tempo
from reconciler.observed.provider.upgrades import UpgradeMemo
from reconciler.observed.provider.wire import plugin_pb2 as wire


class Endless:
    """A call that is under way for ever."""

    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> bool:
        self.cancelled = True
        return True

    def add_done_callback(self, fn: object) -> None:
        """It is never called."""


class Hosts:
    """One provider that answers nothing, or a reason why there is none."""

    def __init__(self, *failures: Exception) -> None:
        self.upgrades = UpgradeMemo()
        self.tempo = Tempo()
        self.calls: list[Endless] = []
        self.failures = list(failures)

    def host(self) -> Host:
        if self.failures:
            raise self.failures.pop(0)
        types = TypeSchema(Schema(2, Block()), ["object", {}])
        client = SimpleNamespace(upgrade=self.upgrade)
        return cast("Host", SimpleNamespace(client=client, type_schema=lambda _: types, secrets=(), last_answer=0.0))

    def upgrade(self, *_: object) -> Endless:
        self.calls.append(Endless())
        return self.calls[-1]

    def lose(self, host: Host) -> None:
        raise AssertionError("no provider is lost here")

    def count_call(self) -> None:
        raise AssertionError("nothing is read here")


def batch(hosts: Hosts, count: int = 3, **options: Any) -> Batch:
    return Batch([thing(i) for i in range(count)], hosts, Limits(concurrency=2), **options)


def test_cancelling_tells_the_provider_to_stop() -> None:
    hosts, cancel = Hosts(), threading.Event()
    threading.Timer(0.05, cancel.set).start()
    with pytest.raises(CutOffError):
        batch(hosts, cancel=cancel).run()
    assert [call.cancelled for call in hosts.calls] == [True, True]


def test_an_interrupt_tells_the_provider_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = Hosts()
    reading = batch(hosts)

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "_handle_next", interrupt)
    with pytest.raises(KeyboardInterrupt):
        reading.run()
    assert [call.cancelled for call in hosts.calls] == [True, True]


def test_the_end_of_the_time_tells_the_provider_to_stop() -> None:
    hosts = Hosts()
    told: list[Reading] = []
    readings = batch(hosts, on_read=told.append, deadline=0.0).run()
    assert [each.reason for each in readings if isinstance(each, Unread)] == [Reason.TIMEOUT] * 3
    assert told == readings
    assert hosts.calls == []


def test_a_refusing_cloud_is_asked_once() -> None:
    hosts = Hosts(CallFailedError(Diagnosis(Reason.DENIED, "no")), AssertionError("asked again"))
    readings = batch(hosts).run()
    assert [(each.reason, each.detail) for each in readings if isinstance(each, Unread)] == [(Reason.DENIED, "no")] * 3


def test_a_provider_that_never_started_is_a_fault() -> None:
    with pytest.raises(ProviderError, match="missing"):
        batch(Hosts(ProviderError("missing"))).run()


class Overtaken:
    """A read whose answer is there at the very moment when somebody asks whether it is."""

    def __init__(self) -> None:
        self.tell: Any = None

    def done(self) -> bool:
        self.tell(self)
        return True

    def add_done_callback(self, fn: object) -> None:
        self.tell = fn

    def result(self) -> wire.ReadResponse:
        return wire.ReadResponse(state=wire.DynamicValue(msgpack=pack({})))

    def cancel(self) -> bool:
        return True


def test_an_answer_that_has_come_goes_before_a_proof_of_absence() -> None:
    class Answering(Hosts):
        def host(self) -> Host:
            types = TypeSchema(Schema(2, Block()), ["object", {}])
            client = SimpleNamespace(read=lambda *_: Overtaken())
            found = SimpleNamespace(client=client, type_schema=lambda _: types, secrets=(), last_answer=0.0)
            return cast("Host", found)

        def count_call(self) -> None:
            """One is read."""

    hosts = Answering()
    instance = thing("late")
    hosts.upgrades.put(instance, wire.UpgradeResponse(state=wire.DynamicValue(msgpack=pack({}))))
    limits = Limits(slow_after=0.0)
    (reading,) = Batch([instance], hosts, limits, gone=lambda slow, _: {each.label for each in slow}).run()
    assert isinstance(reading, Present)
