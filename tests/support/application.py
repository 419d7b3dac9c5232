"""The program behind the commands, in memory: what it is given it answers with, what it is asked it remembers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from support.reports import START, sample

from reconciler.desired.edit.patch import Left
from reconciler.drift.report import Depth, KnownFinding, Report, Status
from reconciler.errors import ReconcilerError
from reconciler.gate.refusal import Refusal
from reconciler.inventory.rows import EventRow, MigrationStatus, TemplateRow
from reconciler.settings import Settings
from reconciler.wiring.logins import Logins
from reconciler.workflows.adopt import Adoption
from reconciler.workflows.doctor import Check
from reconciler.workflows.progress import Progress
from reconciler.workflows.restore import Restored

EVENT = EventRow(
    "0f1e",
    7,
    START,
    "drift_detected",
    "success",
    "scheduled",
    "visibility_timeout_seconds is 90, recorded is 60",
    {"changes": 1},
    "aws_sqs_queue",
    "https://sqs/jobs",
    "production",
    "production",
    "module.app.aws_sqs_queue.jobs[0]",
)
STATUS = MigrationStatus("0001", "0002", ("0002",))
TEMPLATE = TemplateRow("production", "sha256:4f1c9a", "terraform", "production", START, {"queues": 3})


@dataclass
class FakeApplication:
    """``failure`` is raised by whatever is asked next."""

    settings: Settings | None = None
    known: Report = field(default_factory=sample)
    failure: BaseException | None = None
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    migration: MigrationStatus = STATUS
    found: tuple[Check, ...] = (
        Check("terraform", "ok", "Terraform 1.11.4"),
        Check("state", "failed", "not readable", "production", "check the backend block"),
    )
    closed: bool = False
    logins: Logins | None = None
    vault: Any = None
    admin: str | Refusal = "whoever sits here"
    staff: Any = None

    def __post_init__(self) -> None:
        self.staff = SimpleNamespace(administrator=lambda *_: self.admin)

    def _asked(self, *call: Any) -> None:
        self.calls.append(call)
        if self.failure is not None:
            raise self.failure

    def scan(self, workspaces: Sequence[str], depth: Depth, progress: Progress) -> Report:
        progress.phase("production", "read", 3)
        progress.advance()
        self._asked("scan", tuple(workspaces), depth)
        return self.known

    def report(self, workspaces: Sequence[str] = ()) -> Report:
        self._asked("report", tuple(workspaces))
        return self.known

    def findings(self, **filters: Any) -> list[tuple[str, KnownFinding]]:
        self._asked("findings", filters)
        return [(w.name, known) for w in self.known.workspaces for known in w.findings]

    def finding(self, id_or_prefix: str) -> tuple[str, KnownFinding]:
        self._asked("finding", id_or_prefix)
        for name, known in self.findings():
            if known.id.startswith(id_or_prefix):
                return name, known
        raise ReconcilerError("no finding has this id", hint="reconciler drift list shows them")

    def acknowledge(self, id_or_prefix: str, *, by: str, note: str) -> tuple[str, KnownFinding]:
        name, known = self.finding(id_or_prefix)
        self._asked("acknowledge", known.id, by, note)
        return name, replace(known, status=Status.ACKNOWLEDGED, acknowledged_by=by, note=note)

    def adopt(self, ids: Sequence[str]) -> list[Adoption]:
        made = []
        for each in ids:
            name, known = self.finding(each)
            made.append(
                Adoption(name, known, "aws_sqs_queue.a", "main.tf", "a = 1\n", "a = 2\n", (Left(("b",), "why", "so"),))
                if known.finding.address
                else Adoption(name, known, "aws_instance.b", "adopted.tf", None, "new\n")
            )
        self._asked("adopt", tuple(ids))
        return made

    def put_down(self, adoptions: Sequence[Adoption], folder: Path | None) -> list[Path]:
        self._asked("put_down", len(adoptions), folder)
        return [(folder or Path("template")) / each.file for each in adoptions]

    def events(
        self,
        *,
        workspace: str | None,
        type: str | None,  # noqa: A002  the port's name
        since: datetime | None,
        limit: int,
    ) -> list[EventRow]:
        self._asked("events", workspace, type, since, limit)
        return [EVENT]

    def migrate(self) -> list[str]:
        self._asked("migrate")
        return list(self.migration.pending)

    def database_status(self) -> MigrationStatus:
        self._asked("database_status")
        return self.migration

    def templates(self) -> list[TemplateRow]:
        self._asked("templates")
        return [TEMPLATE]

    def restore_template(self, version: str, folder: Path) -> Restored:
        self._asked("restore_template", version, folder)
        return Restored((folder / "main.tf",), {"big.zip": "larger than 5 MB"})

    @contextmanager
    def open(self, settings: Settings) -> Iterator[FakeApplication]:
        self.settings = settings
        try:
            yield self
        finally:
            self.closed = True

    @contextmanager
    def examine(self, settings: Settings) -> Iterator[Iterator[Check]]:
        with self.open(settings):
            self._asked("checks")
            yield iter(self.found)
