"""From a finding to a fix, with real Terraform on the emulator: what is refused, what is applied, and what is proved.

The emulator's own call log is the witness: what was never approved has sent no call that writes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict
from support.database import MIGRATED, database
from support.shop import Shop, shop_at

from reconciler.drift.report import Depth, Report
from reconciler.errors import BusyError, ReconcilerError, VaultError
from reconciler.gate.proposal import Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory.plans import Plans
from reconciler.sandbox.emulator import Emulator
from reconciler.settings import load_settings
from reconciler.wiring import open_application
from reconciler.wiring.gate import Gate
from reconciler.workflows.progress import Silent

GROUP, TOPIC = "aws_cloudwatch_log_group.this", "aws_sns_topic.alarms"
MAIL = "/shop/mail"


@dataclass
class Case:
    """A shop with its gate. Ann proposes, Bob and Cid may approve."""

    shop: Shop
    gate: Gate
    scan: Callable[[], Report]
    people: set[str] = field(default_factory=lambda: {"ann", "bob", "cid"})
    said: list[Mapping[str, Any]] = field(default_factory=list)

    def propose(self, *wanted: str) -> Proposal:
        made = self.gate.propose("shop", wanted, "ann", Silent(), self.said.append)
        assert isinstance(made, Proposal), made
        return made

    def approve(self, plan: Proposal, user: str = "bob") -> Proposal:
        answer = self.gate.approve(plan.id, user, plan.digest)
        assert isinstance(answer, Proposal), answer
        return answer

    def apply(self, plan: Proposal) -> Proposal:
        answer = self.gate.apply(plan.id, "ann", Silent(), self.said.append)
        assert isinstance(answer, Proposal), answer
        return answer

    def refused(self, plan: Proposal) -> str:
        answer = self.gate.apply(plan.id, "ann", Silent(), self.said.append)
        assert isinstance(answer, Refusal), answer
        return answer.rule

    def retention(self, name: str = MAIL) -> int | None:
        groups = self.shop.aws("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return groups[0].get("retentionInDays") if groups else None

    def drift(self) -> None:
        """What a person in the console would do: the logs of one kind are kept for a year."""
        self.shop.aws("logs").put_retention_policy(logGroupName=MAIL, retentionInDays=365)


@contextmanager
def opened(shop: Shop, database_url: str) -> Iterator[Case]:
    settings = load_settings(shop.installation.config)
    with open_application(settings, {"PATH": shop.installation.environment()["PATH"]}) as application:
        people = {"ann", "bob", "cid"}
        gate = Gate(
            settings,
            Plans(database_url, application.targets.keys.stamp),
            application.targets,
            findings=lambda name: [known for _, known in application.findings(workspace=name)],
            sightings=lambda *_: [],
            scan=application.scan,
            entitled=lambda _: people,
        )
        yield Case(shop, gate, lambda: application.scan(["shop"], Depth.EXACT, Silent()), people)


@pytest.fixture
def case(shop: Shop, database_url: str) -> Iterator[Case]:
    with opened(shop, database_url) as made:
        made.scan()
        yield made


@dataclass
class Past:
    """A shop whose drift has been found, and whose fix is proposed by Ann and approved by Bob: made once, then copied.

    The copies are at one place, one after the other: a plan is of a template's folder.
    """

    home: Path
    kept: Path
    emulator: Emulator
    database: str
    plan_id: str


@pytest.fixture(scope="module")
def past(
    applied_shop: tuple[Emulator, Path],
    known_schemas: Path,
    migrated_server: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Past]:
    emulator, folder = applied_shop
    work = tmp_path_factory.mktemp("approved")
    home = work / "shop"
    shutil.copytree(folder, home / "template", symlinks=True)
    with database(migrated_server, MIGRATED) as url, emulator.clone() as own:
        shop = shop_at(home, own, url)
        shop.installation.knows(known_schemas)
        with opened(shop, url) as made:
            made.scan()
            made.drift()
            made.scan()
            plan = made.propose()
            made.approve(plan)
        home.rename(work / "kept")
        yield Past(home, work / "kept", own, str(conninfo_to_dict(url)["dbname"]), plan.id)


@pytest.fixture
def approved(past: Past, migrated_server: str) -> Iterator[tuple[Case, Proposal]]:
    """A case of one's own with an approved plan."""
    shutil.copytree(past.kept, past.home, symlinks=True)
    with (
        database(migrated_server, past.database) as url,
        past.emulator.clone() as own,
        opened(shop_at(past.home, own, url), url) as made,
    ):
        yield made, made.gate.plans.plan(past.plan_id)
    shutil.rmtree(past.home)


