"""The inventory in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

from reconciler.drift.report import Depth, KnownFinding, Report
from reconciler.gate.standoff import Sighting
from reconciler.inventory import migrate, passes, reports, sightings
from reconciler.inventory.engine import connect, make_engine, place
from reconciler.inventory.faults import translated
from reconciler.inventory.rows import EventRow, MigrationStatus, TemplateRow

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from reconciler.inventory.queries import Queries


class Inventory:
    """What is known. Every method raises DatabaseError where the database does not answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._place = place(url)

    @classmethod
    def open(cls, url: str) -> Self:
        """An inventory at a libpq URL. Nothing is connected to before it is needed.

        Raises:
            DatabaseError: the URL is none.
        """
        return cls(url)

    def close(self) -> None:
        """Let go of every pooled connection."""
        if "_engine" in self.__dict__:
            self._engine.dispose()

    def migrate(self) -> list[str]:
        """Bring the schema to the newest version, and make the cost table's partitions ahead.

        Returns:
            The revisions that were applied, oldest first; none where there was nothing to do.
        """
        return migrate.migrate(self._url)

    def status(self) -> MigrationStatus:
        """Where the schema is."""
        with translated(self._place), connect(self._url, read_only=True) as connection:
            return migrate.status(connection)

    def begin(
        self, pass_id: str, depth: Depth, workspaces: Sequence[str], started_at: datetime
    ) -> AbstractContextManager[passes.Pass]:
        """A pass of some workspaces, for as long as the context lasts.

        One lock for each workspace is taken, a row says at once that the pass is running, and running rows of
        passes that died are closed. Leaving the context without ``finish`` marks the pass as cut off or failed.

        Args:
            pass_id: at most 64 characters, unique.
            depth: how deep it looks.
            workspaces: the names of all workspaces that it will write of.
            started_at: with a time zone.

        Raises:
            BusyError: another pass of one of the workspaces is running.
        """
        return passes.begin(self._url, pass_id, depth, workspaces, started_at)

    def report(self, workspaces: Sequence[str] = ()) -> Report:
        """The latest finished run of each workspace with its unresolved findings, in one snapshot.

        Args:
            workspaces: their names, or none for all. A workspace that was never scanned is left out.
        """
        with translated(self._place), connect(self._url) as connection:
            return reports.read(connection, workspaces)

    def findings(
        self,
        *,
        workspace: str | None = None,
        environment: str | None = None,
        kind: str | None = None,
        severity: str | None = None,
        status: str | None = None,
        resource_type: str | None = None,
    ) -> list[tuple[str, KnownFinding]]:
        """Findings with the names of their workspaces, worst first, then oldest first.

        Args:
            workspace: its name, or None for all; so with the others.
            environment: the workspace's environment.
            kind: a word of ``Kind``.
            severity: a word of ``Severity``.
            status: a word of ``Status``; None for what is not resolved.
            resource_type: Terraform's type.
        """
        return self._queries.findings(
            workspace=workspace,
            environment=environment,
            kind=kind,
            severity=severity,
            status=status,
            resource_type=resource_type,
        )

    def finding(self, prefix: str) -> tuple[str, KnownFinding]:
        """The finding whose id begins so, with the name of its workspace.

        Raises:
            ReconcilerError: there is none, or more than one, or the prefix has less than 4 characters.
        """
        return self._queries.finding(prefix)

    def acknowledge(self, prefix: str, *, by: str, note: str, at: datetime) -> KnownFinding:
        """Mark a finding as known and accepted until it changes.

        Raises:
            ReconcilerError: as :meth:`finding`, or it is resolved.
        """
        return self._queries.acknowledge(prefix, by=by, note=note, at=at)

    def events(
        self,
        *,
        workspace: str | None = None,
        environment: str | None = None,
        type: str | None = None,  # noqa: A002 - the column's name
        since: datetime | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[EventRow]:
        """Events, newest first.

        Args:
            workspace: its name, or None for all; so with the others.
            environment: its name.
            type: a word of the column ``event_type``.
            since: none older than this.
            before: the ``sequence`` of the last event of the page before this one.
            limit: how many at most.
        """
        return self._queries.events(
            workspace=workspace, environment=environment, type=type, since=since, before=before, limit=limit
        )

    def sightings(self, workspace: str, since: datetime) -> list[Sighting]:
        """Each attribute that was found to have drifted since a moment, as often as it was, oldest first."""
        with translated(self._place), connect(self._url, read_only=True) as connection:
            return sightings.sightings(connection, workspace, since)

    def templates(self, name: str | None = None) -> list[TemplateRow]:
        """The kept versions of templates, newest first, without their content."""
        return self._queries.templates(name)

    def template_content(self, version: str, name: str | None = None) -> str:
        """The sealed content of one version, as it was handed over.

        Raises:
            ReconcilerError: no such version is kept.
        """
        return self._queries.template_content(version, name)

    @cached_property
    def _engine(self) -> Engine:
        return make_engine(self._url)

    @cached_property
    def _queries(self) -> Queries:
        from reconciler.inventory.queries import Queries  # noqa: PLC0415 - imports the tables, 0.8 s

        return Queries(self._engine, self._place)
