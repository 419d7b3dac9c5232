"""The daemon's one loop: timers, ends of passes and signals arrive in one queue, and one thread answers them all.

Only this thread changes what the daemon knows, so nothing here needs a lock. Nothing here may wait for long: the
watchdog is fed from this loop, and only when the scheduler's thread has turned and every running pass has advanced.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Generic

import structlog

from reconciler.errors import ReconcilerError
from reconciler.service.application import Applications, Opener, SettingsT
from reconciler.service.health import Health, WorkspaceHealth
from reconciler.service.logs import configure
from reconciler.service.notify import Notifier
from reconciler.service.passes import Outcome, Passes
from reconciler.service.plan import ServicePlan
from reconciler.service.schedule import Schedule

_log = structlog.stdlib.get_logger("reconciler.service")

STOP_WITHIN: Final = 8.0
"""Seconds that running passes have to end after SIGTERM; with closing and the last resort it stays under ten."""
CLOSE_WITHIN: Final = 1.5
CUT_OFF: Final = 130
"""Exit code where the end was not orderly: a second signal, or passes that did not let themselves be cut off."""
PULSE: Final = 5.0
FIRST_RETRY: Final = 15.0


def one_line(problem: ReconcilerError) -> str:
    """An error as one line, also where it holds several."""
    return "; ".join(str(problem).splitlines())


@dataclass(frozen=True, slots=True)
class Due:
    """A workspace's timer has fired."""

    workspace: str


class Tick(StrEnum):
    """What else arrives in the queue."""

    PULSE = "pulse"
    RELOAD = "reload"
    STOP = "stop"


Message = Due | Outcome | Tick


@dataclass(frozen=True, slots=True)
class Configuration(Generic[SettingsT]):
    """One reading of the configuration: the settings, the plan taken from them, and what the application sees of it.

    ``shared`` equals another reading's where the application need not be opened anew.
    """

    settings: SettingsT
    plan: ServicePlan
    shared: object


