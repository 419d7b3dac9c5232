"""A gate to attack: a drifted shop whose plan is made once, and for each attack a database of its own.

Commands are the installed command's own, run in this process, so that the provider stays warm. Between them and the
emulator stands a proxy that remembers every call: it is the witness.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, LiteralString
from uuid import uuid4

import psycopg
import pytest
from support.command import Done, Installation
from support.database import create, drop, url_of
from support.weather import Weather, weather

from reconciler.cli.main import main
from reconciler.cli.session import Session
from reconciler.drift.report import Depth
from reconciler.gate.digest import digest
from reconciler.gate.people import Role
from reconciler.gate.proposal import Approval, Proposal, Status
from reconciler.inventory.inventory import Inventory
from reconciler.inventory.rows import Lease
from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import client
from reconciler.settings import Settings, load_settings
from reconciler.vault.signatures import NAMESPACE, is_signed
from reconciler.wiring import Application, open_application
from reconciler.workflows.progress import Silent

MAIL: Final = "/shop/mail"
DRIFTED: Final = 365
READS: Final = re.compile(r"(?:Describe|Get|List|BatchGet|Lookup|Query|Scan)|(?:GET|HEAD) ")
"""Actions that only read, and the methods of services that have none."""

_ENVIRONMENT: Final = '[environments.development]\naccount_id = "123456789012"\nregion = "ap-northeast-2"\n'

# What the template reads besides its configuration: each may be changed behind the approvers' backs.
_BESIDE: Final = """
variable "greeting" {}

locals {
  page = file("${path.module}/page.html")
}

module "labels" {
  source = "./labels"
}

resource "aws_s3_object" "release" {
  bucket = aws_s3_bucket.uploads.bucket
  key    = "release"
  source = "release.bin"
}

resource "aws_s3_object" "build" {
  bucket = aws_s3_bucket.uploads.bucket
  key    = "build"
  source = "FOLDER/build/app.bin"
}
"""
LARGE: Final = 6 * 1024 * 1024
"""Bytes: more than is kept of a file."""


@dataclass
class Stage:
    """What every attack begins with. ``content`` is the plan file of ``plan``, which Bob approved.

    ``seen`` is what the host knows of the ledger.
    """

    emulator: Emulator
    sky: Weather
    installation: Installation
    application: Application
    server: str
    database: str
    tokens: dict[str, str] = field(default_factory=dict)
    plan: Proposal = field(init=False)
    content: bytes = b""
    seen: str = ""

    @property
    def folder(self) -> Path:
        """The template and what it reads elsewhere lie below."""
        return self.installation.folder / "estate"

    def aws(self, service: str) -> Any:
        """A client of the emulator, past the witness."""
        return client(self.emulator, service)

    def drift(self) -> None:
        """What a person in the console would do: the logs of one kind are kept for a year."""
        self.aws("logs").put_retention_policy(logGroupName=MAIL, retentionInDays=DRIFTED)

    def undo(self) -> None:
        """Put the cloud back after an attack that got through, so that one fault is told once."""
        self.drift()
        s3 = self.aws("s3")
        for key in ("release", "build"):
            s3.delete_object(Bucket="shop-uploads", Key=key)

    def restore(self) -> None:
        """Put the template back as it was planned from, the configuration, and what was seen of the ledger."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.folder.with_name("kept"), self.folder, symlinks=True)
        self.application.gate.watermark.file.write_text(self.seen)
        self.installation.settings, self.installation.endpoint = _ENVIRONMENT, self.sky.url


def _write(estate: Path) -> None:
    template = estate / "template"
    (template / "beside.tf").write_text(_BESIDE.replace("FOLDER", str(estate)))
    (template / "shop.auto.tfvars").write_text('greeting = "hello"\n')
    (template / "page.html").write_text("<p>as approved</p>\n")
    (template / "labels").mkdir()
    (template / "labels" / "main.tf").write_text('output "team" {\n  value = "shop"\n}\n')
    (template / "release.bin").write_bytes(b"0" * LARGE)
    (estate / "build").mkdir()
    (estate / "build" / "app.bin").write_bytes(b"1" * 1000)
    (estate / "keys").mkdir()
    for name in ("bob", "eva"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(estate / "keys" / name)]
        subprocess.run(command, check=True, env={"PATH": os.environ["PATH"]})
    (estate / "keys" / "signers").write_text(f"bob {(estate / 'keys' / 'bob.pub').read_text()}")


