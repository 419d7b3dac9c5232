"""From a workspace's settings to what a pass needs of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.template import read_template
from reconciler.drift.address import ProviderAddress
from reconciler.drift.listing import GLOBAL, Statement, SweepResult, Unlisted
from reconciler.drift.principals import Rights
from reconciler.drift.snapshot import BackendBlock, Reason, RecordedState, Template
from reconciler.errors import CloudError, ForeignAccountError, ReconcilerError
from reconciler.inventory.backend import read_state_row
from reconciler.recorded.backends.base import Backend, Clients
from reconciler.recorded.backends.local import LocalBackend
from reconciler.recorded.backends.registry import open_backend, open_state
from reconciler.recorded.statefile import read_state
from reconciler.settings import Settings
from reconciler.wiring.ahead import start_providers
from reconciler.wiring.clouds import Cloud
from reconciler.wiring.iac import Iac, Tools
from reconciler.wiring.keys import Keys
from reconciler.wiring.late import import_aws
from reconciler.wiring.logins import Logins
from reconciler.wiring.remediation import Remediation
from reconciler.workflows.adopt import Adopter
from reconciler.workflows.identity import confirm_account
from reconciler.workflows.observe import ProviderObserver, provider_block
from reconciler.workflows.plan import Planner
from reconciler.workflows.sweep import Sweeper
from reconciler.workflows.target import Neighbourhood, OtherState, Target

if TYPE_CHECKING:
    from reconciler.observed.provider.pool import ProviderPool
    from reconciler.observed.provider.session import ProviderSession

_LISTS_AT_ONCE: Final = 10


@dataclass(frozen=True)
class Targets:
    """Makes targets, for as long as an application is open."""

    settings: Settings
    environ: Mapping[str, str]
    tools: Tools
    keys: Keys
    logins: Logins
    pool: ProviderPool
    clouds: Mapping[str, Cloud]
    cancelled: Event

    def target(self, name: str, *, reading: bool = True) -> Target:
        """The workspace of that name.

        Args:
            name: as in the settings.
            reading: whether resources will be read, so that it is worth while to start providers soon.

        Raises:
            ConfigError: there is none.
        """
        workspace = self.settings.workspace(name)
        cloud = self.clouds[workspace.environment]
        iac = self.tools.for_workspace(workspace, cloud)
        observer = ProviderObserver(
            workspace=name,
            environment=cloud.facts,
            find_binary=lambda template, source: iac.provider(template, source).path,
            resolve=iac.resolve,
            open_session=lambda binary, values: self.pool.session(binary, values, cloud.child_environment()),
            account_id=cloud.account_id,
            doubts=lambda statements: self._doubts(cloud, statements),
            lists=lambda wanted, over: self._lists(cloud, wanted, over),
            rights=lambda resource_type: self._rights(cloud, resource_type),
            cancelled=self.cancelled,
        )

        def read() -> Template:
            template = self.read_template(name)
            if reading:
                start_providers(template, iac, self.pool)
            return template

        return Target(
            name=name,
            environment=cloud.facts,
            template_path=str(workspace.template),
            read_template=read,
            read_state=lambda template: self.read_state(name, template, iac),
            observer=observer,
            sweeper=self._sweeper(name, cloud),
            unapplied=Planner(self.keys.digest, lambda template: self._plan(name, template, iac)).unapplied,
            neighbours=lambda: self._neighbours(name),
            seal=lambda template: self.keys.seal(name, template),
            passed_over=observer.passed_over,
            written=lambda template: self._written(name, template, iac),
        )

    def remediation(self, name: str) -> Remediation:
        """Terraform at the state of the workspace of that name, with the power to write.

        Raises:
            ConfigError: there is none.
        """
        workspace = self.settings.workspace(name)
        iac = self.tools.for_workspace(workspace, self.clouds[workspace.environment])
        return Remediation(name, iac, self.keys, lambda template: self._backend(name, template, iac))

    def adopter(self, name: str, digest: str | None) -> Adopter:
        """What adopts findings of the workspace of that name, scanned last with a template of that digest.

        Raises:
            ConfigError: there is none.
        """
        workspace = self.settings.workspace(name)
        cloud = self.clouds[workspace.environment]
        iac = self.tools.for_workspace(workspace, cloud)

        def provider(template: Template, address: ProviderAddress) -> ProviderSession:
            block = iac.resolve(template, provider_block(template, address))
            binary = iac.provider(template, address.source)
            return self.pool.session(binary.path, block.values, cloud.child_environment())

        return Adopter(
            workspace=name,
            region=cloud.facts.region,
            digest=digest,
            read_template=lambda: self.read_template(name),
            read_state=lambda template: self.read_state(name, template, iac),
            provider=provider,
            resolve=iac.resolve,
        )

    def _doubts(self, cloud: Cloud, statements: Iterable[Statement]) -> Mapping[str, Unlisted]:
        import_aws()
        from reconciler.observed.sweep.witness import doubts  # noqa: PLC0415  boto3 is slow to import

        return doubts(cloud.client, statements, cancel=self.cancelled)

    def _lists(self, cloud: Cloud, wanted: Collection[tuple[str, str]], over: Event) -> SweepResult:
        import_aws()
        from reconciler.observed.sweep.sweep import listed  # noqa: PLC0415  boto3 is slow to import

        at_once = min(_LISTS_AT_ONCE, self.settings.provider.concurrency)
        return listed(cloud.client, wanted, account=cloud.facts.account_id, concurrency=at_once, cancel=over)

    def _rights(self, cloud: Cloud, resource_type: str) -> Rights:
        import_aws()
        from reconciler.observed.sweep.principals import rights  # noqa: PLC0415  boto3 is slow to import

        try:
            # One list for the whole account, wherever it is asked from.
            client = cloud.client("iam", cloud.facts.region)
        except ForeignAccountError:
            raise
        except CloudError as fault:
            # The provider may have a way in of its own, which is no way for us.
            return Unlisted(resource_type, GLOBAL, Reason.DENIED, fault.message)
        return rights(client, resource_type, self.cancelled)

    def _sweeper(self, name: str, cloud: Cloud) -> Sweeper:
        own = cloud.facts

        def swept(regions: Collection[str]) -> SweepResult:
            import_aws()
            from reconciler.observed.sweep.catalogue import catalogue  # noqa: PLC0415  boto3 is slow to import
            from reconciler.observed.sweep.sweep import sweep  # noqa: PLC0415  likewise

            return sweep(
                cloud.client,
                catalogue(),
                regions,
                account=own.account_id,
                concurrency=min(_LISTS_AT_ONCE, self.settings.provider.concurrency),
                cancel=self.cancelled,
            )

        return Sweeper(
            workspace=name,
            environment=own,
            sweep=swept,
            confirm=lambda: confirm_account(own, cloud.account_id),
            # What nobody manages is reported once for an account: with the first of its workspaces.
            neighbours=(lambda: self._neighbours(name)) if self._sharing(own.account_id)[0] == name else None,
        )

    def _sharing(self, account_id: str) -> list[str]:
        """The workspaces of an account, in the order of the settings."""
        return [
            name
            for name, workspace in self.settings.workspaces.items()
            if self.clouds[workspace.environment].facts.account_id == account_id
        ]

    def _neighbours(self, name: str) -> Neighbourhood:
        """What the account's other workspaces record."""
        states: list[OtherState] = []
        problems: list[ReconcilerError] = []
        account_id = self.clouds[self.settings.workspace(name).environment].facts.account_id
        for other in self._sharing(account_id):
            if other == name:
                continue
            workspace = self.settings.workspace(other)
            cloud = self.clouds[workspace.environment]
            try:
                template = self.read_template(other)
                state = self.read_state(other, template, self.tools.for_workspace(workspace, cloud))
            except ReconcilerError as fault:
                problems.append(fault)
                continue
            states.append(OtherState(other, cloud.facts.region, state))
        return Neighbourhood(tuple(states), tuple(problems))

    def read_template(self, name: str) -> Template:
        """The desired side of a workspace.

        Raises:
            ConfigError: its folder or a variable file does not exist.
            TemplateError: its folder holds no configuration.
        """
        missing = self.settings.missing_files(name)
        if missing:
            raise missing[0]
        workspace = self.settings.workspace(name)
        return read_template(
            workspace.template,
            variables=workspace.variables,
            var_files=workspace.var_files,
            environment=self.environ,
            workspace=self.tools.for_workspace(workspace, self.clouds[workspace.environment]).terraform_workspace,
            backend_config=workspace.backend_config,
        )

    def read_state(self, name: str, template: Template, iac: Iac) -> RecordedState:
        """The recorded side of a workspace.

        Raises:
            BackendError: the state's place does not answer.
            StateError: what it holds is no state that we can read.
            TerraformError: only Terraform speaks to the place, and it failed.
        """
        backend = self._backend(name, template, iac)
        data = backend.read()
        return read_state(data or b"", location=backend.location)

    def _plan(self, name: str, template: Template, iac: Iac) -> Sequence[Mapping[str, Any]]:
        return iac.plan(template, self._backend(name, template, iac).read())

    def _written(self, name: str, template: Template, iac: Iac) -> datetime | None:
        """When the state was last written, where it is a file; elsewhere it costs more to ask than to doubt."""
        backend = self._backend(name, template, iac)
        if not isinstance(backend, LocalBackend) or not backend.path.exists():
            return None
        return datetime.fromtimestamp(backend.path.stat().st_mtime, UTC)

    def _backend(self, name: str, template: Template, iac: Iac) -> Backend:
        workspace = self.settings.workspace(name)
        clients = Clients(s3=iac.cloud.objects, pg=read_state_row, pull=lambda: iac.pull_state(template))
        environment = {**iac.cloud.inherited(), **iac.cloud.child_environment()}
        if workspace.state is not None:
            return open_state(str(workspace.state), folder=workspace.template, clients=clients, environment=environment)
        return open_backend(
            template.backend or BackendBlock("local", {}),
            folder=workspace.template,
            workspace=iac.terraform_workspace,
            clients=clients,
            environment=environment,
            config=workspace.backend_config,
        )
