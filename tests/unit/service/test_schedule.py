from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from support.deadline import eventually

from reconciler.service import schedule
from reconciler.service.plan import ServicePlan
from reconciler.service.schedule import Schedule


@contextmanager
def started(pulse: float = 3600.0) -> Iterator[tuple[Schedule, queue.SimpleQueue[str]]]:
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    timers = Schedule(told.put, lambda: told.put("pulse"), pulse)
    timers.start()
    try:
        yield timers, told
    finally:
        timers.stop()


def seconds_until(timers: Schedule, name: str) -> float:
    when = timers.next_run(name)
    assert when is not None
    assert when.utcoffset() == timedelta(0)
    return (when - datetime.now(UTC)).total_seconds()


def test_first_passes_are_soon_and_staggered() -> None:
    with started() as (timers, _):
        timers.apply(ServicePlan({"a": 900, "b": 900, "c": 900}, jitter=0))
        waits = [seconds_until(timers, name) for name in "abc"]
    assert waits == pytest.approx([schedule.FIRST, schedule.FIRST + 5, schedule.FIRST + 10], abs=0.5)


def test_many_first_passes_fit_into_one_interval() -> None:
    names = [f"w{number:03}" for number in range(200)]
    with started() as (timers, _):
        timers.apply(ServicePlan(dict.fromkeys(names, 60.0), jitter=0))
        assert max(seconds_until(timers, name) for name in names) < 61


def test_fires_and_pulses_without_end() -> None:
    with started(0.01) as (timers, told):
        timers.apply(ServicePlan({"a": 0.02}, jitter=0))
        heard = [told.get(timeout=5) for _ in range(20)]
    assert {"a", "pulse"} == set(heard)
    assert heard.count("a") > 1


@pytest.mark.parametrize(("jitter", "most"), [(0, 900), (30, 930), (10_000, 1350)])
def test_jitter_never_exceeds_half_the_interval(jitter: float, most: float) -> None:
    plan = ServicePlan({"a": 900}, jitter=jitter)
    with started() as (timers, told):
        timers.apply(plan)
        timers.hasten("a", 0)
        assert told.get(timeout=5) == "a"
        eventually(lambda: seconds_until(timers, "a") > 800)
        assert 899 < seconds_until(timers, "a") + 1 <= most + 1


def test_hasten_brings_forward_and_never_puts_off() -> None:
    with started() as (timers, _):
        timers.apply(ServicePlan({"a": 900, "b": 900}, jitter=0))
        timers.hasten("b", 2)
        assert seconds_until(timers, "b") == pytest.approx(2, abs=0.5)
        timers.hasten("b", 500)
        assert seconds_until(timers, "b") == pytest.approx(2, abs=0.5)
        timers.hasten("nobody", 1)
        assert timers.next_run("nobody") is None


def test_unchanged_workspaces_keep_their_timers() -> None:
    with started() as (timers, _):
        timers.apply(ServicePlan({"a": 900, "b": 900, "c": 900}, jitter=0))
        before = timers.next_run("b")
        timers.apply(ServicePlan({"b": 900, "c": 300, "d": 900}, jitter=0))
        assert timers.next_run("a") is None
        assert timers.next_run("b") == before
        assert seconds_until(timers, "c") == pytest.approx(300, abs=1)
        assert seconds_until(timers, "d") == pytest.approx(schedule.FIRST, abs=0.5)


def test_realign_brings_timers_back_after_the_clock_was_set_back() -> None:
    with started() as (timers, _):
        timers.apply(ServicePlan({"a": 900, "b": 900}, jitter=0))
        near = timers.next_run("b")
        timers._scheduler.modify_job("scan:a", next_run_time=datetime.now(UTC) + timedelta(hours=5))
        timers._scheduler.modify_job("pulse", next_run_time=datetime.now(UTC) + timedelta(hours=5))
        timers.realign()
        assert seconds_until(timers, "a") == pytest.approx(900, abs=1)
        assert timers.next_run("b") == near
        pulse = timers._scheduler.get_job("pulse").next_run_time
        assert (pulse - datetime.now(UTC)).total_seconds() == pytest.approx(3600, abs=1)
