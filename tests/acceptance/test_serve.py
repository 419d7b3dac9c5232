"""The daemon as a process, on the real parts."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from support.command import CANARIES, Running
from support.deadline import eventually
from support.shop import RECORDED, Shop
from support.weather import Rule, weather

_SETTINGS = '[service]\ninterval = "{interval}"\njitter = "0s"\nlog_format = "{form}"\n'
_PAIR = re.compile(r'([A-Za-z_][\w.]*)=("(?:[^"\\]|\\.)*"|\S*)(?: |$)')


def _lines(running: Running, form: str) -> list[dict[str, Any]]:
    """The log, every line of it parsed; a line that is being written is left for the next look."""
    text = running.err.read_text()
    return [_parsed(line, form) for line in text[: text.rfind("\n") + 1].splitlines()]


def _parsed(line: str, form: str) -> dict[str, Any]:
    if form == "json":
        entry: dict[str, Any] = json.loads(line)
        return entry
    assert "".join(match.group() for match in _PAIR.finditer(line)) == line, line
    return {key: value.strip('"') for key, value in _PAIR.findall(line)}


def _finished(running: Running, form: str) -> list[dict[str, Any]]:
    return [line for line in _lines(running, form) if line["event"] == "pass finished"]


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_the_daemon_scans_stays_warm_reloads_and_ends(shop: Shop, form: str) -> None:
    installation = shop.installation
    installation.settings = _SETTINGS.format(interval="2s", form=form)
    installation.configure()
    with installation.start("serve") as running:
        eventually(lambda: len(_finished(running, form)) >= 1, 60)
        providers = running.providers()
        assert len(providers) == 1
        eventually(lambda: len(_finished(running, form)) >= 2, 30)
        assert running.providers() == providers, "the second pass used the same process"
        for line in _finished(running, form):
            assert (line["workspace"], line["verdict"], str(line["recorded"])) == ("shop", "in_sync", str(RECORDED))

        # Drift is found by the next pass, without anybody asking.
        shop.aws("logs").put_retention_policy(logGroupName="/shop/mail", retentionInDays=1)
        eventually(lambda: _finished(running, form)[-1]["verdict"] == "drifted", 30)

        good = installation.config.read_text()
        installation.config.write_text(good + "[service2]\n")
        running.signal(signal.SIGHUP)
        eventually(lambda: any("refused" in line["event"] for line in _lines(running, form)), 10)
        before = len(_finished(running, form))
        eventually(lambda: len(_finished(running, form)) > before, 30)

        installation.settings = _SETTINGS.format(interval="3s", form=form)
        installation.configure()
        running.signal(signal.SIGHUP)
        eventually(lambda: any(line["event"] == "reloaded" for line in _lines(running, form)), 10)
        assert running.providers() == providers, "another interval is no reason to start anew"

        began = time.monotonic()
        running.signal(signal.SIGTERM)
        done = running.wait(15)
        assert time.monotonic() - began < 10
    assert (done.code, done.out) == (0, "")
    for canary in CANARIES.values():
        assert canary not in done.err
    assert _lines(running, form)[-1]["event"] == "stopped"
    installation.assert_nothing_runs()


def test_the_daemon_is_ended_in_the_middle_of_a_pass(shop: Shop) -> None:
    with weather(shop.emulator.url) as sky:
        shop.installation.endpoint = sky.url
        shop.installation.settings = _SETTINGS.format(interval="60s", form="json")
        shop.installation.configure()
        sky.rules = [Rule("ssm", "hang")]
        with shop.installation.start("serve") as running:
            eventually(lambda: sky.count("ssm") > 0, 60)
            began = time.monotonic()
            running.signal(signal.SIGTERM)
            assert running.wait(15).code == 0
            assert time.monotonic() - began < 10
    shop.installation.assert_nothing_runs()
    with psycopg.connect(shop.installation.database or "") as connection:
        assert connection.execute("SELECT status FROM passes").fetchall() == [("cut_off",)]


def test_the_daemon_outlives_its_database(open_shop: Callable[..., Shop], database_url: str) -> None:
    """It starts without one, says so, and passes begin when there is one."""
    shop = open_shop(database=database_url.replace("host=", "host=/nonexistent"))
    shop.installation.settings = _SETTINGS.format(interval="2s", form="json")
    shop.installation.configure()
    with shop.installation.start("serve") as running:
        eventually(lambda: any(line["event"] == "pass failed" for line in _lines(running, "json")), 60)
        shop.installation.database = database_url
        shop.installation.configure()
        running.signal(signal.SIGHUP)
        eventually(lambda: _finished(running, "json"), 60)
        running.signal(signal.SIGTERM)
        assert running.wait(15).code == 0
    shop.installation.assert_nothing_runs()
