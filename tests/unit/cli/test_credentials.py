from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from support.application import FakeApplication
from support.vault import ACCOUNT, KEY, NEXT_KEY, ROLE, logins_in_memory

from reconciler.errors import VaultError
from reconciler.gate.refusal import Refusal
from reconciler.vault.sessions import Identity
from reconciler.wiring.logins import Logins
from reconciler.workflows.rekey import Left, Rekeyed

from .conftest import Invoke

LINES = f"{KEY.id}\n{KEY.secret}\n"
PRINTED = json.dumps({"AccessKey": {"UserName": "ci", "AccessKeyId": KEY.id, "SecretAccessKey": KEY.secret}})
ADD = ("credentials", "add", "ci", "--account-id", ACCOUNT)


@pytest.fixture
def logins(application: FakeApplication, tmp_path: Path) -> Logins:
    application.logins = logins_in_memory(tmp_path)
    return application.logins


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``typed(text)`` puts a text on stdin."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def opened(logins: Logins, column: str) -> str:
    row = logins.rows.one("ci")
    return logins.keys.open_credential(row.id, column, getattr(row, column))


@pytest.mark.parametrize("given", [LINES, f"\n  {KEY.id}\r\n{KEY.secret}", PRINTED, f" {PRINTED}\n"])
def test_keys_come_from_stdin_as_lines_or_as_aws_prints_them(
    invoke: Invoke, logins: Logins, typed: Any, given: str
) -> None:
    typed(given)
    done = invoke(*ADD, "--type", "iam_user")
    assert (done.code, done.out) == (0, "")
    assert "reconciler credentials test ci" in done.err
    assert opened(logins, "access_key_id") == KEY.id
    assert opened(logins, "secret_access_key") == KEY.secret


@pytest.mark.parametrize("external", ["-", "ext"])
def test_a_role_with_an_external_id_and_a_users_keys(invoke: Invoke, logins: Logins, typed: Any, external: str) -> None:
    typed(LINES + "ext\n")
    arguments = ("--type", "assume_role", "--role-arn", ROLE, "--external-id", external, "--with-keys", "--days", "9")
    assert invoke(*ADD, *arguments).code == 0
    assert opened(logins, "external_id") == "ext"
    assert opened(logins, "secret_access_key") == KEY.secret
    assert logins.rows.one("ci").expires_at is not None


def test_what_needs_no_secret_reads_nothing(invoke: Invoke, logins: Logins, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert invoke(*ADD, "--type", "iam_role").code == 0
    assert logins.rows.one("ci").access_key_id is None


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("", "the access key id is missing"),
        (f"{KEY.id}\n", "the secret access key is missing"),
        ("{}", "the access key id is missing"),
        ('{"canary', "neither lines nor the JSON"),
        ('{"AccessKey": ["canary"]}', "neither lines nor the JSON"),
        ("canary\ncanary\n", "is not one that AWS makes"),
    ],
)
@pytest.mark.parametrize("verb", ["add", "rotate"])
def test_what_is_no_key_is_told_and_not_shown(
    invoke: Invoke, logins: Logins, typed: Any, given: str, what: str, verb: str
) -> None:
    typed(given)
    done = invoke(*ADD, "--type", "iam_user") if verb == "add" else invoke("credentials", "rotate", "ci")
    assert done.code == 1
    assert what in done.err
    assert "canary" not in done.out + done.err
    assert logins.rows.all() == []


@pytest.fixture
def kept(invoke: Invoke, logins: Logins, typed: Any) -> Logins:
    typed(LINES)
    assert invoke(*ADD, "--type", "iam_user", "--alias", "acme").code == 0
    assert invoke("credentials", "add", "host", "--account-id", ACCOUNT, "--type", "iam_role").code == 0
    return logins


def test_the_list_shows_no_more_than_the_end_of_a_keys_id(invoke: Invoke, kept: Logins) -> None:
    table, listed = invoke("credentials", "list").out, json.loads(invoke("credentials", "list", "--format", "json").out)
    assert table.splitlines()[:2] == [
        "ci  123456789012 (acme)  iam_user",
        "    key ****MPLE, for no environment, never used",
    ]
    assert all(len(line) <= 80 for line in table.splitlines())
    first, second = listed["credentials"]
    assert (first["name"], first["access_key_id"], first["type"], first["active"]) == (
        "ci",
        "****MPLE",
        "iam_user",
        True,
    )
    assert (second["name"], second["access_key_id"], second["environments"]) == ("host", None, [])
    for text in (table, json.dumps(listed)):
        assert KEY.id not in text
        assert KEY.secret not in text


