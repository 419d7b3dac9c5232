"""A configured provider as others see it: something that reads instances, and heals itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from reconciler.drift.schema import Schema
from reconciler.drift.snapshot import Reading, Reason, RecordedInstance, Unread
from reconciler.drift.values import UNKNOWN, Object, Value
from reconciler.errors import ProviderError
from reconciler.observed.provider.answers import deferral, observed_object
from reconciler.observed.provider.diagnose import Diagnosis
from reconciler.observed.provider.frank import Read, frank, impatient, merged, reasons, silent, warned
from reconciler.observed.provider.host import Host, Limits, Recipe
from reconciler.observed.provider.process import Launcher
from reconciler.observed.provider.protocol import CallFailedError, answer_of, errors_of
from reconciler.observed.provider.reading import Batch, Gone
from reconciler.observed.provider.schema_cache import SchemaCache
from reconciler.observed.provider.tempo import Tempo
from reconciler.observed.provider.trial import Trial
from reconciler.observed.provider.upgrades import UpgradeMemo

_FRANKLY: Final = 5
"""So often a frank provider is asked before it is believed that something is not answered."""


class ProviderSession:
    """Reads through one provider with one configuration. Safe to use from several threads.

    The process starts when it is first needed, and again after it crashed, hung, or was put away for its memory.
    """

    def __init__(
        self,
        key: str,
        recipe: Recipe,
        limits: Limits,
        cache: SchemaCache,
        launcher: Launcher,
        *,
        on_use: Callable[[ProviderSession], None],
        on_call: Callable[[], None],
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            key: what the pool knows it by.
            recipe: the binary, its configuration, its environment.
            limits: how much at once and how long.
            cache: schemas of binaries.
            launcher: who starts processes.
            on_use: called before and after each use.
            on_call: called for each read sent to the provider.
        """
        self.key = key
        self.binary = recipe.binary
        self._recipe = recipe
        self._limits = limits
        self._cache = cache
        self._launcher = launcher
        self._on_use = on_use
        self.count_call = on_call
        self.upgrades = UpgradeMemo()
        self.tempo = Tempo()
        self._starting = threading.Lock()
        self._state = threading.Lock()
        self._host: Host | None = None
        self._failure: CallFailedError | ProviderError | None = None
        self._users = 0
        self.last_used = time.monotonic()

    def read(
        self,
        instances: Sequence[RecordedInstance],
        *,
        on_read: Callable[[Reading], None] | None = None,
        cancel: threading.Event | None = None,
        timeout: float | None = None,
        gone: Gone | None = None,
    ) -> list[Reading]:
        """Read recorded instances, each with a result of its own, in their order.

        Args:
            instances: what to read.
            on_read: told of each result as it comes, in this thread.
            cancel: set it, from anywhere, to stop the reading at once.
            timeout: seconds after which what is not read yet becomes unread.
            gone: asked, in a thread of its own, of reads that take long.

        Raises:
            ProviderError: the provider cannot be started, or its configuration does not fit it. That the cloud
                refuses, and anything that happens to a provider which has once started, is a reading instead.
            CutOffError: it was cancelled.
        """
        if _holds_unknown(self._recipe.configuration):
            reason = "the provider's configuration depends on values that are not known"
            readings: list[Reading] = [Unread(each, Reason.CONFIG_UNRESOLVED, reason) for each in instances]
            if on_read is not None:
                for reading in readings:
                    on_read(reading)
            return readings
        deadline = None if timeout is None else time.monotonic() + timeout

        def usual(wanted: Sequence[RecordedInstance], told: Callable[[Reading], None] | None = None) -> list[Reading]:
            return Batch(wanted, self, self._limits, on_read=told, cancel=cancel, deadline=deadline, gone=gone).run()

        with self._in_use():
            readings = usual(instances, on_read)
            if (waiting := silent(readings)) and (deadline is None or time.monotonic() < deadline):
                readings = merged(readings, self._reasons(waiting, usual, cancel, deadline))
            return readings

    def passed_over(self, instances: Sequence[RecordedInstance], *, cancel: threading.Event | None) -> list[Unread]:
        """Those of which the provider, asked frankly, could not read all; one after the other, in the time of one read.

        Raises:
            CutOffError: it was cancelled.
        """
        found: list[Unread] = []
        deadline = time.monotonic() + self._limits.read_timeout
        with self._in_use(), self._frankly() as other, suppress(ProviderError, CallFailedError):
            for instance in instances:
                # It makes no second call, as the usual one does: one that fails once says nothing yet.
                why: Unread | None = None
                for left in reversed(range(_FRANKLY)):
                    doubt = self._doubt(other, instance, cancel, deadline)
                    if doubt is None:
                        break
                    # A connection that broke says less than a refusal before it.
                    why = doubt if why is None or why.reason is Reason.TIMEOUT else why
                    if not left:
                        found.append(why)
        return found

    def _doubt(
        self, other: ProviderSession, instance: RecordedInstance, cancel: threading.Event | None, deadline: float
    ) -> Unread | None:
        """Why an instance was not read whole, by one read of a frank provider."""
        host = other.host()
        host.process.warnings()
        (reading,) = Batch([instance], other, self._limits, cancel=cancel, deadline=deadline).run()
        return reading if isinstance(reading, Unread) else warned(instance, host.process.warnings(), host.secrets)

    def _reasons(
        self, waiting: Sequence[Unread], usual: Read, cancel: threading.Event | None, deadline: float | None
    ) -> dict[str, Reading]:
        """Why they were not answered in time, as far as a frank provider tells it."""
        limits = impatient(self._limits)
        with self._frankly() as other, suppress(ProviderError):  # it started before: what was said then stands
            return reasons(
                waiting, lambda wanted: Batch(wanted, other, limits, cancel=cancel, deadline=deadline).run(), usual
            )
        return {}

    @contextmanager
    def _frankly(self) -> Iterator[ProviderSession]:
        """A session with a frank provider, for a few reads: it is not kept."""
        other = ProviderSession(
            self.key,
            frank(self._recipe, self._cache),
            impatient(self._limits),
            self._cache,
            self._launcher,
            on_use=lambda _: None,
            on_call=self.count_call,
        )
        try:
            yield other
        finally:
            other.end(grace=0)

    def import_state(self, type_name: str, resource_id: str) -> Object | Diagnosis | None:
        """Read a resource that is in no state, by the id that ``terraform import`` takes.

        Returns:
            Its attributes; None where the cloud does not hold it; or why it could not be read.

        Raises:
            ProviderError: as :meth:`read`.
        """
        found = self.trial(type_name, resource_id)
        return found.observed if isinstance(found, Trial) else found

    def schema(self, type_name: str) -> Schema | None:
        """A resource type's schema; None where the provider has no such type.

        Raises:
            ProviderError: as :meth:`read`.
        """
        with self._in_use():
            try:
                types = self.host().type_schema(type_name)
            except CallFailedError as e:
                message = f"the provider cannot be configured: {e.diagnosis.detail}"
                raise ProviderError(message, hint="check the credentials and the provider block") from e
            return None if types is None else types.schema

    def trial(self, type_name: str, resource_id: str) -> Trial | Diagnosis | None:
        """The same resource with its provider, to try configurations against it. It ends with the provider's process.

        Raises:
            ProviderError: as :meth:`read`.
        """
        with self._in_use():
            try:
                return self._import(self.host(), type_name, resource_id)
            except CallFailedError as e:
                return e.diagnosis

    def _import(self, host: Host, type_name: str, resource_id: str) -> Trial | Diagnosis | None:
        types = host.type_schema(type_name)
        if types is None:
            return Diagnosis(Reason.UNSUPPORTED, f"this provider version has no resource type {type_name}")
        timeout = self._limits.read_timeout
        found = answer_of(host.client.import_state(type_name, resource_id, timeout), host.secrets)
        if refused := errors_of(found.diagnostics, host.secrets) or deferral(found):
            return refused
        for resource in found.resources:
            # An import may bring others along (rules of a security group): those are asked for by their own ids.
            if resource.type_name == type_name:
                self.count_call()
                call = host.client.read(type_name, resource.state, resource.private, timeout)
                answer = answer_of(call, host.secrets)
                observed = observed_object(answer, types.cty_type, host.secrets)
                if not isinstance(observed, Mapping):
                    return observed
                return Trial(type_name, types, observed, host, answer.state, answer.private, timeout)
        return None

    def start(self) -> None:
        """Start and configure the provider now, beside other work, so that the first read need not wait.

        A failure is kept for the read that comes next: it is told at once what would take it as long to find out.

        Raises:
            ProviderError: as :meth:`read`.
        """
        with self._in_use(), self._starting:
            self._failure = None
            try:
                self._started()
            except CallFailedError as e:
                self._failure = e
            except ProviderError as e:
                self._failure = e
                raise

    def host(self) -> Host:
        """The provider, started if it does not run.

        Raises:
            ProviderError: it cannot be started, or its configuration does not fit it.
            CallFailedError: it, or the cloud through it, refuses the configuration.
        """
        with self._starting:
            failure, self._failure = self._failure, None
            if failure is not None:
                raise failure
            return self._started()

    def _started(self) -> Host:
        host = self._host
        if host is not None and host.process.alive:
            return host
        if host is not None:
            self.lose(host)
        host = Host(self._recipe, self._limits, self._cache, self._launcher)
        with self._state:
            self._host = host
        return host

    def lose(self, host: Host) -> None:
        """End a provider that crashed or hangs; the next use starts another."""
        with self._state:
            if self._host is host:
                self._host = None
        host.end(grace=0)

    def end(self, grace: float = 1.0) -> None:
        """End the process. Reads under way fail; a later use would start it again."""
        with self._state:
            host, self._host = self._host, None
        if host is not None:
            host.end(grace)

    def end_if_idle(self) -> None:
        """End the process unless somebody uses it."""
        with self._state:
            if self._users:
                return
            host, self._host = self._host, None
        if host is not None:
            host.end()

    @property
    def busy(self) -> bool:
        """Whether somebody uses it now."""
        return self._users > 0

    @property
    def running(self) -> bool:
        """Whether it holds a process."""
        return self._host is not None

    @property
    def pid(self) -> int | None:
        """The id of its process, None without one."""
        host = self._host
        return None if host is None else host.process.pid

    def private_memory(self) -> int:
        """Bytes that its process alone holds; 0 without one."""
        host = self._host
        return 0 if host is None else host.process.private_memory()

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """Within, the session is not put away."""
        self._use(+1)
        try:
            yield
        finally:
            self._use(-1)

    def _use(self, change: int) -> None:
        with self._state:
            self._users += change
            self.last_used = time.monotonic()
        self._on_use(self)


def _holds_unknown(value: Value) -> bool:
    match value:
        case dict():
            return any(map(_holds_unknown, value.values()))
        case list() | tuple():
            return any(map(_holds_unknown, value))
        case _:
            return value is UNKNOWN
