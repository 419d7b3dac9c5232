"""Terraform for a workspace: its program, its work copies, the providers its template needs, and what it evaluates."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import Any

from reconciler.desired.outside import fingerprint
from reconciler.desired.provider_blocks import with_resolved
from reconciler.drift.snapshot import ProviderBlock, Template
from reconciler.drift.values import Path as ValuePath
from reconciler.drift.values import Value, canonical, format_path
from reconciler.recorded.backends.base import DEFAULT_WORKSPACE
from reconciler.recorded.backends.workspace import selected_workspace
from reconciler.settings import Settings, Workspace
from reconciler.terraform.binaries import ProviderBinary, find_provider, provider_missing
from reconciler.terraform.cli import Refresh, Terraform
from reconciler.terraform.cli_config import write_cli_config
from reconciler.terraform.files import Inputs, planning_from
from reconciler.terraform.mirrors import find_mirrors
from reconciler.terraform.work_copy import DATA_DIR, work_copy
from reconciler.vault.environment import terraform_environment
from reconciler.wiring.answers import Answers
from reconciler.wiring.clouds import Cloud, Purpose
from reconciler.workflows.plan import changes_of

_CHANGES: ValuePath = ("resource_changes",)
_PLANNING = 600.0
"""Seconds to wait for another process that plans from the same work copy."""
MEMORY = Path("/dev/shm")  # noqa: S108 - below it a folder of our own, 0700


@dataclass(frozen=True)
class Tools:
    """What all workspaces share: mirrors, Terraform's configuration, what was evaluated before."""

    settings: Settings
    environ: Mapping[str, str]
    cancelled: Event
    answers: Answers
    # One init or console at a time: both write into the work copy of a template that workspaces may share.
    _terraform: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def mirrors(self) -> tuple[Path, ...]:
        """The provider mirrors of this host."""
        home = self.environ.get("HOME")
        return find_mirrors(self.settings.terraform.plugin_mirrors, home=Path(home) if home else None)

    @cached_property
    def cli_config(self) -> Path:
        """Terraform's own configuration, written for its children."""
        return write_cli_config(self.settings.state_dir, self.mirrors)

    def for_workspace(self, workspace: Workspace, cloud: Cloud) -> Iac:
        """Terraform for one workspace."""
        return Iac(self, workspace, cloud)

    @property
    def one_at_a_time(self) -> threading.Lock:
        """Held while Terraform writes into a work copy."""
        return self._terraform


