"""Bad input of every kind, by the command: one line with a hint, no traceback, and other workspaces still scanned."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from support.command import Done
from support.provider_host import find_aws_provider
from support.shop import RECORDED, Shop


@pytest.fixture
def two(shop: Shop) -> Shop:
    """A second workspace, ``other``: a copy of the same template and state that nobody breaks."""
    shutil.copytree(shop.template, shop.installation.folder / "other", symlinks=True)
    shop.installation.workspaces["other"] = {"template": "other"}
    shop.installation.configure()
    return shop


def _assert_other_is_scanned(done: Done) -> None:
    other = done.workspaces["other"]
    assert other["verdict"] == "in_sync"
    assert other["coverage"] == {"recorded": RECORDED, "checked": RECORDED, "unknown": []}
    assert other["error"] is None
    assert other["problems"] == []


def _state(shop: Shop, **changed: Any) -> None:
    (shop.template / "terraform.tfstate").write_text(json.dumps({**shop.state(), **changed}))


def _spoil(folder: Path) -> dict[str, tuple[dict[str, Any], str, str]]:
    """Workspaces that cannot be read, each in its own way: settings, and words of the message and of the hint."""

    def copy(name: str) -> Path:
        return shutil.copytree(folder / "template", folder / name, symlinks=True)

    copy("empty").joinpath("main.tf").unlink()
    cut = copy("cut") / "terraform.tfstate"
    cut.write_bytes(cut.read_bytes()[:3000])
    (copy("pulumi") / "terraform.tfstate").write_text('{"version": 3, "checkpoint": {"latest": {"resources": []}}}')
    (copy("text") / "terraform.tfstate").write_text("Error: no such file\n")
    newer = copy("newer") / "terraform.tfstate"
    newer.write_text(newer.read_text().replace('"version": 4', '"version": 5', 1))
    return {
        "gone": ({"template": "gone"}, "template folder of workspace 'gone' does not exist", "looked for"),
        "empty": ({"template": "empty"}, "no Terraform configuration", ""),
        "cut": ({"template": "cut"}, "terraform.tfstate", ""),
        "pulumi": ({"template": "pulumi"}, "Pulumi wrote it", ""),
        "text": ({"template": "text"}, "terraform.tfstate", ""),
        "newer": ({"template": "newer"}, "newer than version 4", ""),
        "varfile": (
            {"template": "template", "var_files": ["no-such.tfvars"]},
            "variable file of workspace 'varfile' does not exist",
            "no-such.tfvars",
        ),
        "bucket": ({"template": "template", "state": "s3://no-such-bucket/key"}, "no-such-bucket", ""),
    }


def test_a_side_that_cannot_be_read_costs_its_workspace_alone(shop: Shop) -> None:
    spoilt = _spoil(shop.installation.folder)
    shop.installation.workspaces = {name: settings for name, (settings, _, _) in spoilt.items()}
    shop.installation.workspaces["other"] = {"template": "template"}
    shop.installation.configure()
    done = shop.installation.scan()
    assert (done.code, done.err) == (1, "")
    _assert_other_is_scanned(done)
    for name, (_, words, hint) in spoilt.items():
        broken = done.workspaces[name]
        error = broken["error"]
        told = f"{error['file']}: {error['message']}"
        assert broken["verdict"] == "unknown", name
        assert words in told, told
        assert error["hint"], told
        assert hint in error["hint"], error
        assert "\n" not in told
        assert broken["findings"] == []
    table = shop.installation.run("report")
    assert (table.code, table.err) == (1, "")
    for name in spoilt:
        assert done.workspaces[name]["error"]["message"][:30] in " ".join(table.out.split())
    assert all(len(line) <= 80 for line in table.out.splitlines())


def test_a_broken_file_is_named_with_its_place_and_costs_what_is_in_it(two: Shop) -> None:
    (two.template / "broken.tf").write_text('resource "aws_sns_topic" "broken" {\n  name = "a\n}\n')
    done = two.installation.scan()
    assert (done.code, done.err) == (3, "")
    _assert_other_is_scanned(done)
    report = done.workspaces["shop"]
    (problem, *_) = report["problems"]
    assert Path(problem["file"]).name == "broken.tf"
    assert problem["line"] == 2
    assert problem["column"]
    assert problem["hint"]
    assert report["coverage"]["checked"] == RECORDED
    assert report["findings"] == []


def test_a_provider_block_that_cannot_be_read_is_not_an_empty_one(two: Shop) -> None:
    """Read with another configuration, without its default tags say, everything would look brought up to date."""
    assert two.installation.scan().code == 0
    before = two.installation.run("events", "list", "--format", "json").out
    main = two.template / "main.tf"
    main.write_text(main.read_text().replace('provider "aws" {\n', 'provider "aws" {\n  oops = = 1\n'))
    done = two.installation.scan()
    assert (done.code, done.err) == (3, "")
    _assert_other_is_scanned(done)
    report = done.workspaces["shop"]
    assert {each["reason"] for each in report["coverage"]["unknown"]} == {"config_unresolved"}
    assert report["coverage"]["checked"] == 0
    assert report["findings"] == []
    assert two.installation.run("events", "list", "--format", "json").out == before


def test_a_key_nobody_knows_is_named_with_the_nearest_right_one(shop: Shop) -> None:
    shop.installation.workspaces["shop"]["templat"] = "x"
    shop.installation.configure()
    done = shop.installation.run("scan")
    assert (done.code, done.out) == (1, "")
    error, hint = done.told()
    assert "reconciler.toml:" in error
    assert "templat" in error
    assert "template" in hint


@pytest.mark.parametrize("arguments", [["scan", "shpo"], ["report", "shpo"], ["drift", "list", "--workspace", "shpo"]])
def test_a_workspace_that_is_not_configured_is_told_with_the_nearest(shop: Shop, arguments: list[str]) -> None:
    done = shop.installation.run(*arguments)
    assert (done.code, done.out) == (1, "")
    error, hint = done.told()
    assert "shpo" in error
    assert "'shop'" in hint


def test_without_a_configuration_the_hint_says_where_one_is_looked_for(shop: Shop) -> None:
    shop.installation.config.unlink()
    done = shop.installation.run("scan")
    assert (done.code, done.out) == (1, "")
    error, _ = done.told()
    assert "reconciler.toml" in error


def test_a_provider_that_nobody_has_fails_in_bounded_time(two: Shop) -> None:
    """Neither a mirror nor a registry that answers: the name ends in .invalid, which never resolves."""
    source = "registry.invalid/nobody/nothing"
    state = two.state()
    (page_size,) = [each for each in state["resources"] if each["name"] == "page_size"]
    page_size["provider"] = f'provider["{source}"]'
    _state(two, resources=state["resources"])
    main = two.template / "main.tf"
    required = f'required_providers {{\n    nothing = {{ source = "{source}" }}\n'
    main.write_text(main.read_text().replace("required_providers {\n", required))
    began = time.monotonic()
    done = two.installation.scan()
    assert time.monotonic() - began < 60
    assert done.code == 3
    _assert_other_is_scanned(done)
    report = done.workspaces["shop"]
    assert report["coverage"]["checked"] == RECORDED - 1
    (unknown,) = report["coverage"]["unknown"]
    assert (unknown["address"], unknown["reason"]) == ("aws_ssm_parameter.page_size", "provider_error")
    assert any(source in problem["message"] and problem["hint"] for problem in report["problems"])


def test_a_provider_of_another_version_than_the_locked_one_is_not_used(two: Shop) -> None:
    lock = two.template / ".terraform.lock.hcl"
    version = find_aws_provider().name.split("_v")[1].split("_")[0]
    lock.write_text(lock.read_text().replace(f'"{version}"', '"5.1.0"'))
    shutil.rmtree(two.template / ".terraform")
    began = time.monotonic()
    done = two.installation.scan()
    assert time.monotonic() - began < 60
    assert done.code == 3
    _assert_other_is_scanned(done)
    report = done.workspaces["shop"]
    assert report["coverage"]["checked"] == 0
    assert {each["reason"] for each in report["coverage"]["unknown"]} == {"provider_error"}
    assert any("5.1.0" in problem["message"] + str(problem["hint"]) for problem in report["problems"])
    assert report["findings"] == []
