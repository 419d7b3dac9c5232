from __future__ import annotations

import json
import stat
import threading
from pathlib import Path

import pytest

from reconciler.drift.values import UNKNOWN
from reconciler.errors import BusyError, TerraformError
from reconciler.terraform.files import (
    Inputs,
    override_backend,
    plugin_cache_lock,
    question,
    read_answer,
    variable_files,
)


def test_values_go_through_a_file_that_is_gone_afterwards(tmp_path: Path) -> None:
    inputs = Inputs((tmp_path / "one.tfvars",), {"password": "hunter2", "zones": ["a", "b"]})
    with variable_files(inputs) as paths:
        assert paths[0] == str(tmp_path / "one.tfvars")
        made = Path(paths[1])
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
        assert json.loads(made.read_text()) == {"password": "hunter2", "zones": ["a", "b"]}
    assert not made.exists()


def test_the_file_is_gone_after_a_fault_too() -> None:
    seen: list[Path] = []

    def fail() -> None:
        with variable_files(Inputs((), {"password": "hunter2"})) as paths:
            seen.append(Path(paths[0]))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert not seen[0].exists()


def test_without_values_there_is_no_file() -> None:
    with variable_files(None) as paths:
        assert paths == []


def test_a_place_that_cannot_be_written_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    with pytest.raises(TerraformError, match="temporary file"), variable_files(Inputs((), {"a": 1})):
        pass


def test_a_question_stands_in_a_file_for_its_time_only(tmp_path: Path) -> None:
    with question(tmp_path, ["<<-EOT\n  x\nEOT\n"], 1.0) as asked:
        text = (tmp_path / "reconciler_probe.tf").read_text()
        assert asked == b"local.reconciler_answer\n"
        assert "q0 = base64encode(nonsensitive(jsonencode(sensitive(\n<<-EOT\n  x\nEOT\n\n    ))))" in text
    assert not (tmp_path / "reconciler_probe.tf").exists()


def test_two_questions_in_one_folder_wait_for_each_other(tmp_path: Path) -> None:
    with question(tmp_path, ["1"], 1.0), pytest.raises(BusyError), question(tmp_path, ["2"], 0.1):
        pass
    with question(tmp_path, ["2"], 0.1):
        assert "2" in (tmp_path / "reconciler_probe.tf").read_text()


def test_the_plugin_cache_is_used_by_one_at_a_time(tmp_path: Path) -> None:
    config = str(tmp_path / "cli.tfrc")
    inside, both = threading.Event(), []

    def other() -> None:
        with plugin_cache_lock(config, 20.0):
            both.append(inside.is_set())

    with plugin_cache_lock(config, 1.0):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(0.3)
        assert both == []
        inside.set()
    thread.join(20)
    assert both == [True]


def test_without_a_configuration_of_ours_there_is_nothing_to_lock() -> None:
    with plugin_cache_lock(None, 0.0):
        assert True


def test_the_backend_of_a_work_copy_is_local(tmp_path: Path) -> None:
    override_backend(tmp_path)
    assert 'backend "local"' in (tmp_path / "reconciler_backend_override.tf").read_text()
    with pytest.raises(TerraformError):
        override_backend(tmp_path / "absent")


def test_an_answer_is_read_after_whatever_was_said_before_it() -> None:
    entries = "".join(f'  "q{number}" = "MQ=="\n' for number in sorted(range(12), key=str) if number != 3)
    output = "Warning: odd\n\n{\n" + entries.replace('  "q4"', '  "q3" = (known after apply)\n  "q4"') + "}\n"
    assert read_answer(output, 12) == [1, 1, 1, UNKNOWN, *[1] * 8]


@pytest.mark.parametrize(
    "output", ["", "(known after apply)", '{\n  "q0" = "MQ=="\n}', '{\n  "q0" = "?"\n  "q1" = "MQ=="\n}']
)
def test_an_answer_that_is_none_is_refused(output: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_answer(output, 2)
