"""``plans``, ``plan_approvals``, ``workspace_leases``: proposals on their way, each step one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, LiteralString

import psycopg

from reconciler.errors import BusyError, DatabaseError, ReconcilerError
from reconciler.gate.proposal import NEXT, UNSETTLED, Approval, Outcome, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.inventory import locks, workspaces
from reconciler.inventory.engine import Connection, connect, place
from reconciler.inventory.faults import translated
from reconciler.inventory.plan_records import (
    tell_approval,
    tell_refusal,
    tell_reseal,
    tell_step,
    tell_write_off,
)
from reconciler.inventory.plan_rows import (
    COLUMNS,
    Stamp,
    altered,
    approval_stamp,
    plan_stamp,
    read_approval,
    read_plan,
    stored_basis,
    stored_changes,
)
from reconciler.inventory.port import Renew
from reconciler.inventory.rows import Lease
from reconciler.inventory.stored import dumps, text
from reconciler.inventory.vouchers import vouches

SHORTEST_PREFIX: Final = 4

_SELECT: LiteralString = """
SELECT w.name,
       (SELECT json_build_array(l.sequence, l.previous_hash, l.body)::text FROM ledger l
        WHERE l.kind = 'plan' AND l.subject = p.id::text ORDER BY l.sequence DESC LIMIT 1),
       p.id::text, p.environment, p.direction, p.status, p.digest, p.basis::text, p.changes::text, p.risk,
       p.reasons::text, p.proposer, p.created_at, p.expires_at, p.outcome::text, p.epoch, p.stamp, p.sealed
FROM plans p JOIN workspaces w ON w.id = p.workspace_id
"""
_BY_ID: LiteralString = f"{_SELECT} WHERE p.id::text = %s"
_LOCK: LiteralString = "SELECT 1 FROM plans WHERE id::text = %s FOR UPDATE"
_BY_PREFIX: LiteralString = "SELECT id::text FROM plans WHERE starts_with(id::text, %s) LIMIT 2"
_ALL: LiteralString = f"""{_SELECT}
WHERE (%(workspace)s::text IS NULL OR w.name = %(workspace)s) AND (%(status)s::text IS NULL OR p.status = %(status)s)
ORDER BY p.created_at DESC, p.id
LIMIT %(limit)s
"""
_APPROVALS: LiteralString = """
SELECT user_name, at, digest, signature, stamp FROM plan_approvals WHERE plan_id = %s::uuid ORDER BY at, id
"""
_INSERT: LiteralString = """
INSERT INTO plans (id, workspace_id, environment, direction, status, digest, basis, changes, risk, reasons, proposer,
                   created_at, expires_at, sealed, stamp)
SELECT %(id)s, w.id, %(environment)s, %(direction)s, %(status)s, %(digest)s, %(basis)s, %(changes)s, %(risk)s,
       %(reasons)s, %(proposer)s, %(created_at)s, %(expires_at)s, %(sealed)s, %(stamp)s
