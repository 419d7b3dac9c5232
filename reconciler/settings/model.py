"""The configuration's shape: one frozen model per section. ``docs/configuration.md`` says the same for people."""

from __future__ import annotations

import datetime as dt
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from reconciler.drift.finding import Kind, Severity
from reconciler.errors import ConfigError, Position
from reconciler.settings.environment import PREFIX, EnvironmentSource
from reconciler.settings.fields import (
    AccountId,
    ByteCount,
    Condition,
    Cron,
    DatabaseUrl,
    Date,
    Duration,
    FilePath,
    HttpUrl,
    JsonValue,
    Name,
    Region,
    RoleArn,
    StateLocation,
    Text,
    TimeZone,
    WholeNumber,
    wrong,
)
from reconciler.settings.places import default_state_dir
from reconciler.settings.source import Key, Source

_SECOND = dt.timedelta(seconds=1)


class LogFormat(StrEnum):
    """How a log line is written. ``auto`` is readable on a terminal and logfmt everywhere else."""

    AUTO = "auto"
    LOGFMT = "logfmt"
    JSON = "json"


class LogLevel(StrEnum):
    """The least important line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Section(BaseModel):
    """A table of the file. Unknown keys are mistakes, and a mistake never shows the value."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Database(Section):
    """``[database]``. Without a URL an embedded PostgreSQL runs under the state directory."""

    url: DatabaseUrl | None = None


class Terraform(Section):
    """``[terraform]``. ``binary`` is a name looked for on PATH, or a path."""

    binary: Text = "terraform"
    plugin_mirrors: tuple[FilePath, ...] = ()


class Freeze(Section):
    """``[[environments.NAME.gate.freeze]]``: from each moment that ``cron`` names, nothing is applied for a while.

    ``cron`` has five fields, in ``timezone``.
    """

    cron: Cron
    duration: Annotated[Duration, Field(ge=_SECOND)]
    timezone: TimeZone = "UTC"
    reason: Text


class Automatic(Section):
    """``[[environments.NAME.gate.automatic]]``: plans that need no approval, by a CEL expression over ``plan``."""

    name: Name
    when: Condition


class Gate(Section):
    """``[environments.NAME.gate]``: what it takes to apply a plan there.

    ``approvals`` is how many people have to agree, by risk; a level that is not named keeps its default.
    ``protected`` are addresses or types, ``*`` for any text, that no plan may destroy.
    """

    approvals: dict[Severity, Annotated[WholeNumber, Field(ge=1, le=10)]] = Field(default_factory=dict)
    self_approval: bool = False
    require_signature: bool = False
    proposal_lifetime: Annotated[Duration, Field(ge=_SECOND)] = dt.timedelta(hours=24)
    approval_lifetime: Annotated[Duration, Field(ge=_SECOND)] = dt.timedelta(hours=4)
    protected: tuple[Text, ...] = ()
    max_changes: Annotated[WholeNumber, Field(ge=1)] | None = None
    max_percent: Annotated[float, Field(gt=0, le=100)] | None = None
    freeze: tuple[Freeze, ...] = ()
    automatic: tuple[Automatic, ...] = ()


class Environment(Section):
    """``[environments.NAME]``: an account and region, and how to get in. A row of ``aws_environments``.

    ``credential`` names a row of ``aws_credentials`` for reading, ``apply_credential`` one for approved applies; where
    the second is not named, the first is for both. Without a name it is ``profile`` and ``assume_role``, or the SDK's
    own places.
    """

    account_id: AccountId
    region: Region
    description: Text | None = None
    endpoint_url: HttpUrl | None = None
    profile: Text | None = None
    assume_role: RoleArn | None = None
    external_id: Text | None = None
    credential: Name | None = None
    apply_credential: Name | None = None
    gate: Gate = Gate()

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        """Refuse two identities for one purpose: which of them would be used, the file would not say."""
        named = [key for key in ("credential", "apply_credential") if getattr(self, key) is not None]
        beside = [key for key in ("profile", "assume_role", "external_id") if getattr(self, key) is not None]
        if named and beside:
            raise wrong(f"{named[0]} and {beside[0]} exclude each other: keep the one that is meant")
        return self


class Workspace(Section):
    """``[workspaces.NAME]``: a template, its state and its environment.

    ``template`` is absolute. ``state`` is None for the template's own backend block, an absolute path, or
    ``s3://bucket/key``. ``var_files`` are absolute, in the order Terraform reads them. ``workspace`` is Terraform's
    workspace, and ``backend_config`` what ``terraform init -backend-config`` would be given.
    """

    environment: Text
    template: FilePath
    state: StateLocation | None = None
    workspace: Name = "default"
    variables: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    var_files: tuple[FilePath, ...] = ()
    backend_config: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    interval: Annotated[Duration, Field(ge=_SECOND)] | None = None


