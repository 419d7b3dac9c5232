"""Named credentials and a new master key, by the installed command: who sees which secret, and what a kill leaves."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from support.canaries import Search, Seen, canary, watching
from support.command import COMMAND, Done, Installation
from support.deadline import eventually
from support.inventory_records import run as write_pass
from support.inventory_records import workspace_record
from support.plans import proposal
from support.shop import Shop
from support.vault import ACCOUNT, KEY, keys_of, new_key

from reconciler.drift.record import TemplateVersion
from reconciler.inventory.credentials import Credentials
from reconciler.inventory.inventory import Inventory
from reconciler.inventory.plans import Plans
from reconciler.inventory.rows import CredentialRow, CredentialType
from reconciler.inventory.sealed import TemplateContents, VaultSecrets
from reconciler.settings import Settings
from reconciler.vault.seal import Place
from reconciler.wiring.keys import Keys
from reconciler.wiring.logins import Logins

ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
IDS = {"read": "AKIAREADREADREADREAD", "apply": "AKIAAPPLYAPPLYAPPLYA", "next": "AKIANEXTNEXTNEXTNEXT"}
PLACES = ("read", "apply", "next", "external", "daemon", "typed")


def secret(place: str) -> str:
    """The canary of a place."""
    return canary(f"vault-{place}")


def feed(installation: Installation, text: str, *arguments: str, env: Mapping[str, str]) -> Done:
    """Run a command with a text on its stdin."""
    done = subprocess.run(
        [COMMAND, "--config", installation.config, *arguments],
        cwd=installation.folder,
        env=installation.environment(**env),
        input=text.encode(),
        capture_output=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass
class Evidence:
    """What the commands said, what their children saw, and what they left behind."""

    shop: Shop
    search: Search
    env: dict[str, str]
    done: dict[str, Done] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)

    def run(self, name: str, *arguments: str, text: str | None = None, **more: str) -> Done:
        env = {**self.env, **more}
        installation = self.shop.installation
        if text is None:
            done = installation.run("--log-level", "debug", *arguments, env=env, timeout=300)
        else:
            done = feed(installation, text, "--log-level", "debug", *arguments, env=env)
        self.done[name] = done
        return done

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        with watching(self.search) as self.seen[name]:
            yield


@pytest.fixture
def evidence(open_shop: Callable[..., Shop], database_url: str, tmp_path: Path) -> Evidence:
    shop = open_shop(database=database_url)
    old = new_key(tmp_path / "old-key")
    secrets: dict[str, str | bytes] = {place: secret(place) for place in PLACES}
    secrets["old-key"] = old.read_bytes()
    env = {
        "AWS_ACCESS_KEY_ID": "daemons",
        "AWS_SECRET_ACCESS_KEY": secret("daemon"),
        "RECONCILER_VAULT__KEY_FILE": str(old),
        "RECONCILER_ENVIRONMENTS__PRODUCTION__CREDENTIAL": "read",
        "RECONCILER_ENVIRONMENTS__PRODUCTION__APPLY_CREDENTIAL": "apply",
    }
    return Evidence(shop, Search(secrets), env)


def _key(name: str) -> str:
    return f"{IDS[name]}\n{secret(name)}\n"


def test_who_sees_which_secret(evidence: Evidence, tmp_path: Path) -> None:
    with evidence.phase("keeping"):
        _keep(evidence)
    with evidence.phase("reading"):
        assert evidence.run("first scan", "scan").code == 0, evidence.done["first scan"]
        evidence.shop.aws("logs").put_retention_policy(logGroupName="/shop/mail", retentionInDays=365)
        assert evidence.run("scan", "scan").code == 2, evidence.done["scan"]
        plan = evidence.run("plan", "plan", "shop", "--format", "json", RECONCILER_TOKEN=evidence.done["ann"].out)
        assert plan.code == 0, plan.err
        approve = ("approve", plan.json["id"], "--digest", plan.json["digest"])
        assert evidence.run("approve", *approve, RECONCILER_TOKEN=evidence.done["bob"].out).code == 0
        assert evidence.run("doctor", "doctor").code == 0, evidence.done["doctor"].out
        assert f"credentials of production, to apply: account {ACCOUNT}" in evidence.done["doctor"].out
    with evidence.phase("applying"):
        apply = ("apply", plan.json["id"], "--format", "json")
        applied = evidence.run("apply", *apply, RECONCILER_TOKEN=evidence.done["ann"].out)
        assert (applied.code, applied.json["status"]) == (0, "applied"), applied
    with evidence.phase("rotating"):
        _rotate(evidence, tmp_path)
    _assert_children(evidence)
    found = {name: evidence.search.found((done.out + done.err).encode()) for name, done in evidence.done.items()}
    assert {name: places for name, places in found.items() if places} == {}
    _assert_nothing_kept(evidence)


def _keep(evidence: Evidence) -> None:
    assert evidence.run("migrate", "db", "migrate").code == 0
    account = ("--account-id", ACCOUNT)
    role = ("--type", "assume_role", "--role-arn", ROLE, "--with-keys", "--external-id", "-")
    added = evidence.run(
        "add read", "credentials", "add", "read", *account, *role, text=f"{_key('read')}{secret('external')}\n"
    )
    assert added.code == 0, added.err
    user = ("credentials", "add", "apply", *account, "--type", "iam_user")
    assert evidence.run("add apply", *user, text=_key("apply")).code == 0
    for name in ("read", "apply"):
        assert evidence.run(f"test {name}", "credentials", "test", name).code == 0
    for form in ("table", "json"):
        assert evidence.run(f"list {form}", "credentials", "list", "--format", form).code == 0
    assert evidence.run("ann", "users", "add", "ann", "--role", "admin", RECONCILER_TOKEN="").code == 0
    ann = evidence.done["ann"].out
    assert evidence.run("bob", "users", "add", "bob", "--role", "approver", RECONCILER_TOKEN=ann).code == 0
    bob = evidence.done["bob"].out
    assert evidence.run("not his", "credentials", "disable", "apply", RECONCILER_TOKEN=bob).code == 4
    evidence.env["RECONCILER_TOKEN"] = ann


def _rotate(evidence: Evidence, tmp_path: Path) -> None:
    assert evidence.run("rotate", "credentials", "rotate", "apply", text=_key("next")).code == 0
    # What `aws` would print goes wrong in the middle: nothing of it is told.
    assert evidence.run("torn", "credentials", "rotate", "apply", text=f'{{"AccessKey": "{secret("next")}').code == 1
    new = new_key(tmp_path / "new-key")
    evidence.env["RECONCILER_VAULT__OLDER_KEY_FILES"] = json.dumps([evidence.env["RECONCILER_VAULT__KEY_FILE"]])
    evidence.env["RECONCILER_VAULT__KEY_FILE"] = str(new)
    assert evidence.run("rekey", "vault", "rekey", "--format", "json").code == 0
    assert evidence.done["rekey"].json["done"] == {
        "aws_credentials": 2,
        "iac_templates": 1,
        "plans": 1,
        "vault_secrets": 1,
    }
    del evidence.env["RECONCILER_VAULT__OLDER_KEY_FILES"]
    assert evidence.run("status", "vault", "status").code == 0
    assert evidence.done["status"].out.endswith("all is sealed with the current key\n")
    # The old key is gone; tokens, stamps, credentials and digests are as they were: nothing looks changed.
    assert evidence.run("last scan", "scan").code == 0, evidence.done["last scan"]
    assert evidence.run("test again", "credentials", "test", "apply").code == 0
    show = ("plans", "list", "--format", "json")
    assert evidence.run("plans", *show, RECONCILER_TOKEN=evidence.done["bob"].out).code == 0
    assert evidence.run("disable", "credentials", "disable", "read").code == 0
    refused = evidence.run("disabled", "scan")
    assert refused.code != 0
    assert "credential read is disabled" in refused.out + refused.err


def _assert_children(evidence: Evidence) -> None:
    for name, seen in evidence.seen.items():
        assert {program: places for program, places in seen.arguments.items() if places} == {}, name
        # The command itself was given its caller's environment.
        seen.environments.pop("reconciler", None)
    assert set().union(*evidence.seen["keeping"].environments.values(), set()) == set()
    reading = evidence.seen["reading"].environments
    assert {"provider", "terraform"} <= reading.keys()
    # A role's own temporary keys are what children get: neither the user's that assume it, nor the daemon's.
    assert set().union(*reading.values()) == set()
    applying = evidence.seen["applying"].environments
    assert applying["terraform"] == {"apply"}
    assert applying["provider"] == set()
    assert set().union(*evidence.seen["rotating"].environments.values()) == set()


def _assert_nothing_kept(evidence: Evidence) -> None:
    """Neither in rows, nor in the database's own files, nor in the state directory."""
    kept = {}
    with psycopg.connect(evidence.shop.installation.database or "", autocommit=True) as database:
        database.execute("CHECKPOINT")
        ((server,),) = database.execute("SHOW data_directory").fetchall()
        names = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            query = sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(name))
            kept[name] = "\n".join(row for (row,) in database.execute(query)).encode()
    assert b"sealed:v1:" in kept["aws_credentials"]
    for folder in (evidence.shop.installation.folder, Path(server)):
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.name != "old-key":
                kept[str(path)] = path.read_bytes()
    found = {name: evidence.search.found(data) for name, data in kept.items()}
    assert {name: places for name, places in found.items() if places} == {}


