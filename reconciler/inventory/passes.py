"""A pass from the side of the database: begun under locks, read from, and written whole or not at all."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import psycopg
from psycopg.pq import TransactionStatus

from reconciler.drift.record import Event, PassRecord
from reconciler.drift.report import Depth, KnownFinding
from reconciler.drift.snapshot import Baseline
from reconciler.errors import BusyError, CutOffError, DatabaseError, ReconcilerError
from reconciler.gate.chain import Entry
from reconciler.gate.cover import KIND
from reconciler.gate.standoff import Sighting
from reconciler.inventory import events, findings, ledger, locks, resources, sightings, workspaces
from reconciler.inventory.engine import Connection, connect, connect_untranslated, place
from reconciler.inventory.faults import is_lost, is_retryable, translate, translated
from reconciler.inventory.stored import text

_ROOM: Final = "SET LOCAL statement_timeout = '15min'; SET LOCAL work_mem = '64MB'; SET temp_buffers = '64MB'"
"""A hundred thousand resources are staged and joined in memory. Both sizes are limits, taken only when needed."""

_PAUSES: Final = (0.1, 0.5, 1.0, 2.0, 4.0)
"""Seconds between the attempts to write a pass whose connection was lost: a server restarts in less than their sum."""


class Pass:
    """A running pass. Everything goes over the one connection that holds its locks."""

    def __init__(self, url: str, connection: Connection, pass_id: str, names: Sequence[str]) -> None:
        self._url = url
        self._connection = connection
        self._names = tuple(names)
        self._place = place(url)
        self.id = pass_id
        self.finished = False

    def baselines(self, workspace: str) -> dict[str, Baseline]:
        """What was last observed of each recorded resource, by label.

        Raises:
            DatabaseError: the database does not answer.
        """
        with translated(self._place):
            return resources.baselines(self._connection, workspace)

    def known_findings(self, workspace: str) -> list[KnownFinding]:
        """The findings that no pass has resolved, oldest first.

        Raises:
            DatabaseError: the database does not answer.
        """
        with translated(self._place):
            return findings.unresolved(self._connection, workspace)

    def sightings(self, workspace: str, since: datetime) -> list[Sighting]:
        """Each attribute that was found to have drifted since a moment, as often as it was, oldest first.

        Raises:
            DatabaseError: the database does not answer.
        """
        with translated(self._place):
            return sightings.sightings(self._connection, workspace, since)

    def has_template(self, name: str, version: str) -> bool:
        """Whether this version of a template is kept already, so that its content need not be sealed again.

        Raises:
            DatabaseError: the database does not answer.
        """
        with translated(self._place):
            return workspaces.has_template(self._connection, name, version)

    def finish(self, record: PassRecord) -> None:
        """Write everything that the pass found out, in one transaction.

        A connection that was lost meanwhile is made anew and the locks are taken again; where the outcome of a
        commit is not known, the row of the pass tells it.

        Raises:
            BusyError: another pass took over while the connection was lost.
            DatabaseError: the database does not take it; then nothing of it was written.
        """
        pauses = list(_PAUSES)
        while not self.finished:
            try:
                if self._connection.closed:
                    self._reconnect()
                self._write(record)
                self.finished = True
            except psycopg.Error as error:
                if not pauses or not (is_lost(error) or is_retryable(error)):
                    raise translate(error, self._place) from error
                # What is still open would hold the next attempt, which would believe what it reads of itself.
                if is_lost(error) or self._connection.info.transaction_status is not TransactionStatus.IDLE:
                    self._connection.close()
                time.sleep(pauses.pop(0))
            except BusyError:
                if not pauses or self._taken_over():
                    raise
                self._connection.close()
                time.sleep(pauses.pop(0))

    def _taken_over(self) -> bool:
        """Whether it is another pass that holds the locks, and not what is left of our own lost connection."""
        with translated(self._place):
            return workspaces.status(self._connection, self.id) not in ("running", "finished")

    def abandon(self, error: BaseException | None) -> None:
        """Say that the pass will not finish, if the database can still be told; the next pass would find out."""
        if self.finished or self._connection.closed:
            return
        cut_off = error is None or not isinstance(error, Exception) or isinstance(error, CutOffError)
        # The text of a foreign error may hold anything; ours are made for people.
        line = str(error) if isinstance(error, ReconcilerError) else type(error or CutOffError()).__name__
        with contextlib.suppress(psycopg.Error):
            workspaces.abandon(self._connection, self.id, "cut_off" if cut_off else "failed", line)

    def close(self) -> None:
        """Let go of the locks."""
        with contextlib.suppress(psycopg.Error):  # a connection that was lost has lost them
            locks.release(self._connection)
        self._connection.close()

    def _write(self, record: PassRecord) -> None:
        connection, now = self._connection, record.finished_at
        with connection.transaction():
            connection.execute(_ROOM)
            match workspaces.status(connection, self.id):
                case "running":
                    pass
                case "finished":  # an earlier attempt was committed, and the answer got lost
                    return
                case _:
                    raise BusyError(
                        f"Pass {self.id} lost its connection to the database, and another pass took over.",
                        hint="the other pass's results stand; scan again if need be",
                    )
            for stage in (resources.STAGE, findings.STAGE, events.STAGE):
                connection.execute(stage)
            ids = workspaces.ids(connection, self.id)
            written = []
            for workspace in record.workspaces:
                name = text(workspace.workspace, workspaces.NAME)
                if name not in ids:
                    raise DatabaseError(f'Workspace "{name}" is none of those that the pass has begun with.')
                pair = (ids[name], workspaces.environment(connection, workspace.environment, now))
                if workspace.template is not None:
                    workspaces.template(connection, workspace.template, pair[1], now)
                resources.write(connection, workspace, *pair, now)
                findings.write(connection, workspace.transitions, pair[0], self.id, now)
                workspaces.result(connection, workspace, pair, self.id, now)
                written.append((name, pair, workspace.events))
            workspaces.finish(connection, record)
            self._tell(written, now)

    def _tell(self, written: Sequence[tuple[str, tuple[UUID, UUID], Sequence[Event]]], now: datetime) -> None:
        """Append the events, and their records. Last, since all writers of the ledger wait for this one's commit."""
        if not any(told for _, _, told in written):
            return
        ledger.lock(self._connection)
        entries = []
        for name, ids, told in written:
            cover = events.write(self._connection, told, ids, self.id, now)
            if cover is not None:
                entries.append(Entry(now, KIND, name, {"pass": self.id, **cover.body}))
        ledger.append(self._connection, entries)

    def _reconnect(self) -> None:
        self._connection = connect_untranslated(self._url)
        locks.take(self._connection, self._names)


@contextlib.contextmanager
def begin(url: str, pass_id: str, depth: Depth, names: Sequence[str], started_at: datetime) -> Iterator[Pass]:
    """A pass of some workspaces, for as long as the context lasts.

    Leaving it without :meth:`Pass.finish` marks the pass as cut off, or as failed where a fault is the reason.

    Raises:
        BusyError: another pass of one of the workspaces is running.
        DatabaseError: the database does not answer.
    """
    connection = connect(url)
    try:
        with translated(place(url)):
            locks.take(connection, names)
            workspaces.begin(connection, pass_id, depth, names, started_at)
        running = Pass(url, connection, pass_id, names)
    except BaseException:
        connection.close()
        raise
    try:
        yield running
    except BaseException as error:
        running.abandon(error)
        raise
    else:
        running.abandon(None)
    finally:
        running.close()
