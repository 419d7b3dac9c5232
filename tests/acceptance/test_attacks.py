"""Attacks on the gate: somebody tries to change the cloud past it, and nothing happens.

Each attack ends with the command that ought to do the damage. What answers is told by its exit code and its words; that
nothing was done is told by the proxy before the emulator, which has seen no call that writes, and by the plans.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from support.attacks import Attack
from support.attacks.approvals import APPROVALS
from support.attacks.estate import ESTATE
from support.attacks.meanwhile import MEANWHILE, Meanwhile, applied
from support.attacks.past import PAST
from support.attacks.rows import APPROVAL_ROWS, PEOPLE, PLANS
from support.attacks.scene import READS, Scene, Stage, scened, staged
from support.attacks.signatures import SIGNATURES
from support.attacks.tokens import TOKENS
from support.database import MIGRATED, create
from support.deadline import eventually
from support.weather import weather

from reconciler.errors import DatabaseError
from reconciler.gate.digest import digest, digest_of_changes
from reconciler.gate.proposal import Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory.ledger import Ledger
from reconciler.sandbox.emulator import Emulator
from reconciler.wiring.gate import Gate

GROUPS = {
    "tokens": TOKENS,
    "approvals": APPROVALS,
    "signatures": SIGNATURES,
    "rows of plans": PLANS,
    "rows of approvals": APPROVAL_ROWS,
    "rows of people": PEOPLE,
    "the past": PAST,
    "the estate": ESTATE,
}
PAGE = Path(__file__).parents[2] / "docs" / "security.md"
NO_IDS = ["", "%", "%%%%", "____", "' OR true --", "'; DROP TABLE plans; --", "\udcff" * 4, "0" * 9999]
UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202e]")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def stage(
    applied_shop: tuple[Emulator, Path], migrated_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Made once, since Terraform takes its time."""
    create(migrated_server, "stage", template=MIGRATED)
    with staged(applied_shop, tmp_path_factory.mktemp("attacks") / "home", migrated_server, "stage") as made:
        yield made


