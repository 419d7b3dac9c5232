"""What may go wrong around an apply, with real Terraform: each fault is told, nothing is done twice, all is settled.

A terraform that hangs, and a disk that is full, are stood in for: by a script before the real one, and by a limit on
the size of files.
"""

from __future__ import annotations

import fcntl
import json
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.command import COMMAND
from support.deadline import eventually
from support.gate_case import Case, opened
from support.shop import Shop
from support.state_places import PASSWORD, StateServer, serving
from support.weather import Rule, weather

from reconciler.errors import ConfigError, DatabaseError, ReconcilerError
from reconciler.gate.proposal import Proposal, Status
from reconciler.inventory.embedded import EmbeddedServer
from reconciler.sandbox.estate import terraform_for
from reconciler.workflows.progress import Silent

CANARY = "canary-of-a-signing-key"


@pytest.fixture
def case(shop: Shop, database_url: str) -> Iterator[Case]:
    with opened(shop, database_url) as made:
        made.scan()
        yield made


def approved(case: Case) -> Proposal:
    case.drift()
    case.scan()
    return case.approve(case.propose())


def outcome(proposal: Proposal) -> str:
    assert proposal.outcome is not None
    return proposal.outcome.summary


def test_what_a_provider_quotes_of_a_secret_is_not_told(open_shop: Callable[..., Shop], database_url: str) -> None:
    shop = open_shop(database=database_url)
    with weather(shop.emulator.url) as sky:
        installation = shop.installation
        installation.endpoint = sky.url
        installation.workspaces["shop"]["variables"] = {"signing_key": CANARY}
        installation.configure()
        with opened(shop, database_url) as case:
            case.scan()
            plan = case.approve(case.propose())
            sky.rules = [Rule("ssm", "quoting", "PutParameter")]
            done = case.apply(plan)
    assert done.status is Status.FAILED
    assert "You said" in outcome(done)
    assert CANARY not in json.dumps(done.to_json())
    assert done.outcome is not None
    assert [(each.address, each.result) for each in done.outcome.acts] == [("aws_ssm_parameter.signing_key", "errored")]


def test_a_plan_file_that_is_none(case: Case) -> None:
    plan = approved(case)
    garbage = case.gate.targets.keys.seal_plan(plan.id, b"no plan")
    with case.gate.plans.hold(plan.id) as held:
        held.reseal(garbage)  # type: ignore[attr-defined]  # as a rekey would: its stamp is right
    done = case.apply(plan)
    assert done.status is Status.STALE
    assert "the plan file" in outcome(done)
    assert case.retention() == 365


class Stand:
    """A terraform that the test can put something before."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.path = folder / "bin" / "terraform"
        self.path.parent.mkdir()
        self.real = shutil.which("terraform") or ""
        shop.installation.settings += f'[terraform]\nbinary = "{self.path}"\n'
        shop.installation.configure()
        self.script("")

    def script(self, first: str) -> None:
        self.path.write_text(f'#!/bin/sh\n{first}\nexec {self.real} "$@"\n')
        self.path.chmod(0o755)


@pytest.fixture
def stand(shop: Shop, tmp_path: Path) -> Stand:
    return Stand(shop, tmp_path)


def test_what_a_plan_makes_beside_the_template_its_apply_finds(stand: Stand, case: Case, tmp_path: Path) -> None:
    """An archive of code, say; and what was made ready for the plan is ready for the apply."""
    asked = tmp_path / "asked"
    stand.script(
        f"""echo "$1" >> {asked}