class Provider(Section):
    """``[provider]``: the Terraform providers that we keep warm. ``memory_budget`` is in bytes, over all of them."""

    concurrency: Annotated[WholeNumber, Field(ge=1, le=100)] = 50
    read_timeout: Annotated[Duration, Field(ge=_SECOND)] = dt.timedelta(seconds=60)
    memory_budget: Annotated[ByteCount, Field(ge=64 * 1024**2)] = 1024**3
    idle: Annotated[Duration, Field(ge=_SECOND)] = dt.timedelta(minutes=30)


class Service(Section):
    """``[service]``: the daemon. ``interval`` holds for workspaces that name none.

    ``parallel`` passes run at once. One that has not advanced for ``stall_after`` counts as hung.
    """

    interval: Annotated[Duration, Field(ge=_SECOND)] = dt.timedelta(minutes=15)
    jitter: Duration = dt.timedelta(seconds=30)
    parallel: Annotated[WholeNumber, Field(ge=1, le=64)] = 2
    stall_after: Annotated[Duration, Field(ge=_SECOND)] = dt.timedelta(minutes=5)
    log_format: LogFormat = LogFormat.AUTO
    log_level: LogLevel = LogLevel.INFO


class IgnoreRule(Section):
    """``[[ignore]]``: drift that somebody answers for, until a day.

    ``*`` in ``resource`` (address or type) and ``path`` stands for any text. Without ``path`` the whole finding,
    without ``kinds`` every kind, without ``workspace`` every workspace.
    """

    resource: Text
    path: Text | None = None
    kinds: tuple[Kind, ...] = ()
    workspace: Text | None = None
    reason: Text
    owner: Text
    expires: Date


class SeverityRule(Section):
    """``[[severity]]``: goes before the built-in table. The first rule that matches a change decides.

    A rule without ``path`` is for findings without changes, such as deletions, as well as for every change.
    """

    resource_type: Text = "*"
    path: Text | None = None
    kind: Kind | None = None
    level: Severity
    reason: Text


class Vault(Section):
    """``[vault]``. Without ``key_file`` a key is made once under the state directory.

    ``older_key_files`` are keys of before: they open, until ``vault rekey`` has sealed anew what they sealed.

    ``allowed_signers`` holds the SSH keys of those who sign approvals, ``break_glass_file`` the name of an admin that
    may be added without a token; only root may be able to write either.
    """

    key_file: FilePath | None = None
    older_key_files: tuple[FilePath, ...] = ()
    allowed_signers: FilePath | None = None
    break_glass_file: FilePath = Path("/etc/reconciler/break-glass")


class Settings(BaseSettings):
    """The whole configuration. Paths are absolute; every workspace's environment exists."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    state_dir: FilePath = Field(default_factory=default_state_dir)
    database: Database = Database()
    terraform: Terraform = Terraform()
    provider: Provider = Provider()
    service: Service = Service()
    vault: Vault = Vault()
    environments: dict[Name, Environment] = Field(default_factory=dict)
    workspaces: dict[Name, Workspace] = Field(default_factory=dict)
    ignore: tuple[IgnoreRule, ...] = ()
    severity: tuple[SeverityRule, ...] = ()

    _source: Source = PrivateAttr(default_factory=Source)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is pydantic's
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  likewise: no .env file is ever read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """A variable of the environment goes before the file."""
        return EnvironmentSource(settings_cls, init_settings()), init_settings

    @property
    def config_file(self) -> Path | None:
        """The file that was read; None for settings made in code."""
        return self._source.file

    def position(self, *key: str | int) -> Position | None:
        """Where a key stands, or the nearest table around it: ``position("workspaces", "production", "template")``."""
        return self._source.position(key)

    def workspace(self, name: str) -> Workspace:
        """The workspace of that name.

        Raises:
            ConfigError: there is none; the hint names the nearest.
        """
        if name in self.workspaces:
            return self.workspaces[name]
        file = Position(str(self.config_file)) if self.config_file else None
        raise ConfigError(f"no workspace is named {name!r}", hint=nearest(name, self.workspaces), position=file)

    def missing_files(self, name: str) -> tuple[ConfigError, ...]:
        """What a workspace names and the disk does not hold now: its template folder and variable files.

        Asked at each pass and not once at the start, so that one workspace's missing folder costs only that
        workspace, and a folder that comes back is scanned again.
        """
        workspace = self.workspace(name)
        key: Key = ("workspaces", name)
        missing = []
        if not workspace.template.is_dir():
            missing.append(
                ConfigError(
                    f"the template folder of workspace {name!r} does not exist or is no folder",
                    hint=f"looked for {workspace.template}",
                    position=self.position(*key, "template"),
                )
            )
        for index, file in enumerate(workspace.var_files):
            if not file.is_file():
                missing.append(
                    ConfigError(
                        f"a variable file of workspace {name!r} does not exist or is no file",
                        hint=f"looked for {file}",
                        position=self.position(*key, "var_files", index),
                    )
                )
        return tuple(missing)


def nearest(word: str, known: object) -> str:
    """A hint for a word that is not known: the nearest one that is, or all of them."""
    names = sorted(str(name) for name in known) if isinstance(known, dict | list | tuple | set | frozenset) else []
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(names)}" if names else "none is configured"
