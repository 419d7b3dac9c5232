"""The program behind the commands and the daemon: one configuration, opened."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING
from uuid import uuid4

from reconciler.drift.coverage import Verdict
from reconciler.drift.finding import Kind, Severity
from reconciler.drift.report import Depth, KnownFinding, Problem, Report, Status, WorkspaceReport
from reconciler.errors import CutOffError
from reconciler.settings import Settings

if TYPE_CHECKING:
    # What reads and compares takes 0.4 s to import: time that an embedded database needs to start.
    from reconciler.gate.proposal import Proposal
    from reconciler.gate.refusal import Refusal
    from reconciler.inventory.embedded import EmbeddedServer
    from reconciler.inventory.port import InventoryPort, SealedRows
    from reconciler.inventory.rows import EventRow, MigrationStatus, TemplateRow
    from reconciler.wiring.audit import Audit
    from reconciler.wiring.gate import Gate
    from reconciler.wiring.logins import Logins
    from reconciler.wiring.people import Staff
    from reconciler.wiring.targets import Targets
    from reconciler.wiring.vault import Vault
    from reconciler.wiring.watermark import Watermark
    from reconciler.workflows.adopt import Adoption
    from reconciler.workflows.doctor import Check
    from reconciler.workflows.progress import Progress
    from reconciler.workflows.restore import Restored


@dataclass(frozen=True)
class Application:
    """What the program can do. Used from several threads at once; :func:`open_application` makes it."""

    settings: Settings
    inventory: InventoryPort
    targets: Targets
    cancelled: Event
    database: Callable[[], str]

    @cached_property
    def staff(self) -> Staff:
        """The people of the gate."""
        from reconciler.inventory.people import People  # noqa: PLC0415  only the gate needs it
        from reconciler.wiring.people import Staff  # noqa: PLC0415  likewise

        keys = self.targets.keys
        return Staff(People(self.database(), keys.stamp), lambda: keys.root, self._watermark.raise_to_head)

    @property
    def logins(self) -> Logins:
        """The named credentials."""
        return self.targets.logins

    @property
    def vault(self) -> Vault:
        """What is stored sealed."""
        from reconciler.inventory.plans import Plans  # noqa: PLC0415  only its commands need it
        from reconciler.inventory.sealed import TemplateContents, VaultSecrets  # noqa: PLC0415  likewise
        from reconciler.wiring.vault import Vault  # noqa: PLC0415  likewise

        url, keys = self.database(), self.targets.keys
        tables: dict[str, SealedRows] = {
            "aws_credentials": self.logins.rows,
            "iac_templates": TemplateContents(url),
            "plans": Plans(url, keys.stamp),
            "vault_secrets": VaultSecrets(url),
        }
        return Vault(keys, self.targets.tools.answers, tables, self.cancelled)

    @cached_property
    def audit(self) -> Audit:
        """The ledger, for who has to trust it."""
        from reconciler.wiring.audit import Audit  # noqa: PLC0415  only an audit needs it

        keys = self.targets.keys
        return Audit(self._watermark.ledger, self._watermark, lambda: keys.root, lambda: keys.stamp)

    @cached_property
    def _watermark(self) -> Watermark:
        """What this host has seen of the ledger."""
        from reconciler.inventory.ledger import Ledger  # noqa: PLC0415  only the gate and an audit need it
        from reconciler.wiring.watermark import Watermark  # noqa: PLC0415  likewise

        return Watermark(self.settings.state_dir, Ledger(self.database()), lambda: self.targets.keys.root.id)

    @cached_property
    def gate(self) -> Gate:
        """What stands before every change of the cloud."""
        from reconciler.inventory.plans import Plans  # noqa: PLC0415  only the gate needs it
        from reconciler.wiring.gate import Gate  # noqa: PLC0415  likewise

        return Gate(
            self.settings,
            Plans(self.database(), self.targets.keys.stamp),
            self.targets,
            findings=lambda name: [known for _, known in self.findings(workspace=name)],
            sightings=self.inventory.sightings,
            scan=self.scan,
            entitled=self.staff.entitled,
            watermark=self._watermark,
        )

    def scan(self, workspaces: Sequence[str], depth: Depth, progress: Progress) -> Report:
        """Make one pass over the workspaces, or over all, and report what is known afterwards.

        Raises:
            ConfigError: a workspace is not configured.
            BusyError: one of them is being scanned already.
            CutOffError: the pass was cut off; nothing of it is kept but that.
            DatabaseError: the pass could not be begun, or not be written.
        """
        from reconciler.wiring.rules import rules_of  # noqa: PLC0415  slow, see above
        from reconciler.workflows.scan import Scan  # noqa: PLC0415  likewise

        if self.cancelled.is_set():
            raise CutOffError
        names = list(workspaces) or list(self.settings.workspaces)
        reading = depth in (Depth.EXACT, Depth.PLAN)
        targets = [self.targets.target(name, reading=reading) for name in names]
        pass_id = str(uuid4())
        scan = Scan(
            rules=lambda now: rules_of(self.settings, now),
            digest=self.targets.keys.digest,
            now=lambda: datetime.now(UTC),
            cancelled=self.cancelled,
        )
        with self.inventory.begin(pass_id, depth, names, datetime.now(UTC)) as opened:
            scan.run(opened, pass_id, depth, targets, progress)
        return self.report(names)

    def report(self, workspaces: Sequence[str] = ()) -> Report:
        """What is known of the workspaces, or of all that are configured. What was never scanned is unknown."""
        names = list(workspaces) or list(self.settings.workspaces)
        known = self.inventory.report(names)
        scanned = {workspace.name: workspace for workspace in known.workspaces}
        return replace(known, workspaces=tuple(scanned.get(name) or self._never_scanned(name) for name in names))

    def _never_scanned(self, name: str) -> WorkspaceReport:
        workspace = self.settings.workspace(name)
        return WorkspaceReport(
            name=name,
            environment=workspace.environment,
            verdict=Verdict.UNKNOWN,
            template_path=str(workspace.template),
            problems=(Problem("this workspace was never scanned", hint=f"reconciler scan {name}"),),
        )

    def findings(
        self,
        *,
        workspace: str | None = None,
        kind: Kind | None = None,
        severity: Severity | None = None,
        status: Status | None = None,
    ) -> list[tuple[str, KnownFinding]]:
        """Findings with their workspaces, worst first; without a status, the unresolved ones."""
        return self.inventory.findings(workspace=workspace, kind=kind, severity=severity, status=status)

    def finding(self, id_or_prefix: str) -> tuple[str, KnownFinding]:
        """The finding whose id begins so."""
        return self.inventory.finding(id_or_prefix)

    def acknowledge(self, id_or_prefix: str, *, by: str, note: str) -> tuple[str, KnownFinding]:
        """Mark a finding as known and accepted until it changes."""
        known = self.inventory.acknowledge(id_or_prefix, by=by, note=note, at=datetime.now(UTC))
        return self.inventory.finding(known.id)

    def adopt(self, ids: Sequence[str]) -> list[Adoption]:
        """Texts that take the findings whose ids begin so into their templates. Nothing is written.

        Raises:
            ReconcilerError: there is no such finding, or it cannot be adopted.
        """
        by_workspace: dict[str, list[KnownFinding]] = {}
        for id_or_prefix in ids:
            name, known = self.inventory.finding(id_or_prefix)
            by_workspace.setdefault(name, []).append(known)
        made: list[Adoption] = []
        for name, findings in by_workspace.items():
            (scanned,) = self.report([name]).workspaces
            made += self.targets.adopter(name, scanned.template_digest).adopt(findings)
        return made

    def put_down(self, adoptions: Sequence[Adoption], folder: Path | None) -> list[Path]:
        """Write adopted texts to a folder, or without one into the templates' own files.

        Raises:
            TemplateError: a file cannot be written, is there already, or is no longer as it was read.
        """
        from reconciler.workflows.put_down import write_back, write_out  # noqa: PLC0415  for this alone

        if folder is not None:
            return write_out(adoptions, folder)
        written: list[Path] = []
        for name in dict.fromkeys(each.workspace for each in adoptions):
            own = [each for each in adoptions if each.workspace == name]
            written += write_back(own, self.settings.workspace(name).template)
        return written

    def events(
        self,
        *,
        workspace: str | None = None,
        type: str | None = None,  # noqa: A002 - the column's name
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[EventRow]:
        """Events, newest first."""
        return self.inventory.events(workspace=workspace, type=type, since=since, limit=limit)

    def migrate(self) -> list[str]:
        """Bring the database's schema to this release's."""
        return self.inventory.migrate()

    def database_status(self) -> MigrationStatus:
        """Where the database's schema is."""
        return self.inventory.status()

    def templates(self) -> list[TemplateRow]:
        """The kept versions of templates, newest first."""
        return self.inventory.templates()

    def restore_template(self, version: str, folder: Path) -> Restored:
        """Write the files of a kept version to a new or empty folder.

        Raises:
            TemplateError: no version or several begin so, or the folder is not empty or cannot be written.
            VaultError: the content was altered, or sealed under another key.
        """
        from reconciler.workflows.restore import Restored, the_version, write_files  # noqa: PLC0415  for this alone

        rows = {row.version: row for row in self.templates()}
        row = rows[the_version(version, rows)]
        sealed = self.inventory.template_content(row.version, row.name)
        kept = self.targets.keys.open(row.name, row.version, sealed)
        return Restored(tuple(write_files(kept.content, folder)), kept.left_out)

    def recover(self, workspace: str, progress: Progress) -> Iterator[Proposal | Refusal]:
        """Settle the applies of a workspace that were cut off, or are unknown, by reading."""
        return self.gate.recover(progress, workspace)

    def root_says(self, file: Path) -> str | None:
        """What root of this host has written into a file that nobody else can write; None where there is none.

        Raises:
            VaultError: others can write it.
        """
        from reconciler.vault.roots_word import says  # noqa: PLC0415  for this alone

        return says(file)

    def anchor(self) -> str:
        """The ledger's end, signed, as one line."""
        return self.audit.anchor()

    def cancel(self) -> None:
        """Cut running passes off, and refuse later ones."""
        self.cancelled.set()