@pytest.fixture
def scene(stage: Stage, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A database and a template of the attack's own."""
    with scened(stage, f"scene_{next(_numbers)}", capfd, monkeypatch) as made:
        yield made


def _named(group: str) -> Iterator[object]:
    return (pytest.param(each, id=f"{group}: {each.name}") for each in GROUPS[group])


@pytest.mark.parametrize("attack", [each for group in GROUPS for each in _named(group)])
def test_nothing_comes_of(attack: Attack, scene: Scene) -> None:
    done = attack.act(scene)
    assert (done.code, attack.says in " ".join((done.out + done.err).split())) == (attack.code, True), done
    assert scene.writes() == []
    assert "\x1b" not in done.out + done.err


def test_the_page_counts_what_is_tried() -> None:
    counts = {group: len(attacks) for group, attacks in GROUPS.items()}
    counts |= {"meanwhile": len(MEANWHILE), "at once": 3, "texts": 4 + len(NO_IDS)}
    page = PAGE.read_text("utf-8")
    assert {group: f"| {group} | {count} |" in page for group, count in counts.items()} == dict.fromkeys(counts, True)
    assert f"tries {sum(counts.values())} attacks" in page


@pytest.mark.parametrize("meanwhile", MEANWHILE, ids=lambda each: each.name)
def test_nothing_comes_of_an_apply_during_which(meanwhile: Meanwhile, scene: Scene) -> None:
    answer = applied(scene, meanwhile.act)
    if meanwhile.rule is None:
        assert isinstance(answer, DatabaseError)
    else:
        assert isinstance(answer, Refusal), answer
        assert answer.rule == meanwhile.rule
    assert scene.writes() == []


# --- at once ------------------------------------------------------------------------------------------------------


def test_of_two_processes_that_apply_a_plan_one_does_and_nobody_again(stage: Stage, scene: Scene) -> None:
    """The witness sees writes where there are any: each of the plan's changes, and each once."""
    with stage.emulator.clone() as emulator, weather(emulator.url) as sky, ThreadPoolExecutor(2) as pool:
        stage.installation.endpoint = sky.url
        stage.installation.configure()
        apply = partial(stage.installation.run, "apply", scene.plan, env={"RECONCILER_TOKEN": stage.tokens["oli"]})
        first, second = sorted(pool.map(lambda _: apply(), range(2)), key=lambda done: done.code)
        assert first.code == 0, first.out + first.err
        assert (second.code, "is being applied" in second.err or "the plan is appl" in second.err) in (
            (1, True),
            (4, True),
        ), second.err
        written = [call for call in sky.seen if not READS.match(call[1])]
        assert sum(call == ("logs", "PutRetentionPolicy") for call in written) == 1
        assert sum(call[0] == "s3" and call[1].startswith("PUT /shop-uploads/build") for call in written) == 1
        scene.sql("UPDATE plans SET status = 'approved', outcome = NULL")
        assert scene.apply().code == 1
        assert [call for call in sky.seen if not READS.match(call[1])] == written


def _at_once(scene: Scene, *acts: Callable[[Gate], object]) -> list[object]:
    """What comes of acts that all wait for the plans' rows at the same moment."""

    def waiting() -> bool:
        query: LiteralString = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return scene.sql(query) == [(len(acts),)]

    with (
        scene.application() as application,
        ThreadPoolExecutor(len(acts)) as pool,
        psycopg.connect(scene.database) as connection,
    ):
        connection.execute("SELECT 1 FROM plans FOR UPDATE")
        pending = [pool.submit(act, application.gate) for act in acts]
        eventually(waiting)
        connection.rollback()
        return [each.result() for each in pending]


def test_one_person_who_approves_twice_at_once_counts_once(scene: Scene) -> None:
    scene.configure("approvals = { medium = 2 }")
    plan = scene.another()
    answers = _at_once(scene, *[lambda gate: gate.approve(plan, "bob", scene.digest)] * 2)
    assert sorted(each.rule if isinstance(each, Refusal) else "" for each in answers) == ["", "once"]
    done = scene.apply(plan)
    assert (done.code, "approvals: 1 of 2" in done.err) == (4, True)
    assert scene.writes() == []


def test_what_is_rejected_and_approved_at_once_is_never_both(scene: Scene) -> None:
    plan = scene.another()
    answers = _at_once(
        scene,
        lambda gate: gate.approve(plan, "bob", scene.digest),
        lambda gate: gate.reject(plan, "cid", "no"),
    )
    assert isinstance(answers[1], Proposal)  # an approved plan can be rejected, a rejected one not approved
    assert isinstance(answers[0], Proposal) or answers[0].rule == "status"
    done = scene.apply(plan)
    assert (done.code, "status: the plan is rejected" in done.err) == (4, True)
    assert scene.writes() == []


# --- what people are shown ----------------------------------------------------------------------------------------


def _hostile(scene: Scene) -> str:
    """A plan whose resource is named by somebody who means a terminal."""
    [change, *rest] = scene.stage.plan.changes
    text = "\x1b[2J\x9b31m\u202e\r\nplan approved"
    moved = replace(change.changes[0], path=("tags", text), recorded=text, observed={text: text})
    changes = (replace(change, address=f'{change.resource_type}.this["{text}"]', changes=(moved,)), *rest)
    basis = replace(scene.stage.plan.basis, changes=digest_of_changes(changes))
    return scene.another(changes=changes, basis=basis, digest=digest(basis), proposer=f"ann{text}")


@pytest.mark.parametrize("format_", ["table", "json"])
def test_no_name_in_a_plan_steers_a_terminal(scene: Scene, format_: str) -> None:
    plan = _hostile(scene)
    commands = (("plans", "show", plan), ("plans", "list"), ("approve", plan), ("reject", plan, "-r", "\x1b[2J\u202e"))
    for command in commands:
        done = scene.run(*command, "--format", format_, by="bob")
        assert done.code == 0, done.err
        assert not UNSAFE.search(done.out.replace("\n", "") + done.err), command
    assert scene.run("events", "list").code == 0
    assert scene.writes() == []


def test_a_reason_may_be_as_long_as_it_likes(scene: Scene) -> None:
    done = scene.run("reject", scene.plan, "--reason", "no \x1b[2J" + "x" * 100_000, by="cid")
    assert (done.code, "\x1b" in done.out) == (0, False)
    assert scene.run("plans", "show", scene.plan).code == 0
    assert scene.run("events", "verify").code == 0
    assert scene.apply().code == 4


@pytest.mark.parametrize("prefix", NO_IDS)
def test_what_is_no_id_finds_no_plan(scene: Scene, prefix: str) -> None:
    for command in ("apply", "approve"):
        done = scene.run(command, "--", prefix, by="bob")
        assert done.code == 1
        error, hint = done.told()
        assert "plan's id" in error
        assert "plans list" in hint
    assert scene.statuses() == {"approved"}
    assert scene.writes() == []


def test_who_holds_a_workspace_steers_no_terminal(scene: Scene) -> None:
    with scene.application() as application, application.gate.plans.lease("shop", "\x1b[2J\u202eroot") as lease:
        with application.gate.plans.hold(scene.plan) as held:
            held.move(Status.APPLYING, "oli", lease=lease)
        for command in (("recover",), ("apply", scene.plan)):
            done = scene.run(*command, by="oli")
            assert (done.code, "is being applied by \\x1b[2J\\u202eroot" in done.err) in ((1, True), (4, False)), done
            assert "\x1b" not in done.err
    assert scene.writes() == []


def test_the_rules_are_those_of_whoever_configures(scene: Scene) -> None:
    """The configuration is root's: what it allows is allowed, to whom runs the command with one of their own too."""
    plan = scene.another()
    assert scene.run("approve", plan, by="ann").code == 4
    scene.configure("self_approval = true")
    assert scene.run("approve", plan, by="ann").code == 0
    scene.configure("")
    assert scene.apply(plan).code == 4
    scene.monkeypatch.setenv("RECONCILER_ENVIRONMENTS__PRODUCTION__GATE__SELF_APPROVAL", "true")
    assert "self_approval" not in scene.stage.installation.config.read_text()
    assert scene.run("approve", scene.another(), by="ann").code == 0
    assert scene.writes() == []


def test_an_admin_is_as_many_people_as_they_add_but_signs_for_none(scene: Scene) -> None:
    """What four eyes cannot hold against, the ledger tells, and signatures hold against."""
    plan, signed = scene.another(proposer="dan"), scene.another(proposer="dan")
    eva = scene.add("eva", "approver", by="dan")
    assert eva.code == 0
    assert scene.run("approve", plan, token=eva.out.strip()).code == 0
    told = [json.loads(each.body) for each in Ledger(scene.database).records() if each.subject == "eva"]
    assert [(each["change"], each["by"]) for each in told] == [("added", "dan")]
    scene.require_signatures()
    file = scene.stage.installation.folder / "signature"
    file.write_text(scene.signed(scene.digest, "eva"))
    refused = scene.run("approve", signed, "--signature", str(file), token=eva.out.strip())
    assert (refused.code, "it is no signature of eva" in refused.err) == (4, True)
    assert scene.apply(plan).code == 4
    assert scene.writes() == []


def test_a_program_that_rides_along_is_told_before_anybody_approves(scene: Scene) -> None:
    with (scene.template / "labels" / "main.tf").open("a") as file:
        file.write('resource "terraform_data" "run" {\n  provisioner "local-exec" {\n    command = "false"\n  }\n}\n')
    plan = scene.run("plan", "shop", "--format", "json", by="ann")
    assert plan.code == 0, plan.err
    assert "runs local-exec with module.labels.terraform_data.run" in plan.json["risk"]["reasons"]
    page = " ".join(scene.run("plans", "show", plan.json["id"]).out.split())
    assert "local-exec; what that does, no plan tells" in page
    assert scene.writes() == []
