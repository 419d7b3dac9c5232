from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
import typer
from support.application import FakeApplication
from support.reports import in_sync

from reconciler.cli import options
from reconciler.cli.events import since_time
from reconciler.drift.finding import Kind, Severity
from reconciler.drift.report import Depth, Report, Status

from .conftest import Invoke


def test_scan_reports_and_exits_by_the_verdict(invoke: Invoke, application: FakeApplication) -> None:
    done = invoke("scan", "production", "--depth", "static")
    assert application.calls == [("scan", ("production",), Depth.STATIC)]
    assert done.out.startswith("DRIFTED  19 findings: 2 critical")
    assert done.err == ""
    assert done.code == 1  # a workspace could not be scanned at all
    assert application.closed


def test_scan_in_sync_is_0_and_all_of_it_as_json(invoke: Invoke, application: FakeApplication) -> None:
    application.known = in_sync()
    done = invoke("scan", "--format", "json")
    assert application.calls == [("scan", (), Depth.EXACT)]
    assert json.loads(done.out) == in_sync().to_json()
    assert done.code == 0


def test_no_workspace_scanned_yet_is_unknown(invoke: Invoke, application: FakeApplication) -> None:
    application.known = Report(None, ())
    done = invoke("report")
    assert done.out.startswith("UNKNOWN")
    assert done.code == 3


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("r.html", "<!doctype html>"),
        ("r.json", "{"),
        ("r.md", "## "),
        ("r.csv", "workspace,environment,"),
        ("r.sarif", "{"),
        ("r.txt", "DRIFTED"),
    ],
)
def test_a_report_goes_to_a_file_in_the_format_of_its_ending(
    invoke: Invoke, tmp_path: Path, name: str, start: str
) -> None:
    target = tmp_path / name
    done = invoke("report", "--output", target)
    assert target.read_text().startswith(start)
    assert done.out == ""
    assert done.err == f"written to {target}\n"
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_a_file_that_cannot_be_written_is_one_line(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke("report", "--output", tmp_path / "absent" / "r.html")
    assert done.code == 1
    assert done.err.splitlines() == [
        f"error: {tmp_path / 'absent' / 'r.html'} cannot be written: No such file or directory",
        "hint: name another file with --output",
    ]


def test_findings_are_asked_for_and_listed(invoke: Invoke, application: FakeApplication) -> None:
    done = invoke("drift", "list", "--workspace", "production", "--kind", "changed", "--severity", "high")
    assert application.calls == [
        ("findings", {"workspace": "production", "kind": Kind.CHANGED, "severity": Severity.HIGH, "status": None})
    ]
    lines = done.out.splitlines()
    assert lines[0].split()[:3] == ["3c6ef372", "CRITICAL", "changed"]
    assert lines[-1] == "19 findings"
    assert max(map(len, lines)) <= 80
    assert done.code == 0


def test_findings_for_programs_name_their_workspace(invoke: Invoke) -> None:
    done = invoke("drift", "list", "--format", "json", "--status", "open")
    entry = json.loads(done.out)["findings"][0]
    assert entry["workspace"] == "production"
    assert entry["changes"][0]["path"] == "ingress"


def test_a_finding_is_shown_whole(invoke: Invoke) -> None:
    done = invoke("drift", "show", "9e37")
    assert "arn:aws:ec2:ap-northeast-2:123456789012:security-group/sg-0a1b2c3d4e5f60718" in done.out.replace(
        "\n" + " " * 16, ""
    )
    assert "0.0.0.0/0" in done.out
    assert done.code == 0


def test_an_acknowledgement_says_why(invoke: Invoke) -> None:
    done = invoke("drift", "acknowledge", "9e37", "--note", " ")
    assert done.code == 1
    assert "--note" in done.err


def test_a_finding_is_acknowledged_by_the_user_of_the_shell(
    invoke: Invoke, application: FakeApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "minji")
    done = invoke("drift", "acknowledge", "9e37", "--note", "until Friday", "--format", "json")
    assert application.calls[-1][2:] == ("minji", "until Friday")
    assert json.loads(done.out)["status"] == "acknowledged"


def test_events(invoke: Invoke, application: FakeApplication) -> None:
    done = invoke("events", "list", "--type", "drift_detected", "--since", "2026-11-23", "-n", "5")
    assert application.calls == [("events", None, "drift_detected", datetime(2026, 11, 23, tzinfo=UTC), 5)]
    assert "drift_detected" in done.out
    assert "module.app.aws_sqs_queue.jobs[0]" in done.out
    assert json.loads(invoke("events", "list", "--format", "json").out)["events"][0]["details"] == {"changes": 1}


def test_templates(invoke: Invoke, application: FakeApplication, tmp_path: Path) -> None:
    assert "sha256:4f1c9a" in invoke("templates", "list").out
    done = invoke("templates", "restore", "sha256:4f1c9a", tmp_path)
    assert application.calls[-1] == ("restore_template", "sha256:4f1c9a", tmp_path)
    assert done.out == f"{tmp_path}/main.tf\n"
    assert done.err == "not kept: big.zip: larger than 5 MB\n"


def _ids(application: FakeApplication) -> tuple[str, str]:
    """A finding that the template declares, and one that it does not."""
    known = [each for workspace in application.known.workspaces for each in workspace.findings]
    declared = next(each for each in known if each.finding.address)
    return declared.id, next(each for each in known if not each.finding.address).id


def test_what_is_adopted_is_printed_and_what_is_not_is_said_beside_it(
    invoke: Invoke, application: FakeApplication
) -> None:
    declared, foreign = _ids(application)
    done = invoke("adopt", declared, foreign, declared)
    assert done.code == 4
    assert done.out == "--- a/main.tf\n+++ b/main.tf\n@@ -1 +1 @@\n-a = 1\n+a = 2\n\nnew\n"
    assert done.err == "not adopted: aws_sqs_queue.a b: why\nhint: so\n"
    assert application.calls[-1] == ("adopt", (declared, foreign))
    assert (invoke("adopt", foreign).code, invoke("adopt", foreign).err) == (0, "")


def test_what_is_adopted_as_json(invoke: Invoke, application: FakeApplication) -> None:
    declared, foreign = _ids(application)
    first, second = json.loads(invoke("adopt", declared, foreign, "--format", "json").out)["adoptions"]
    assert (first["finding"], first["hcl"], first["file"]) == (declared, None, "main.tf")
    assert first["patch"].startswith("--- a/main.tf\n")
    assert first["left"] == [{"path": "b", "reason": "why", "hint": "so"}]
    assert (second["patch"], second["hcl"], second["left"]) == (None, "new\n", [])


def test_what_is_adopted_is_written_only_where_that_is_asked_for(
    invoke: Invoke, application: FakeApplication, tmp_path: Path
) -> None:
    _, foreign = _ids(application)
    assert "put_down" not in [call[0] for call in application.calls]
    done = invoke("adopt", foreign, "--out", tmp_path)
    assert application.calls[-1] == ("put_down", 1, tmp_path)
    assert (done.out, done.err) == ("", f"written: {tmp_path}/adopted.tf\n")
    assert invoke("adopt", foreign, "--write").err == "written: template/adopted.tf\n"
    assert application.calls[-1] == ("put_down", 1, None)
    assert invoke("adopt", foreign, "--write", "--out", tmp_path).code == 1


def test_database(invoke: Invoke) -> None:
    assert invoke("db", "migrate").out == "applied 0002\n"
    assert invoke("db", "status").out.splitlines() == ["current 0001", "head    0002", "pending 0002"]
    assert json.loads(invoke("db", "status", "--format", "json").out)["pending"] == ["0002"]


def test_doctor_fails_where_a_check_failed(invoke: Invoke, application: FakeApplication) -> None:
    done = invoke("doctor")
    assert done.out.splitlines() == [
        "ok       terraform: Terraform 1.11.4",
        "failed   production: state: not readable",
        "         mend: check the backend block",
    ]
    assert done.code == 1
    application.found = application.found[:1]
    assert invoke("doctor", "--format", "json").code == 0


def test_the_words_of_options_are_the_cores() -> None:
    assert get_args(options.DepthWord) == tuple(Depth)
    assert get_args(options.KindWord) == tuple(Kind)
    assert get_args(options.SeverityWord) == tuple(Severity)
    assert get_args(options.StatusWord) == tuple(Status)


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("24h", NOW - timedelta(days=1)),
        ("2w", NOW - timedelta(days=14)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T08:00+09:00", datetime(2026, 10, 31, 23, tzinfo=UTC)),
    ],
)
def test_since(text: str, expected: datetime) -> None:
    assert since_time(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "soon", "5", "5y", "999999w", "2026-13-01"])
def test_since_what(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        since_time(text, NOW)


@pytest.mark.parametrize("command", [(), ("demo",), ("db",), ("drift", "list")])
def test_help_shows_no_type_beside_a_flag(invoke: Invoke, command: tuple[str, ...]) -> None:
    text = invoke(*command, "--help").out
    assert "--help" in text
    assert "<bool>" not in text


def test_help_flows_and_keeps_its_examples(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = [line.strip() for line in invoke("plan", "--help").out.splitlines()]
    at = text.index("Terraform plans the whole workspace, or the resources of the named findings")
    assert text[at + 1] == "alone. The plan is kept, sealed; what it would do is shown, and first of all"
    assert "reconciler plan production --finding 3f2a9c1e --adopt" in text


def test_help_shows_what_an_option_takes(invoke: Invoke) -> None:
    assert "<table|json>" in invoke("events", "list", "--help").out