@contextmanager
def open_application(settings: Settings, environ: Mapping[str, str] | None = None) -> Iterator[Application]:
    """Open everything that a configuration needs, and close it again, children included.

    Args:
        settings: the configuration.
        environ: our environment; None for the process's.

    Raises:
        DatabaseError: the embedded database cannot be started or migrated.
        VaultError: the master key cannot be read.
    """
    with ExitStack() as stack:
        database = _database(settings, stack)
        cancelled = Event()
        targets = _targets(settings, environ, database, cancelled, stack)
        inventory = _inventory(database, stack)
        try:
            yield Application(settings, inventory, targets, cancelled, database)
        finally:
            cancelled.set()


@contextmanager
def open_examination(settings: Settings, environ: Mapping[str, str] | None = None) -> Iterator[Iterator[Check]]:
    """What ``doctor`` looks at, one thing after the other: all that an application needs, opened as far as it opens.

    Args:
        settings: the configuration.
        environ: our environment; None for the process's.
    """
    from reconciler.wiring.doctor import checks  # noqa: PLC0415  only doctor needs it

    with ExitStack() as stack:
        database = _database(settings, stack)
        targets = _targets(settings, environ, database, Event(), stack)
        yield checks(settings, targets, lambda: _inventory(database, stack).status())


def _targets(
    settings: Settings,
    environ: Mapping[str, str] | None,
    database: Callable[[], str],
    cancelled: Event,
    stack: ExitStack,
) -> Targets:
    from reconciler.inventory.credentials import Credentials  # noqa: PLC0415  slow: while the database starts
    from reconciler.inventory.sealed import VaultSecrets  # noqa: PLC0415  likewise
    from reconciler.observed.provider.host import Limits  # noqa: PLC0415  slow: while the database starts
    from reconciler.observed.provider.pool import ProviderPool  # noqa: PLC0415  likewise
    from reconciler.wiring.answers import Answers  # noqa: PLC0415  likewise
    from reconciler.wiring.clouds import Cloud  # noqa: PLC0415  likewise
    from reconciler.wiring.iac import Tools  # noqa: PLC0415  likewise
    from reconciler.wiring.keys import Keys  # noqa: PLC0415  likewise
    from reconciler.wiring.logins import Logins  # noqa: PLC0415  likewise
    from reconciler.wiring.targets import Targets  # noqa: PLC0415  likewise

    environ = dict(os.environ if environ is None else environ)
    own = settings.provider
    pool = ProviderPool(
        settings.state_dir / "schemas",
        limits=Limits(own.concurrency, own.read_timeout.total_seconds()),
        memory_budget_bytes=own.memory_budget,
        idle_seconds=own.idle.total_seconds(),
    )
    stack.callback(pool.close)
    keys = Keys(settings, environ, lambda name, sealed: VaultSecrets(database()).keep(name, sealed))
    logins = Logins(settings, keys, lambda: Credentials(database(), keys.stamp))
    clouds = {name: Cloud(name, environment, environ, logins) for name, environment in settings.environments.items()}
    tools = Tools(settings, environ, cancelled, Answers(settings.state_dir / "answers", keys))
    return Targets(settings, environ, tools, keys, logins, pool, clouds, cancelled)


