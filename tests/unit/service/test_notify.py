from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.notify_socket import NotifySocket

from reconciler.service.notify import Notifier


def test_without_systemd_nothing_happens() -> None:
    with Notifier({}) as notifier:
        notifier.ready("x")
        notifier.alive()
        assert notifier.watchdog is None


def test_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with NotifySocket(tmp_path / "notify") as systemd:
        environment = {"NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": "30000000"}
        monkeypatch.setenv("NOTIFY_SOCKET", str(systemd.path))
        with Notifier(environment) as notifier:
            notifier.ready("2 workspaces, größer\nWATCHDOG=1")
            notifier.status("one")
            notifier.status("one")
            notifier.reloading()
            notifier.alive()
            notifier.stopping("bye")
        systemd.wait("STOPPING=1")
    assert systemd.messages[0] == "READY=1\nSTATUS=2 workspaces, größer WATCHDOG=1"
    assert systemd.messages[1] == "STATUS=one"
    assert systemd.messages[2].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert systemd.messages[3:] == ["WATCHDOG=1", "STOPPING=1\nSTATUS=bye"]


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [
        ("30000000", "", 30.0),
        pytest.param("30000000", str(os.getpid()), 30.0, id="our own process"),
        ("30000000", "1", None),
        ("0", "", None),
        ("soon", "", None),
        ("", "", None),
    ],
)
def test_the_watchdog_is_read_from_the_environment(usec: str, pid: str, seconds: float | None) -> None:
    with Notifier({"WATCHDOG_USEC": usec, "WATCHDOG_PID": pid}) as notifier:
        assert notifier.watchdog == seconds


def test_a_dead_socket_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "absent"))
    with Notifier({"NOTIFY_SOCKET": str(tmp_path / "absent"), "WATCHDOG_USEC": "1000"}) as notifier:
        notifier.ready("x")
        notifier.alive()
        assert notifier.watchdog == 0.001
