"""Who can write to the database, and has not got the master key: rows of plans, approvals and people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import LiteralString

from support.attacks import ALTERED, Attack
from support.attacks.scene import Scene
from support.command import Done

_TWO = "approvals = { low = 2, medium = 2, high = 2 }"

_FINE = """UPDATE plans SET outcome = '{"summary": "fine", "left": [], "acts": []}'"""


def _approved(statement: LiteralString, settings: str = "") -> Callable[[Scene], Done]:
    """Something is done by hand to the plan that Bob approved, or to his approval, and it is applied."""

    def act(scene: Scene) -> Done:
        scene.configure(settings)
        scene.sql(statement)
        return scene.apply()

    return act


def _other(statement: LiteralString, door: str = "apply", by: str = "oli") -> Callable[[Scene], Done]:
    """The same to a plan that nobody approved: ``%(other)s``. Somebody comes to it who could not have."""

    def act(scene: Scene) -> Done:
        plan = scene.another()
        scene.sql(statement, other=plan)
        return scene.run(door, plan, by=by)

    return act


def _expired_and_prolonged(scene: Scene) -> Done:
    plan = scene.another("bob", expires_at=datetime.now(UTC) - timedelta(minutes=1))
    scene.sql("UPDATE plans SET expires_at = now() + interval '1 hour' WHERE id = %(other)s::uuid", other=plan)
    return scene.apply(plan)


def _old_and_refreshed(scene: Scene) -> Done:
    plan = scene.another("bob", ago=timedelta(hours=5))
    scene.sql("UPDATE plan_approvals SET at = now() WHERE plan_id = %(other)s::uuid", other=plan)
    return scene.apply(plan)


def _copied(scene: Scene) -> Done:
    scene.sql(_COPY)
    [(copy,)] = scene.sql("SELECT id::text FROM plans WHERE id <> %(plan)s::uuid")
    return scene.apply(copy)


_MOVED: LiteralString = "UPDATE plans SET environment = 'development' WHERE id = %(other)s::uuid"
_SWAP: LiteralString = "UPDATE plans p SET sealed = o.sealed FROM plans o WHERE o.id <> p.id"
_SWAP_ALL: LiteralString = (
    "UPDATE plans p SET status = o.status, sealed = o.sealed, stamp = o.stamp FROM plans o WHERE o.id <> p.id"
)
_COPY: LiteralString = (
    "INSERT INTO plans SELECT (p).* FROM (SELECT jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid()))"
    " AS p FROM plans p) AS copies"
)

PLANS = [
    Attack("status set to approved", _other("UPDATE plans SET status = 'approved'"), 1, ALTERED),
    Attack("digest", _approved("UPDATE plans SET digest = 'sha256:' || repeat('0', 64)"), 1, ALTERED),
    Attack("basis", _approved("UPDATE plans SET basis = jsonb_set(basis, '{serial}', '1')"), 1, ALTERED),
    Attack("changes", _approved("UPDATE plans SET changes = '[]'"), 1, ALTERED),
    Attack("direction", _approved("UPDATE plans SET direction = 'adopt'"), 1, ALTERED),
    Attack("environment", _approved("UPDATE plans SET environment = 'development'"), 1, ALTERED),
    Attack("environment, for an operator of it", _other(_MOVED, "apply", "eve"), 1, ALTERED),
    Attack("environment, for an approver of it", _other(_MOVED, "approve", "fay"), 1, ALTERED),
    Attack(
        "workspace",
        _approved(
            "INSERT INTO workspaces (name) VALUES ('elsewhere');"
            " UPDATE plans SET workspace_id = (SELECT id FROM workspaces WHERE name = 'elsewhere')"
        ),
        1,
        ALTERED,
    ),
    Attack("the workspace's name", _approved("UPDATE workspaces SET name = 'elsewhere'"), 1, ALTERED),
    Attack("expires_at", _expired_and_prolonged, 1, ALTERED),
    Attack("created_at", _approved("UPDATE plans SET created_at = now() + interval '1 day'"), 1, ALTERED),
    Attack("proposer, who then approves", _other("UPDATE plans SET proposer = 'cid'", "approve", "ann"), 1, ALTERED),
    Attack("risk", _approved("UPDATE plans SET risk = 'low'", "approvals = { medium = 2 }"), 1, ALTERED),
    Attack("reasons", _approved("UPDATE plans SET reasons = '[\"harmless\"]'"), 1, ALTERED),
    Attack("outcome", _approved(_FINE), 1, ALTERED),
    Attack("epoch", _approved("UPDATE plans SET epoch = 1"), 1, ALTERED),
    Attack("plan file", _approved("UPDATE plans SET sealed = 'sealed:v1:0:AAAA'"), 1, ALTERED),
    Attack("plan files swapped", _other(_SWAP), 1, ALTERED),
    Attack("plan files swapped with their stamps", _other(_SWAP_ALL), 1, ALTERED),
    Attack("a copy under another id", _copied, 1, ALTERED),
]


_FORGED: LiteralString = """
INSERT INTO plan_approvals (plan_id, user_name, at, digest, stamp)
SELECT %(other)s::uuid, 'bob', now(), digest, repeat('0', 64) FROM plans WHERE id = %(other)s::uuid
"""
_AGAIN: LiteralString = """
CREATE TABLE backup AS TABLE plan_approvals; DELETE FROM plan_approvals; INSERT INTO plan_approvals TABLE backup;
INSERT INTO plan_approvals SELECT gen_random_uuid(), plan_id, user_name, at, digest, signature, stamp FROM backup
"""
_AS_CID: LiteralString = """
INSERT INTO plan_approvals SELECT gen_random_uuid(), plan_id, 'cid', at, digest, signature, stamp FROM plan_approvals
"""

APPROVAL_ROWS = [
    Attack("made up", _other(_FORGED), 1, "The record of approval of plan"),
    Attack(
        "of another plan of the same digest", _other("UPDATE plan_approvals SET plan_id = %(other)s::uuid"), 1, ALTERED
    ),
    Attack("copied for somebody else", _approved(_AS_CID, _TWO), 1, ALTERED),
    Attack("user", _approved("UPDATE plan_approvals SET user_name = 'cid'"), 1, ALTERED),
    Attack("digest", _approved("UPDATE plan_approvals SET digest = 'sha256:' || repeat('0', 64)"), 1, ALTERED),
    Attack("time", _old_and_refreshed, 1, ALTERED),
    Attack("signature", _approved("UPDATE plan_approvals SET signature = 'x'"), 1, ALTERED),
    Attack("taken away", _approved("DELETE FROM plan_approvals"), 4, "approvals: 0 of 1 approvals are in force"),
    Attack("taken away and put back twice, for two", _approved(_AGAIN, _TWO), 4, "approvals: 1 of 2"),
]


def _with_a_copied_hash(scene: Scene) -> Done:
    scene.sql(
        "CREATE TEMP TABLE vic AS SELECT token_id, token_hash FROM users WHERE name = 'vic';"
        " UPDATE users SET token_id = NULL WHERE name = 'vic';"
        " UPDATE users SET token_id = vic.token_id, token_hash = vic.token_hash FROM vic WHERE name = 'oli'"
    )
    return scene.apply(by="vic")


def _with_another_root_key(scene: Scene) -> Done:
    scene.cold = True
    scene.sql("DELETE FROM vault_secrets")
    return scene.apply()


def _with_a_root_key_of_elsewhere(scene: Scene) -> Done:
    scene.cold = True
    scene.sql("UPDATE vault_secrets SET sealed = 'sealed:v1:' || split_part(sealed, ':', 3) || ':' || repeat('A', 80)")
    return scene.apply()


_NEW: LiteralString = """
INSERT INTO users (name, role, token_id, token_hash, stamp)
SELECT 'eva', 'approver', 'ffffffffffff', token_hash, stamp FROM users WHERE name = 'bob'
"""

PEOPLE = [
    Attack("role raised", _other("UPDATE users SET role = 'admin' WHERE name = 'vic'", "approve", "vic"), 1, ALTERED),
    Attack("environments widened", _other("UPDATE users SET environments = '[]'", "approve", "fay"), 1, ALTERED),
    Attack("enabled again", _other("UPDATE users SET is_active = true", "approve", "gus"), 1, ALTERED),
    Attack("token prolonged", _other("UPDATE users SET token_expires_at = NULL", "approve", "hal"), 1, ALTERED),
    Attack("somebody new", _approved(_NEW), 1, ALTERED),
    Attack("name", _approved("UPDATE users SET name = 'bert' WHERE name = 'vic'"), 1, ALTERED),
    Attack("somebody else's token hash", _with_a_copied_hash, 1, ALTERED),
    Attack(
        "an admin's stamp",
        _other(
            "UPDATE users u SET role = d.role, stamp = d.stamp FROM users d WHERE d.name = 'dan' AND u.name = 'vic'",
            "approve",
            "vic",
        ),
        1,
        ALTERED,
    ),
    Attack("the root key deleted", _with_another_root_key, 1, ALTERED),
    Attack("the root key replaced", _with_a_root_key_of_elsewhere, 1, "does not open this database"),
]