def test_a_drift_is_proposed_refused_approved_applied_and_proved(case: Case) -> None:
    case.drift()
    [finding] = case.scan().workspaces[0].findings

    plan = case.propose()
    [change] = plan.changes
    assert change.address == f'{GROUP}["mail"]'
    assert change.actions == ("update",)
    assert [(c.text, c.recorded, c.observed) for c in change.changes] == [("retention_in_days", 365, 30)]
    assert plan.closes == {finding.id}
    assert plan.beyond == ()

    assert case.refused(plan) == "approvals"
    assert case.retention() == 365

    four_eyes = case.gate.approve(plan.id, "ann", plan.digest)
    assert isinstance(four_eyes, Refusal)
    assert four_eyes.rule == "four_eyes"
    assert case.approve(plan).status is Status.APPROVED

    done = case.apply(plan)
    assert done.status is Status.APPLIED, done.outcome
    assert case.retention() == 30
    assert case.scan().verdict.value == "in_sync"
    assert case.refused(plan) == "status"


def test_only_the_named_finding_is_planned(case: Case) -> None:
    case.drift()
    case.shop.aws("sns").set_topic_attributes(
        TopicArn=case.shop.aws("sns").list_topics()["Topics"][0]["TopicArn"],
        AttributeName="DisplayName",
        AttributeValue="hello",
    )
    findings = {known.finding.address: known.id for known in case.scan().workspaces[0].findings}
    assert len(findings) == 2
    plan = case.propose(findings[f'{GROUP}["mail"]'])
    assert [change.address for change in plan.changes] == [f'{GROUP}["mail"]']
    whole = case.propose()
    assert {change.address for change in whole.changes} == {f'{GROUP}["mail"]', TOPIC}


def test_what_rides_along_is_named_first(case: Case) -> None:
    case.drift()
    case.scan()
    template = case.shop.template / "main.tf"
    template.write_text(template.read_text().replace('value = "48"', 'value = "96"'))
    plan = case.propose()
    assert [change.address for change in plan.beyond] == ["aws_ssm_parameter.page_size"]


def moved_cloud(case: Case) -> None:
    case.shop.aws("logs").put_retention_policy(logGroupName=MAIL, retentionInDays=90)


def moved_state(case: Case) -> None:
    state = case.shop.state()
    state["serial"] += 1
    (case.shop.template / "terraform.tfstate").write_text(json.dumps(state))


def moved_template(case: Case) -> None:
    template = case.shop.template / "main.tf"
    template.write_text(template.read_text() + "\n# a word\n")


def gone_from_cloud(case: Case) -> None:
    case.shop.aws("logs").delete_log_group(logGroupName=MAIL)


@pytest.mark.parametrize(
    ("move", "what"),
    [
        (moved_cloud, "in the cloud"),
        (gone_from_cloud, "in the cloud"),
        (moved_state, "the state's serial"),
        (moved_template, "the template"),
    ],
)
def test_whatever_moved_after_the_approval_makes_the_plan_stale(
    approved: tuple[Case, Proposal], move: Callable[[Case], None], what: str
) -> None:
    case, plan = approved
    move(case)
    before = case.retention()
    stale = case.apply(plan)
    assert stale.status is Status.STALE
    assert stale.outcome is not None
    assert what in stale.outcome.summary
    assert case.retention() == before
    assert case.refused(plan) == "status"


def test_what_cannot_be_read_cannot_be_proposed_and_not_be_applied(approved: tuple[Case, Proposal]) -> None:
    case, plan = approved
    case.shop.emulator.stop()
    with pytest.raises(ReconcilerError):
        case.apply(plan)
    assert case.gate.plans.plan(plan.id).status is Status.APPROVED


def test_an_approver_who_lost_the_role_does_not_count(approved: tuple[Case, Proposal]) -> None:
    case, plan = approved
    case.people.discard("bob")
    assert case.refused(plan) == "approvals"
    assert case.retention() == 365


def test_a_plan_file_of_another_plan_does_not_open(approved: tuple[Case, Proposal]) -> None:
    case, plan = approved
    other = case.propose()
    with case.gate.plans.hold(other.id) as held:
        swapped = held.sealed
    with pytest.raises(VaultError):
        case.gate.targets.keys.open_plan(plan.id, swapped)


def test_two_applies_at_once_are_one(approved: tuple[Case, Proposal]) -> None:
    case, plan = approved
    with case.gate.plans.lease("shop", "somebody else"), pytest.raises(BusyError, match="somebody else"):
        case.apply(plan)
    assert case.apply(plan).status is Status.APPLIED


def test_nothing_to_do_is_said(case: Case) -> None:
    answer = case.gate.propose("shop", (), "ann", Silent(), case.said.append)
    assert isinstance(answer, Refusal)
    assert answer.rule == "nothing_to_do"