@dataclass(frozen=True)
class Iac:
    """Terraform for one workspace."""

    tools: Tools
    workspace: Workspace
    cloud: Cloud

    def program(self, purpose: Purpose = Purpose.READ, keeps: Sequence[int] = ()) -> Terraform:
        """The terraform command with this workspace's environment.

        Args:
            purpose: which of the environment's ways into AWS it gets.
            keeps: descriptors of locks that it holds for as long as it runs.

        Raises:
            TerraformError: it is not installed.
        """
        env = terraform_environment(
            self.tools.environ,
            self.tools.cli_config,
            self.cloud.child_environment(purpose),
            workspace=None if self.terraform_workspace == DEFAULT_WORKSPACE else self.terraform_workspace,
            variables=True,
        )
        return Terraform(self.tools.settings.terraform.binary, env, stop=self.tools.cancelled, keeps=keeps)

    @property
    def terraform_workspace(self) -> str:
        """Terraform's workspace: the configured one, else the one selected in the template's folder.

        Raises:
            BackendError: its name is none that Terraform takes.
        """
        own = self.workspace
        said = own.workspace if "workspace" in own.model_fields_set else None
        return selected_workspace(said, folder=own.template, environment=self.tools.environ)

    def folder(self, template: Template, purpose: str = "work") -> Path:
        """A copy of the template to run Terraform in."""
        root = self.tools.settings.state_dir / purpose
        return work_copy(self.workspace.template, template.files, digest=template.digest, root=root)

    def provider(self, template: Template, source: str) -> ProviderBinary:
        """The provider binary that Terraform would use; fetched by ``terraform init`` where no mirror holds it.

        Raises:
            ProviderError: there is none, or none of a wanted version.
            TerraformError: init failed.
        """
        found = self.installed(template, source)
        if found is None:
            with self.tools.one_at_a_time:
                copy = self.folder(template)
                found = self._find(template, source, [copy / DATA_DIR])
                if found is None:
                    self.program().init(copy, backend=False)
                    found = self._find(template, source, [copy / DATA_DIR])
        if found is None:
            raise provider_missing(source, self.tools.mirrors)
        return found

    def installed(self, template: Template, source: str) -> ProviderBinary | None:
        """The provider binary, where none has to be fetched for it.

        Raises:
            ProviderError: what is there cannot be used.
        """
        return self._find(template, source, [self.workspace.template / DATA_DIR])

    def _find(self, template: Template, source: str, data_dirs: list[Path]) -> ProviderBinary | None:
        wanted = next((r for r in template.requirements.values() if r.source == source), None)
        return find_provider(
            source,
            constraint=wanted.constraint if wanted else None,
            locked=template.locked.get(source),
            data_dirs=data_dirs,
            mirrors=self.tools.mirrors,
            cache=self.tools.settings.state_dir / "providers",
        )

    def resolve(self, template: Template, block: ProviderBlock) -> ProviderBlock:
        """The provider block with what our evaluator could not tell, as Terraform tells it.

        What stands in a child module Terraform's console cannot reach: it stays unknown, and so is what it reads.

        Raises:
            TerraformError: Terraform could not evaluate.
        """
        if not block.unresolved or block.address.module:
            return block
        read = fingerprint(self.workspace.template, template.files)
        asked = {format_path(path): path for path in block.unresolved}
        question = canonical(
            [template.digest, read, str(block.address), [*asked], self._variables(template), self.terraform_workspace]
        )
        with self.tools.one_at_a_time:
            answers = self.tools.answers.recall(question, lasting=read is not None)
            if answers is None:
                told = self.program().console(
                    self.folder(template),
                    {name: block.unresolved[path] for name, path in asked.items()},
                    self.inputs,
                )
                answers = {path: told[name] for name, path in asked.items()}
                self.tools.answers.remember(question, answers, lasting=read is not None)
        return with_resolved(block, answers)

    def pull_state(self, template: Template) -> bytes:
        """The state of a backend that only Terraform speaks to.

        Raises:
            TerraformError: init or pull failed.
        """
        with self.tools.one_at_a_time:
            copy = self.folder(template, "pull")
            program = self.program()
            try:
                program.init(copy, backend_config=self.workspace.backend_config)
                return program.pull_state(copy)
            finally:
                # There init writes down how the backend is reached, its secrets as they are.
                (copy / DATA_DIR / "terraform.tfstate").unlink(missing_ok=True)

    def plan(self, template: Template, state: bytes | None) -> Sequence[Mapping[str, Any]]:
        """What an apply would do, without a refresh and without the state's lock: changes as in Terraform's JSON.

        Made anew only if something has moved that it is made of: template, files that it reads, variables, state,
        providers. (A data source's answer counts as none of them.)

        Args:
            template: the template.
            state: its state, as the backend holds it; None where there is none yet.

        Raises:
            TerraformError: it failed.
        """
        read = fingerprint(self.workspace.template, template.files)
        sources = sorted({requirement.source for requirement in template.requirements.values()})
        found = ((source, self.installed(template, source)) for source in sources)
        versions = [[source, binary.version if binary else None] for source, binary in found]
        content = hashlib.sha256(state or b"").hexdigest()
        question = canonical(
            ["plan", template.digest, read, versions, self._variables(template), self.terraform_workspace, content]
        )
        with self.tools.one_at_a_time:
            kept = self.tools.answers.recall(question, lasting=True) if read is not None else None
            if kept is None:
                kept = {_CHANGES: self._planned(template, state)}
                if read is not None:
                    self.tools.answers.remember(question, kept, lasting=True)
        changes: Sequence[Mapping[str, Any]] = kept[_CHANGES]
        return changes

    def _planned(self, template: Template, state: bytes | None) -> list[Mapping[str, Any]]:
        # In memory if the host has a place for that: state and plan hold secrets.
        place = MEMORY if MEMORY.is_dir() else self.tools.settings.state_dir
        copy = self.folder(template, "plan")
        with planning_from(copy, state, self.terraform_workspace, place, _PLANNING) as private:
            program = self.program()
            program.init(copy)
            out = private / "plan"
            program.plan(copy, out, self.inputs, refresh=Refresh.NO)
            return changes_of(program.show_json(copy, out))

    @property
    def inputs(self) -> Inputs:
        """The variables that the settings give."""
        return Inputs(self.workspace.var_files, self.workspace.variables)

    @staticmethod
    def _variables(template: Template) -> dict[str, Value]:
        return {variable.name: variable.value for variable in template.variables}
