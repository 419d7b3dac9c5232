"""Terraform at a workspace's own state: plans that can be applied, and their application.

A scan works on copies of a state and can write nowhere. Here the backend is the real one, so that a plan is bound to it
and an apply writes to it; the template's folder is still only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from reconciler.desired.outside import contents, fingerprint
from reconciler.drift.masking import plan_secrets
from reconciler.drift.scrub import one_line
from reconciler.drift.snapshot import BackendBlock, Template
from reconciler.drift.values import Value, canonical, texts
from reconciler.errors import BusyError, ConfigError, TerraformError
from reconciler.gate.digest import digest_of
from reconciler.gate.proposal import Direction
from reconciler.recorded.backends.base import DEFAULT_WORKSPACE, Backend
from reconciler.recorded.backends.local import LocalBackend
from reconciler.terraform.cli import Refresh, Terraform
from reconciler.terraform.files import forget_backend, name_backend, private_folder
from reconciler.terraform.initialised import forget_initialised
from reconciler.terraform.turns import Work, turns_below
from reconciler.terraform.work_copy import DATA_DIR, ERRORED, made_in
from reconciler.wiring.clouds import Purpose
from reconciler.wiring.iac import MEMORY, Iac
from reconciler.wiring.keys import Keys
from reconciler.workflows.identity import confirm_account
from reconciler.workflows.remedy import Planned

_PATIENCE: Final = 120.0
"""Seconds to wait for another process that plans or applies in the same work copy."""
_SETTLING_PATIENCE: Final = 5.0
"""The same where a cut-off apply is settled: the daemon does so before its passes, and comes again."""


_FIX: Final = "apply"
"""The folder of the work copies, below the state directory."""

_HARMLESS: Final = frozenset(
    {
        *("bucket", "key", "region", "encrypt", "kms_key_id", "acl", "dynamodb_table", "use_lockfile"),
        *("workspace_key_prefix", "profile", "use_path_style", "force_path_style", "max_retries", "use_fips_endpoint"),
        *("skip_credentials_validation", "skip_region_validation", "skip_requesting_account_id"),
        *("skip_metadata_api_check", "skip_s3_checksum", "use_dualstack_endpoint", "allowed_account_ids"),
    }
)
"""Arguments of the s3 backend that are no secrets and hold none. Those of other backends may be anything."""

_Place: TypeAlias = tuple[Terraform, Path, Path]
"""Terraform, the work copy that it works in, and a place that nobody else may look into."""


@dataclass(frozen=True)
class _Ready:
    """A place for an apply, as soon as there is one."""

    place: Future[_Place]

    def wait(self) -> None:
        """Wait until all is there.

        Raises:
            TerraformError: it cannot be; nothing was written.
        """
        self.place.result()

    def apply(self, on_event: Callable[[Mapping[str, Any]], None]) -> None:
        """Carry a plan out, under the state's lock.

        Raises:
            CutOffError: it was told to end, and Terraform has ended in order.
            TerraformError: it failed, perhaps half done.
        """
        program, copy, path = self.place.result()
        try:
            program.apply(copy, path, on_event=on_event)
        except TerraformError as error:
            # A provider's own words may quote what it was given: the plan knows what of that is secret.
            try:
                secrets = plan_secrets(program.show_json(copy, path))
            except TerraformError:
                message = "terraform apply failed, and what it said cannot be cleared of secrets"
                raise TerraformError(message, hint="see Terraform's own log") from error
            raise cleaned(error, secrets) from error


def cleaned(error: TerraformError, secrets: Iterable[str]) -> TerraformError:
    """The same fault, its message without secrets and without what has the shape of one."""
    return TerraformError(one_line(error.message, secrets), hint=error.hint, position=error.position)


@dataclass(frozen=True)
class Remediation:
    """One workspace's Terraform with the power to write. ``name`` is the workspace's, ``backend`` its state's."""

    name: str
    iac: Iac
    keys: Keys
    backend: Callable[[Template], Backend]

    def plan(
        self,
        template: Template,
        targets: Sequence[str],
        on_event: Callable[[Mapping[str, Any]], None],
        *,
        direction: Direction = Direction.REVERT,
        lock: bool = False,
    ) -> Planned:
        """A plan that an apply may carry out, of the whole workspace or of some addresses.

        To adopt is to take into the state what the cloud holds, and to write nothing else.

        Raises:
            BusyError: another process plans this workspace, for too long.
            TerraformError: it could not be made.
        """
        # Who takes the state's lock writes to its backend: reading settles what an approved apply left.
        way = Purpose.APPLY if lock else Purpose.READ
        patience = _SETTLING_PATIENCE if lock else _PATIENCE
        with self._at_its_state(template, way, Work.PLAN, patience) as (program, copy, private):
            out = private / "plan"
            refresh = Refresh.ONLY if direction is Direction.ADOPT else Refresh.YES
            program.plan(copy, out, self.iac.inputs, refresh=refresh, targets=targets, lock=lock, on_event=on_event)
            return Planned(out.read_bytes(), program.show_json(copy, out))

    def confirm_account(self) -> None:
        """See to it that the credentials for applying are of the environment's account.

        Raises:
            ForeignAccountError: they are of another one.
            CloudError: AWS does not say.
        """
        cloud = self.iac.cloud
        confirm_account(cloud.facts, lambda: cloud.account_id(Purpose.APPLY))

    @contextmanager
    def ready(self, template: Template, plan: bytes) -> Iterator[_Ready]:
        """Begin to make ready for a plan's apply, beside whatever else is done: it takes Terraform a second or more."""
        left = Event()
        with ExitStack() as ending, ThreadPoolExecutor(1, thread_name_prefix="ready") as beside:
            place = beside.submit(self._laid_down, ending, template, plan, left.is_set)
            try:
                yield _Ready(place)
            except (KeyboardInterrupt, SystemExit):
                if not place.done():  # we are told to end, and so is a Terraform that is still made ready
                    self.iac.tools.cancelled.set()
                raise
            finally:
                left.set()

    def _laid_down(self, ending: ExitStack, template: Template, plan: bytes, left: Callable[[], bool]) -> _Place:
        place = self._at_its_state(template, Purpose.APPLY, Work.APPLY, _PATIENCE, left)
        program, copy, private = ending.enter_context(place)
        path = private / "plan"
        try:
            path.write_bytes(plan)
        except OSError as error:
            raise TerraformError(f"the plan cannot be laid down in {private}: {error.strerror}") from error
        return program, copy, path

    def confirm_nobody_at_work(self) -> None:
        """See to it that nothing that an apply started still runs, and remove what a killed one has left.

        The state's lock does not tell it: Terraform takes it late, and many backends have none.

        Raises:
            BusyError: something does.
        """
        for turn in turns_below(self._copies, Work.APPLY):
            try:
                with private_folder(turn.parent, self._place, Work.APPLY, 0.0):
                    pass
            except BusyError as error:
                raise BusyError(
                    f"what an apply started is still at work: wait for its end; `fuser {turn}` names the process"
                ) from error

    def errored_state(self) -> str | None:
        """Where a state lies that an apply could not hand to its backend; None where there is none.

        The template may have moved since, so every copy that was applied from is looked at.
        """
        # A module may bring a file of that name along.
        found = (path for path in sorted(self._copies.rglob(ERRORED)) if path.is_file() and DATA_DIR not in path.parts)
        return next(map(str, found), None)

    def template_digest(self, template: Template) -> str:
        """A digest of all that the template says: its files, what they read, its variables, what planning made of it.

        Keyed: some are secrets.
        """
        folder = self.iac.workspace.template
        read = fingerprint(folder, template.files)
        beside = contents(folder, template.files, template.left_out)
        variables = {variable.name: variable.value for variable in template.variables}
        made = made_in(self._copy(template))
        what = canonical([template.digest, read, beside, made, variables, self.iac.terraform_workspace])
        return self.keys.digest(what)

    def providers_digest(self, template: Template) -> str:
        """A digest of which providers would run: what is locked, and what is installed."""
        sources = sorted({requirement.source for requirement in template.requirements.values()})
        found = ((source, self.iac.installed(template, source)) for source in sources)
        return digest_of(
            [dict(template.locked), [[source, binary.version if binary else None] for source, binary in found]]
        )

    @property
    def _copies(self) -> Path:
        """Where the copies lie that are planned and applied from: of each version of the template one.

        What a plan makes there (an archive of code, say) its apply needs.
        """
        return self.iac.tools.settings.state_dir / _FIX / self.name

    @property
    def _place(self) -> Path:
        return MEMORY if MEMORY.is_dir() else self.iac.tools.settings.state_dir

    @contextmanager
    def _told_cleanly(self, template: Template) -> Iterator[None]:
        """What Terraform says of a fault, without the variables that are secret."""
        try:
            yield
        except TerraformError as error:
            given: list[Value] = [variable.value for variable in template.variables if variable.sensitive]
            given.append(dict(self.iac.workspace.backend_config or {}))
            raise cleaned(error, texts(given)) from error

    @contextmanager
    def _at_its_state(
        self,
        template: Template,
        way: Purpose,
        work: Work,
        patience: float,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Iterator[_Place]:
        copy = self._copy(template)
        with (
            private_folder(copy, self._place, work, patience, stopped) as (private, turn),
            self._told_cleanly(template),
        ):
            program = self.iac.program(way, (turn,))
            self._name_backend(template, copy, program)
            # There init writes down how the backend is reached, its secrets as they are.
            written_down = copy / DATA_DIR / "terraform.tfstate"
            config = None if self._is_named_here(template) else self.iac.workspace.backend_config
            secret = not self._is_named_here(template) and not _is_harmless(template.backend, config)
            try:
                with self.iac.tools.one_at_a_time:
                    if secret:
                        program.init(copy, backend_config=config)
                    else:
                        program.init_once(copy)
                yield program, copy, private
            except TerraformError:
                forget_initialised(copy)  # perhaps it was not: the next time tells
                raise
            finally:
                if secret:
                    written_down.unlink(missing_ok=True)

    def _copy(self, template: Template) -> Path:
        return self.iac.folder(template, f"{_FIX}/{self.name}")

    def _is_named_here(self, template: Template) -> bool:
        """Whether the copy's backend block is ours: the settings name the state, or it is a file."""
        block = template.backend
        return self.iac.workspace.state is not None or block is None or block.type == "local"

    def _name_backend(self, template: Template, copy: Path, program: Terraform) -> None:
        if not self._is_named_here(template):
            forget_backend(copy)  # the settings named the state before, and the copy is the same
            return
        if self.iac.workspace.state is not None and self.iac.terraform_workspace != DEFAULT_WORKSPACE:
            raise ConfigError(
                f"workspace {self.name}: its state is named, and so is Terraform's workspace "
                f"{self.iac.terraform_workspace!r}, which terraform would look for elsewhere",
                hint="name the state in the template's backend block, or leave out one of the two",
            )
        backend = self.backend(template)
        if isinstance(backend, LocalBackend):
            path = backend.path.absolute()
            arguments: dict[str, str | bool] = {"path": str(path)}
            if self.iac.terraform_workspace != DEFAULT_WORKSPACE and self.iac.workspace.state is None:
                arguments = {"workspace_dir": str(path.parent.parent)}
            name_backend(copy, "local", arguments)
            return
        place = urlsplit(backend.location)
        own = self.iac.cloud.environment
        key = backend.location.partition("://")[2].partition("/")[2]
        arguments = {"bucket": place.netloc, "key": key, "region": own.region, **_emulated(own.endpoint_url)}
        if program.version().locks_in_s3:
            arguments["use_lockfile"] = True
        name_backend(copy, "s3", arguments)


def _emulated(endpoint: object | None) -> dict[str, str | bool]:
    """What the s3 backend has to be told to keep its hands off the real AWS."""
    if endpoint is None:
        return {}
    return dict.fromkeys(("use_path_style", "skip_credentials_validation", "skip_requesting_account_id"), True)


def _is_harmless(backend: BackendBlock | None, config: Mapping[str, Any] | None) -> bool:
    """Whether what says how the backend is reached may lie in a work copy: no word of it is a secret, nor holds one."""
    return not config and backend is not None and backend.type == "s3" and backend.values.keys() <= _HARMLESS
