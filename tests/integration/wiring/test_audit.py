"""The ledger for an auditor: the commands over a real database, and the script that needs none of this program."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from support.inventory_records import at, event, everything, run, workspace_record

from reconciler.cli.main import main
from reconciler.cli.session import Session
from reconciler.gate.chain import Entry
from reconciler.inventory.inventory import Inventory
from reconciler.inventory.ledger import Ledger

SCRIPT = Path(__file__).parents[3] / "docs" / "verify_ledger.py"
CONFIG = """
state_dir = "state"
[database]
url = "{url}"
[environments.production]
account_id = "123456789012"
region = "ap-northeast-2"
[workspaces.production]
environment = "production"
template = "estate"
"""


@dataclass
class Case:
    folder: Path
    url: str
    read: Callable[[], tuple[str, str]]

    def command(self, *arguments: str) -> tuple[int, str, str]:
        code = main(["--config", str(self.folder / "reconciler.toml"), "events", *arguments], Session())
        return (code, *self.read())

    def damage(self, statement: LiteralString) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("ALTER TABLE ledger DISABLE TRIGGER append_only")
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement)

    def anchored(self) -> str:
        code, line, _ = self.command("anchor")
        assert code == 0
        file = self.folder / "anchors"
        with file.open("a", encoding="utf-8") as opened:
            opened.write(line)
        return str(file)

    def script(self, *more: str) -> tuple[int, str]:
        """The export, verified without this program: by another process, in an empty folder."""
        code, lines, _ = self.command("export")
        assert code == 0
        export = self.folder / "export.jsonl"
        export.write_text(lines, "utf-8")
        command = [sys.executable, "-I", "-W", "ignore", str(SCRIPT), str(export), *more]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def case(tmp_path: Path, database_url: str, capfd: pytest.CaptureFixture[str]) -> Case:
    (tmp_path / "reconciler.toml").write_text(CONFIG.format(url=database_url), "utf-8")
    (tmp_path / "reconciler.toml").chmod(0o600)
    inventory = Inventory.open(database_url)
    run(inventory, "one", 0, everything(), workspace_record("b", events=(event("ü"), event("x"))))
    Ledger(database_url).append([Entry(at(1), "odd", "프로덕션", {"odd": "\x00\ud800"})])
    run(inventory, "two", 2, workspace_record(events=(event("y"),)))
    inventory.close()

    def read() -> tuple[str, str]:
        captured = capfd.readouterr()
        return captured.out, captured.err

    return Case(tmp_path, database_url, read)


def test_a_whole_ledger(case: Case) -> None:
    head = Ledger(case.url).head()
    code, out, err = case.command("verify")
    assert (code, out) == (0, f"whole: 4 records over 4 events, up to 4 {head.hash}\n")
    assert "no anchor" in err
    code, out, err = case.command("verify", "--anchor", case.anchored(), "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "whole": True,
        "broken": None,
        "records": 4,
        "events": 4,
        "head": {"sequence": 4, "hash": head.hash},
        "anchors": 1,
    }


def test_a_broken_record_is_named(case: Case) -> None:
    case.damage("UPDATE ledger SET subject = 'c' WHERE sequence = 3")
    assert case.command("verify")[:2] == (1, "broken: record 3: it was altered\n")
    code, out, _ = case.command("verify", "--format", "json")
    told = json.loads(out)
    assert (code, told["whole"], told["broken"]) == (1, False, {"record": 3, "reason": "it was altered"})


def test_a_record_that_another_hand_chained_is_named(case: Case) -> None:
    """Its hash is right, as anybody can make it; a record of a plan, a person or a credential vouches as well."""
    told = {"approved_by": "bob", "digest": "sha256:1", "stamp": "0" * 64, "voucher": "0" * 64}
    Ledger(case.url).append([Entry(at(3), "plan", "5f0c0f4e", told)])
    assert case.command("verify")[:2] == (1, "broken: record 5: another hand wrote it, or what it follows\n")


def test_a_broken_event_is_named(case: Case) -> None:
    case.damage("UPDATE aws_infrastructure_events SET description = 'x' WHERE sequence = 2")
    code, out, _ = case.command("verify", "--format", "json")
    assert code == 1
    assert json.loads(out)["broken"] == {"event": 2, "reason": "it was altered, or slipped in"}


def test_a_cut_end_is_found_by_an_anchor_alone(case: Case) -> None:
    anchors = case.anchored()
    case.damage("DELETE FROM ledger WHERE sequence = 4; DELETE FROM aws_infrastructure_events WHERE sequence = 4")
    assert case.command("verify")[0] == 0
    code, out, _ = case.command("verify", "-a", anchors)
    assert (code, out) == (1, "broken: record 4: it is missing, and so is all up to record 4\n")
    case.anchored()
    assert case.command("verify", "-a", anchors)[0] == 1


def test_a_cut_end_is_found_by_the_host_that_has_seen_it(case: Case) -> None:
    config = ["--config", str(case.folder / "reconciler.toml")]
    assert main([*config, "users", "add", "ann", "--role", "admin"], Session()) == 0
    case.read()
    assert case.command("verify")[0] == 0
    case.damage("DELETE FROM ledger WHERE sequence = 5")
    assert case.command("verify")[:2] == (1, "broken: record 5: it is missing, and so is all up to record 5\n")


def test_an_anchor_that_is_none(case: Case) -> None:
    file = case.folder / "odd"
    for content, words in ((None, "cannot be read"), ("\n", "no anchor"), ("{}", "no anchor")):
        if content is not None:
            file.write_text(content)
        code, out, err = case.command("verify", "--anchor", str(file))
        assert (code, out) == (1, "")
        assert words in err
    anchors = Path(case.anchored())
    anchors.write_text(anchors.read_text().replace('"sequence": 4', '"sequence": 3'))
    code, _, err = case.command("verify", "--anchor", str(anchors))
    assert (code, "the anchor was altered" in err) == (1, True)


def test_an_export_holds_events_before_the_record_that_covers_them(case: Case) -> None:
    code, out, _ = case.command("export")
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [line.get("event") or line["kind"] for line in lines] == [1, "events", 2, 3, "events", "odd", 4, "events"]
    assert lines[5]["subject"] == "프로덕션"


def test_the_script_is_short_and_needs_nothing_of_ours() -> None:
    text = SCRIPT.read_text("utf-8")
    assert len(text.splitlines()) <= 30
    assert {line for line in text.splitlines() if "import" in line} == {"import hashlib", "import json", "import sys"}


def test_the_script_finds_a_whole_ledger_whole(case: Case) -> None:
    code, out = case.script(case.anchored())
    assert (code, out) == (0, f"whole: 4 records, up to {Ledger(case.url).head().hash}\n")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE ledger SET body = replace(body, 'one', 'two') WHERE sequence = 2", "record 2"),
        ("UPDATE ledger SET at = at + interval '1 microsecond' WHERE sequence = 3", "record 3"),
        ("DELETE FROM ledger WHERE sequence = 2", "record 2"),
        ("UPDATE ledger SET sequence = 9 WHERE sequence = 3", "record 3"),
        ("UPDATE ledger SET body = 'x' WHERE sequence = 1", "record 1"),
        ("DELETE FROM ledger WHERE sequence = 4", "1 events after record 3 are in none"),
        (
            "DELETE FROM ledger WHERE sequence = 4; DELETE FROM aws_infrastructure_events WHERE sequence = 4",
            "record 4 is not the one that was anchored",
        ),
        ("UPDATE aws_infrastructure_events SET status = 'failure' WHERE sequence = 3", "an event that record 2 covers"),
        ("DELETE FROM aws_infrastructure_events WHERE sequence = 4", "an event that record 4 covers"),
    ],
)
def test_the_script_finds_what_was_done(case: Case, statement: LiteralString, told: str) -> None:
    anchors = case.anchored()
    case.damage(statement)
    code, out = case.script(anchors)
    assert (code, out) == (1, f"broken: {told}\n")
    assert case.command("verify", "--anchor", anchors)[0] == 1