def _inventory(database: Callable[[], str], stack: ExitStack) -> InventoryPort:
    """The inventory in a database that is there.

    Raises:
        DatabaseError: the embedded database cannot be started or migrated, or the URL is none.
    """
    from reconciler.inventory.inventory import Inventory  # noqa: PLC0415  slow: while the database starts

    inventory = Inventory.open(database())
    stack.callback(inventory.close)
    return inventory


def _database(settings: Settings, stack: ExitStack) -> Callable[[], str]:
    """The database's URL, once it is asked for: the configured one, or that of an embedded server.

    The server is started at once, beside us, and runs for as long as we do.
    """
    configured = settings.database.url
    if configured is not None:
        return configured.get_secret_value
    from reconciler.inventory.embedded import EmbeddedServer  # noqa: PLC0415  only where nothing is configured

    server = EmbeddedServer(settings.state_dir / "postgres")
    stack.callback(server.stop)
    thread = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="database-start"))
    stack.callback(server.give_up)
    return thread.submit(_started, server).result


def _started(server: EmbeddedServer) -> str:
    """The URL of an embedded server with all its tables, as a role that cannot change what is only added to.

    Nobody else looks after it, so it is brought up to date whenever it starts.
    """
    from reconciler.inventory import migrate, roles  # noqa: PLC0415  only where nothing is configured

    url = server.start()
    return roles.prepare(url, migrated=bool(migrate.migrate(url)))
