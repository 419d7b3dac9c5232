"""The command against a stand-in that answers as it is told: what Terraform can do wrong is not easily had from it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.errors import TerraformError
from reconciler.terraform.cli import Terraform, TerraformVersion, Timeouts
from reconciler.terraform.files import Inputs
from reconciler.terraform.versions import Version

Make = Callable[..., Terraform]


@pytest.fixture
def stand_in(tmp_path: Path) -> Make:
    """``stand_in(out=…, err=…, code=…)`` is a terraform that says so and writes its arguments to ``argv.json``."""

    def make(*, out: str = "", err: str = "", code: int = 0, name: str = "terraform") -> Terraform:
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / name
        program.write_text(
            f"#!{sys.executable} -S\n"
            "import json, os, sys\n"
            f"open({str(tmp_path / 'argv.json')!r}, 'w').write(json.dumps([sys.argv[1:], dict(os.environ)]))\n"
            f"sys.stdout.write({out!r}); sys.stderr.write({err!r}); sys.exit({code})\n"
        )
        program.chmod(0o755)
        return Terraform(name, {"PATH": str(folder), "PYTHONUTF8": "1"}, timeouts=Timeouts(quick=20, plan=20))

    return make


def _called(tmp_path: Path) -> tuple[list[str], dict[str, str]]:
    argv, env = json.loads((tmp_path / "argv.json").read_text())
    return argv, env


def test_a_program_that_is_not_there_is_an_error_with_a_mend(tmp_path: Path) -> None:
    with pytest.raises(TerraformError) as caught:
        Terraform("terraform", {"PATH": str(tmp_path)})
    assert "'terraform' is not found" in str(caught.value)
    assert caught.value.hint is not None
    assert "[terraform] binary" in caught.value.hint


@pytest.mark.parametrize(("name", "product"), [("terraform", "terraform"), ("tofu", "tofu")])
def test_the_version_is_read(stand_in: Make, name: str, product: str) -> None:
    terraform = stand_in(out='{"terraform_version": "1.9.3", "platform": "linux_amd64"}', name=name)
    assert terraform.version() == TerraformVersion(product, Version.parse("1.9.3"), "linux_amd64")


def test_a_version_that_is_too_old_is_an_error(stand_in: Make) -> None:
    with pytest.raises(TerraformError) as caught:
        stand_in(out='{"terraform_version": "0.12.31"}').version()
    assert str(caught.value) == "terraform 0.12.31 is too old"


@pytest.mark.parametrize("out", ["", "Terraform v1.9", "[]", '{"terraform_version": "new"}', '{"version": "1.9.0"}'])
def test_a_program_that_is_no_terraform_is_an_error(stand_in: Make, out: str) -> None:
    with pytest.raises(TerraformError, match="does not answer as Terraform does"):
        stand_in(out=out).version()


def test_a_plan_tells_whether_there_is_something_to_do(stand_in: Make, tmp_path: Path) -> None:
    terraform = stand_in(out='{"type": "planned_change"}\nnoise\n', code=2)
    seen: list[object] = []
    assert terraform.plan(tmp_path, tmp_path / "p", on_event=seen.append)
    assert seen == [{"type": "planned_change"}]
    argv, _ = _called(tmp_path)
    assert argv == [
        "plan",
        "-json",
        "-input=false",
        "-no-color",
        "-detailed-exitcode",
        "-lock=false",
        f"-out={tmp_path / 'p'}",
    ]


def test_no_value_is_ever_an_argument_or_in_the_environment(stand_in: Make, tmp_path: Path) -> None:
    terraform = stand_in()
    terraform.apply(tmp_path, inputs=Inputs((), {"password": "hunter2"}))
    argv, env = _called(tmp_path)
    assert "hunter2" not in json.dumps([argv, env])
    (path,) = [argument for argument in argv if argument.startswith("-var-file=")]
    assert not Path(path.removeprefix("-var-file=")).exists()


def test_the_first_error_among_the_lines_becomes_ours(stand_in: Make, tmp_path: Path) -> None:
    (tmp_path / "main.tf").touch()
    error = {
        "severity": "error",
        "summary": "No value for required variable",
        "range": {"filename": "main.tf", "start": {"line": 4, "column": 1}},
    }
    other = {"severity": "error", "summary": "Another"}
    lines = "".join(json.dumps({"type": "diagnostic", "diagnostic": one}) + "\n" for one in (error, other))
    with pytest.raises(TerraformError) as caught:
        stand_in(out=lines, code=1).plan(tmp_path, tmp_path / "p")
    assert str(caught.value) == f"{tmp_path / 'main.tf'}:4:1: terraform plan failed: No value for required variable"
    assert caught.value.hint == "give it under the workspace's variables or var_files"


@pytest.mark.parametrize(
    ("err", "code", "said"),
    [
        ("╷\n│ Error: Module not installed\n╵\n", 1, "Module not installed"),
        ("panic: runtime error\ngoroutine 1\n", 2, "goroutine 1"),
        ("", 3, "exit code 3"),
    ],
)
def test_what_it_writes_to_stderr_is_told_in_a_line(
    stand_in: Make, tmp_path: Path, err: str, code: int, said: str
) -> None:
    with pytest.raises(TerraformError) as caught:
        stand_in(err=err, code=code).init(tmp_path)
    assert str(caught.value) == f"terraform init failed: {said}"
    assert caught.value.hint is not None


def test_a_data_folder_is_passed_on(stand_in: Make, tmp_path: Path) -> None:
    terraform = stand_in(out="{}")
    assert terraform.pull_state(tmp_path, data_dir=tmp_path / "data") == b"{}"
    argv, env = _called(tmp_path)
    assert argv == ["state", "pull"]
    assert env["TF_DATA_DIR"] == str(tmp_path / "data")


@pytest.mark.parametrize("out", ["", "{", "[]"])
def test_a_plan_that_is_shown_as_nonsense_is_an_error(stand_in: Make, tmp_path: Path, out: str) -> None:
    with pytest.raises(TerraformError):
        stand_in(out=out).show_json(tmp_path, tmp_path / "p")


def test_an_apply_of_a_plan_takes_no_variables(stand_in: Make, tmp_path: Path) -> None:
    terraform = stand_in()
    terraform.apply(tmp_path, tmp_path / "p", Inputs((tmp_path / "x.tfvars",)))
    argv, _ = _called(tmp_path)
    assert argv == ["apply", "-json", "-input=false", "-no-color", "-auto-approve", str(tmp_path / "p")]


def test_a_destroy_is_asked_for_in_todays_words(stand_in: Make, tmp_path: Path) -> None:
    terraform = stand_in()
    terraform.destroy(tmp_path)
    argv, _ = _called(tmp_path)
    assert argv == ["destroy", "-json", "-input=false", "-no-color", "-auto-approve"]


@pytest.mark.parametrize("out", ['"bm90IGpzb24="', "nonsense", ""])
def test_a_console_that_answers_nonsense_is_an_error(stand_in: Make, tmp_path: Path, out: str) -> None:
    data = tmp_path / ".terraform"
    data.mkdir()
    (data / "terraform.tfstate").touch()
    with pytest.raises(TerraformError):
        stand_in(out=out).console(tmp_path, {"b": "local.b"})


def test_nothing_asked_is_nothing_run(stand_in: Make, tmp_path: Path) -> None:
    assert stand_in(code=1).console(tmp_path, {}) == {}