class TestCommands:
    """The same through the installed command, as people use it."""

    def token(self, shop: Shop, name: str, role: str, admin: str | None = None, *more: str) -> str:
        env = {"RECONCILER_TOKEN": admin or ""}
        done = shop.installation.run("users", "add", name, "--role", role, *more, env=env)
        assert done.code == 0, done.err
        token = done.out.strip()
        assert token.startswith("rec_")
        return token

    def test_from_a_finding_to_a_proved_fix(self, shop: Shop) -> None:
        run = shop.installation.run
        admin = self.token(shop, "ann", "admin")
        assert run("users", "add", "eve", "--role", "admin", env={"RECONCILER_TOKEN": ""}).code == 4
        ann, bob, vic = (
            {"RECONCILER_TOKEN": each}
            for each in (admin, self.token(shop, "bob", "approver", admin), self.token(shop, "vic", "viewer", admin))
        )
        assert shop.installation.scan().code == 0
        shop.aws("logs").put_retention_policy(logGroupName=MAIL, retentionInDays=365)
        finding = shop.installation.scan().workspaces["shop"]["findings"][0]

        nobody = run("plan", "shop", "--format", "json", env={"RECONCILER_TOKEN": "rec_000000000000_" + "x" * 43})
        assert (nobody.code, nobody.json["refused"]["rule"]) == (4, "token")
        viewer = run("plan", "shop", "--format", "json", env=vic)
        assert (viewer.code, viewer.json["refused"]["rule"]) == (4, "role")

        made = run("plan", "shop", "--finding", finding["id"][:8], "--format", "json", env=ann)
        assert made.code == 0, made.err
        plan = made.json
        assert {"id", "status", "workspace", "digest", "proposer", "expires_at", "risk", "approvals", "changes",
                "outcome"} <= plan.keys()  # fmt: skip
        assert (plan["status"], plan["proposer"], plan["approvals"]) == ("proposed", "ann", [])
        [change] = plan["changes"]
        assert change["actions"] == ["update"]
        assert change["closes"] == [finding["id"]]

        early = run("apply", plan["id"], env=ann)
        assert early.code == 4
        assert early.err.startswith("refused: approvals: 0 of 1")
        own = run("approve", plan["id"], "--format", "json", env=ann)
        assert (own.code, own.json["refused"]["rule"]) == (4, "four_eyes")
        other = run("approve", plan["id"], "--digest", "sha256:0", "--format", "json", env=bob)
        assert (other.code, other.json["refused"]["rule"]) == (4, "digest")

        page = run("plans", "show", plan["id"][:8])
        assert max(map(len, page.out.splitlines())) <= 80
        assert "retention_in_days: 365 → 30" in page.out
        assert run("approve", plan["id"][:8], env=bob).code == 0
        done = run("apply", plan["id"][:8], "--format", "json", env=ann)
        assert done.code == 0, done.out + done.err
        assert done.json["status"] == "applied"
        assert shop.installation.scan().code == 0
        again = run("apply", plan["id"], "--format", "json", env=ann)
        assert (again.code, again.json["refused"]["rule"]) == (4, "status")
        assert run("recover").code == 0

    def test_a_plan_that_moved_is_stale(self, shop: Shop) -> None:
        run = shop.installation.run
        admin = self.token(shop, "ann", "admin")
        bob = self.token(shop, "bob", "approver", admin, "--environment", "production")
        shop.aws("logs").put_retention_policy(logGroupName=MAIL, retentionInDays=365)
        shop.installation.scan()
        plan = run("plan", "shop", "--format", "json", env={"RECONCILER_TOKEN": admin}).json
        assert run("approve", plan["id"], env={"RECONCILER_TOKEN": bob}).code == 0
        shop.aws("logs").put_retention_policy(logGroupName=MAIL, retentionInDays=90)
        stale = run("apply", plan["id"], env={"RECONCILER_TOKEN": admin})
        assert stale.code == 5
        assert "moved since the plan was made" in " ".join(stale.out.split())
        assert shop.aws("logs").describe_log_groups(logGroupNamePrefix=MAIL)["logGroups"][0]["retentionInDays"] == 90

    def test_a_rule_approves_by_itself_until_somebody_fights_it(
        self, open_shop: Callable[..., Shop], database_url: str
    ) -> None:
        rule = """[[environments.production.gate.automatic]]
            name = "logs"
            when = 'plan.changes.all(c, c.resource_type == "aws_cloudwatch_log_group")'
            """
        shop = open_shop(database=database_url, settings=rule)
        run = shop.installation.run
        ann = {"RECONCILER_TOKEN": self.token(shop, "ann", "admin")}
        shop.installation.scan()
        for _ in range(2):
            shop.aws("logs").put_retention_policy(logGroupName=MAIL, retentionInDays=365)
            shop.installation.scan()
            plan = run("plan", "shop", "--format", "json", env=ann).json
            assert run("apply", plan["id"], env=ann).code == 0
        shop.aws("logs").put_retention_policy(logGroupName=MAIL, retentionInDays=365)
        shop.installation.scan()
        plan = run("plan", "shop", "--format", "json", env=ann).json
        fought = run("apply", plan["id"], "--format", "json", env=ann)
        assert fought.code == 4
        assert fought.json["refused"]["rule"] == "approvals"
        assert "somebody keeps setting 365" in fought.json["refused"]["reason"]
