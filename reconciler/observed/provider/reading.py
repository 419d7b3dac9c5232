"""Reads recorded instances through a provider, many at once, and loses none of them to a bad one.

One loop in the caller's thread: gRPC reports the end of each call into a queue, and the loop moves that
instance on (upgrade, read, done). So a callback of the caller's needs no lock, and stopping is immediate.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from reconciler.drift.scrub import secrets_at
from reconciler.drift.snapshot import Absent, Present, Reading, Reason, RecordedInstance, Unread
from reconciler.drift.values import Object
from reconciler.errors import CutOffError, ProviderError
from reconciler.observed.provider.answers import observed_object, recorded_object
from reconciler.observed.provider.diagnose import Diagnosis
from reconciler.observed.provider.host import Host, Limits
from reconciler.observed.provider.protocol import CallFailedError, Pending, answer_of
from reconciler.observed.provider.schema_cache import TypeSchema
from reconciler.observed.provider.tempo import Tempo, Width
from reconciler.observed.provider.upgrades import UpgradeMemo
from reconciler.observed.provider.wire import plugin_pb2 as wire

_TICK: Final = 0.1
"""Seconds between two looks at the clock while nothing happens."""
_MOST_WAITING: Final = 4
"""Reads under way, the slow ones included, in multiples of the quick ones."""
_CRASHES_IN_A_ROW: Final = 10
_CRASHES_OF_A_TYPE: Final = 3
"""So many resources of one type that kill the provider, and the others of that type are not tried."""
_HANGS_IN_A_ROW: Final = 2
_SILENCES_OF_A_TYPE: Final = 5
"""So many resources of one type without an answer in time, and none with one, and the others are not tried: a service
that throttles or fails everything would otherwise cost the whole timeout for each of them."""

_Answer: TypeAlias = wire.UpgradeResponse | wire.ReadResponse

Gone: TypeAlias = Callable[[Sequence[RecordedInstance], threading.Event], Collection[str]]
"""Tells which of these the cloud positively does not hold, by label, without the provider. The event is set when
nobody waits for the answer any longer. May fail in any way: that tells nothing of any of them."""


class Hosts(Protocol):
    """Where a batch gets its provider from, and where it reports the loss of one."""

    @property
    def upgrades(self) -> UpgradeMemo:
        """Upgrades that this provider binary made before."""

    @property
    def tempo(self) -> Tempo:
        """How long its reads took before."""

    def host(self) -> Host:
        """A provider that runs, a new one if need be. Raises as :class:`Host` does."""

    def lose(self, host: Host) -> None:
        """End a provider that crashed or hangs."""

    def count_call(self) -> None:
        """A read was sent."""


@dataclass(slots=True, eq=False)
class _Task:
    """One instance on its way."""

    position: int
    instance: RecordedInstance
    crashes: int = 0
    began: float = 0.0
    sent: float = 0.0
    host: Host | None = None
    types: TypeSchema | None = None
    call: Pending[_Answer] | None = None
    recorded: Object | None = None
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class _Proof:
    """What was found out about slow reads without the provider: the labels of those that read nothing."""

    slow: Sequence[_Task]
    gone: Collection[str]


class Batch:
    """One reading of many instances. Use once."""

    def __init__(
        self,
        instances: Sequence[RecordedInstance],
        hosts: Hosts,
        limits: Limits,
        *,
        on_read: Callable[[Reading], None] | None = None,
        cancel: threading.Event | None = None,
        deadline: float | None = None,
        gone: Gone | None = None,
    ) -> None:
        """Prepare.

        Args:
            instances: what to read.
            hosts: where providers come from.
            limits: how much at once and how long.
            on_read: told of each result as it comes, in the thread that calls :meth:`run`.
            cancel: set it to stop the reading.
            deadline: when the whole must be over, in seconds of :func:`time.monotonic`.
            gone: asked, in a thread of its own, of reads that take long.
        """
        self._hosts = hosts
        self._limits = limits
        self._on_read = on_read
        self._cancel = cancel
        self._deadline = deadline
        self._gone = gone
        self._asking = False
        self._over = threading.Event()
        tasks = (_Task(i, instance) for i, instance in enumerate(instances))
        self._todo = deque(hosts.tempo.slow_first(tasks, lambda task: task.instance.address.type))
        self._width = Width(limits.concurrency)
        # Were under way when a provider died: read again one by one, so that only the guilty one is blamed.
        self._suspects: deque[_Task] = deque()
        self._underway: set[_Task] = set()
        self._readings: dict[int, Reading] = {}
        self._ended: queue.SimpleQueue[tuple[_Task, Pending[_Answer], float] | _Proof] = queue.SimpleQueue()
        self._killers: Counter[str] = Counter()
        self._silences: Counter[str] = Counter()
        self._answered: set[str] = set()
        self._crashes = 0
        self._hangs = 0
        self._silent = 0
        self._started = False

    def run(self) -> list[Reading]:
        """Read all, in the order of the instances.

        Raises:
            ProviderError: the provider cannot be started at all. Later failures are readings of their own.
            CutOffError: the reading was cancelled.
        """
        try:
            while self._todo or self._suspects or self._underway:
                self._mind_the_time()
                while task := self._next():
                    self._begin(task)
                if self._underway:
                    self._ask_whether_gone()
                    self._handle_next()
        finally:
            self._over.set()
            for task in self._underway:
                _cancel(task)
        return [reading for _, reading in sorted(self._readings.items())]

    def _mind_the_time(self) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise CutOffError
        if self._deadline is not None and time.monotonic() >= self._deadline:
            late = Diagnosis(Reason.TIMEOUT, "it was not read before the time for this pass was over")
            for task in list(self._underway):
                self._settle(task, late)
            self._give_up(late)

    def _next(self) -> _Task | None:
        if self._todo:
            soon = time.monotonic() - self._limits.slow_after
            quick = sum(task.began > soon for task in self._underway)
            free = quick < self._width.now and len(self._underway) < self._width.now * _MOST_WAITING
            return self._todo.popleft() if free else None
        return self._suspects.popleft() if self._suspects and not self._underway else None

    def _begin(self, task: _Task) -> None:
        try:
            task.host = self._hosts.host()
        except CallFailedError as e:
            self._settle(task, e.diagnosis)
            self._give_up(e.diagnosis)
            return
        except ProviderError as e:
            if not self._started:
                raise
            lost = Diagnosis(Reason.PROVIDER_ERROR, e.message)
            self._settle(task, lost)
            self._give_up(lost)
            return
        self._started = True
        instance = task.instance
        try:
            types = task.host.type_schema(instance.address.type)
        except ProviderError as e:
            self._settle(task, Diagnosis(Reason.PROVIDER_ERROR, e.message))
            return
        if types is None or instance.schema_version > types.schema.version:
            self._settle(task, _unreadable(instance, types))
            return
        task.types = types
        task.began = time.monotonic()
        self._underway.add(task)
        if known := self._hosts.upgrades.get(instance):
            self._upgraded(task, task.host, types, known)
            return
        client, timeout = task.host.client, self._limits.read_timeout
        self._send(
            task,
            lambda: client.upgrade(instance, timeout),
        )

    def _send(self, task: _Task, send: Callable[[], Pending[_Answer]]) -> None:
        task.sent = time.monotonic()
        try:
            task.call = call = send()
        except ValueError:  # the connection was closed: another thread lost this host
            self._lost(task)
            return
        call.add_done_callback(lambda done: self._ended.put((task, done, time.monotonic())))

    def _handle_next(self) -> None:
        try:
            event = self._ended.get(timeout=_TICK)
        except queue.Empty:
            return
        if isinstance(event, _Proof):
            self._believe(event)
            return
        task, call, ended = event
        if task.call is not call or task.host is None or task.types is None:
            return  # settled in the meantime
        try:
            answer = answer_of(call, _secrets(task))
        except CallFailedError as e:
            self._failed(task, task.host, e)
            return
        task.host.last_answer = time.monotonic()
        if isinstance(answer, wire.UpgradeResponse):
            if not answer.diagnostics:
                self._hosts.upgrades.put(task.instance, answer)
            self._upgraded(task, task.host, task.types, answer)
        else:
            self._read(task, task.types, answer, ended - task.sent)

    def _ask_whether_gone(self) -> None:
        """Ask of the slow reads, each once, whether there is anything to read: one question at a time."""
        if self._gone is None or self._asking:
            return
        soon = time.monotonic() - self._limits.slow_after
        slow = [
            task for task in self._underway if task.began <= soon and task.recorded is not None and not task.doubted
        ]
        if slow:
            self._asking = True
            for task in slow:
                task.doubted = True
            threading.Thread(target=self._find_out, args=(self._gone, slow), name="whether-gone", daemon=True).start()

    def _find_out(self, gone: Gone, slow: Sequence[_Task]) -> None:
        found: Collection[str] = ()
        # Whatever goes wrong, the provider is still being waited for.
        with suppress(Exception):
            found = gone([task.instance for task in slow], self._over)
        self._ended.put(_Proof(slow, found))

    def _believe(self, proof: _Proof) -> None:
        """Wait no longer for reads that would find nothing; an answer that has come by now goes before the proof."""
        self._asking = False
        for task in proof.slow:
            waiting = task in self._underway and task.call is not None and not task.call.done()
            if waiting and task.types is not None and task.instance.label in proof.gone:
                self._settle(task, Absent(task.instance, task.types.schema, task.recorded or {}))

    def _upgraded(self, task: _Task, host: Host, types: TypeSchema, answer: wire.UpgradeResponse) -> None:
        recorded = recorded_object(answer, types.cty_type, _secrets(task))
        if isinstance(recorded, Diagnosis):
            self._settle(task, recorded)
            return
        task.recorded = recorded
        left = task.began + self._limits.read_timeout - time.monotonic()
        instance = task.instance
        self._hosts.count_call()
        self._send(
            task, lambda: host.client.read(instance.address.type, answer.state, instance.private, max(left, 0.001))
        )

    def _read(self, task: _Task, types: TypeSchema, answer: wire.ReadResponse, seconds: float) -> None:
        self._crashes = self._hangs = self._silent = 0
        type_name = task.instance.address.type
        self._answered.add(type_name)
        observed = observed_object(answer, types.cty_type, _secrets(task))
        if isinstance(observed, Diagnosis):
            if observed.reason is Reason.THROTTLED:
                self._width.refused()
            self._settle(task, observed)
        elif observed is None:
            self._settle(task, Absent(task.instance, types.schema, task.recorded or {}))
        else:
            self._hosts.tempo.took(type_name, seconds)
            if self._todo:
                self._width.took(type_name, seconds)
            self._settle(task, Present(task.instance, types.schema, task.recorded or {}, observed))

    def _failed(self, task: _Task, host: Host, error: CallFailedError) -> None:
        if error.gone or not host.process.alive:
            self._lost(task)
        elif error.diagnosis.reason is Reason.TIMEOUT:
            hung = host.last_answer <= task.sent
            self._settle(task, self._silence())
            if hung:
                self._hung(host)
            else:
                self._muted(task.instance.address.type)
        else:
            self._settle(task, error.diagnosis)

    def _lost(self, task: _Task) -> None:
        """The provider of this task is no more."""
        if task.host is None:
            return
        how = task.host.death()
        affected = self._abandon(task.host)
        self._crashes += 1
        for each in affected:
            if each.crashes > 1 and len(affected) == 1:
                self._blame(each, how)
            else:
                self._suspects.append(each)
        if self._crashes >= _CRASHES_IN_A_ROW:
            row = f"the provider crashed {self._crashes} times in a row: {how}"
            self._give_up(Diagnosis(Reason.PROVIDER_ERROR, row))

    def _blame(self, task: _Task, how: str) -> None:
        """It was read alone, for the second time, and the provider crashed again."""
        self._settle(task, Diagnosis(Reason.PROVIDER_ERROR, f"the provider crashes while it reads this: {how}"))
        type_name = task.instance.address.type
        self._killers[type_name] += 1
        if self._killers[type_name] >= _CRASHES_OF_A_TYPE:
            same = Diagnosis(Reason.PROVIDER_ERROR, f"the provider crashes on resources of this type: {how}")
            self._give_up(same, type_name)

    def _muted(self, type_name: str) -> None:
        """A resource of this type was not answered in time, while the provider answered others."""
        self._silences[type_name] += 1
        self._silent += 1
        if self._silent >= 2 * self._width.now * _MOST_WAITING:  # all that may be under way, and all after it
            self._give_up(Diagnosis(Reason.TIMEOUT, "not tried: nothing else was answered"))
        elif self._silences[type_name] >= _SILENCES_OF_A_TYPE and type_name not in self._answered:
            self._give_up(
                Diagnosis(Reason.TIMEOUT, "not tried: no other resource of this type was answered"), type_name
            )

    def _hung(self, host: Host) -> None:
        """The provider has answered nothing for as long as a read may take."""
        nearly = time.monotonic() - self._limits.read_timeout + 1.0
        for task in self._abandon(host):
            if task.began < nearly:
                self._settle(task, self._silence())
            else:
                self._suspects.append(task)
        self._hangs += 1
        if self._hangs >= _HANGS_IN_A_ROW:
            self._give_up(self._silence())

    def _silence(self) -> Diagnosis:
        # It does not say what it waits for: while it repeats a call, it is silent.
        limit = f"the provider did not answer within {self._limits.read_timeout:g} s"
        return Diagnosis(Reason.TIMEOUT, f"{limit}; it may be repeating throttled or failing calls (max_retries)")

    def _abandon(self, host: Host) -> list[_Task]:
        """End a provider, and take back what was under way in it, in order."""
        affected = sorted((task for task in self._underway if task.host is host), key=lambda task: task.position)
        for task in affected:
            self._underway.discard(task)
            task.call = task.host = task.recorded = None
            task.doubted = False
            task.crashes += 1
        self._hosts.lose(host)
        return affected

    def _give_up(self, diagnosis: Diagnosis, type_name: str | None = None) -> None:
        """Try nothing more, or nothing more of a type."""
        for waiting in (self._todo, self._suspects):
            for task in [task for task in waiting if type_name in (None, task.instance.address.type)]:
                waiting.remove(task)
                self._settle(task, diagnosis)

    def _settle(self, task: _Task, result: Reading | Diagnosis) -> None:
        if isinstance(result, Diagnosis):
            result = Unread(task.instance, result.reason, result.detail)
        _cancel(task)
        self._underway.discard(task)
        self._readings[task.position] = result
        if self._on_read is not None:
            self._on_read(result)


def _cancel(task: _Task) -> None:
    call, task.call = task.call, None
    if call is not None:
        call.cancel()


def _unreadable(instance: RecordedInstance, types: TypeSchema | None) -> Diagnosis:
    """Why there is no use in asking the provider."""
    type_name = instance.address.type
    if types is None:
        return Diagnosis(Reason.UNSUPPORTED, f"this provider version has no resource type {type_name}")
    return Diagnosis(
        Reason.PROVIDER_ERROR,
        f"the state was written by a newer provider version: its schema of {type_name} has version "
        f"{instance.schema_version}, this provider's {types.schema.version}",
    )


def _secrets(task: _Task) -> Iterator[str]:
    """What a text about this instance must not show. Lazy: it costs nothing while all goes well."""
    if task.host is not None:
        yield from task.host.secrets
    paths = list(task.instance.sensitive_paths)
    if task.types is not None:
        paths += task.types.schema.block.sensitive_paths()
    try:
        attributes = json.loads(task.instance.attributes)
    except (ValueError, RecursionError):
        return
    if task.instance.flat:
        names = {path[0] for path in paths}
        yield from (text for key, text in attributes.items() if key.split(".")[0] in names)
    yield from secrets_at(attributes, paths)
