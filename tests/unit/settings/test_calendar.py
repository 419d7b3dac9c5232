"""Freeze windows: open from the named moment, closed at the very end, in their own time zone."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reconciler.settings.calendar import frozen, is_cron
from reconciler.settings.model import Freeze

FRIDAY = Freeze(cron="0 18 * * fri", duration="62h", timezone="Asia/Seoul", reason="the weekend")
BEGIN = dt.datetime(2026, 11, 27, 9, tzinfo=dt.UTC)  # 18:00 in Seoul
END = BEGIN + dt.timedelta(hours=62)
MOMENT = dt.timedelta(microseconds=1)


def test_a_window_is_open_from_its_first_moment_and_closed_at_its_last() -> None:
    assert frozen([FRIDAY], BEGIN - MOMENT) is None
    assert frozen([FRIDAY], BEGIN) == "the weekend: nothing is applied before 2026-11-30 08:00 Asia/Seoul"
    assert frozen([FRIDAY], END - MOMENT) is not None
    assert frozen([FRIDAY], END) is None


def test_no_window_is_never_open_and_one_of_several_is_enough() -> None:
    never = FRIDAY.model_copy(update={"cron": "0 0 31 2 *"})
    assert frozen([], BEGIN) is None
    assert frozen([never], BEGIN) is None
    assert frozen([never, FRIDAY], BEGIN) is not None


def test_windows_that_run_into_each_other_end_with_the_last() -> None:
    hourly = Freeze(cron="0 9-17 * * *", duration="90m", reason="office hours")
    told = frozen([hourly], dt.datetime(2026, 11, 25, 10, 15, tzinfo=dt.UTC))
    assert told == "office hours: nothing is applied before 2026-11-25 11:30 UTC"


def test_a_window_without_end_is_told_in_no_time() -> None:
    always = Freeze(cron="* * * * *", duration="30d", reason="for ever")
    assert frozen([always], BEGIN) is not None


@given(st.integers(0, 14 * 24 * 60))
def test_it_is_open_for_its_length_and_no_longer(minutes: int) -> None:
    now = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
    inside = minutes % (7 * 24 * 60) < 62 * 60
    assert (frozen([FRIDAY], now) is not None) == inside


@pytest.mark.parametrize("text", ["", "x", "0 0 * *", "99 0 * * *", "0 0 * * * *", "@daily"])
def test_what_is_no_cron_is_a_mistake_in_the_settings(text: str) -> None:
    assert not is_cron(text)
    with pytest.raises(ValidationError, match="expected"):
        Freeze(cron=text, duration="1h", reason="x")


def test_a_time_zone_that_nobody_knows_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(ValidationError, match="time zone"):
        Freeze(cron="0 0 * * *", duration="1h", timezone="Mars/Olympus", reason="x")