@contextmanager
def staged(shop: tuple[Emulator, Path], folder: Path, server: str, database: str) -> Iterator[Stage]:
    """The stage: the shop behind the witness, drifted, with people and an approved plan.

    Args:
        shop: an applied shop, which is not changed.
        folder: a new folder.
        server: the database server's URL.
        database: a migrated database there.
    """
    emulator, template = shop
    estate = folder / "estate"
    with ExitStack() as ending:
        own = ending.enter_context(emulator.clone())
        sky = ending.enter_context(weather(own.url))
        shutil.copytree(template, estate / "template", symlinks=True)
        _write(estate)
        workspaces = {"shop": {"template": "estate/template"}}
        installation = Installation(folder, sky.url, url_of(server, database), workspaces)
        installation.settings = _ENVIRONMENT
        installation.configure()
        environ = {"PATH": os.environ["PATH"], "HOME": str(folder / "home")}
        application = ending.enter_context(open_application(load_settings(installation.config), environ))
        stage = Stage(own, sky, installation, application, server, database)
        application.scan(["shop"], Depth.EXACT, Silent())
        stage.drift()
        application.scan(["shop"], Depth.EXACT, Silent())
        _add_people(stage)
        _propose(stage)
        application.inventory.close()
        shutil.copytree(estate, estate.with_name("kept"), symlinks=True)
        yield stage


def _add_people(stage: Stage) -> None:
    """Dan is the admin, Ann proposes, Oli applies, Bob and Cid approve; the others may not what they will try."""
    staff = stage.application.staff

    def add(name: str, role: Role, *environments: str, days: int | None = None) -> None:
        lifetime = None if days is None else timedelta(days=days)
        made = staff.add(stage.tokens.get("dan"), name, role, frozenset(environments), lifetime)
        assert isinstance(made, str), made
        stage.tokens[name] = made

    add("dan", Role.ADMIN)
    for name in ("ann", "bob", "cid", "gus"):
        add(name, Role.APPROVER)
    add("oli", Role.OPERATOR)
    add("vic", Role.VIEWER)
    add("eve", Role.OPERATOR, "development")
    add("fay", Role.APPROVER, "development")
    add("hal", Role.APPROVER, days=-1)
    staff.set_active(stage.tokens["dan"], "gus", active=False)


def _propose(stage: Stage) -> None:
    gate = stage.application.gate
    made = gate.propose("shop", (), "ann", Silent(), lambda _: None)
    assert isinstance(made, Proposal), made
    approved = gate.approve(made.id, "bob", made.digest)
    assert isinstance(approved, Proposal), approved
    stage.plan = approved
    stage.seen = gate.watermark.file.read_text()
    with gate.plans.hold(made.id) as held:
        stage.content = stage.application.targets.keys.open_plan(made.id, held.sealed)


