"""The unit file as a table, and its figures beside the daemon's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.service import loop

SYSTEMD = Path(__file__).parents[3] / "systemd"


def read(name: str) -> dict[str, list[str]]:
    """Directives of a unit file by name, each with all its values in order."""
    directives: dict[str, list[str]] = {}
    for line in (SYSTEMD / name).read_text().splitlines():
        if line and not line.startswith(("#", "[")):
            key, _, value = line.partition("=")
            directives.setdefault(key, []).append(value)
    return directives


UNIT = read("reconciler.service")


@pytest.mark.parametrize(
    ("directive", "value"),
    [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("User", "reconciler"),
        ("StateDirectory", "reconciler"),
        ("StateDirectoryMode", "0700"),
        ("RuntimeDirectory", "reconciler"),
        ("ConfigurationDirectory", "reconciler"),
        ("KillMode", "mixed"),
        ("Restart", "on-failure"),
        ("SuccessExitStatus", str(loop.CUT_OFF)),
        ("UMask", "0077"),
        ("LimitCORE", "0"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("PrivateUsers", "yes"),
        ("ProtectProc", "invisible"),
        ("RestrictNamespaces", "yes"),
        ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"),
        ("SystemCallArchitectures", "native"),
        ("MemoryDenyWriteExecute", "yes"),
    ],
)
def test_the_unit_says(directive: str, value: str) -> None:
    assert UNIT[directive] == [value]


def test_nothing_is_said_twice_but_lists() -> None:
    assert {name for name, values in UNIT.items() if len(values) > 1} == {"SystemCallFilter"}


def test_systemd_waits_longer_than_the_daemon_needs_to_end() -> None:
    assert loop.STOP_WITHIN + loop.CLOSE_WITHIN < 10 < int(UNIT["TimeoutStopSec"][0])


def test_the_watchdog_is_fed_several_times_within_its_time() -> None:
    assert int(UNIT["WatchdogSec"][0]) >= 3 * loop.PULSE


def test_no_secret_is_named_in_the_unit_itself() -> None:
    assert not re.search(r"(?i)password|secret|token|access_key", (SYSTEMD / "reconciler.service").read_text())


def test_credentials_are_given_by_file() -> None:
    drop_in = read("credentials.conf")
    names = {value.split(":")[0] for value in drop_in["LoadCredential"]}
    used = {value.rpartition("%d/")[2] for value in drop_in["Environment"]}
    assert names == used


def test_the_user_and_the_folders_are_the_units() -> None:
    assert re.search(r"^u +reconciler +-", (SYSTEMD / "reconciler.sysusers.conf").read_text(), re.MULTILINE)
    rules = [
        line.split()
        for line in (SYSTEMD / "reconciler.tmpfiles.conf").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert {(rule[1], rule[2]) for rule in rules} == {
        ("/etc/reconciler", "0750"),
        ("/etc/reconciler/reconciler.toml", "0640"),
        ("/var/lib/reconciler", "0700"),
    }
    assert all(rule[3] in {"root", UNIT["User"][0]} and rule[4] == UNIT["Group"][0] for rule in rules)