def test_a_foreign_account_stops_everything_before_anything_is_asked(evidence: Evidence) -> None:
    """The scan meets it, and says so; nobody's resources are read with it, or called deleted."""
    evidence.run("migrate", "db", "migrate")
    role = "arn:aws:iam::210987654321:role/foreign"
    more = ("--type", "assume_role", "--account-id", ACCOUNT, "--role-arn", role, "--with-keys")
    assert evidence.run("add", "credentials", "add", "read", *more, text=_key("read")).code == 0
    done = evidence.run("scan", "scan", "--format", "json")
    assert done.code == 1
    shop = done.workspaces["shop"]
    assert "AWS says it is of 210987654321" in shop["error"]["message"]
    assert shop["findings"] == []
    assert evidence.run("test", "credentials", "test", "read").code == 1


def test_at_a_terminal_keys_are_asked_for_without_an_echo(evidence: Evidence) -> None:
    evidence.run("migrate", "db", "migrate")
    installation = evidence.shop.installation
    ours, theirs = pty.openpty()
    command = [COMMAND, "--config", installation.config, "credentials", "add", "typed", "--account-id", ACCOUNT]
    child = subprocess.Popen(
        [*command, "--type", "iam_user"],
        cwd=installation.folder,
        env=installation.environment(**evidence.env),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    for prompt, answer in ((b"Access key id: ", IDS["read"]), (b"Secret access key: ", secret("typed"))):
        while not shown.endswith(prompt):
            shown += os.read(ours, 1)
        os.write(ours, f"{answer}\n".encode())
    while True:
        try:
            shown += os.read(ours, 1024)
        except OSError:  # its end has been closed
            break
    os.close(ours)
    assert child.wait(60) == 0, shown
    assert evidence.search.found(shown) == set()
    assert IDS["read"].encode() not in shown
    assert b"credential typed is kept" in shown


ROWS = 300


@dataclass
class Stock:
    """A database with much that is sealed under an older key."""

    url: str
    old: Path
    new: Path
    state_dir: Path
    plan_ids: list[str] = field(default_factory=list)

    def keys(self, *older: Path, current: Path) -> Keys:
        keys = keys_of(self.state_dir, key_file=current, older_key_files=older)
        return replace(keys, keep=VaultSecrets(self.url).keep)

    def fill(self) -> None:
        keys = self.keys(current=self.old)
        inventory = Inventory.open(self.url)
        for number in range(ROWS):
            version = f"sha256:{number}"
            sealed = keys.sealer.seal(b'{"main.tf":"%d"}' % number, Place("iac_templates", f"shop {version}", _CONTENT))
            template = TemplateVersion("shop", version, sealed)
            write_pass(inventory, f"pass-{number}", number, workspace_record("shop", template=template))
        inventory.close()
        rows, plans = Credentials(self.url, keys.stamp), Plans(self.url, keys.stamp)
        logins = Logins(Settings(state_dir=self.state_dir), keys, lambda: rows)
        for number in range(ROWS // 10):
            logins.add(CredentialRow("", f"ci-{number}", ACCOUNT, CredentialType.IAM_USER), KEY, None, "ann")
            made = proposal(id=str(uuid4()), expires_at=datetime.now(UTC) + timedelta(hours=number))
            plans.add(made, keys.seal_plan(made.id, b"plan %d" % number))
            self.plan_ids.append(made.id)

    def due(self) -> int:
        current = self.keys(current=self.new).sealer.current
        tables = (Credentials(self.url, str), TemplateContents(self.url), Plans(self.url, str), VaultSecrets(self.url))
        return sum(len(table.due(current)) for table in tables)

    def read_all(self, keys: Keys) -> int:
        """Open everything, as those do who serve meanwhile, and tell how much it was."""
        inventory = Inventory.open(self.url)
        for number in range(ROWS):
            version = f"sha256:{number}"
            kept = keys.open("shop", version, inventory.template_content(version, "shop"))
            assert kept.content == {"main.tf": str(number).encode()}
        inventory.close()
        rows = Credentials(self.url, keys.stamp).all()
        for row in rows:
            assert keys.open_credential(row.id, "secret_access_key", row.secret_access_key or "") == KEY.secret
        plans = Plans(self.url, keys.stamp)
        for number, plan_id in enumerate(self.plan_ids):
            with plans.hold(plan_id) as held:
                assert keys.open_plan(plan_id, held.sealed) == b"plan %d" % number
        return ROWS + len(rows) + len(self.plan_ids)


_CONTENT = "template_content"


def test_a_rekey_killed_on_its_way_loses_nothing_and_goes_on(database_url: str, tmp_path: Path) -> None:
    stock = Stock(database_url, new_key(tmp_path / "old"), new_key(tmp_path / "new"), tmp_path / "state")
    stock.fill()
    settings = f'[vault]\nkey_file = "{stock.new}"\nolder_key_files = ["{stock.old}"]\n'
    installation = Installation(tmp_path / "home", "http://127.0.0.1:9", database_url, settings=settings)
    installation.configure()
    failures: list[BaseException] = []
    over = threading.Event()
    reads = [0]

    def serve() -> None:
        keys = stock.keys(stock.old, current=stock.new)
        while not over.is_set():
            try:
                reads[0] += stock.read_all(keys)
            except BaseException as error:  # noqa: BLE001  told by the test's own thread
                failures.append(error)
                return

    whole = stock.due()
    assert whole == ROWS + 2 * (ROWS // 10) + 1
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        left = whole
        for part in (4, 3, 2):
            aim = left - left // part
            with installation.start("vault", "rekey") as running:
                eventually(lambda aim=aim: stock.due() <= aim, 120)  # type: ignore[misc]
                running.child.kill()
                running.child.wait()
            before, left = left, stock.due()
            assert 0 < left < before, "it was killed on its way"
        done = installation.run("vault", "rekey", "--format", "json")
    finally:
        over.set()
        thread.join()
    assert failures == []
    assert reads[0] > 0
    assert (done.code, sum(done.json["done"].values()), done.json["left"]) == (0, left, [])
    assert stock.due() == 0
    with psycopg.connect(database_url) as connection:
        for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            query = sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(table))
            text = "\n".join(row for (row,) in connection.execute(query))
            assert f"sealed:v1:{stock.keys(current=stock.old).master.id}" not in text, table
    assert stock.read_all(stock.keys(current=stock.new)) == whole - 1
    status = installation.run("vault", "status", "--format", "json", env={"RECONCILER_VAULT__OLDER_KEY_FILES": "[]"})
    assert set(status.json["due"].values()) == {0}