@dataclass
class Scene:
    """One attack: its database, its commands, and what came of it.

    ``cold`` opens the program anew for each command, as the installed one does: for another way into AWS.
    """

    stage: Stage
    database: str
    capfd: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    cold: bool = False
    calls: int = 0

    @property
    def plan(self) -> str:
        """The id of the plan that Bob approved."""
        return self.stage.plan.id

    @property
    def digest(self) -> str:
        """The digest of that plan, and of :meth:`another`."""
        return self.stage.plan.digest

    def digest_resting_on(self, template: str) -> str:
        """The digest that the plan would have if it rested on another template."""
        return digest(replace(self.stage.plan.basis, template=template))

    @property
    def template(self) -> Path:
        """The template's folder, to be tampered with."""
        return self.stage.folder / "template"

    def run(self, *arguments: str, by: str | None = None, token: str | None = None) -> Done:
        """Run a command as somebody, or with some token."""
        with self.monkeypatch.context() as patch:
            if by or token:
                patch.setenv("RECONCILER_TOKEN", self.stage.tokens[by] if by else token or "")
            self.capfd.readouterr()
            code = main(["--config", str(self.stage.installation.config), *arguments], Session(opener=self._open))
        said = self.capfd.readouterr()
        return Done(code, said.out, said.err)

    def apply(self, plan: str | None = None, by: str = "oli") -> Done:
        """What it is all for."""
        return self.run("apply", plan or self.plan, by=by)

    def add(self, name: str, *role: str, by: str | None = None) -> Done:
        """Add somebody."""
        return self.run("users", "add", name, "--role", *role, by=by)

    def configure(self, settings: str) -> None:
        """Let the configuration say something more of the environment's gate."""
        self.stage.installation.settings = f"{_ENVIRONMENT}[environments.production.gate]\n{settings}\n"
        self.stage.installation.configure()

    def require_signatures(self) -> None:
        """Let the configuration ask for signatures: Bob's key is known, and who runs the tests stands for root."""
        self.monkeypatch.setattr("reconciler.wiring.gate.is_signed", partial(is_signed, owner=os.getuid()))
        self.configure(f'require_signature = true\n[vault]\nallowed_signers = "{self.keys / "signers"}"')

    @property
    def keys(self) -> Path:
        """The folder of the SSH keys of Bob and of Eva, whom nobody knows, and of the list of signers."""
        return self.stage.folder / "keys"

    def signed(self, text: str, key: str = "bob", namespace: str = NAMESPACE) -> str:
        """An SSH signature over a text."""
        command = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(self.keys / key)]
        env = {"PATH": os.environ["PATH"]}
        return subprocess.run(command, input=text, capture_output=True, text=True, check=True, env=env).stdout

    @contextmanager
    def application(self) -> Iterator[Application]:
        """The program behind the commands."""
        with self._open(load_settings(self.stage.installation.config)) as application:
            yield application

    @contextmanager
    def _open(self, settings: Settings) -> Iterator[Application]:
        own = self.stage.application
        if self.cold:
            with open_application(settings, own.targets.environ) as application:
                yield application
            return
        inventory = Inventory.open(self.database)
        try:
            yield replace(own, settings=settings, inventory=inventory, database=lambda: self.database)
        finally:
            inventory.close()

    def another(
        self, *approved_by: str, ago: timedelta = timedelta(0), signature: str | None = None, **altered: Any
    ) -> str:
        """The id of another plan of the same content, as the program keeps it, approved some time ago."""
        made = replace(self.stage.plan, id=str(uuid4()), status=Status.PROPOSED, approvals=(), **altered)
        with self.application() as application:
            plans, keys = application.gate.plans, application.targets.keys
            plans.add(made, keys.seal_plan(made.id, self.stage.content))
            with plans.hold(made.id) as held:
                for name in approved_by:
                    held.approve(Approval(name, datetime.now(UTC) - ago, made.digest, signature))
                if approved_by:
                    held.move(Status.APPROVED, approved_by[-1])
        return made.id

    def move(self, plan: str, *through: Status) -> None:
        """Let the program write down that a plan has come through some statuses."""
        with self.application() as application:
            plans = application.gate.plans
            with plans.lease("shop", "a process of before") as lease:
                for status in through:
                    with plans.hold(plan) as held:
                        held.move(status, "oli", lease=_for(status, lease))

    def sql(self, statement: LiteralString, **values: Any) -> list[tuple[Any, ...]]:
        """Do something by hand in the database, as its owner. ``%(plan)s`` is the plan that Bob approved."""
        with psycopg.connect(self.database) as connection:
            given = {"plan": self.plan, **values}
            # Several statements at once take no parameters of the server's.
            done = psycopg.ClientCursor(connection).execute(statement, given)
            return done.fetchall() if done.description else []

    def statuses(self) -> set[str]:
        """Of all plans, whoever wrote them."""
        return {status for (status,) in self.sql("SELECT status FROM plans")}

    def writes(self) -> list[tuple[str, str]]:
        """The calls that were no reading, as service and action."""
        return [call for call in self.stage.sky.seen[self.calls :] if not READS.match(call[1])]


def _for(status: Status, lease: Lease) -> Lease | None:
    return lease if status is Status.APPLYING else None


@contextmanager
def scened(
    stage: Stage, name: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    """A scene with a copy of the stage's database under a name."""
    create(stage.server, name, template=stage.database)
    stage.installation.database = url_of(stage.server, name)
    stage.installation.configure()
    scene = Scene(stage, url_of(stage.server, name), capfd, monkeypatch, calls=len(stage.sky.seen))
    try:
        yield scene
    finally:
        if scene.writes():
            stage.undo()
        drop(stage.server, name)
        stage.restore()
