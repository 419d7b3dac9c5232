"""What Terraform's JSON of a plan says beside the changes themselves."""

from __future__ import annotations

from typing import Any

import pytest
from support.fixing import World

from reconciler.errors import TerraformError
from reconciler.gate.proposal import PlannedChange

LOCAL, REMOTE = {"type": "local-exec", "expressions": {}}, {"type": "remote-exec", "expressions": {}}
CONFIGURATION = {
    "root_module": {
        "resources": [
            {"address": "aws_a.plain"},
            {"address": "aws_a.b", "provisioners": [LOCAL, LOCAL, REMOTE]},
        ],
        "module_calls": {
            "outer": {
                "module": {
                    "resources": [{"address": "aws_a.b", "provisioners": [REMOTE]}],
                    "module_calls": {
                        "inner": {"module": {"resources": [{"address": "aws_a.b", "provisioners": [LOCAL]}]}}
                    },
                }
            },
            "gone": {},
        },
    }
}


def changed(address: str, *actions: str, **more: Any) -> PlannedChange:
    side = {"id": "x"}
    entry = {"address": address, "mode": "managed", "type": "aws_a", **more}
    entry["change"] = {"actions": list(actions), "before": side, "after": side}
    [change] = World().workspace().changes({"resource_changes": [entry], "configuration": CONFIGURATION})
    return change


@pytest.mark.parametrize(
    ("address", "runs"),
    [
        ("aws_a.plain", ()),
        ("aws_a.b", ("local-exec", "remote-exec")),
        ('aws_a.b["x.y"]', ("local-exec", "remote-exec")),
        ('module.outer["a"].aws_a.b[0]', ("remote-exec",)),
        ('module.outer[0].module.inner["]."].aws_a.b', ("local-exec",)),
        ("module.other.aws_a.b", ()),
    ],
)
@pytest.mark.parametrize("actions", [("create",), ("delete",), ("delete", "create")])
def test_the_provisioners_that_run_are_told(address: str, actions: tuple[str, ...], runs: tuple[str, ...]) -> None:
    assert changed(address, *actions).runs == runs


def test_they_run_neither_with_an_update_nor_with_an_import() -> None:
    assert changed("aws_a.b", "update").runs == ()
    assert changed("aws_a.b", "forget").runs == ()


def test_a_configuration_of_another_form_is_no_plan() -> None:
    for configuration in ([], {"root_module": {"resources": [{"provisioners": [1]}]}}):
        with pytest.raises(TerraformError, match="not of a form"):
            World().workspace().changes({"resource_changes": [], "configuration": configuration})
