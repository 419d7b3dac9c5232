"""Who can write to the database brings a row back as it once was: its stamp is good, and it is over."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import LiteralString

from support.attacks import ALTERED, NOT_LAST, Attack
from support.attacks.scene import Scene
from support.command import Done

from reconciler.gate.chain import Entry, Record
from reconciler.gate.proposal import Status
from reconciler.inventory.ledger import Ledger


def _delete(scene: Scene, which: LiteralString, **values: object) -> None:
    """What only the table's owner can do."""
    scene.sql("ALTER TABLE ledger DISABLE TRIGGER append_only")
    scene.sql(which, **values)


def _last(scene: Scene, subject: str) -> Record:
    return [each for each in Ledger(scene.database).records() if each.subject == subject][-1]


def _nothing(_: Scene, __: Record) -> None:
    """Leave the ledger as it is."""


def _a_record_with_its_stamp(scene: Scene, before: Record) -> None:
    told = {"stamp": json.loads(before.body)["stamp"]}
    Ledger(scene.database).append([Entry(datetime.now(UTC), before.kind, before.subject, told)])


def _the_same_record_again(scene: Scene, before: Record) -> None:
    Ledger(scene.database).append([Entry(datetime.now(UTC), before.kind, before.subject, json.loads(before.body))])


def _all_later_records_gone(scene: Scene, _: Record) -> None:
    _delete(scene, "DELETE FROM ledger WHERE sequence > (SELECT count(*) FROM kept)")


def _its_later_records_gone(scene: Scene, before: Record) -> None:
    later: LiteralString = "DELETE FROM ledger WHERE subject = %(whose)s AND sequence > %(last)s"
    _delete(scene, later, whose=before.subject, last=before.sequence)


def _others_in_their_place(scene: Scene, before: Record) -> None:
    """As many records as there were, chained as they should be, of another matter."""
    later = scene.sql("SELECT count(*) - (SELECT count(*) FROM kept) FROM ledger")[0][0]
    _all_later_records_gone(scene, before)
    Ledger(scene.database).append([Entry(datetime.now(UTC), "refusal", "", {})] * later)


def _reject(scene: Scene) -> None:
    assert scene.run("reject", scene.plan, "--reason", "no", by="cid").code == 0


def _finish(scene: Scene) -> None:
    scene.move(scene.plan, Status.APPLYING, Status.APPLIED)


def _plan(
    end: Callable[[Scene], None] = _reject, ledger: Callable[[Scene, Record], object] = _nothing
) -> Callable[[Scene], Done]:
    """The approved plan comes to its end, and its row comes back as it was."""

    def act(scene: Scene) -> Done:
        before = _last(scene, scene.plan)
        scene.sql("CREATE TABLE backup AS TABLE plans; CREATE TABLE kept AS TABLE ledger")
        end(scene)
        scene.sql(
            "UPDATE plans p SET status = b.status, outcome = b.outcome, epoch = b.epoch, stamp = b.stamp FROM backup b"
        )
        ledger(scene, before)
        return scene.apply()

    return act


def _bob(ledger: Callable[[Scene, Record], object] = _nothing, door: str = "approve") -> Callable[[Scene], Done]:
    """Bob was disabled; his row comes back, and he approves another plan."""

    def act(scene: Scene) -> Done:
        plan, before = scene.another(), _last(scene, "bob")
        scene.sql("CREATE TABLE backup AS TABLE users; CREATE TABLE kept AS TABLE ledger")
        assert scene.run("users", "disable", "bob", by="dan").code == 0
        scene.sql("UPDATE users u SET is_active = b.is_active, stamp = b.stamp FROM backup b WHERE b.name = u.name")
        ledger(scene, before)
        done = scene.run("approve", plan, by="bob")
        return done if door == "approve" else scene.apply(plan)

    return act


def _oli_with_the_token_of_before(scene: Scene) -> Done:
    scene.sql("CREATE TABLE backup AS TABLE users")
    assert scene.run("users", "token", "oli", by="dan").code == 0
    scene.sql(
        "UPDATE users u SET token_id = b.token_id, token_hash = b.token_hash, stamp = b.stamp FROM backup b"
        " WHERE b.name = u.name"
    )
    return scene.apply()


def _set_back_by_hand(scene: Scene) -> Done:
    _finish(scene)
    scene.sql("UPDATE plans SET status = 'approved'")
    return scene.apply()


def _told_in_the_ledger_alone(scene: Scene) -> Done:
    plan = scene.another()
    told = {"approved_by": "bob", "digest": scene.digest, "stamp": "0" * 64, "voucher": "0" * 64}
    Ledger(scene.database).append([Entry(datetime.now(UTC), "plan", plan, told)])
    return scene.apply(plan)


def _without_records(scene: Scene) -> Done:
    _delete(scene, "DELETE FROM ledger WHERE subject = %(plan)s")
    return scene.apply()


_GONE, _ANEW = "it is missing", "the ledger was written anew"
PAST = [
    Attack("an applied plan set back by hand", _set_back_by_hand, 1, ALTERED),
    Attack("a rejected plan", _plan(), 1, ALTERED),
    Attack("an applied plan", _plan(_finish), 1, ALTERED),
    Attack("a stale plan", _plan(lambda s: s.move(s.plan, Status.STALE)), 1, ALTERED),
    Attack("a rejected plan, and a record", _plan(ledger=_a_record_with_its_stamp), 1, ALTERED),
    Attack("a rejected plan, and its record again", _plan(ledger=_the_same_record_again), 1, ALTERED),
    Attack("an applied plan, and its record again", _plan(_finish, _the_same_record_again), 1, ALTERED),
    Attack("a plan without its records", _without_records, 1, ALTERED),
    Attack("an approval that the ledger alone tells", _told_in_the_ledger_alone, 1, ALTERED),
    Attack("who was disabled", _bob(), 1, NOT_LAST),
    Attack("who was disabled, and a record", _bob(_a_record_with_its_stamp), 1, NOT_LAST),
    Attack("who was disabled, and the record again", _bob(_the_same_record_again), 1, NOT_LAST),
    Attack("a token of before its renewal", _oli_with_the_token_of_before, 1, NOT_LAST),
    # Its owner brings the whole database back: rows and records fit each other, and only this host knows better.
    Attack("a rejected plan, its later records gone", _plan(ledger=_its_later_records_gone), 4, _GONE),
    Attack("a rejected plan, all later records gone", _plan(ledger=_all_later_records_gone), 4, _GONE),
    Attack("a rejected plan, others in their place", _plan(ledger=_others_in_their_place), 4, _ANEW),
    Attack("who was disabled, all later records gone", _bob(_all_later_records_gone, "apply"), 4, "ledger: record"),
]
