from __future__ import annotations

import logging
from pathlib import Path

import pytest

from reconciler.terraform.arguments import FLAG, arguments


def test_options_are_written_as_terraform_wants_them() -> None:
    options = {"json": FLAG, "input": False, "no_color": FLAG, "var_file": ["a b.tfvars", 'c"d'], "parallelism": None}
    assert arguments("tf", "plan", options, ["x.plan"]) == [
        "tf",
        "plan",
        "-json",
        "-input=false",
        "-no-color",
        "-var-file=a b.tfvars",
        '-var-file=c"d',
        "x.plan",
    ]


def test_a_command_of_two_words_is_two_arguments() -> None:
    assert arguments("/bin/tofu", "state pull") == ["/bin/tofu", "state", "pull"]


def test_an_operand_cannot_become_an_option() -> None:
    with pytest.raises(ValueError, match="dash"):
        arguments("tf", "apply", {}, ["-destroy"])


def test_no_state_is_loaded_and_nothing_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "terraform.tfstate").write_text("no state at all")
    with caplog.at_level(logging.DEBUG):
        assert arguments("tf", "version") == ["tf", "version"]
    assert caplog.records == []
