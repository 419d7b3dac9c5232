"""Queries with optional filters, composed through SQLModel; and the one change a person makes, an acknowledgement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Engine, Text, case, cast
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models import Environment, Finding, IacTemplate, InfrastructureEvent, Resource, Workspace
from reconciler.drift.finding import Severity
from reconciler.drift.report import KnownFinding, Status
from reconciler.errors import DatabaseError, ReconcilerError
from reconciler.inventory.faults import reads, translate
from reconciler.inventory.findings import COLUMNS, known
from reconciler.inventory.rows import EventRow, TemplateRow
from reconciler.inventory.stored import read_text, restored, text

_PREFIX = re.compile(r"[0-9a-fA-F-]{4,36}")
_WORST_FIRST = {severity.value: -severity.rank for severity in Severity}
_AS_TEXT = ("id", "attribution", "changes", "reference", "reasons")


class Queries:
    """The composed queries over one engine."""

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._place = place

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
        """Findings, worst first, then oldest first."""
        statement = _findings()
        for column, value in (
            (Workspace.name, workspace),
            (Environment.name, environment),
            (Finding.kind, kind),
            (Finding.severity, severity),
            (Finding.status, status),
            (Finding.resource_type, resource_type),
        ):
            if value is not None:
                statement = statement.where(col(column) == text(value))
        if status is None:
            statement = statement.where(col(Finding.status) != "resolved")
        worst_first = case(_WORST_FIRST, value=col(Finding.severity))
        statement = statement.order_by(
            worst_first, col(Finding.first_seen), col(Finding.label).collate("C"), col(Finding.kind)
        )
        with self._session() as session:
            return [_finding(tuple(row)) for row in session.exec(statement)]

    def finding(self, prefix: str) -> tuple[str, KnownFinding]:
        """The finding whose id begins so."""
        with self._session() as session:
            return self._one(session, prefix)

    def acknowledge(self, prefix: str, *, by: str, note: str, at: datetime) -> KnownFinding:
        """Mark a finding as known and accepted for now."""
        with self._session() as session:
            _, found = self._one(session, prefix, lock=True)
            if found.status is Status.RESOLVED:
                raise ReconcilerError(f"Finding {found.id} is resolved; there is nothing left to acknowledge.")
            stored = session.get_one(Finding, UUID(found.id))
            stored.status = Status.ACKNOWLEDGED.value
            stored.acknowledged_by = text(by, 200)
            stored.acknowledged_at = at
            stored.note = text(note)
            session.add(stored)
            session.commit()
            return self._one(session, found.id)[1]

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
        """Events, newest first."""
        statement = (
            select(InfrastructureEvent, Workspace.name, Environment.name, Resource.resource_id)
            .join(Workspace, col(Workspace.id) == InfrastructureEvent.workspace_id, isouter=True)
            .join(Environment, col(Environment.id) == InfrastructureEvent.environment_id, isouter=True)
            .join(Resource, col(Resource.id) == InfrastructureEvent.resource_id, isouter=True)
        )
        for column, value in (
            (Workspace.name, workspace),
            (Environment.name, environment),
            (InfrastructureEvent.event_type, type),
        ):
            if value is not None:
                statement = statement.where(col(column) == text(value))
        if since is not None:
            statement = statement.where(col(InfrastructureEvent.timestamp) >= since)
        if before is not None:
            statement = statement.where(col(InfrastructureEvent.sequence) < before)
        statement = statement.order_by(col(InfrastructureEvent.sequence).desc()).limit(limit)
        with self._session() as session:
            return [_event(*row) for row in session.exec(statement)]

    def templates(self, name: str | None = None) -> list[TemplateRow]:
        """The kept versions of templates, newest first, without their content."""
        statement = select(IacTemplate, Environment.name).join(
            Environment, col(Environment.id) == IacTemplate.environment_id, isouter=True
        )
        if name is not None:
            statement = statement.where(IacTemplate.name == text(name, 1024))
        statement = statement.order_by(col(IacTemplate.created_at).desc(), col(IacTemplate.name))
        with self._session() as session:
            return [_template(*row) for row in session.exec(statement)]

    def template_content(self, version: str, name: str | None) -> str:
        """The sealed content of one version."""
        statement: SelectOfScalar[str] = select(IacTemplate.template_content).where(IacTemplate.version == version)
        if name is not None:
            statement = statement.where(IacTemplate.name == text(name, 1024))
        with self._session() as session:
            content = session.exec(statement.limit(1)).first()
        if content is None:
            raise ReconcilerError(f"No template of version {version} is kept.", hint="`templates` lists those that are")
        return read_text(content)

    def _one(self, session: Session, prefix: str, *, lock: bool = False) -> tuple[str, KnownFinding]:
        if not _PREFIX.fullmatch(prefix):
            raise ReconcilerError(
                "A finding is named by its id or by the first 4 or more characters of it.",
                hint="`reconciler drift list` shows them",
            )
        statement = _findings().where(cast(col(Finding.id), Text).startswith(prefix.lower(), autoescape=True)).limit(2)
        if lock:
            statement = statement.with_for_update(of=Finding)
        found = [_finding(tuple(row)) for row in session.exec(statement)]
        if not found:
            raise ReconcilerError(
                f"There is no finding whose id begins with {prefix}.", hint="`reconciler drift list` shows them"
            )
        if len(found) > 1:
            raise ReconcilerError(f"More than one finding's id begins with {prefix}.", hint="give more of it")
        return found[0]

    @contextmanager
    def _session(self) -> Iterator[Session]:
        try:
            with Session(self._engine) as session:
                yield session
        except DBAPIError as error:
            if isinstance(error.orig, psycopg.Error):
                raise translate(error.orig, self._place) from error
            raise
        except psycopg.Error as error:  # from a new connection, before SQLAlchemy wraps anything
            raise translate(error, self._place) from error
        except PoolTimeoutError as error:
            raise DatabaseError(f"No connection to the database {self._place} became free.") from error


def _findings() -> Any:
    """Each finding with its workspace; the type of a select grows with its columns, and these are many."""
    columns: list[Any] = [col(Workspace.name)]
    for name in COLUMNS:
        column = getattr(Finding, name)
        columns.append(cast(column, Text) if name in _AS_TEXT else column)
    return (
        select(*columns)
        .join(Workspace, col(Workspace.id) == Finding.workspace_id)
        .join(Environment, col(Environment.id) == Workspace.environment_id, isouter=True)
        .select_from(Finding)
    )


def _finding(row: tuple[Any, ...]) -> tuple[str, KnownFinding]:
    workspace, *rest = row
    return read_text(workspace), known(tuple(rest))


@reads("aws_infrastructure_events")
def _event(
    event: InfrastructureEvent, workspace: str | None, environment: str | None, resource: str | None
) -> EventRow:
    about = restored(event.metadata_ or {})
    return EventRow(
        id=str(event.id),
        sequence=event.sequence or 0,
        timestamp=event.timestamp,
        type=event.event_type,
        status=event.status,
        source=event.event_source,
        description=read_text(event.description),
        details=restored(event.details or {}),
        resource_type=event.resource_type,
        resource_id=about.get("resource_id") if resource is None else read_text(resource),
        workspace=None if workspace is None else read_text(workspace),
        environment=None if environment is None else read_text(environment),
        label=about.get("label"),
        pass_id=about.get("pass"),
    )


@reads("iac_templates")
def _template(template: IacTemplate, environment: str | None) -> TemplateRow:
    return TemplateRow(
        name=read_text(template.name),
        version=template.version,
        iac_type=template.iac_type,
        environment=environment,
        created_at=template.created_at,
        variables=restored(template.variables or {}),
    )
