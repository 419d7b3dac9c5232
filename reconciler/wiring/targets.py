"""From a workspace's settings to what a pass needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from reconciler.desired.template import read_template
from reconciler.drift.snapshot import BackendBlock, RecordedState, Template
from reconciler.inventory.backend import read_state_row
from reconciler.recorded.backends.base import Backend, Clients
from reconciler.recorded.backends.registry import open_backend, open_state
from reconciler.recorded.statefile import read_state
from reconciler.settings import Settings
from reconciler.wiring.clouds import Cloud
from reconciler.wiring.iac import Iac, Tools
from reconciler.wiring.keys import Keys
from reconciler.workflows.observe import ProviderObserver
from reconciler.workflows.target import Target

if TYPE_CHECKING:
    from reconciler.observed.provider.pool import ProviderPool


@dataclass(frozen=True)
class Targets:
    """Makes targets, for as long as an application is open."""

    settings: Settings
    environ: Mapping[str, str]
    tools: Tools
    keys: Keys
    pool: ProviderPool
    clouds: Mapping[str, Cloud]
    cancelled: Event

    def target(self, name: str) -> Target:
        """The workspace of that name.

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
            cancelled=self.cancelled,
        )
        return Target(
            name=name,
            environment=cloud.facts,
            template_path=str(workspace.template),
            read_template=lambda: self.read_template(name),
            read_state=lambda template: self.read_state(name, template, iac),
            observer=observer,
            seal=lambda template: self.keys.seal(name, template),
        )

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
            workspace=workspace.workspace,
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

    def _backend(self, name: str, template: Template, iac: Iac) -> Backend:
        workspace = self.settings.workspace(name)
        clients = Clients(s3=iac.cloud.objects, pg=read_state_row, pull=lambda: iac.pull_state(template))
        environment = {**self.environ, **iac.cloud.child_environment()}
        if workspace.state is not None:
            return open_state(str(workspace.state), folder=workspace.template, clients=clients, environment=environment)
        return open_backend(
            template.backend or BackendBlock("local", {}),
            folder=workspace.template,
            workspace=workspace.workspace,
            clients=clients,
            environment=environment,
            config=workspace.backend_config,
        )
