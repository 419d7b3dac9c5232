"""From a finding to a fix, with real Terraform on the emulator: what is refused, what is applied, and what is proved.

The emulator's own call log is the witness: what was never approved has sent no call that writes.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from support.database import MIGRATED, database
from support.deadline import eventually
from support.gate_case import GROUP, MAIL, TOPIC, Case, opened
from support.shop import Shop, shop_at
from support.weather import Rule, weather

from reconciler.drift.report import Report
from reconciler.errors import BusyError, ReconcilerError, VaultError
from reconciler.gate.proposal import Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import terraform_for
from reconciler.workflows.progress import Silent


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


def test_what_was_never_begun_because_another_write_failed_stays_found(shop: Shop, database_url: str) -> None:
    """Terraform has written into the state by then what it read: state and cloud are at one, and not as wanted."""
    role, policy = "aws_iam_role.worker", "aws_iam_role_policy.worker"
    iam = shop.aws("iam")
    document = iam.get_role(RoleName="shop-worker")["Role"]["AssumeRolePolicyDocument"]
    with weather(shop.emulator.url) as sky:
        shop.installation.endpoint = sky.url
        shop.installation.configure()
        with opened(shop, database_url) as case:
            case.scan()
            document["Statement"][0]["Principal"] = {"Service": "ec2.amazonaws.com"}
            iam.update_assume_role_policy(RoleName="shop-worker", PolicyDocument=json.dumps(document))
            document["Statement"] = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
            iam.put_role_policy(RoleName="shop-worker", PolicyName="logs", PolicyDocument=json.dumps(document))
            assert addresses(case.scan()) == {role, policy}
            plan = case.propose()
            for user in ("bob", "cid"):
                case.approve(plan, user)
            sky.rules = [Rule("iam", "denied", "UpdateAssumeRolePolicy")]
            failed = case.apply(plan)
            assert failed.status is Status.FAILED
            assert failed.outcome is not None
            assert "AccessDenied" in failed.outcome.summary
            assert {line.partition(": ")[0] for line in failed.outcome.left} == {role, policy}
            report = case.scan()
            assert report.verdict.value == "drifted"
            assert addresses(report) == {role, policy}
            sky.fine()
            again = case.propose()
            for user in ("bob", "cid"):
                case.approve(again, user)
            assert case.apply(again).status is Status.APPLIED
            assert case.scan().verdict.value == "in_sync"


BACKEND = """
terraform {
  backend "s3" {
    bucket                      = "shop-state"
    key                         = "shop.tfstate"
    region                      = "ap-northeast-2"
    use_lockfile                = true
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
  }
}
"""


def test_a_lock_that_a_killed_terraform_left_is_told_and_never_broken(shop: Shop, database_url: str) -> None:
    s3, state = shop.aws("s3"), shop.template / "terraform.tfstate"
    s3.create_bucket(Bucket="shop-state", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    s3.put_object(Bucket="shop-state", Key="shop.tfstate", Body=state.read_bytes())
    state.unlink()
    (shop.template / "backend.tf").write_text(BACKEND)
    with opened(shop, database_url) as case:
        case.drift()
        case.scan()
        plan = case.propose()
        case.approve(plan)
        plans = case.gate.plans
        with plans.lease("shop", "who was killed") as lease, plans.hold(plan.id) as held:
            held.move(Status.APPLYING, "ann", lease=lease)
        lock_and_die(shop)
        [busy] = case.gate.recover(Silent())
        assert isinstance(busy, Refusal)
        assert busy.rule == "busy"
        assert "OperationTypePlan" in busy.reason
        assert plans.plan(plan.id).status is Status.APPLYING
        assert locked(shop)
        s3.delete_object(Bucket="shop-state", Key="shop.tfstate.tflock")  # as `terraform force-unlock` does
        [settled] = case.gate.recover(Silent())
        assert isinstance(settled, Proposal)
        assert settled.outcome is not None
        assert settled.outcome.summary == "the apply was cut off before anything was done"
        assert not locked(shop)


def test_a_cut_off_apply_whose_row_somebody_altered_holds_everything_until_an_admin_answers_for_it(
    approved: tuple[Case, Proposal],
) -> None:
    case, cut_off = approved
    later = case.approve(case.propose(), "cid")
    plans, installation = case.gate.plans, case.shop.installation
    with plans.lease("shop", "who was killed") as lease, plans.hold(cut_off.id) as held:
        held.move(Status.APPLYING, "ann", lease=lease)
    with psycopg.connect(installation.database or "") as connection:
        connection.execute("UPDATE plans SET status = 'failed' WHERE id::text = %s", (cut_off.id,))
    assert case.refused(later) == "unsettled"
    [told] = case.gate.recover(Silent())
    assert isinstance(told, Refusal)
    assert (told.rule, f"plans write-off {cut_off.id[:8]}" in told.reason) == ("altered", True)

    eve = installation.run("users", "add", "eve", "--role", "admin", env={"RECONCILER_TOKEN": ""}).out.strip()
    done = installation.run("plans", "write-off", cut_off.id[:8], env={"RECONCILER_TOKEN": ""})
    assert done.code == 4
    whole = installation.run("plans", "write-off", later.id[:8], env={"RECONCILER_TOKEN": eve})
    assert (whole.code, whole.err.startswith("error: 0 plans whose id begins with")) == (1, True)
    done = installation.run("plans", "write-off", cut_off.id[:8], "--format", "json", env={"RECONCILER_TOKEN": eve})
    assert (done.code, done.json) == (0, {"id": cut_off.id, "status": "written off"})
    assert installation.run("events", "verify").code == 0
    assert list(case.gate.recover(Silent())) == []
    assert case.apply(later).status is Status.APPLIED


def locked(shop: Shop) -> bool:
    found = shop.aws("s3").list_objects_v2(Bucket="shop-state")["Contents"]
    return "shop.tfstate.tflock" in [each["Key"] for each in found]


def lock_and_die(shop: Shop) -> None:
    """A terraform of somebody else, killed while it held the lock."""
    program = terraform_for(shop.emulator, shop.installation.folder / "other")
    program.init(shop.template)
    command = ["terraform", "plan", "-input=false"]
    with subprocess.Popen(
        command, cwd=shop.template, env=program._env, stdout=subprocess.DEVNULL, start_new_session=True
    ) as terraform:
        eventually(lambda: locked(shop) or terraform.poll() is not None, 60)
        os.killpg(terraform.pid, signal.SIGKILL)
    assert locked(shop)


def addresses(report: Report) -> set[str | None]:
    return {known.finding.address for known in report.workspaces[0].findings}


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
        told = run("events", "list", "--type", "drift_contested", "--format", "json").json["events"]
        assert len(told) == 1
        assert "somebody keeps setting 365" in told[0]["description"]
