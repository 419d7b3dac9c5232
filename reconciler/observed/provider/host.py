"""One provider that runs and is configured: a process, a connection, and what the binary knows of its types."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.drift.schema import Schema
from reconciler.drift.values import Object
from reconciler.errors import ProviderError
from reconciler.observed.provider.configuration import encode_configuration
from reconciler.observed.provider.process import Launcher, ProviderProcess
from reconciler.observed.provider.protocol import CallFailedError, ProviderClient
from reconciler.observed.provider.schema_cache import ProviderSchemas, SchemaCache, TypeSchema
from reconciler.observed.provider.schema_file import DamagedFileError
from reconciler.observed.provider.scrub import named_secrets, one_line, secrets_at


@dataclass(frozen=True, slots=True)
class Limits:
    """How much at once, and how long. Times are in seconds.

    ``concurrency`` is the number of reads under way, not counting those that have lasted for ``slow_after``:
    a read that waits inside the provider costs nothing, and must not hold a place that others need.
    """

    concurrency: int = 10
    read_timeout: float = 120.0
    start_timeout: float = 60.0
    configure_timeout: float = 60.0
    slow_after: float = 2.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one provider process is made of. The configuration and the environment hold secrets."""

    binary: Path
    configuration: Object = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)


class Host:
    """A provider ready to read. It serves one configuration; another one needs another host."""

    def __init__(self, recipe: Recipe, limits: Limits, cache: SchemaCache, launcher: Launcher) -> None:
        """Start it and configure it.

        Raises:
            ProviderError: it cannot be started, tells no schema, or has no such configuration arguments.
            CallFailedError: it, or the cloud through it, refuses the configuration.
        """
        self._cache = cache
        self._limits = limits
        secrets = [*named_secrets(recipe.environment), *named_secrets(recipe.configuration)]
        deadline = time.monotonic() + limits.start_timeout
        self.process = ProviderProcess(recipe.binary, recipe.environment, launcher)
        self._client: ProviderClient | None = None
        try:
            self.client = self._client = ProviderClient(self.process.handshake(deadline), secrets)
            self._schemas = self._known_schemas(deadline - time.monotonic())
            own = self._own_schema().block
            configuration = encode_configuration(recipe.configuration, own)
            secrets += secrets_at(recipe.configuration, own.sensitive_paths())
            self.secrets = tuple(secrets)
            self.client.configure(configuration, limits.configure_timeout)
        except BaseException:
            self.end()
            raise
        self.last_answer = time.monotonic()

    def type_schema(self, name: str) -> TypeSchema | None:
        """A resource type's schema, None where the provider does not have the type.

        Raises:
            ProviderError: the schema cannot be had or understood.
        """
        try:
            return self._schemas.resource_type(name)
        except DamagedFileError:
            self._cache.forget(self.process.binary)
            self._schemas = self._asked_schemas(self._limits.start_timeout)
            return self._schemas.resource_type(name)

    def death(self) -> str:
        """How the process ended, on one line without secrets."""
        self.process.wait(1.0)
        return one_line(self.process.death(), self.secrets)

    def end(self, grace: float = 1.0) -> None:
        """End the process and the connection. Calls under way fail. Safe to call twice."""
        if self._client is not None:
            if self.process.alive and grace > 0:
                self._client.stop(min(grace, 0.5))
            self._client.close()
        self.process.end(grace)

    def _known_schemas(self, timeout: float) -> ProviderSchemas:
        known = self._cache.lookup(self.process.binary)
        # Some providers set themselves up while they answer the schema call, and say that it must be made.
        if known is None or not known.call_optional or known.protocol != self.client.protocol:
            return self._asked_schemas(timeout)
        return known

    def _asked_schemas(self, timeout: float) -> ProviderSchemas:
        try:
            return self._cache.store(self.process.binary, self.client.schemas(timeout))
        except CallFailedError as e:
            raise ProviderError(
                f"the provider {self.process.binary.name} does not tell its schema: {e.diagnosis.detail}",
                hint="the file is perhaps damaged; run terraform init again",
            ) from e

    def _own_schema(self) -> Schema:
        try:
            return self._schemas.provider()
        except DamagedFileError:
            self._cache.forget(self.process.binary)
            self._schemas = self._asked_schemas(self._limits.start_timeout)
            return self._schemas.provider()
