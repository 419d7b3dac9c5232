from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from support.deadline import eventually
from support.fake_application import Factory, FakeApplication, FakeSettings

from reconciler.drift.coverage import Verdict
from reconciler.drift.report import Problem
from reconciler.errors import ConfigError, DatabaseError
from reconciler.service import loop, schedule
from reconciler.service.loop import CUT_OFF, Configuration, Daemon, Due, Tick
from reconciler.service.plan import LogFormat, ServicePlan

HOUR = 3600.0


@dataclass
class Told:
    """Stands where systemd is."""

    watchdog: float | None = 60.0
    log: list[str] = field(default_factory=list)

    def ready(self, status: str) -> None:
        self.log.append(f"ready {status}")

    def reloading(self) -> None:
        self.log.append("reloading")

    def stopping(self, status: str) -> None:
        self.log.append("stopping")

    def status(self, status: str) -> None:
        self.log.append(f"status {status}")

    def alive(self) -> None:
        self.log.append("alive")


class Rig:
    """A daemon on a thread, with a configuration and an application in the test's hand."""

    def __init__(self, plan: ServicePlan, factory: Factory | None = None, pulse: float = 0.02) -> None:
        self.settings = FakeSettings(plan)
        self.refusal: Exception | None = None
        self.factory = factory or Factory()
        self.told = Told()
        self.now = 0.0
        self.daemon = Daemon(self._load, self.factory, self.told, pulse=pulse)  # type: ignore[arg-type]
        self.code: int | None = None
        self.thread = threading.Thread(target=self._run)

    def _load(self) -> Configuration[FakeSettings]:
        if self.refusal is not None:
            raise self.refusal
        return Configuration(self.settings, self.settings.plan, self.settings.estate)

    def _run(self) -> None:
        self.code = self.daemon.run()

    @property
    def application(self) -> FakeApplication:
        eventually(lambda: self.factory.opened)
        return self.factory.opened[-1]

    def known(self, name: str) -> loop.WorkspaceHealth:
        return next(w for w in self.daemon.health.workspaces if w.name == name)


@contextmanager
def running(plan: ServicePlan, factory: Factory | None = None, pulse: float = 0.02) -> Iterator[Rig]:
    rig = Rig(plan, factory, pulse)
    rig.thread.start()
    eventually(lambda: rig.told.log)
    try:
        yield rig
    finally:
        for application in rig.factory.opened:
            application.release.set()
        rig.daemon.tell(Tick.STOP)
        rig.thread.join(10)
    assert not rig.thread.is_alive()


@pytest.fixture(autouse=True)
def _no_first_pass_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "FIRST", 600.0)
    monkeypatch.setattr(schedule, "STAGGER", 600.0)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    logging.captureWarnings(capture=False)


def held(settings: FakeSettings) -> FakeApplication:
    return FakeApplication(settings, held=True)


def with_verdict(verdict: Verdict) -> Callable[[FakeSettings], FakeApplication]:
    return lambda settings: FakeApplication(settings, verdict=verdict)


def plan(interval: float = HOUR, names: str = "a", parallel: int = 2, stall_after: float = 300.0) -> ServicePlan:
    return ServicePlan(dict.fromkeys(names, interval), 0.0, parallel, stall_after, LogFormat.LOGFMT)


def test_each_workspace_is_scanned_again_and_again() -> None:
    with running(plan(0.05, "ab")) as rig:
        rig.application.until(lambda: rig.application.scans.count("a") > 2 and rig.application.scans.count("b") > 2)
    assert len(rig.factory.opened) == 1
    assert not rig.application.twice_at_once


def test_never_two_passes_of_one_workspace_at_once() -> None:
    with running(plan(0.01), Factory(held)) as rig:
        rig.application.until(lambda: rig.application.scans == ["a"])
        pulses = len(rig.told.log)
        eventually(lambda: len(rig.told.log) > pulses + 20)
        assert rig.application.scans == ["a"]
        rig.application.release.set()
        rig.application.until(lambda: len(rig.application.scans) > 3)
    assert not rig.application.twice_at_once


