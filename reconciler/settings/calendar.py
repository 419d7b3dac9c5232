"""Freeze windows: whether now is a time at which nothing may be applied.

APScheduler reads cron; it takes a moment to import, which only a configuration with windows has to spend.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from reconciler.settings.model import Freeze

_OVERLAPS: Final = 100
"""So many windows that run into each other are followed, to say when the last of them ends."""


def is_cron(text: str) -> bool:
    """Whether it is five fields that name moments, as in ``0 18 * * fri``."""
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  see the module's docstring

    try:
        CronTrigger.from_crontab(text, dt.UTC)
    except ValueError:
        return False
    return True


def frozen(windows: Iterable[Freeze], now: dt.datetime) -> str | None:
    """Why nothing may be applied now, and until when; None where no window is open.

    A window is open from the moment that its cron names, and no longer at its very end.
    """
    for window in windows:
        end = _end(window, now)
        if end is not None:
            return f"{window.reason}: nothing is applied before {end:%Y-%m-%d %H:%M} {window.timezone}"
    return None


def _end(window: Freeze, now: dt.datetime) -> dt.datetime | None:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  see the module's docstring

    trigger = CronTrigger.from_crontab(window.cron, ZoneInfo(window.timezone))
    # The last moment named before now is the first that comes later than the window's length ago; the trigger's
    # moments are whole seconds, so the tiniest step leaves out one that ends just now.
    begin = trigger.get_next_fire_time(None, now - window.duration + dt.timedelta(microseconds=1))
    end: dt.datetime | None = None
    for _ in range(_OVERLAPS):
        if begin is None or begin > now:
            break
        end = begin + window.duration
        begin = trigger.get_next_fire_time(begin, begin + dt.timedelta(seconds=1))
    return end
