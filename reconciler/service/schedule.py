"""When each workspace is due: APScheduler as a timer. It decides *when*; what happens then is the daemon's matter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from reconciler.service.plan import ServicePlan

_PULSE: Final = "pulse"
_PREFIX: Final = "scan:"
FIRST: Final = 1.0
"""Seconds from the start to the first pass."""
STAGGER: Final = 5.0
"""Seconds from one first pass to the next."""


class Schedule:
    """The timers of all workspaces and the pulse, on one thread of APScheduler's.

    The jobs only tell (``due``, ``pulse``) and run on the scheduler's own thread, so a pulse proves that it turned.
    Both must return at once. Times are the wall clock's, in UTC.
    """

    def __init__(self, due: Callable[[str], None], pulse: Callable[[], None], pulse_interval: float) -> None:
        """Take who is told that a workspace is due, and who hears the pulse each ``pulse_interval`` seconds."""
        self._due = due
        self._plan = ServicePlan()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": DebugExecutor()},
            # The memory store: APScheduler's others pickle, and what is true is kept in our own tables.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_job(pulse, IntervalTrigger(seconds=pulse_interval, timezone=UTC), id=_PULSE)
        self._pulse_interval = pulse_interval

    def start(self) -> None:
        """Let the timers run."""
        self._scheduler.start()

    def stop(self) -> None:
        """No timer fires after this."""
        self._scheduler.shutdown(wait=False)

    def apply(self, plan: ServicePlan) -> None:
        """Take a plan over. A workspace whose interval and jitter stay keeps its timer; a new one is due soon.

        First passes are staggered, so that they do not all start in the same second.
        """
        old, self._plan = self._plan, plan
        for name in old.workspaces.keys() - plan.workspaces.keys():
            self._scheduler.remove_job(_PREFIX + name)
        fresh = [name for name in sorted(plan.workspaces) if name not in old.workspaces]
        for place, name in enumerate(fresh):
            gap = min(STAGGER, plan.workspaces[name] / len(fresh))
            self._scheduler.add_job(
                self._due,
                self._trigger(name),
                args=(name,),
                id=_PREFIX + name,
                name=name,
                next_run_time=datetime.now(UTC) + timedelta(seconds=min(FIRST, gap) + place * gap),
            )
        for name in plan.workspaces.keys() & old.workspaces.keys():
            if (plan.workspaces[name], plan.jitter_of(name)) != (old.workspaces[name], old.jitter_of(name)):
                self._scheduler.reschedule_job(_PREFIX + name, trigger=self._trigger(name))

    def next_run(self, workspace: str) -> datetime | None:
        """When the workspace is due next; None where it has no timer."""
        job = self._scheduler.get_job(_PREFIX + workspace)
        return job.next_run_time if job else None

    def hasten(self, workspace: str, delay: float) -> None:
        """Let the workspace be due in so many seconds, if that is earlier than it is now; then as usual again."""
        when, planned = datetime.now(UTC) + timedelta(seconds=delay), self.next_run(workspace)
        if planned is not None and when < planned:
            self._scheduler.modify_job(_PREFIX + workspace, next_run_time=when)

    def realign(self) -> None:
        """Bring timers back that lie further ahead than their interval: the wall clock was set back."""
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            name = job.id.removeprefix(_PREFIX)
            interval = self._pulse_interval if job.id == _PULSE else self._plan.workspaces[name]
            jitter = 0.0 if job.id == _PULSE else self._plan.jitter_of(name)
            if job.next_run_time > now + timedelta(seconds=interval + jitter):
                self._scheduler.modify_job(job.id, next_run_time=now + timedelta(seconds=interval))

    def _trigger(self, name: str) -> IntervalTrigger:
        return IntervalTrigger(seconds=self._plan.workspaces[name], jitter=self._plan.jitter_of(name), timezone=UTC)
