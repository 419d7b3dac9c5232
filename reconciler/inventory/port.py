"""What an inventory can do: the port that workflows are written against, and both adapters fill."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeAlias

from reconciler.drift.record import PassRecord
from reconciler.drift.report import Depth, KnownFinding, Report
from reconciler.drift.snapshot import Baseline
from reconciler.errors import DatabaseError
from reconciler.gate.chain import Broken, Entry, Head, Record
from reconciler.gate.cover import BrokenEvent
from reconciler.gate.proposal import Approval, Outcome, Proposal, Status
from reconciler.gate.refusal import Refusal
from reconciler.gate.standoff import Sighting
from reconciler.inventory.rows import (
    CredentialRow,
    EventRow,
    EventText,
    Lease,
    LedgerSize,
    MigrationStatus,
    TemplateRow,
)


class PassPort(Protocol):
    """A running pass."""

    @property
    def id(self) -> str:
        """The pass's id."""

    def baselines(self, workspace: str) -> dict[str, Baseline]:
        """What was last observed of each recorded resource, by label."""

    def known_findings(self, workspace: str) -> list[KnownFinding]:
        """The findings that no pass has resolved, oldest first."""

    def sightings(self, workspace: str, since: datetime) -> list[Sighting]:
        """Each attribute that was found to have drifted since a moment, as often as it was, oldest first."""

    def has_template(self, name: str, version: str) -> bool:
        """Whether this version of a template is kept already."""

    def finish(self, record: PassRecord) -> None:
        """Write everything that the pass found out, whole or not at all."""


class InventoryPort(Protocol):
    """An inventory."""

    def close(self) -> None:
        """Let go of every connection."""

    def migrate(self) -> list[str]:
        """Bring the schema to the newest version; tell the revisions that were applied."""

    def status(self) -> MigrationStatus:
        """Where the schema is."""

    def begin(
        self, pass_id: str, depth: Depth, workspaces: Sequence[str], started_at: datetime
    ) -> AbstractContextManager[PassPort]:
        """A pass of some workspaces; BusyError where one of them is being scanned."""

    def report(self, workspaces: Sequence[str] = ()) -> Report:
        """The latest finished run of each workspace with its unresolved findings."""

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
        """Findings with their workspaces, worst first, then oldest first; without a status, the unresolved ones."""

    def finding(self, prefix: str) -> tuple[str, KnownFinding]:
        """The finding whose id begins so (4 characters or more)."""

    def acknowledge(self, prefix: str, *, by: str, note: str, at: datetime) -> KnownFinding:
        """Mark a finding as known and accepted until it changes."""

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

    def sightings(self, workspace: str, since: datetime) -> list[Sighting]:
        """Each attribute that was found to have drifted since a moment, as often as it was, oldest first."""

    def templates(self, name: str | None = None) -> list[TemplateRow]:
        """The kept versions of templates, newest first."""

    def template_content(self, version: str, name: str | None = None) -> str:
        """The sealed content of one version."""


class HeldPlanPort(Protocol):
    """A plan that nobody else can move meanwhile."""

    proposal: Proposal

    @property
    def sealed(self) -> str:
        """The plan file, sealed."""

    def approve(self, approval: Approval) -> None:
        """Write down one person's approval."""

    def refuse(self, refusal: Refusal, by: str) -> None:
        """Write down that the gate did not open, and to whom."""

    def move(
        self, status: Status, by: str, *, outcome: Outcome | None = None, lease: Lease | None = None
    ) -> Refusal | None:
        """Bring the plan to its next status; why not, where it cannot be."""


class PlansPort(Protocol):
    """Proposed fixes on their way."""

    def add(self, proposal: Proposal, sealed: str) -> None:
        """Keep a new proposal with its sealed plan file."""

    def plan(self, prefix: str) -> Proposal:
        """The plan whose id begins so (4 characters or more)."""

    def plans(
        self, *, workspace: str | None = None, status: Status | None = None, limit: int = 100
    ) -> list[Proposal | DatabaseError]:
        """Plans, newest first. In the place of one whose rows somebody altered stands the fault that tells it."""

    def unsettled(self, workspace: str | None = None) -> dict[str, Proposal | DatabaseError]:
        """The plans of which it is not on record what came of their apply, by id, whatever their rows say.

        In the place of one whose row somebody altered or removed stands the fault that tells it.
        """

    def write_off(self, plan_id: str, by: str) -> None:
        """Record that somebody answers for what came of an unsettled plan whose row was altered or is gone."""

    def hold(self, plan_id: str) -> AbstractContextManager[HeldPlanPort]:
        """Have a plan to oneself for the length of one transaction."""

    def lease(self, workspace: str, holder: str) -> AbstractContextManager[Lease]:
        """Take a workspace for writing; BusyError where somebody else has it."""


Renew: TypeAlias = Callable[[str, str, str, str], str]
"""Seals a stored text anew: takes its table, row, column and the text."""


class SealedRows(Protocol):
    """Rows of one table that hold sealed text."""

    def due(self, current: str) -> list[str]:
        """The keys of rows that hold a sealed text which does not begin so."""

    def renew(self, key: str, again: Renew) -> None:
        """Seal what a row holds anew, whole or not at all. A row that is gone is none."""


class CredentialsPort(SealedRows, Protocol):
    """The ways into accounts."""

    def all(self) -> list[CredentialRow]:
        """Every credential, by name."""

    def one(self, name: str) -> CredentialRow:
        """The credential of that name; ConfigError where there is none."""

    def add(self, row: CredentialRow, by: str) -> None:
        """Keep a new credential; ConfigError where its name is taken."""

    def change(self, name: str, what: str, by: str, alter: Callable[[CredentialRow], CredentialRow]) -> CredentialRow:
        """Write what ``alter`` makes of a credential, in one transaction. Id, name, account, type and role stay."""

    def used(self, row: CredentialRow, at: datetime) -> None:
        """Write down when a credential was last used."""


class LedgerPort(Protocol):
    """The chained record of all that counts."""

    def append(self, entries: Sequence[Entry]) -> list[Record]:
        """Append entries, and tell the records that they became."""

    def head(self) -> Head:
        """The ledger's end as of now."""

    def records(self, after: int = 0) -> Iterator[Record]:
        """Every record after one of this number, in their order."""

    def export(self) -> Iterator[Record | EventText]:
        """Every record, before it the events that it covers, and at the end those that no record knows."""

    def size(self) -> LedgerSize:
        """How many records and events there are."""

    def verify(self, anchors: Sequence[Head] = ()) -> Broken | BrokenEvent | None:
        """The first record that is not as it was written, or else the first event."""