class Daemon(Generic[SettingsT]):
    """Scans each workspace at its interval until it is told to stop."""

    def __init__(
        self,
        load: Callable[[], Configuration[SettingsT]],
        opener: Opener[SettingsT],
        notifier: Notifier,
        *,
        pulse: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the configuration for the first time.

        Args:
            load: reads the configuration; called again at each reload.
            opener: opens the application of a configuration, at its first pass.
            notifier: how systemd is told.
            pulse: seconds between two looks at the running passes; by default a third of the watchdog's time.
            clock: the monotonic clock.

        Raises:
            ConfigError: the configuration is not valid.
        """
        self._load = load
        self._notifier = notifier
        self._clock = clock
        self._pulse = pulse or min(PULSE, (notifier.watchdog or 3 * PULSE) / 3)
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._configuration = load()
        configure(self._configuration.plan.log_format, self._configuration.plan.log_level)
        plan = self._configuration.plan
        self._applications = Applications(opener, self._configuration.settings)
        self._passes = Passes(self._applications.scan, self._inbox.put, plan.parallel)
        self._schedule = Schedule(
            lambda workspace: self._inbox.put(Due(workspace)), lambda: self._inbox.put(Tick.PULSE), self._pulse
        )
        self._workspaces = {name: WorkspaceHealth(name) for name in plan.workspaces}
        self._stalled: tuple[str, ...] = ()
        self._refused: str | None = None

    @property
    def health(self) -> Health:
        """What is known now."""
        since = {entry.workspace: entry.started_at for entry in self._passes.running}
        return Health(
            tuple(
                replace(known, next_run=self._schedule.next_run(name), running_since=since.get(name))
                for name, known in sorted(self._workspaces.items())
            ),
            self._stalled,
            self._refused,
        )

    def tell(self, message: Message) -> None:
        """Put a message into the queue; may be called from any thread."""
        self._inbox.put(message)

    def run(self) -> int:
        """Work until told to stop; the exit code. The database need not answer at the start: passes keep trying."""
        self._schedule.start()
        self._schedule.apply(self._configuration.plan)
        _log.info("started", workspaces=len(self._workspaces), parallel=self._passes.parallel)
        self._notifier.ready(self.health.status)
        while True:
            try:
                message = self._inbox.get(timeout=3 * self._pulse)
            except queue.Empty:
                _log.warning("the timers are late: the clock was set back or the machine slept")
                self._schedule.realign()
                continue
            if message is Tick.STOP:
                return self._stop()
            self._answer(message)

    def _answer(self, message: Message) -> None:
        match message:
            case Due(workspace=name):
                if name in self._workspaces and not self._passes.request(name):
                    _log.info("due again while its pass still runs or waits", workspace=name)
            case Outcome():
                self._passes.settle(message)
                self._note(message)
            case Tick.RELOAD:
                self._reload()
            case _:
                self._watch()
        self._notifier.status(self.health.status)

    def _watch(self) -> None:
        limit = self._configuration.plan.stall_after
        stalled = tuple(entry.workspace for entry in self._passes.stalled(limit, self._clock()))
        for name in set(stalled) - set(self._stalled):
            _log.error("a pass hangs: the watchdog is not fed until it moves", workspace=name, seconds=limit)
        self._stalled = stalled
        if not stalled:
            self._notifier.alive()

    def _note(self, outcome: Outcome) -> None:
        name = outcome.workspace
        known = self._workspaces.get(name)
        if outcome.error is None:
            _log.info(
                "pass finished",
                workspace=name,
                verdict=str(outcome.verdict),
                findings=outcome.findings,
                unknown=outcome.unknown,
                recorded=outcome.recorded,
                api_calls=outcome.api_calls,
                seconds=round(outcome.duration, 3),
            )
            if known is not None:
                self._workspaces[name] = replace(known, last=outcome, verdict=outcome.verdict, failures=0)
            return
        if known is None:
            _log.warning("pass failed", workspace=name, error=outcome.error)
            return
        failures = known.failures + 1
        interval = self._configuration.plan.workspaces[name]
        # Sooner than the next turn, so that a fault that has ended is forgotten quickly; never later than it.
        delay = min(interval, FIRST_RETRY * 2 ** min(failures - 1, 16))
        self._workspaces[name] = replace(known, last=outcome, failures=failures)
        self._schedule.hasten(name, delay)
        fields = {"hint": outcome.hint} if outcome.hint else {}
        _log.warning(
            "pass failed", workspace=name, error=outcome.error, **fields, failures=failures, retry_in=round(delay, 1)
        )

    def _reload(self) -> None:
        self._notifier.reloading()
        try:
            new = self._load()
        except ReconcilerError as problem:
            self._refused = one_line(problem)
            _log.error(
                "the new configuration is refused, the old one stays", error=one_line(problem), hint=problem.hint
            )
        else:
            self._take_over(new)
            _log.info("reloaded", workspaces=len(self._workspaces))
        self._notifier.ready(self.health.status)

    def _take_over(self, new: Configuration[SettingsT]) -> None:
        old, self._configuration, self._refused = self._configuration, new, None
        configure(new.plan.log_format, new.plan.log_level)
        if new.shared != old.shared:
            self._applications.replace(new.settings)
        self._passes.parallel = new.plan.parallel
        for name in old.plan.workspaces.keys() - new.plan.workspaces.keys():
            self._passes.forget(name)
        self._schedule.apply(new.plan)
        self._workspaces = {name: self._workspaces.get(name, WorkspaceHealth(name)) for name in new.plan.workspaces}

    def _stop(self) -> int:
        began = self._clock()
        running = len(self._passes.running)
        self._notifier.stopping(f"stopping, {running} passes running")
        _log.info("stopping", running=running)
        self._schedule.stop()
        self._passes.stop()
        self._applications.cancel()
        while self._passes.running:
            try:
                message = self._inbox.get(timeout=max(0.0, STOP_WITHIN - (self._clock() - began)))
            except queue.Empty:
                return self._cut_off("passes did not end in time")
            if message is Tick.STOP:
                return self._cut_off("told to stop at once")
            if isinstance(message, Outcome):
                self._passes.settle(message)
                _log.info("pass ended", workspace=message.workspace, cut_off=message.cut_off)
        if not self._applications.close(CLOSE_WITHIN):
            return self._cut_off("the application did not close in time")
        _log.info("stopped", seconds=round(self._clock() - began, 3))
        return 0

    def _cut_off(self, why: str) -> int:
        passes = ", ".join(entry.workspace for entry in self._passes.running)
        _log.error("cut off", reason=why, passes=passes)
        return CUT_OFF
