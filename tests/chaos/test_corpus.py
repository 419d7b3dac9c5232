"""All bad templates, states and configurations, by the command: each is told with its file, and costs nobody else.

What each has to say is in tests/unit; here it is what the whole program makes of all of them at once.
"""

from __future__ import annotations

import resource
import shutil
from pathlib import Path

import pytest
from support.command import Done
from support.production import tree
from support.shop import RECORDED, Shop

from reconciler.cli.main import main
from reconciler.cli.session import Session

BAD = Path(__file__).parents[1] / "fixtures" / "bad"
SECRETS = ("canary", "hunter2", "Traceback")
MEMORY = 600
"""Megabytes that reading all of it may take, the program itself among them."""


def _templates(shop: Shop) -> dict[str, Path]:
    """A workspace for each bad template, with the shop's state."""
    found = {}
    for path in sorted([*(BAD / "hcl").iterdir(), *(BAD / "template").iterdir()]):
        name = f"template-{path.name.replace('.', '-').replace('_', '-')}"
        folder = shop.installation.folder / name
        folder.mkdir()
        shutil.copy(path, folder / path.name)
        shutil.copy(shop.template / "terraform.tfstate", folder)
        shop.installation.workspaces[name] = {"template": name}
        found[name] = path
    return found


def _states(shop: Shop) -> dict[str, Path]:
    """A workspace for each bad state, with the shop's template."""
    found = {}
    for path in sorted((BAD / "tfstate").iterdir()):
        name = f"state-{path.stem.replace('_', '-')}"
        shop.installation.workspaces[name] = {"template": "template", "state": str(path)}
        found[name] = path
    return found


def _discreet(done: Done) -> None:
    for secret in SECRETS:
        assert secret not in done.out, secret
        assert secret not in done.err, secret


def test_all_at_once(shop: Shop) -> None:
    templates, states = _templates(shop), _states(shop)
    shop.installation.configure()
    before = tree(shop.installation.folder)
    done = shop.installation.scan("--depth", "static", timeout=280)
    assert (done.code, done.err) == (1, "")
    _discreet(done)
    workspaces = done.workspaces
    assert workspaces["shop"]["error"] is None
    assert workspaces["shop"]["problems"] == []
    assert workspaces["shop"]["coverage"]["recorded"] == RECORDED
    for name, path in states.items():
        error = workspaces[name]["error"]
        assert error is not None, name
        assert (error["file"], error["hint"] is None) == (str(path), False), name
        assert workspaces[name]["verdict"] == "unknown"
        assert workspaces[name]["findings"] == []
    for name, path in templates.items():
        problems = workspaces[name]["problems"]
        assert workspaces[name]["verdict"] != "in_sync", name
        if "backend" in name:  # without it nobody knows where the state is
            assert workspaces[name]["error"]["file"] == path.name, name
            continue
        assert workspaces[name]["error"] is None, name
        if path.name.startswith("taken_"):
            assert problems == [] or "taken_locals" in path.name, (name, problems)
            continue
        assert problems, name
        assert all(problem["file"] for problem in problems), name
        # Where something could not be read, nothing is called orphaned: it may stand in what was not read.
        assert {each["kind"] for each in workspaces[name]["findings"]} <= {"unapplied"}, name
    table = shop.installation.run("report")
    assert (table.code, table.err) == (1, "")
    _discreet(table)
    # Nothing is written but below the state directory, and nothing of a template was run.
    ours = str(shop.installation.state_dir.relative_to(shop.installation.folder))
    after = {name: facts for name, facts in tree(shop.installation.folder).items() if not name.startswith(ours)}
    assert after == {name: facts for name, facts in before.items() if not name.startswith(ours)}
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024 < MEMORY + _SERVERS


_SERVERS = 1000
"""Megabytes of the largest other child of this process: Terraform's provider, the emulator."""


@pytest.mark.parametrize("path", sorted((BAD / "config").iterdir()), ids=lambda path: path.stem)
def test_a_bad_configuration_costs_a_line_for_each_mistake(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for command in ("scan", "report", "doctor"):
        code = main(["--config", str(path), command], Session())
        told = capfd.readouterr()
        assert (code, told.out) == (1, "")
        errors = [line for line in told.err.splitlines() if line.startswith("error: ")]
        assert len(errors) >= 1
        assert all(path.name in line for line in errors)
        assert not any(secret in told.err for secret in SECRETS)