if [ "$1" = plan ]; then touch made-by-the-plan; fi
if [ "$1" = apply ]; then test -e made-by-the-plan || exit 9; fi"""
    )
    assert case.apply(approved(case)).status is Status.APPLIED
    assert [each for each in asked.read_text().split() if each != "version"] == ["init", "plan", "show", "apply"]


def test_what_another_plan_has_made_meanwhile_makes_it_stale(stand: Stand, case: Case) -> None:
    """The first was approved with what it had made; the apply would take what lies there now."""
    stand.script('[ "$1" = plan ] && echo "of $$" > made-by-the-plan')
    plan = approved(case)
    case.propose()
    done = case.apply(plan)
    assert done.status is Status.STALE
    assert "the template" in outcome(done)
    assert case.retention() == 365


def test_a_terraform_that_is_missing_costs_no_approval(stand: Stand, case: Case) -> None:
    plan = approved(case)
    stand.path.unlink()
    with pytest.raises(ReconcilerError, match="not found"):
        case.apply(plan)
    assert case.gate.plans.plan(plan.id).status is Status.APPROVED
    stand.script("")
    assert case.apply(plan).status is Status.APPLIED


def test_a_terraform_that_cannot_be_made_ready_costs_no_approval(stand: Stand, case: Case) -> None:
    plan = approved(case)
    stand.script('if [ "$1" = init ]; then echo "Error: no registry" >&2; exit 1; fi')
    with pytest.raises(ReconcilerError, match="no registry"):
        case.apply(plan)
    assert case.gate.plans.plan(plan.id).status is Status.APPROVED
    assert case.retention() == 365


def test_a_mock_of_a_terraform_that_hangs_is_ended_by_who_waits(stand: Stand, shop: Shop, case: Case) -> None:
    stand.script('if [ "$1" = apply ]; then exec sleep 600; fi')
    run = shop.installation.run
    ann = {"RECONCILER_TOKEN": run("users", "add", "ann", "--role", "admin", env={"RECONCILER_TOKEN": ""}).out.strip()}
    run("users", "add", "bob", "--role", "approver", env=ann)
    plan = approved(case)
    with shop.installation.start("apply", plan.id, env=ann) as running:
        eventually(lambda: case.gate.plans.plan(plan.id).status is Status.APPLYING, 60)
        running.signal(signal.SIGINT)
        done = running.wait(60)
    assert done.code == 130
    settled = case.gate.plans.plan(plan.id)
    assert settled.status is Status.FAILED
    assert settled.outcome is not None
    assert settled.outcome.left == (f"{plan.changes[0].address}: changed",)
    assert case.retention() == 365
    # The provider that reads belongs to this very process.
    left = [command for command in shop.installation.processes().values() if "terraform-provider-" not in command]
    assert left == []


def test_a_state_that_somebody_else_has_locked(case: Case) -> None:
    plan = approved(case)
    state = case.shop.template / "terraform.tfstate"
    told = {"ID": "1", "Operation": "OperationTypeApply", "Who": "kim@elsewhere", "Path": "terraform.tfstate"}
    (case.shop.template / ".terraform.tfstate.lock.info").write_text(json.dumps(told))
    with state.open("r+") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        done = _in_another_process(case, plan)
    assert done["status"] == "failed"
    assert "could not lock the state" in done["outcome"]["summary"]
    assert "kim@elsewhere" in done["outcome"]["summary"]
    assert case.retention() == 365


def test_a_state_in_s3_that_our_settings_name_is_locked_there(shop: Shop, database_url: str) -> None:
    """The template names no backend, so that no word of its own could ask for the lock."""
    s3, place = shop.aws("s3"), {"Bucket": "shop-state", "Key": "shop.tfstate"}
    s3.create_bucket(Bucket="shop-state", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    before = (shop.template / "terraform.tfstate").read_bytes()
    s3.put_object(**place, Body=before)
    (shop.template / "terraform.tfstate").unlink()
    shop.installation.workspaces["shop"]["state"] = "s3://shop-state/shop.tfstate"
    shop.installation.configure()
    told = {"ID": "1", "Operation": "OperationTypeApply", "Who": "kim@elsewhere", "Path": "shop-state/shop.tfstate"}
    with opened(shop, database_url) as case:
        case.scan()
        plan = approved(case)
        s3.put_object(Bucket="shop-state", Key="shop.tfstate.tflock", Body=json.dumps(told).encode())
        done = case.apply(plan)
        assert done.status is Status.FAILED
        assert "kim@elsewhere" in outcome(done)
        assert case.retention() == 365
        assert s3.get_object(**place)["Body"].read() == before

        s3.delete_object(Bucket="shop-state", Key="shop.tfstate.tflock")
        assert case.apply(case.approve(case.propose())).status is Status.APPLIED
        assert case.retention() != 365


def test_a_state_and_a_workspace_that_are_both_named_are_not_planned_on(shop: Shop, database_url: str) -> None:
    """Terraform would look for the workspace's state at another place, find none, and plan to make all anew."""
    shop.installation.workspaces["shop"] |= {"state": "terraform.tfstate", "workspace": "blue"}
    shop.installation.configure()
    with opened(shop, database_url) as case, pytest.raises(ConfigError, match=r"Terraform's workspace 'blue'"):
        case.propose()
    assert not any(shop.template.glob("terraform.tfstate.d"))


def _in_another_process(case: Case, plan: Proposal) -> dict[str, Any]:
    """A lock of a file is its process's: what the test holds would be ours too."""
    run = case.shop.installation.run
    ann = {"RECONCILER_TOKEN": run("users", "add", "ann", "--role", "admin", env={"RECONCILER_TOKEN": ""}).out.strip()}
    run("users", "add", "bob", "--role", "approver", env=ann)
    return run("apply", plan.id, "--format", "json", env=ann).json


