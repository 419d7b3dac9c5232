"""A shop that has drifted, with a plan against it that was approved and its twin that nobody approved.

It is made once. Each round begins from it: the emulator and the database are copies, the folder is put back.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import psycopg
import pytest
from support.command import Installation
from support.database import MIGRATED, create, drop, url_of
from support.deadline import eventually
from support.witness import Effect, Witness, witnessed

from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import client
from reconciler.terraform.turns import TURN
from reconciler.wiring.iac import MEMORY

MAIL, SEARCH = (f'aws_cloudwatch_log_group.this["{name}"]' for name in ("mail", "search"))
TOPIC = "aws_sns_topic.alarms"
WRITTEN = frozenset((MAIL, SEARCH, TOPIC))
"""What the plan writes, by address; each is one call."""

_GROUPS = {"/shop/mail": MAIL, "/shop/search": SEARCH}
_APPLIES = re.compile(r"\S*/terraform apply ")
_KEPT, _ROUND = "fixable", "fixable_round"
_LONG = '[environments.production.gate]\nproposal_lifetime = "7d"\napproval_lifetime = "7d"\n'


@dataclass
class Fixable:
    """The shop in a round. ``plan`` is approved, ``twin`` is not; both would write the same."""

    installation: Installation
    witness: Witness
    origin: Emulator
    server: str
    kept: Path
    plan: str = ""
    twin: str = ""
    ann: Mapping[str, str] = field(default_factory=dict)
    emulator: Emulator | None = None

    def prepare(self) -> None:
        """Make people, drift, findings, and both plans; then keep all of it."""
        run = self.installation.run
        create(self.server, _KEPT, template=MIGRATED)
        self._at(self.origin, _KEPT)
        admin = run("users", "add", "ann", "--role", "admin", env={"RECONCILER_TOKEN": ""}).out.strip()
        self.ann = {"RECONCILER_TOKEN": admin}
        bob = run("users", "add", "bob", "--role", "approver", env=self.ann).out.strip()
        for name in _GROUPS:
            self.aws("logs").put_retention_policy(logGroupName=name, retentionInDays=365)
        sns = self.aws("sns")
        topic = sns.list_topics()["Topics"][0]["TopicArn"]
        sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="by hand")
        found = self.installation.scan()
        assert {each["address"] for each in found.workspaces["shop"]["findings"]} == WRITTEN
        self.plan, self.twin = (run("plan", "shop", "--format", "json", env=self.ann).json["id"] for _ in range(2))
        assert run("approve", self.plan, env={"RECONCILER_TOKEN": bob}).code == 0
        shutil.copytree(self.installation.folder, self.kept, symlinks=True)

    @contextmanager
    def round(self) -> Iterator[None]:
        """All as it was when it was kept."""
        shutil.rmtree(self.installation.folder)
        shutil.copytree(self.kept, self.installation.folder, symlinks=True)
        create(self.server, _ROUND, template=_KEPT)
        try:
            with self.origin.clone() as emulator:
                self._at(emulator, _ROUND)
                yield
        finally:
            drop(self.server, _ROUND)

    def _at(self, emulator: Emulator, database: str) -> None:
        self.emulator = emulator
        self.installation.database = url_of(self.server, database)
        self.installation.configure()
        self.witness.begin(emulator.url, self.status)

    def aws(self, service: str) -> Any:
        """A client of the emulator itself, past the witness; its type hangs on the service."""
        assert self.emulator is not None
        return client(self.emulator, service)

    # --- what is so ----------------------------------------------------------------------------------

    def drifted(self) -> set[str]:
        """Which of what the plan writes is not as the template wants it, as the emulator itself says."""
        groups = {each["logGroupName"]: each for each in self.aws("logs").describe_log_groups()["logGroups"]}
        found = {address for name, address in _GROUPS.items() if groups[name].get("retentionInDays") != 30}
        sns = self.aws("sns")
        topic = sns.list_topics()["Topics"][0]["TopicArn"]
        name = sns.get_topic_attributes(TopicArn=topic)["Attributes"].get("DisplayName")
        return found | ({TOPIC} if name else set())

    def behind(self) -> set[str]:
        """Of what the state does not say what the emulator says: Terraform did not come to write it down."""
        state = json.loads((self.installation.folder / "template" / "terraform.tfstate").read_text())
        drifted = self.drifted()
        found = set()
        for resource in state["resources"]:
            for instance in resource["instances"]:
                key = instance.get("index_key")
                address = f"{resource['type']}.{resource['name']}" + (f'["{key}"]' if key else "")
                values = instance["attributes"]
                wanted = values.get("retention_in_days") == 30 if address != TOPIC else not values["display_name"]
                if address in WRITTEN and wanted == (address in drifted):
                    found.add(address)
        return found

    def left_behind(self) -> list[Path]:
        """Plan files that the work copy of an apply still has in memory."""
        copies = [lock.parent for lock in (self.installation.state_dir / "apply").rglob(TURN)]
        names = [hashlib.sha256(os.fsencode(copy)).hexdigest()[:16] for copy in copies]
        return [path for name in names for path in MEMORY.glob(f"*{name}*/plan")]

    def status(self) -> str:
        """The approved plan's, as it is committed."""
        return self.row()[0]

    def row(self) -> tuple[str, dict[str, Any] | None]:
        """Status and outcome of the approved plan."""
        assert self.installation.database is not None
        with psycopg.connect(self.installation.database) as connection:
            row = connection.execute("SELECT status, outcome FROM plans WHERE id = %s", (self.plan,)).fetchone()
        assert row is not None
        return row[0], row[1]

    def effects(self) -> Counter[str]:
        """How often each resource was written, as the witness saw it; what is none of the plan's goes by its call."""
        return Counter(map(_address, self.witness.effects))

    def lock(self) -> Path:
        """Where Terraform says that it has locked the state."""
        return self.installation.folder / "template" / ".terraform.tfstate.lock.info"

    # --- what runs -----------------------------------------------------------------------------------

    def family(self) -> dict[str, list[int]]:
        """The terraform that applies, and its own providers."""
        found = self.installation.processes()
        terraform = [pid for pid, command in found.items() if _APPLIES.match(command)]
        return {"terraform": terraform, "provider": [pid for pid in found if _parent(pid) in terraform]}

    def ended(self, within: float = 60.0) -> None:
        """Wait until nothing of an apply runs any more, and nothing that writes is on the wire."""
        self.installation.assert_nothing_runs(within)
        eventually(lambda: self.witness.is_quiet)


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None  # it has ended


def _address(effect: Effect) -> str:
    match effect.action:
        case "PutRetentionPolicy":
            body = json.loads(effect.body)
            if body.get("retentionInDays") == 30:
                return _GROUPS.get(body["logGroupName"], effect.body)
        case "SetTopicAttributes":
            form = parse_qs(effect.body, keep_blank_values=True)
            if (form["AttributeName"], form.get("AttributeValue", [""])) == (["DisplayName"], [""]):
                return TOPIC
    return f"{effect.service} {effect.action} {effect.body}"


@pytest.fixture(scope="module")
def fixable(
    applied_shop: tuple[Emulator, Path], migrated_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fixable]:
    """A fixable shop, prepared; its rounds are the tests'."""
    emulator, folder = applied_shop
    home = tmp_path_factory.mktemp("fixable")
    with emulator.clone() as origin, witnessed(origin.url) as witness:
        template = home / "shop" / "template"
        shutil.copytree(folder, template, symlinks=True)
        installation = Installation(
            home / "shop", witness.wire.url, None, {"shop": {"template": "template"}}, settings=_LONG
        )
        made = Fixable(installation, witness, origin, migrated_server, home / "kept")
        try:
            made.prepare()
            yield made
        finally:
            drop(migrated_server, _KEPT)