FROM workspaces w WHERE w.name = %(workspace)s
"""
_MOVE: LiteralString = """
UPDATE plans SET status = %(status)s, outcome = %(outcome)s, epoch = %(epoch)s, stamp = %(stamp)s
WHERE id = %(id)s::uuid
"""
_RESEAL: LiteralString = "UPDATE plans SET sealed = %(sealed)s, stamp = %(stamp)s WHERE id = %(id)s::uuid"
_DUE: LiteralString = "SELECT id::text FROM plans WHERE NOT starts_with(sealed, %s) ORDER BY id"
_APPROVE: LiteralString = """
INSERT INTO plan_approvals (plan_id, user_name, at, digest, signature, stamp)
VALUES (%(plan)s::uuid, %(user)s, %(at)s, %(digest)s, %(signature)s, %(stamp)s)
"""
_UNSETTLED: LiteralString = """
SELECT subject FROM (
    SELECT DISTINCT ON (subject) subject, body::jsonb AS told FROM ledger
    WHERE kind = 'plan' ORDER BY subject, sequence DESC
) AS last
WHERE told ->> 'status' = ANY(%(statuses)s) AND (%(workspace)s::text IS NULL OR told ->> 'workspace' = %(workspace)s)
ORDER BY subject
"""
_LEASE: LiteralString = """
INSERT INTO workspace_leases AS l (workspace_id, epoch, holder, since)
SELECT id, 1, %(holder)s, clock_timestamp() FROM workspaces WHERE name = %(workspace)s
ON CONFLICT (workspace_id) DO UPDATE SET epoch = l.epoch + 1, holder = excluded.holder, since = excluded.since
RETURNING epoch
"""
_HOLDER: LiteralString = """
SELECT l.holder, l.since FROM workspace_leases l JOIN workspaces w ON w.id = l.workspace_id WHERE w.name = %s
"""
_EPOCH: LiteralString = """
SELECT l.epoch FROM workspace_leases l JOIN workspaces w ON w.id = l.workspace_id WHERE w.name = %s FOR UPDATE OF l
"""


class HeldPlan:
    """A plan that nobody else can move meanwhile. What is done to it is written as the context ends, or not at all."""

    def __init__(self, connection: Connection, proposal: Proposal, row: tuple[str, int | None], stamp: Stamp) -> None:
        self._connection = connection
        self._sealed, self._epoch = row
        self._stamp = stamp
        self.proposal = proposal

    @property
    def sealed(self) -> str:
        """The plan file, sealed."""
        return self._sealed

    def reseal(self, sealed: str) -> None:
        """Put another sealed text of the same plan file in the place of the one that is kept."""
        self._sealed = sealed
        stamp = self._own_stamp(self.proposal)
        self._connection.execute(_RESEAL, {"id": self.proposal.id, "sealed": sealed, "stamp": stamp})
        tell_reseal(self._connection, self.proposal, stamp, self._stamp)

    def approve(self, approval: Approval) -> None:
        """Write down one person's approval. Whether it may be taken is the gate's to say."""
        stamp = approval_stamp(self._stamp, self.proposal.id, approval)
        values = {
            "plan": self.proposal.id,
            "user": text(approval.user),
            "at": approval.at,
            "digest": approval.digest,
            "signature": approval.signature,
            "stamp": stamp,
        }
        self._connection.execute(_APPROVE, values)
        tell_approval(self._connection, self.proposal, approval, self._own_stamp(self.proposal), self._stamp)
        self.proposal = replace(self.proposal, approvals=(*self.proposal.approvals, approval))

    def refuse(self, refusal: Refusal, by: str) -> None:
        """Write down that the gate did not open, and to whom."""
        tell_refusal(self._connection, self.proposal, refusal, by)

    def move(
        self, status: Status, by: str, *, outcome: Outcome | None = None, lease: Lease | None = None
    ) -> Refusal | None:
        """Bring the plan to its next status.

        Args:
            status: the next one.
            by: who brings it there.
            outcome: what came of it.
            lease: that under which it is being applied.

        Returns:
            Why it cannot: the status is none that may follow, or the lease has been given to somebody else.
        """
        if status not in NEXT.get(self.proposal.status, frozenset()):
            return Refusal("status", f"the plan is {self.proposal.status.value}: it cannot become {status.value}")
        if lease is not None:
            row = self._connection.execute(_EPOCH, (text(lease.workspace),)).fetchone()
            if row is None or row[0] != lease.epoch:
                return Refusal("lease", f"somebody else has taken workspace {lease.workspace} meanwhile")
            self._epoch = lease.epoch
        moved = replace(self.proposal, status=status, outcome=outcome or self.proposal.outcome)
        values = {
            "id": moved.id,
            "status": status.value,
            "outcome": None if moved.outcome is None else dumps(moved.outcome.to_json()),
            "epoch": self._epoch,
            "stamp": self._own_stamp(moved),
        }
        self._connection.execute(_MOVE, values)
        tell_step(self._connection, moved, by, self._own_stamp(moved), self._stamp)
        self.proposal = moved
        return None

    def _own_stamp(self, proposal: Proposal) -> str:
        return plan_stamp(self._stamp, proposal, self._sealed, self._epoch)


class Plans:
    """The plans in PostgreSQL. Every method raises DatabaseError where the database does not answer."""

    def __init__(self, url: str, stamp: Stamp) -> None:
        """Read and write at a libpq URL; ``stamp`` is a keyed digest."""
        self._url = url
        self._place = place(url)
        self._stamp = stamp

    def add(self, proposal: Proposal, sealed: str) -> None:
        """Keep a new proposal with its sealed plan file."""
        basis = proposal.basis
        stamp = plan_stamp(self._stamp, proposal, sealed, None)
        values = {
            "id": proposal.id,
            "workspace": text(basis.workspace),
            "environment": text(basis.environment),
            "direction": basis.direction.value,
            "status": proposal.status.value,
            "digest": proposal.digest,
            "basis": dumps(stored_basis(basis)),
            "changes": dumps(stored_changes(proposal.changes)),
            "risk": proposal.risk.level.value,
            "reasons": dumps(list(proposal.risk.reasons)),
            "proposer": text(proposal.proposer),
            "created_at": proposal.created_at,
            "expires_at": proposal.expires_at,
            "sealed": sealed,
            "stamp": stamp,
        }
        with self._transaction() as connection:
            workspaces.ensure(connection, [basis.workspace])
            connection.execute(_INSERT, values)
            tell_step(connection, proposal, proposal.proposer, stamp, self._stamp)

    def plan(self, prefix: str) -> Proposal:
        """The plan whose id begins so.

        Raises:
            ReconcilerError: there is none, or more than one, or the prefix has less than 4 characters.
            DatabaseError: its rows are not as this program wrote them.
        """
        with translated(self._place), connect(self._url, read_only=True) as connection:
            return self._one(connection, _the_id(connection, prefix)).proposal

    def plans(
        self, *, workspace: str | None = None, status: Status | None = None, limit: int = 100
    ) -> list[Proposal | DatabaseError]:
        """Plans, newest first. In the place of one whose rows somebody altered stands the fault that tells it."""
        values = {"workspace": workspace, "status": None if status is None else status.value, "limit": limit}
        with translated(self._place), connect(self._url, read_only=True) as connection:
            return [self._told(connection, row) for row in connection.execute(_ALL, values).fetchall()]

    def unsettled(self, workspace: str | None = None) -> dict[str, Proposal | DatabaseError]:
        """The plans of which the ledger does not know what came of their apply, by id, whatever their rows say.

        In the place of one whose row somebody altered or removed stands the fault that tells it.
        """
        values = {"workspace": workspace, "statuses": [status.value for status in UNSETTLED]}
        with translated(self._place), connect(self._url, read_only=True) as connection:
            ids = [str(row[0]) for row in connection.execute(_UNSETTLED, values).fetchall()]
            rows = {plan_id: connection.execute(_BY_ID, (plan_id,)).fetchone() for plan_id in ids}
            return {
                plan_id: altered("plan", plan_id) if row is None else self._told(connection, row)
                for plan_id, row in rows.items()
            }

    def write_off(self, plan_id: str, by: str) -> None:
        """Record that somebody answers for what came of an unsettled plan whose row was altered or is gone."""
        with self._transaction() as connection:
            tell_write_off(connection, plan_id, by, self._stamp)

    @contextmanager
    def hold(self, plan_id: str) -> Iterator[HeldPlan]:
        """Have a plan to oneself for the length of one transaction, which ends with the context.

        Raises:
            DatabaseError: its rows are not as this program wrote them.
            ReconcilerError: there is no such plan.
        """
        with self._transaction() as connection:
            # Locked first, read afterwards: who waits for the lock would see the ledger as it was before.
            connection.execute(_LOCK, (plan_id,))
            yield self._one(connection, plan_id)

    def due(self, current: str) -> list[str]:
        """The ids of plans whose file is sealed in a text that does not begin so."""
        with translated(self._place), connect(self._url, read_only=True) as connection:
            return [str(row[0]) for row in connection.execute(_DUE, (current,)).fetchall()]

    def renew(self, key: str, again: Renew) -> None:
        """Seal a plan's file anew, in one transaction.

        Raises:
            DatabaseError: its rows are not as this program wrote them.
            ReconcilerError: there is no such plan.
        """
        with self.hold(key) as held:
            held.reseal(again("plans", key, "sealed", held.sealed))

    @contextmanager
    def lease(self, workspace: str, holder: str) -> Iterator[Lease]:
        """Take a workspace for writing. It is let go with the context, or with the process however that ends.

        Raises:
            BusyError: somebody else has it.
        """
        with translated(self._place), connect(self._url) as connection:
            key = locks.key(workspace, "apply")
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
            if row is None or not row[0]:
                raise _taken(workspace, connection.execute(_HOLDER, (text(workspace),)).fetchone())
            try:
                with connection.transaction():
                    workspaces.ensure(connection, [workspace])
                    taken = connection.execute(
                        _LEASE, {"workspace": text(workspace), "holder": text(holder)}
                    ).fetchone()
                yield Lease(workspace, taken[0] if taken else 0)
            finally:
                with contextlib.suppress(psycopg.OperationalError):  # the connection is lost, and the lock with it
                    connection.execute("SELECT pg_advisory_unlock(%s)", (key,))

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with translated(self._place), connect(self._url) as connection, connection.transaction():
            yield connection

    def _one(self, connection: Connection, plan_id: str) -> HeldPlan:
        row = connection.execute(_BY_ID, (plan_id,)).fetchone()
        if row is None:
            raise _no_plan(plan_id)
        return self._read(connection, row)

    def _told(self, connection: Connection, row: Sequence[Any]) -> Proposal | DatabaseError:
        try:
            return self._read(connection, row).proposal
        except DatabaseError as error:
            return error

    def _read(self, connection: Connection, row: Sequence[Any]) -> HeldPlan:
        workspace, last, *values = row
        rows = connection.execute(_APPROVALS, (values[0],)).fetchall()
        approvals = [read_approval(values[0], each, self._stamp) for each in rows]
        proposal = read_plan(values, workspace, approvals, self._stamp)
        if not vouches(last, values[COLUMNS.index("stamp")], self._stamp):
            raise altered("plan", proposal.id)  # it is as it was once: somebody brought an older row back
        return HeldPlan(connection, proposal, (values[-1], values[-3]), self._stamp)


def _the_id(connection: Connection, prefix: str) -> str:
    if len(prefix) < SHORTEST_PREFIX:
        raise ReconcilerError(
            f"a plan's id has {SHORTEST_PREFIX} characters at least", hint="see `reconciler plans list`"
        )
    found = connection.execute(_BY_PREFIX, (text(prefix.lower()),)).fetchall()
    if len(found) != 1:
        raise _no_plan(prefix) if not found else ReconcilerError(f"more than one plan's id begins with {prefix}")
    return str(found[0][0])


def _no_plan(plan_id: str) -> ReconcilerError:
    return ReconcilerError(f"no plan's id begins with {plan_id[:36]!r}", hint="see `reconciler plans list`")


def _taken(workspace: str, row: tuple[str, datetime] | None) -> BusyError:
    if row is None:
        return BusyError(f'Workspace "{workspace}" is being applied.', hint="wait for it to end")
    holder, since = row
    return BusyError(
        f'Workspace "{workspace}" is being applied by {holder} since {since:%Y-%m-%d %H:%M:%S} UTC.',
        hint="wait for it to end",
    )
