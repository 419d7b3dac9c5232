"""Processes that die, hang or are told to end while a pass reads: ours, the provider's, the database's."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from support.deadline import eventually
from support.shop import RECORDED, Shop
from support.weather import Rule, Weather, weather


@pytest.fixture
def sky(shop: Shop) -> Iterator[Weather]:
    """The shop behind a proxy: a rule "hang" holds a pass in its reading for as long as the test likes."""
    with _before(shop) as sky:
        yield sky


def _before(shop: Shop):  # noqa: ANN202 - a context manager
    return weather(shop.emulator.url)


def _behind(shop: Shop, sky: Weather, settings: str = "") -> None:
    shop.installation.endpoint = sky.url
    shop.installation.settings = settings
    shop.installation.configure()


def _reading(sky: Weather, service: str) -> None:
    """Wait until the pass is in the middle of its reading."""
    eventually(lambda: sky.count(service) > 0, 30)


def _passes(shop: Shop) -> list[tuple[str, str | None]]:
    """Status and error of all passes, oldest first."""
    with psycopg.connect(shop.installation.database or "") as connection:
        return connection.execute("SELECT status, error FROM passes ORDER BY started_at").fetchall()  # type: ignore[return-value]


def _assert_good(shop: Shop) -> None:
    """The next pass is whole."""
    done = shop.installation.scan()
    assert (done.code, done.err) == (0, "")
    assert done.workspaces["shop"]["coverage"] == {"recorded": RECORDED, "checked": RECORDED, "unknown": []}


def test_a_provider_that_is_killed_in_the_middle_costs_nothing(shop: Shop, sky: Weather) -> None:
    _behind(shop, sky)
    sky.rules = [Rule("ssm", "hang")]
    with shop.installation.start("scan", "--format", "json") as running:
        _reading(sky, "ssm")
        (provider,) = running.providers()
        sky.rules = []
        os.kill(provider, signal.SIGKILL)
        done = running.wait(60)
    assert (done.code, done.err) == (0, "")
    assert done.workspaces["shop"]["coverage"] == {"recorded": RECORDED, "checked": RECORDED, "unknown": []}
    shop.installation.assert_nothing_runs()


def test_a_provider_that_stops_answering_is_ended_and_what_it_was_asked_is_unknown(shop: Shop, sky: Weather) -> None:
    _behind(shop, sky, '[provider]\nread_timeout = "3s"\n')
    sky.rules = [Rule("*", "hang", action) for action in ("GetParameter", "DescribeVpcs", "DescribeTable")]
    with shop.installation.start("scan", "--format", "json") as running:
        _reading(sky, "ssm")
        (provider,) = running.providers()
        os.kill(provider, signal.SIGSTOP)
        done = running.wait(60)
    assert (done.code, done.err) == (3, "")
    report = done.workspaces["shop"]
    coverage = report["coverage"]
    assert coverage["checked"] + len(coverage["unknown"]) == RECORDED
    assert {entry["reason"] for entry in coverage["unknown"]} == {"timeout"}
    assert report["findings"] == []
    shop.installation.assert_nothing_runs()


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "SIGTERM")]
)
def test_a_scan_that_is_told_to_end_ends_soon_and_leaves_a_record_and_nothing_else(
    shop: Shop, sky: Weather, number: signal.Signals, code: int, word: str
) -> None:
    _behind(shop, sky)
    sky.rules = [Rule("ssm", "hang")]
    with shop.installation.start("scan", "--format", "json") as running:
        _reading(sky, "ssm")
        began = time.monotonic()
        running.signal(number)
        done = running.wait(20)
        assert time.monotonic() - began < 5
    assert done.code == code
    assert done.out == ""
    assert word in done.err
    assert len(done.err.splitlines()) == 1
    shop.installation.assert_nothing_runs()
    ((status, _),) = _passes(shop)
    assert status == "cut_off"
    sky.rules = []
    _assert_good(shop)


def test_ctrl_c_with_an_embedded_database_ends_that_too(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop()
    with weather(shop.emulator.url) as sky:
        _behind(shop, sky)
        sky.rules = [Rule("ssm", "hang")]
        with shop.installation.start("scan") as running:
            _reading(sky, "ssm")
            assert any("postgres" in command for command in shop.installation.processes().values())
            began = time.monotonic()
            running.signal(signal.SIGINT)
            assert running.wait(20).code == 130
            assert time.monotonic() - began < 5
        shop.installation.assert_nothing_runs()


def test_after_kill_9_nothing_is_left_and_the_next_pass_says_so_and_is_whole(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop()
    with weather(shop.emulator.url) as sky:
        _behind(shop, sky)
        sky.rules = [Rule("ssm", "hang")]
        with shop.installation.start("scan") as running:
            _reading(sky, "ssm")
            running.signal(signal.SIGKILL)
            assert running.wait(5).code == -signal.SIGKILL
        shop.installation.assert_nothing_runs(10)
        sky.rules = []
        _assert_good(shop)
    events = shop.installation.run("events", "list", "--format", "json")
    assert events.code == 0


def test_kill_9_is_recorded_by_the_next_pass(shop: Shop, sky: Weather) -> None:
    _behind(shop, sky)
    sky.rules = [Rule("ssm", "hang")]
    with shop.installation.start("scan") as running:
        _reading(sky, "ssm")
        running.signal(signal.SIGKILL)
        running.wait(5)
    assert _passes(shop) == [("running", None)]
    sky.rules = []
    _assert_good(shop)
    (first, second) = _passes(shop)
    assert first[0] == "cut_off"
    assert "ended before it was done" in (first[1] or "")
    assert second == ("finished", None)


def test_two_scans_at_once_one_is_told_since_when_and_the_other_is_fine(shop: Shop, sky: Weather) -> None:
    _behind(shop, sky)
    sky.rules = [Rule("ssm", "hang")]
    with shop.installation.start("scan", "--format", "json") as first:
        _reading(sky, "ssm")
        second = shop.installation.run("scan")
        error, hint = second.told()
        assert second.code == 1
        assert 'workspace "shop" is running since 20' in error
        assert f"process {first.child.pid}" in hint
        sky.rules = []
        sky.over.set()  # what hangs is let go; the provider asks again
        done = first.wait(60)
    assert (done.code, done.err) == (0, "")
    assert [status for status, _ in _passes(shop)] == ["finished"]
