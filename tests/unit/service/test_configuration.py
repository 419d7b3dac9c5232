from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import ConfigError
from reconciler.service.configuration import load_configuration
from reconciler.service.plan import LogFormat, ServicePlan

BASE = """
[environments.production]
account_id = "123456789012"
region = "ap-northeast-2"
[workspaces.production]
environment = "production"
template = "templates"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "reconciler.toml"
    path.write_text(text)
    return path


def test_the_plan_comes_from_the_settings(tmp_path: Path) -> None:
    text = '[service]\ninterval = "10m"\njitter = 5\nlog_format = "json"\nlog_level = "error"\n'
    text += "parallel = 5\nstall_after = 90\n" + BASE
    plan = load_configuration(write(tmp_path, text)).plan
    assert plan == ServicePlan({"production": 600}, 5, 5, 90, log_format=LogFormat.JSON, log_level="error")


def test_a_workspace_may_have_its_own_interval(tmp_path: Path) -> None:
    assert load_configuration(write(tmp_path, BASE + "interval = 60\n")).plan.workspaces == {"production": 60}


def test_when_to_scan_is_not_the_applications_matter(tmp_path: Path) -> None:
    before = load_configuration(write(tmp_path, BASE))
    after = load_configuration(write(tmp_path, '# moved\n[service]\nlog_level = "debug"\n' + BASE + "interval = 60\n"))
    assert before.plan != after.plan
    assert before.shared == after.shared


def test_what_to_scan_is(tmp_path: Path) -> None:
    before = load_configuration(write(tmp_path, BASE))
    assert load_configuration(write(tmp_path, BASE.replace("templates", "other"))).shared != before.shared
    assert load_configuration(write(tmp_path, BASE.replace("northeast", "southeast"))).shared != before.shared


def test_a_bad_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load_configuration(write(tmp_path, BASE + "intervall = 60\n"))