def test_no_more_passes_at_once_than_allowed() -> None:
    with running(plan(names="abcd", parallel=2), Factory(held)) as rig:
        for name in "abcd":
            rig.daemon.tell(Due(name))
        rig.application.until(lambda: len(rig.application.running) == 2)
        rig.application.release.set()
        rig.application.until(lambda: set(rig.application.scans) == set("abcd"))
    assert rig.application.most_at_once == 2


def test_ready_is_said_before_the_database_answers_and_passes_keep_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "FIRST_RETRY", 0.01)
    factory = Factory()
    factory.failures = [DatabaseError("the database does not answer") for _ in range(3)]
    with running(plan(), factory) as rig:
        rig.daemon.tell(Due("a"))
        rig.application.until(lambda: rig.application.scans == ["a"])
        eventually(lambda: rig.known("a").verdict is Verdict.IN_SYNC)
        assert rig.known("a").failures == 0
    assert rig.told.log[0].startswith("ready 1 workspace")
    assert any("failed: the database does not answer" in line for line in rig.told.log)


def test_a_failing_workspace_is_retried_sooner_but_never_later_than_its_interval() -> None:
    factory = Factory(lambda settings: FakeApplication(settings, fault=Problem("broken", "mend it", "main.tf", 3)))
    with running(plan(names="ab"), factory) as rig:
        rig.daemon.tell(Due("a"))
        eventually(lambda: rig.known("a").failures == 1)
        known = rig.known("a")
        assert known.last is not None
        assert known.last.error == "main.tf:3: broken"
        assert known.last.verdict is None
        assert known.next_run is not None
        wait = (known.next_run - known.last.finished_at).total_seconds()
        assert wait == pytest.approx(loop.FIRST_RETRY, abs=5)
        rig.daemon.tell(Due("b"))
        rig.application.until(lambda: "b" in rig.application.scans)


def test_backoff_is_capped_by_the_interval() -> None:
    factory = Factory()
    factory.failures = [DatabaseError() for _ in range(4)]
    with running(plan(0.05), factory) as rig:
        rig.application.until(lambda: len(rig.application.scans) > 1, timeout=5)


def test_an_unknown_fault_costs_the_pass_and_not_the_daemon() -> None:
    factory = Factory(lambda settings: FakeApplication(settings, failures=[RuntimeError("password=hunter2")]))
    with running(plan(names="ab"), factory) as rig:
        rig.daemon.tell(Due("a"))
        eventually(lambda: rig.known("a").last)
        rig.daemon.tell(Due("b"))
        eventually(lambda: rig.known("b").verdict is Verdict.IN_SYNC)
        assert rig.known("a").last.error == "internal error (RuntimeError)"  # type: ignore[union-attr]


def test_the_watchdog_is_fed_while_passes_advance_and_starves_when_one_hangs() -> None:
    with running(plan(stall_after=0.2), Factory(held)) as rig:
        eventually(lambda: "alive" in rig.told.log)
        rig.daemon.tell(Due("a"))
        eventually(lambda: rig.daemon.health.stalled == ("a",))
        pings, lines = rig.told.log.count("alive"), len(rig.told.log)
        eventually(lambda: len(rig.told.log) > lines + 10)
        assert rig.told.log.count("alive") == pings
        assert "hung: a" in rig.told.log[-1]
        rig.application.release.set()
        eventually(lambda: rig.told.log.count("alive") > pings)


def test_status_counts_verdicts() -> None:
    with running(plan(names="abc"), Factory(with_verdict(Verdict.DRIFTED))) as rig:
        rig.daemon.tell(Due("b"))
        eventually(lambda: "1 drifted" in rig.told.log[-1])
        assert "3 workspaces, 1 drifted, 2 not scanned yet, last pass b " in rig.told.log[-1]


