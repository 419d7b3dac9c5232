"""What plans promise: run on those in memory and those in PostgreSQL, and what only a database can show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from support.deadline import eventually
from support.plans import NOW, approval, basis, change, planned, proposal, stamp

from reconciler.drift.values import UNKNOWN, Sensitive
from reconciler.errors import BusyError, DatabaseError, ReconcilerError
from reconciler.gate.digest import digest, digest_of_changes
from reconciler.gate.policy import Moment, Rules, forbids_apply
from reconciler.gate.proposal import Act, Outcome, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory.inventory import Inventory
from reconciler.inventory.ledger import Ledger
from reconciler.inventory.memory_plans import MemoryPlans
from reconciler.inventory.plans import Plans
from reconciler.inventory.port import PlansPort


def new(**more: Any) -> Proposal:
    return proposal(id=str(uuid4()), **more)


@pytest.fixture(params=["memory", "postgresql"])
def plans(request: pytest.FixtureRequest) -> Iterator[PlansPort]:
    if request.param == "memory":
        yield MemoryPlans()
    else:
        yield Plans(request.getfixturevalue("database_url"), stamp)


@pytest.fixture
def real(database_url: str) -> Plans:
    return Plans(database_url, stamp)


def test_a_plan_comes_back_as_it_was_proposed(plans: PlansPort) -> None:
    moved = (Sensitive("1"), Sensitive("2")), ({}, {"a": [1, None]}), (["(known after apply)"], [UNKNOWN])
    secret = planned(changes=tuple(change(f"a{number}", *sides) for number, sides in enumerate(moved)))
    more = {"because": "engine", "importing": "i", "moved_from": "a.b", "runs": ("local-exec",), "taken_back": True}
    changes = (secret, planned("aws_x.y", ("delete", "create"), **more))
    made = basis(changes)
    plan = new(changes=changes, basis=made, digest=digest(made))
    plans.add(plan, "sealed:1")
    assert plans.plan(plan.id) == plan
    assert plans.plan(plan.id[:8].upper()) == plan
    assert digest_of_changes(plans.plan(plan.id).changes) == plan.basis.changes
    with plans.hold(plan.id) as held:
        assert held.sealed == "sealed:1"


def test_a_plan_that_is_not_there(plans: PlansPort) -> None:
    with pytest.raises(ReconcilerError, match="begin"):
        plans.plan("0000")
    with pytest.raises(ReconcilerError, match="4 characters"):
        plans.plan("000")
    with pytest.raises(ReconcilerError, match="no plan"), plans.hold(str(uuid4())):
        pass


def test_the_newest_first_and_by_workspace_and_status(plans: PlansPort) -> None:
    old, young = new(created_at=NOW - timedelta(hours=2)), new()
    for each in (old, young):
        plans.add(each, "")
    assert [each.id for each in plans.plans()] == [young.id, old.id]
    assert [each.id for each in plans.plans(limit=1)] == [young.id]
    assert plans.plans(workspace="other") == []
    assert plans.plans(status=Status.APPLIED) == []
    assert len(plans.plans(workspace="shop", status=Status.PROPOSED)) == 2


def test_approvals_count_once_they_are_written(plans: PlansPort) -> None:
    plan = new()
    plans.add(plan, "")
    with plans.hold(plan.id) as held:
        held.approve(approval())
        assert held.move(Status.APPROVED, "ann") is None
    kept = plans.plan(plan.id)
    assert kept.approvals == (approval(),)
    assert kept.status is Status.APPROVED
    assert forbids_apply(kept, Rules(), {"bob"}, 10, Moment(NOW)) is None


def test_nothing_is_written_where_a_fault_ends_the_step(plans: PlansPort) -> None:
    plan = new()
    plans.add(plan, "")

    def cut_off() -> None:
        with plans.hold(plan.id) as held:
            held.approve(approval())
            held.move(Status.APPROVED, "ann")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cut_off()
    assert plans.plan(plan.id) == plan


def test_a_status_that_may_not_follow_is_refused(plans: PlansPort) -> None:
    plan = new()
    plans.add(plan, "")
    with plans.hold(plan.id) as held:
        refusal = held.move(Status.APPLIED, "ann")
        assert refusal is not None
        assert refusal.rule == "status"
    assert plans.plan(plan.id).status is Status.PROPOSED


def test_an_outcome_is_kept(plans: PlansPort) -> None:
    outcome = Outcome("it failed", ("a.b",), (Act("a.b", "update", "errored", 1.5), Act("a.c", "create", "started")))
    plan = new()
    plans.add(plan, "")
    with plans.lease("shop", "me") as lease, plans.hold(plan.id) as held:
        assert held.move(Status.APPLYING, "ann", lease=lease) is None
    with plans.hold(plan.id) as held:
        assert held.move(Status.FAILED, "ann", outcome=outcome) is None
    kept = plans.plan(plan.id)
    assert (kept.status, kept.outcome) == (Status.FAILED, outcome)


def test_a_workspace_is_taken_once_and_each_time_with_a_higher_epoch(plans: PlansPort) -> None:
    with plans.lease("shop", "one") as first:
        with pytest.raises(BusyError, match="is being applied"), plans.lease("shop", "two"):
            pass
        with plans.lease("other", "two"):
            pass
    with plans.lease("shop", "two") as second:
        assert second.epoch > first.epoch


def test_who_holds_an_older_epoch_is_fenced_off(plans: PlansPort) -> None:
    plan = new()
    plans.add(plan, "")
    with plans.lease("shop", "one") as old:
        pass
    with plans.lease("shop", "two"), plans.hold(plan.id) as held:
        refusal = held.move(Status.APPLYING, "ann", lease=old)
        assert refusal is not None
        assert refusal.rule == "lease"
    assert plans.plan(plan.id).status is Status.PROPOSED


def test_who_waits_for_a_plan_finds_it_as_the_other_left_it(real: Plans, database_url: str) -> None:
    plan = new()
    real.add(plan, "")

    def waits() -> bool:
        with psycopg.connect(database_url) as connection:
            query = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            return connection.execute(query).fetchone() == (1,)

    def approve() -> Refusal | None:
        with real.hold(plan.id) as held:
            return held.move(Status.APPROVED, "bob")

    with ThreadPoolExecutor(1) as pool:
        with real.hold(plan.id) as held:
            second = pool.submit(approve)
            eventually(waits)
            assert held.move(Status.REJECTED, "cid") is None
        refusal = second.result()
    assert refusal is not None
    assert refusal.rule == "status"


ALTERATIONS: list[LiteralString] = [
    "UPDATE plans SET status = 'approved'",
    "UPDATE plans SET digest = 'sha256:other'",
    "UPDATE plans SET basis = jsonb_set(basis, '{serial}', '8')",
    "UPDATE plans SET environment = 'development'",
    "UPDATE plans SET direction = 'adopt'",
    "UPDATE plans SET changes = '[]'",
    "UPDATE plans SET changes = jsonb_set(changes, '{0,changes,0,configured}', 'false')",
    "UPDATE plans SET proposer = 'cid'",
    "UPDATE plans SET risk = 'low'",
    "UPDATE plans SET reasons = '[]'",
    "UPDATE plans SET expires_at = expires_at + interval '1 day'",
    "UPDATE plans SET created_at = created_at - interval '1 day'",
    "UPDATE plans SET sealed = 'sealed:2'",
    'UPDATE plans SET outcome = \'{"summary": "fine", "left": [], "acts": []}\'',
    "UPDATE plans SET epoch = 7",
    "UPDATE plans SET stamp = 'x'",
    "UPDATE plan_approvals SET user_name = 'cid'",
    "UPDATE plan_approvals SET digest = 'sha256:other'",
    "UPDATE plan_approvals SET at = at + interval '1 day'",
    "UPDATE plan_approvals SET signature = 'x'",
    """INSERT INTO plan_approvals (plan_id, user_name, at, digest, stamp)
       SELECT plan_id, 'cid', at, digest, stamp FROM plan_approvals""",
    """INSERT INTO workspaces (name) VALUES ('elsewhere');
       UPDATE plans SET workspace_id = (SELECT id FROM workspaces WHERE name = 'elsewhere')""",
]


@pytest.mark.parametrize("statement", ALTERATIONS)
def test_a_row_that_another_hand_wrote_is_no_plan(real: Plans, database_url: str, statement: LiteralString) -> None:
    plan = new()
    real.add(plan, "sealed:1")
    with real.hold(plan.id) as held:
        held.approve(approval())
    with psycopg.connect(database_url) as connection:
        connection.execute(statement)
    with pytest.raises(DatabaseError, match="not as this program wrote it"):
        real.plan(plan.id)
    with pytest.raises(DatabaseError), real.hold(plan.id):
        pass
    young = new(created_at=NOW)
    real.add(young, "sealed:2")
    altered, whole = sorted(real.plans(), key=lambda each: isinstance(each, Proposal))
    assert whole == young
    assert isinstance(altered, DatabaseError)
    assert plan.id[:8] in altered.message


def test_an_approval_of_one_plan_is_none_of_another(real: Plans, database_url: str) -> None:
    one, other = new(), new()
    for each in (one, other):
        real.add(each, "")
    with real.hold(one.id) as held:
        held.approve(approval())
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE plan_approvals SET plan_id = %s", (other.id,))
    with pytest.raises(DatabaseError, match="not as this program wrote it"):
        real.plan(other.id)


def test_a_lease_ends_with_its_connection(real: Plans, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as administrator, real.lease("shop", "one") as first:
        killed = administrator.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
        ).fetchall()
        assert killed == [(True,)]
        with real.lease("shop", "two") as second:
            assert second.epoch == first.epoch + 1


def test_every_step_is_in_the_ledger_and_the_workspaces_events(real: Plans, database_url: str) -> None:
    plan = new()
    real.add(plan, "sealed:1")
    with real.hold(plan.id) as held:
        held.refuse(Refusal("approvals", "0 of 1"), "ann")
    with real.hold(plan.id) as held:
        held.approve(approval())
        held.move(Status.APPROVED, "bob")
    with real.lease("shop", "me") as lease, real.hold(plan.id) as held:
        held.move(Status.APPLYING, "ann", lease=lease)
    with real.hold(plan.id) as held:
        held.move(Status.APPLIED, "ann", outcome=Outcome("done"))
    ledger, inventory = Ledger(database_url), Inventory.open(database_url)
    told = [(record.kind, json.loads(record.body)) for record in ledger.records() if record.kind != "events"]
    assert [(kind, body.get("status") or body.get("rule") or body["approved_by"]) for kind, body in told] == [
        ("plan", "proposed"), ("refusal", "approvals"), ("plan", "bob"), ("plan", "approved"), ("plan", "applying"),
        ("plan", "applied"),
    ]  # fmt: skip
    assert [event.type for event in inventory.events(workspace="shop")][::-1] == [
        "plan_proposed", "plan_approved", "apply_started", "apply_finished"
    ]  # fmt: skip
    inventory.close()
    assert ledger.verify() is None
    assert "sealed:1" not in "".join(record.body for record in ledger.records())


@pytest.mark.parametrize("status", [Status.REJECTED, Status.APPLYING])
def test_an_older_row_that_somebody_brought_back_is_no_plan(real: Plans, database_url: str, status: Status) -> None:
    plan = new()
    real.add(plan, "sealed:1")
    with real.hold(plan.id) as held:
        held.approve(approval())
        held.move(Status.APPROVED, "bob")
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE backup AS SELECT * FROM plans")
    with real.hold(plan.id) as held:
        assert held.move(status, "cid") is None
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE plans p SET status = b.status, stamp = b.stamp, outcome = b.outcome, epoch = b.epoch FROM backup b"
        )
    with pytest.raises(DatabaseError, match="not as this program wrote it"):
        real.plan(plan.id)


def test_a_step_that_fails_leaves_no_record(real: Plans, database_url: str) -> None:
    plan = new()
    real.add(plan, "sealed:1")
    before = Ledger(database_url).size()

    def cut_off() -> None:
        with real.hold(plan.id) as held:
            held.approve(approval())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cut_off()
    assert Ledger(database_url).size() == before


def _being_applied(plans: PlansPort) -> Proposal:
    plan = new(status=Status.APPROVED)
    plans.add(plan, "sealed:1")
    with plans.lease(plan.basis.workspace, "a") as lease, plans.hold(plan.id) as held:
        assert held.move(Status.APPLYING, "ann", lease=lease) is None
    return plan


def test_what_is_not_settled_is_known_until_it_is(plans: PlansPort) -> None:
    plan = _being_applied(plans)
    plans.add(new(), "sealed:2")
    assert plans.unsettled(plan.basis.workspace) == plans.unsettled() == {plan.id: plans.plan(plan.id)}
    assert plans.unsettled("another") == {}
    for status, unsettled in ((Status.UNKNOWN, [plan.id]), (Status.FAILED, [])):
        with plans.hold(plan.id) as held:
            assert held.move(status, "ann", outcome=Outcome("cut off")) is None
        assert list(plans.unsettled(plan.basis.workspace)) == unsettled


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE plans SET status = 'failed'",
        "UPDATE plans SET stamp = 'x'",
        "UPDATE plans SET workspace_id = (SELECT id FROM workspaces WHERE name = 'another')",
        "DELETE FROM plans",
    ],
)
def test_what_is_not_settled_is_known_whatever_becomes_of_its_row(
    real: Plans, database_url: str, edit: LiteralString
) -> None:
    plan, workspace = _being_applied(real), new().basis.workspace
    with real.lease("another", "a"), psycopg.connect(database_url) as connection:
        connection.execute(edit)
    [(plan_id, fault)] = real.unsettled(workspace).items()
    assert plan_id == plan.id
    assert isinstance(fault, DatabaseError)
    real.write_off(plan.id, "eve")
    assert real.unsettled(workspace) == real.unsettled() == {}
    [last] = [each for each in Ledger(database_url).records() if each.kind == "plan"][-1:]
    assert (last.subject, json.loads(last.body)["by"]) == (plan.id, "eve")


def test_a_file_that_is_sealed_anew_meanwhile_settles_nothing(real: Plans) -> None:
    plan = _being_applied(real)
    real.renew(plan.id, lambda *_: "sealed:2")
    assert list(real.unsettled(plan.basis.workspace)) == [plan.id]