def test_an_empty_list_says_how_to_begin(invoke: Invoke, logins: Logins) -> None:
    assert invoke("credentials", "list").out.startswith("none yet: reconciler credentials add NAME")


@pytest.mark.parametrize("command", [("disable", "ci"), ("enable", "ci"), ("rotate", "ci"), ("add", "x")])
def test_who_is_no_admin_changes_nothing(
    invoke: Invoke, application: FakeApplication, kept: Logins, typed: Any, command: tuple[str, ...]
) -> None:
    typed(LINES)
    before = [each.row for each in kept.all()]
    application.admin = Refusal("role", "bob is approver")
    more = ("--type", "iam_user", "--account-id", "123456789012") if command[0] == "add" else ()
    done = invoke("credentials", *command, *more)
    assert (done.code, done.out) == (4, "")
    assert done.err == "refused: role: bob is approver\n"
    assert [each.row for each in kept.all()] == before


def test_disabled_is_shown_and_can_be_undone(invoke: Invoke, kept: Logins) -> None:
    assert invoke("credentials", "disable", "ci").code == 0
    assert "ci  123456789012 (acme)  iam_user  disabled" in invoke("credentials", "list").out
    assert invoke("credentials", "enable", "ci").code == 0
    assert "disabled" not in invoke("credentials", "list").out


def test_a_rotation_asks_aws_unless_it_is_told_not_to(
    invoke: Invoke, kept: Logins, typed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mock stands for the question to AWS."""
    asked = []

    def confirmed(self: Logins, row: Any, own: Any) -> None:
        asked.append(row.name)

    monkeypatch.setattr(Logins, "_confirmed", confirmed)
    for arguments, expected in (((), ["ci"]), (("--no-test",), ["ci"])):
        typed(f"{NEXT_KEY.id}\n{NEXT_KEY.secret}\n")
        assert invoke("credentials", "rotate", "ci", *arguments).code == 0
        assert asked == expected
    assert opened(kept, "secret_access_key") == NEXT_KEY.secret


def test_whose_it_is_with_a_mock_of_sts(invoke: Invoke, kept: Logins, monkeypatch: pytest.MonkeyPatch) -> None:
    who = Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ci")
    monkeypatch.setattr(Logins, "test", lambda self, name: who)
    assert invoke("credentials", "test", "ci").out == f"ci: account {ACCOUNT}, {who.arn}\n"
    found = json.loads(invoke("credentials", "test", "ci", "--format", "json").out)
    assert found == {"name": "ci", "account_id": ACCOUNT, "arn": who.arn}


def test_a_name_that_nobody_has(invoke: Invoke, logins: Logins) -> None:
    done = invoke("credentials", "disable", "nobody")
    assert done.code == 1
    assert done.err.splitlines() == [
        "error: there is no credential called nobody",
        "hint: see `reconciler credentials list`",
    ]


class FakeVault:
    """What is due, and what is left when it is sealed anew."""

    def __init__(self, logins: Logins, due: dict[str, int], *left: Left) -> None:
        self.keys, self._due, self._left = logins.keys, due, list(left)

    def due(self) -> dict[str, int]:
        return self._due

    def rekey(self, progress: Any) -> Rekeyed:
        progress.phase("", "plans", 1)
        return Rekeyed(self._due, self._left)


def test_the_vaults_status(invoke: Invoke, application: FakeApplication, logins: Logins) -> None:
    key = logins.keys.master.id
    application.vault = FakeVault(logins, {"plans": 2, "iac_templates": 0})
    assert invoke("vault", "status").out == f"current {key}\ndue     plans: 2\n"
    found = json.loads(invoke("vault", "status", "--format", "json").out)
    assert found == {"current": key, "older": [], "due": {"plans": 2, "iac_templates": 0}}
    application.vault = FakeVault(logins, {"plans": 0})
    assert invoke("vault", "status").out == f"current {key}\nall is sealed with the current key\n"


def test_a_rekey_says_what_it_did_and_what_it_left(
    invoke: Invoke, application: FakeApplication, logins: Logins
) -> None:
    key = logins.keys.master.id
    application.vault = FakeVault(logins, {"plans": 2, "iac_templates": 0})
    done = invoke("vault", "rekey")
    assert (done.code, done.out) == (0, f"plans: 2\nall is sealed with key {key}\n")
    application.vault = FakeVault(logins, {"plans": 1}, Left("plans", "7", VaultError("it does not open")))
    done = invoke("vault", "rekey")
    assert (done.code, done.out, done.err) == (1, "plans: 1\n", "error: plans, row 7: it does not open\n")
    found = json.loads(invoke("vault", "rekey", "--format", "json").out)
    assert found["left"] == [{"table": "plans", "row": "7", "reason": "it does not open"}]