def test_a_disk_that_is_full_before_the_intent_costs_no_approval(case: Case) -> None:
    plan = approved(case)
    run = case.shop.installation.run
    ann = run("users", "add", "ann", "--role", "admin", env={"RECONCILER_TOKEN": ""}).out.strip()
    run("users", "add", "bob", "--role", "approver", env={"RECONCILER_TOKEN": ann})
    command = [str(COMMAND), "--config", str(case.shop.installation.config), "apply", plan.id]
    done = subprocess.run(
        command,
        env=case.shop.installation.environment(RECONCILER_TOKEN=ann),
        cwd=case.shop.installation.folder,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert case.gate.plans.plan(plan.id).status is Status.APPROVED
    assert case.apply(plan).status is Status.APPLIED


def test_a_backend_that_is_gone_when_the_state_is_to_be_written(shop: Shop, database_url: str) -> None:
    with serving(StateServer()) as server:
        main = shop.template / "main.tf"
        main.write_text(main.read_text().replace("terraform {", 'terraform {\n  backend "http" {}', 1))
        server.states["/shop"] = (shop.template / "terraform.tfstate").read_bytes()
        (shop.template / "terraform.tfstate").unlink()
        address = f"http://127.0.0.1:{server.server_address[1]}/shop"
        shop.installation.workspaces["shop"]["backend_config"] = {
            "address": address, "username": "u", "password": PASSWORD, "retry_max": 1, "retry_wait_min": 1,
        }  # fmt: skip
        shop.installation.configure()
        with opened(shop, database_url) as case:
            case.scan()
            plan = approved(case)
            server.full = True
            done = case.apply(plan)
            assert done.status is Status.UNKNOWN
            lost = Path(outcome(done).partition("lies in ")[2].partition(":")[0])
            assert lost.name == "errored.tfstate"
            assert case.retention() == 30  # it was written, and the backend does not know
            again = case.gate.propose("shop", (), "ann", Silent(), case.said.append)
            assert getattr(again, "rule", None) == "lost_state"
            assert [_status(each) for each in case.gate.recover(Silent())] == ["unknown"]

            server.full = False
            _hand_over(shop, lost)
            lost.unlink()
            assert [_status(each) for each in case.gate.recover(Silent())] == ["applied"]
            assert case.scan().verdict.value == "in_sync"


def test_a_secret_of_the_backend_block_is_not_left_in_the_work_copy(shop: Shop, database_url: str) -> None:
    """It stands in the template, where it may be replaced; copies of older versions stay."""
    with serving(StateServer()) as server:
        place = f"http://127.0.0.1:{server.server_address[1]}/shop"
        block = f'backend "http" {{\n  address = "{place}"\n  username = "u"\n  password = "{PASSWORD}"\n}}'
        main = shop.template / "main.tf"
        main.write_text(main.read_text().replace("terraform {", f"terraform {{\n  {block}", 1))
        server.states["/shop"] = (shop.template / "terraform.tfstate").read_bytes()
        (shop.template / "terraform.tfstate").unlink()
        with opened(shop, database_url) as case:
            case.scan()
            assert case.apply(approved(case)).status is Status.APPLIED
        written = [path for path in shop.installation.state_dir.rglob("*") if path.is_file() and not path.is_symlink()]
        assert [path for path in written if PASSWORD.encode() in path.read_bytes()] == []


def _hand_over(shop: Shop, lost: Path) -> None:
    """As the runbook has it: from the folder where it lies."""
    terraform = terraform_for(shop.emulator, shop.installation.folder / "other")
    terraform.init(lost.parent, backend_config=shop.installation.workspaces["shop"]["backend_config"])
    push = ["terraform", "state", "push", lost.name]
    subprocess.run(push, cwd=lost.parent, env=terraform._env, check=True, capture_output=True)
    arrived, was = json.loads(terraform.pull_state(lost.parent)), json.loads(lost.read_bytes())
    assert (arrived["lineage"], arrived["resources"]) == (was["lineage"], was["resources"])


def _status(answer: object) -> str:
    return answer.status.value if isinstance(answer, Proposal) else str(answer)


@pytest.mark.parametrize("moment", ["version", "apply_complete"])
def test_a_database_that_is_lost_between_intent_and_effect_and_between_effect_and_outcome(
    open_shop: Callable[..., Shop], tmp_path: Path, moment: str
) -> None:
    with EmbeddedServer(tmp_path / "server") as server:
        shop = open_shop(database=server.url)
        assert shop.installation.run("db", "migrate").code == 0
        with opened(shop, server.url) as case:
            case.scan()
            plan = approved(case)

            def lose(event: Mapping[str, Any]) -> None:
                if event.get("type") == moment:
                    server.stop()

            with pytest.raises(DatabaseError):
                case.gate.apply(plan.id, "ann", Silent(), lose)
            server.start()
            assert case.gate.plans.plan(plan.id).status is Status.APPLYING
            assert case.retention() == 30  # Terraform was not told to stop in the middle
            assert [_status(each) for each in case.gate.recover(Silent())] == ["applied"]
            assert case.refused(plan) == "status"
            assert case.scan().verdict.value == "in_sync"
