"""One provider that runs and is configured: a process, a connection, and what the binary knows of its types."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from reconciler.drift.schema import Schema
from reconciler.drift.scrub import named_secrets, one_line, secrets_at
from reconciler.drift.values import Object
from reconciler.errors import ProviderError
from reconciler.observed.provider.configuration import encode_configuration
from reconciler.observed.provider.process import Launcher, ProviderProcess
from reconciler.observed.provider.protocol import CallFailedError, ProviderClient
from reconciler.observed.provider.schema_cache import ProviderSchemas, SchemaCache, TypeSchema
from reconciler.observed.provider.schema_file import DamagedFileError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much at once, and how long. Times are in seconds.

    ``concurrency`` is the most reads under way, not counting those that have lasted for ``slow_after``:
    a read that waits inside the provider costs nothing, and must not hold a place that others need.
    """

    concurrency: int = 10
    read_timeout: float = 120.0
    start_timeout: float = 60.0
    configure_timeout: float = 60.0
    slow_after: float = 2.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one provider process is made of. The configuration and the environment hold secrets.

    ``warning`` makes it log what it passes over in silence otherwise.
    """

    binary: Path
    configuration: Object = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)
    warning: bool = False


class Host:
    """A provider ready to read. It serves one configuration; another one needs another host."""

    def __init__(self, recipe: Recipe, limits: Limits, cache: SchemaCache, launcher: Launcher) -> None:
        """Start it and configure it.

        Raises:
            ProviderError: it cannot be started, tells no schema, or has no such configuration arguments.
            CallFailedError: it, or the cloud through it, refuses the configuration.
        """
        self._recipe = recipe
        self._limits = limits
        self._cache = cache
        self._launcher = launcher
        self.secrets = (*named_secrets(recipe.environment), *named_secrets(recipe.configuration))
        self._open()
        try:
            self._schemas = self._known_schemas()
            own = self._own_schema().block
            self.secrets += tuple(secrets_at(recipe.configuration, own.sensitive_paths()))
            self.client.configure(encode_configuration(recipe.configuration, own), limits.configure_timeout)
        except BaseException:
            self.end(grace=0)
            raise
        self.last_answer = time.monotonic()

    def type_schema(self, name: str) -> TypeSchema | None:
        """A resource type's schema, None where the provider does not have the type.

        Raises:
            ProviderError: the schema cannot be had or understood.
        """
        return self._from_schemas(lambda schemas: schemas.resource_type(name))

    def death(self) -> str:
        """How the process ended, on one line without secrets."""
        self.process.wait(1.0)
        return one_line(self.process.death(), self.secrets)

    def end(self, grace: float = 1.0) -> None:
        """End the process and the connection. Calls under way fail. Safe to call twice."""
        if grace > 0 and self.process.alive:
            self.client.stop(min(grace, 0.5))
        self.client.close()
        self.process.end(grace)

    def _open(self) -> None:
        """Start the process and connect to it."""
        deadline = time.monotonic() + self._limits.start_timeout
        recipe = self._recipe
        process = ProviderProcess(recipe.binary, recipe.environment, self._launcher, warning=recipe.warning)
        try:
            self.client = ProviderClient(process.handshake(deadline), lambda: self.secrets)
        except BaseException:
            process.end(grace=0)
            raise
        self.process = process

    def _known_schemas(self) -> ProviderSchemas:
        known = self._cache.lookup(self._recipe.binary)
        if known is None or known.protocol != self.client.protocol:
            known = self._asked_schemas()
            if known.call_optional:
                # To answer, a provider builds all its types, and keeps the memory: the AWS provider 110 MB of it.
                self.end()
                self._open()
        elif not known.call_optional:
            # Some providers set themselves up while they answer, and say that they must be asked.
            known = self._asked_schemas()
        return known

    def _asked_schemas(self) -> ProviderSchemas:
        try:
            return self._cache.store(self._recipe.binary, self.client.schemas(self._limits.start_timeout))
        except CallFailedError as e:
            raise ProviderError(
                f"the provider {self._recipe.binary.name} does not tell its schema: {e.diagnosis.detail}",
                hint="the file is perhaps damaged; run terraform init again",
            ) from e

    def _own_schema(self) -> Schema:
        return self._from_schemas(ProviderSchemas.provider)

    def _from_schemas(self, look: Callable[[ProviderSchemas], T]) -> T:
        """Look something up; if the file on disk was damaged meanwhile, once more in a new one."""
        try:
            return look(self._schemas)
        except DamagedFileError:
            self._cache.forget(self._recipe.binary)
            self._schemas = self._asked_schemas()
        try:
            return look(self._schemas)
        except DamagedFileError as e:
            raise ProviderError(
                "the folder of schemas does not keep what is written to it",
                hint="check the state directory and its disk",
            ) from e
