"""Who can write to the template's folder, to the state or to the configuration, once a plan is approved."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

from support.attacks import Attack
from support.attacks.scene import LARGE, MAIL, Scene
from support.command import Done


def _template(name: str, content: str | bytes, *, more: bool = False) -> Callable[[Scene], Done]:
    """A file of the template is written, or written on, and the plan applied."""

    def act(scene: Scene) -> Done:
        file = scene.template / name
        before = file.read_bytes() if more else b""
        file.write_bytes(before + (content.encode() if isinstance(content, str) else content))
        return scene.apply()

    return act


def _state(alter: Callable[[dict[str, Any]], object]) -> Callable[[Scene], Done]:
    """The state is written by hand, and the plan applied."""

    def act(scene: Scene) -> Done:
        file = scene.template / "terraform.tfstate"
        state = json.loads(file.read_text())
        alter(state)
        file.write_text(json.dumps(state))
        return scene.apply()

    return act


def _another_object(state: dict[str, Any]) -> None:
    """The address that is planned means another log group, under the same lineage and serial."""
    groups = next(each for each in state["resources"] if each["type"] == "aws_cloudwatch_log_group")
    held = {each["index_key"]: each for each in groups["instances"]}
    held["mail"]["attributes"] = dict(held["orders"]["attributes"])


def _forgotten(state: dict[str, Any]) -> None:
    """What is planned is in the state no more."""
    state["resources"] = [each for each in state["resources"] if each["type"] != "aws_cloudwatch_log_group"]


def _state_gone(scene: Scene) -> Done:
    (scene.template / "terraform.tfstate").unlink()
    return scene.apply()


def _folder_gone(scene: Scene) -> Done:
    shutil.rmtree(scene.template)
    return scene.apply()


def _cloud(scene: Scene) -> Done:
    logs = scene.stage.aws("logs")
    logs.put_retention_policy(logGroupName=MAIL, retentionInDays=90)
    try:
        return scene.apply()
    finally:
        scene.stage.drift()


def _configured(settings: str) -> Callable[[Scene], Done]:
    """The gate's configuration asks for more than when the plan was approved."""

    def act(scene: Scene) -> Done:
        scene.configure(settings)
        return scene.apply()

    return act


def _another_account(scene: Scene) -> Done:
    scene.cold = True
    scene.stage.installation.account_id = "210987654321"
    scene.stage.installation.configure()
    try:
        return scene.apply()
    finally:
        scene.stage.installation.account_id = "123456789012"


def _another_endpoint(scene: Scene) -> Done:
    scene.cold = True
    scene.stage.installation.endpoint = "http://127.0.0.1:9"
    scene.stage.installation.configure()
    return scene.apply()


def _another_environment(scene: Scene) -> Done:
    config = scene.stage.installation.config
    config.write_text(config.read_text().replace('environment = "production"', 'environment = "development"'))
    return scene.apply()


def _another_state(scene: Scene) -> Done:
    state = json.loads((scene.template / "terraform.tfstate").read_text())
    state["serial"] += 1
    (scene.template / "other.tfstate").write_text(json.dumps(state))
    scene.stage.installation.workspaces["shop"]["state"] = "other.tfstate"
    scene.stage.installation.configure()
    scene.cold = True
    try:
        return scene.apply()
    finally:
        del scene.stage.installation.workspaces["shop"]["state"]


def _another_variable(scene: Scene) -> Done:
    scene.cold = True
    scene.stage.installation.workspaces["shop"]["variables"] = {"team": "theirs"}
    scene.stage.installation.configure()
    try:
        return scene.apply()
    finally:
        del scene.stage.installation.workspaces["shop"]["variables"]


def _another_workspace(scene: Scene) -> Done:
    """Terraform's own, as ``terraform workspace select`` leaves it in the template's folder, with the same state."""
    theirs = scene.template / "terraform.tfstate.d" / "theirs"
    theirs.mkdir(parents=True)
    shutil.copy(scene.template / "terraform.tfstate", theirs)
    (scene.template / ".terraform" / "environment").write_text("theirs")
    return scene.apply()


_LOCK = '\nprovider "registry.terraform.io/hashicorp/tls" {\n  version = "4.0.6"\n}\n'
_MOVED = "nothing was written: the template moved since"
_BOTH = "nothing was written: the template, aws_cloudwatch_log_group"

ESTATE = [
    Attack("a resource's argument", _template("main.tf", "\n# only a word\n", more=True), 5, _MOVED),
    Attack("a variable file alone", _template("shop.auto.tfvars", 'greeting = "bye"\n'), 5, _MOVED),
    Attack("another variable file", _template("z.auto.tfvars", 'team = "theirs"\n'), 5, _MOVED),
    Attack("a file that a function reads", _template("page.html", "<p>something else</p>\n"), 5, _MOVED),
    Attack("a module's file", _template("labels/main.tf", 'output "team" {\n  value = "theirs"\n}\n'), 5, _MOVED),
    Attack("a new file", _template("new.tf", "locals {\n  new = true\n}\n"), 5, _MOVED),
    Attack("an override", _template("o_override.tf", 'provider "aws" {\n  region = "eu-west-1"\n}\n'), 5, _BOTH),
    Attack("a large file that is uploaded", _template("release.bin", b"2" * LARGE), 5, _MOVED),
    Attack("a file elsewhere that is uploaded", _template("../build/app.bin", b"2" * 1000), 5, _MOVED),
    Attack("the lock file", _template(".terraform.lock.hcl", _LOCK, more=True), 5, "the provider lock moved since"),
    Attack("another folder in its place", _folder_gone, 1, "does not exist"),
    Attack("the state's lineage", _state(lambda s: s.update(lineage="another")), 5, "the state's lineage moved"),
    Attack("an older state", _state(lambda s: s.update(serial=s["serial"] - 1)), 5, "the state's serial moved"),
    Attack("a newer state", _state(lambda s: s.update(serial=s["serial"] + 1)), 5, "the state's serial moved"),
    Attack("another object under the same serial", _state(_another_object), 5, "in the cloud moved since"),
    Attack("an object forgotten under the same serial", _state(_forgotten), 5, "in the cloud moved since"),
    Attack("no state", _state_gone, 5, "the state's lineage, the state's serial"),
    Attack("the cloud itself", _cloud, 5, "in the cloud moved since"),
    Attack("the account", _another_account, 1, "the credentials belong to account 123456789012"),
    Attack("the endpoint", _another_endpoint, 1, "AWS"),
    Attack("the environment", _another_environment, 4, "environment: workspace shop is not in environment production"),
    Attack("the state's place", _another_state, 5, "the state's serial moved"),
    Attack("a variable of the configuration", _another_variable, 5, _MOVED),
    Attack("another workspace is selected", _another_workspace, 5, _MOVED),
    Attack("more approvals are asked for", _configured("approvals = { medium = 2 }"), 4, "approvals: 1 of 2"),
    Attack("less may be written", _configured("max_changes = 1"), 4, "max_changes: it would write 3 resources"),
    Attack("a freeze has begun", _configured(
        'freeze = [{ cron = "* * * * *", duration = "1h", reason = "sale" }]'), 4, "freeze: "),
]  # fmt: skip