def test_reload_adds_and_removes_workspaces_and_keeps_the_timers_of_the_rest() -> None:
    with running(plan(names="ab")) as rig:
        rig.daemon.tell(Due("a"))
        eventually(lambda: rig.known("a").verdict)
        before = rig.known("a").next_run
        rig.settings = FakeSettings(plan(names="ac"))
        rig.daemon.tell(Tick.RELOAD)
        eventually(lambda: "reloading" in rig.told.log)
        eventually(lambda: [w.name for w in rig.daemon.health.workspaces] == ["a", "c"])
        assert rig.known("a").next_run == before
        assert rig.known("a").verdict is Verdict.IN_SYNC
        assert rig.known("c").next_run is not None
        rig.daemon.tell(Due("c"))
        eventually(lambda: rig.known("c").verdict)
        assert len(rig.factory.opened) == 1
        eventually(lambda: rig.told.log[rig.told.log.index("reloading") + 1].startswith("ready 2 workspaces"))


def test_reload_takes_a_new_interval() -> None:
    with running(plan()) as rig:
        rig.settings = FakeSettings(plan(0.05))
        rig.daemon.tell(Tick.RELOAD)
        rig.application.until(lambda: len(rig.application.scans) > 2)


def test_a_bad_configuration_is_refused_whole_and_the_old_one_stays() -> None:
    with running(plan(names="ab")) as rig:
        rig.refusal = ConfigError("reconciler.toml:3: no such key", hint="did you mean interval?")
        rig.daemon.tell(Tick.RELOAD)
        eventually(lambda: "reloading" in rig.told.log)
        eventually(lambda: any("was refused" in line for line in rig.told.log))
        assert [w.name for w in rig.daemon.health.workspaces] == ["a", "b"]
        rig.daemon.tell(Due("b"))
        eventually(lambda: rig.known("b").verdict is Verdict.IN_SYNC)
        rig.refusal = None
        rig.daemon.tell(Tick.RELOAD)
        eventually(lambda: rig.daemon.health.refused is None)


def test_a_running_pass_ends_with_the_application_it_began_with() -> None:
    with running(plan(), Factory(held)) as rig:
        rig.daemon.tell(Due("a"))
        first = rig.application
        first.until(lambda: first.scans == ["a"])
        rig.settings = FakeSettings(plan(names="ab"), estate="two")
        rig.daemon.tell(Tick.RELOAD)
        eventually(lambda: len(rig.daemon.health.workspaces) == 2)
        rig.daemon.tell(Due("b"))
        eventually(lambda: len(rig.factory.opened) == 2)
        second = rig.application
        assert second.settings.estate == "two"
        assert not first.closed
        first.release.set()
        first.until(lambda: first.closed)
        assert not second.closed
        second.release.set()


def test_stop_cuts_running_passes_off_closes_the_application_and_ends_with_0() -> None:
    with running(plan(names="ab"), Factory(held)) as rig:
        rig.daemon.tell(Due("a"))
        rig.application.until(lambda: rig.application.running == {"a"})
        rig.daemon.tell(Tick.STOP)
        rig.thread.join(5)
        assert rig.code == 0
    assert rig.application.closed
    assert rig.application.scans == ["a"]
    assert rig.told.log[-1] == "stopping"


def test_a_second_stop_ends_at_once() -> None:
    with running(plan(), Factory(lambda settings: FakeApplication(settings, held=True, deaf=True))) as rig:
        rig.daemon.tell(Due("a"))
        rig.application.until(lambda: rig.application.running == {"a"})
        rig.daemon.tell(Tick.STOP)
        rig.daemon.tell(Tick.STOP)
        rig.thread.join(2)
        assert rig.code == CUT_OFF


def test_a_pass_that_does_not_let_itself_be_cut_off_cannot_hold_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "STOP_WITHIN", 0.1)
    with running(plan(), Factory(lambda settings: FakeApplication(settings, held=True, deaf=True))) as rig:
        rig.daemon.tell(Due("a"))
        rig.application.until(lambda: rig.application.running == {"a"})
        rig.daemon.tell(Tick.STOP)
        rig.thread.join(5)
        assert rig.code == CUT_OFF


def test_a_configuration_that_is_bad_at_the_start_is_an_error() -> None:
    def refuse() -> Configuration[FakeSettings]:
        raise ConfigError("reconciler.toml: not valid")

    with pytest.raises(ConfigError, match="not valid"):
        Daemon(refuse, Factory(), Told())  # type: ignore[arg-type]
