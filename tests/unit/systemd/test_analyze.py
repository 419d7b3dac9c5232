"""What systemd itself says of the unit."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).parents[3] / "systemd"


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    assert found, "systemd-analyze is missing: install systemd on this build machine"
    return found


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that exists here, and with all its drop-in credentials."""
    path = tmp_path / "reconciler.service"
    text = (SYSTEMD / "reconciler.service").read_text()
    path.write_text(text.replace("/opt/reconciler/bin/reconciler", sys.executable))
    drop_in = tmp_path / "reconciler.service.d" / "credentials.conf"
    drop_in.parent.mkdir()
    drop_in.write_text((SYSTEMD / "credentials.conf").read_text())
    return path


def test_verify_has_nothing_to_say(analyze: str, unit: Path) -> None:
    result = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    # It also looks at every unit that ours names: only what it says of ours counts.
    said = [line for line in (result.stdout + result.stderr).splitlines() if "reconciler" in line]
    assert said == []


def test_verify_would_say_it(analyze: str, unit: Path) -> None:
    unit.write_text(unit.read_text().replace("WatchdogSec=60", "WatchdogSec=soon\nNoSuchKey=1"))
    result = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert "NoSuchKey" in result.stdout + result.stderr


def test_exposure_is_at_most_1_5(analyze: str) -> None:
    result = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", "--threshold=15", str(SYSTEMD / "reconciler.service")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Overall exposure level" in result.stdout
