"""Looking at the cloud through providers: which provider reads what, configured how, and whose account it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final, Protocol

from reconciler.drift.address import ProviderAddress
from reconciler.drift.identity import Location
from reconciler.drift.listing import Statement, Unlisted
from reconciler.drift.principals import PRINCIPALS, Rights, completed
from reconciler.drift.record import EnvironmentFacts
from reconciler.drift.snapshot import (
    Absent,
    Present,
    ProviderBlock,
    Reading,
    Reason,
    RecordedInstance,
    RecordedState,
    Template,
    Unread,
)
from reconciler.drift.values import Object
from reconciler.errors import CloudError, ForeignAccountError, Position, ProviderError, ReconcilerError, TerraformError
from reconciler.workflows.absence import Absence, Lists
from reconciler.workflows.identity import confirm_account
from reconciler.workflows.progress import Progress
from reconciler.workflows.scan import lives_in_state
from reconciler.workflows.target import Observation, Past

# Configurations of one workspace (aliases, regions) are read side by side; more than this would only queue at AWS.
_SIDE_BY_SIDE: Final = 4

# Attributes that no resource which has them once can be without.
_NAMES: Final = ("arn", "name")


class Session(Protocol):
    """A configured provider."""

    def read(
        self,
        instances: Sequence[RecordedInstance],
        *,
        on_read: Callable[[Reading], None] | None = None,
        cancel: Event | None = None,
        gone: Callable[[Sequence[RecordedInstance], Event], Collection[str]] | None = None,
    ) -> list[Reading]:
        """One reading for each instance."""

    def passed_over(self, instances: Sequence[RecordedInstance], *, cancel: Event | None) -> list[Unread]:
        """Those of which the provider could not read all, and does not say so in its answer."""


@dataclass(frozen=True, slots=True)
class ProviderObserver:
    """Reads a workspace's recorded objects through the providers of its template.

    ``find_binary`` and ``resolve`` know where providers lie and how Terraform evaluates; ``account_id`` asks AWS whose
    credentials these are, ``doubts`` asks the services themselves what of their statements is not to be believed,
    ``lists`` has them list what they hold, and ``rights`` tells what users, or groups, may do.
    """

    workspace: str
    environment: EnvironmentFacts
    find_binary: Callable[[Template, str], Path]
    resolve: Callable[[Template, ProviderBlock], ProviderBlock]
    open_session: Callable[[Path, Object], Session]
    account_id: Callable[[], str]
    doubts: Callable[[Iterable[Statement]], Mapping[str, Unlisted]]
    lists: Lists
    rights: Callable[[str], Rights]
    cancelled: Event

    def observe(self, template: Template, state: RecordedState, past: Past, progress: Progress) -> Observation:
        """Read everything that the state records and a cloud holds.

        Raises:
            CloudError: something is said to be absent, and the credentials are of another account.
        """
        groups: dict[ProviderAddress, list[RecordedInstance]] = {}
        for instance in state.instances:
            if not lives_in_state(instance):
                groups.setdefault(instance.provider, []).append(instance)
        progress.phase(self.workspace, "reading", sum(map(len, groups.values())))
        if not groups:
            return Observation()
        absence = Absence(self.environment.account_id, state.instances, self.lists, past)
        principals = sorted(PRINCIPALS.keys() & {each.address.type for group in groups.values() for each in group})
        with ThreadPoolExecutor(
            min(_SIDE_BY_SIDE, len(groups)) + len(principals), thread_name_prefix="observe"
        ) as pool:
            asked = {type_: pool.submit(self.rights, type_) for type_ in principals}
            try:
                read = list(
                    pool.map(lambda address: self._read(template, address, groups[address], absence, progress), groups)
                )
            except (KeyboardInterrupt, SystemExit):
                # It hits this thread alone, and leaving the pool waits for the others: they have to be told.
                self.cancelled.set()
                raise
        locations = {label: place for part in read for label, place in part.locations.items()}
        readings = self._confirmed([reading for part in read for reading in part.readings], locations)
        rights = {type_: answer.result() for type_, answer in asked.items()}
        readings = completed(readings, rights, self.environment.account_id)
        problems = {str(fault): fault for part in read for fault in part.problems}
        return Observation(tuple(readings), locations, tuple(problems.values()), len(readings))

    def passed_over(self, template: Template, instances: Sequence[RecordedInstance]) -> tuple[Unread, ...]:
        """Those of the instances that are not read whole, as their providers tell when asked, or the service."""
        groups: dict[ProviderAddress, list[RecordedInstance]] = {}
        for instance in instances:
            groups.setdefault(instance.provider, []).append(instance)
        found: list[Unread] = []
        statements: list[Statement] = []
        for address, group in groups.items():
            with suppress(ProviderError, TerraformError):  # it has read them a moment ago: what it said stands
                block = self.resolve(template, provider_block(template, address))
                if address.name == "aws":
                    statements += [
                        Statement(each.label, each.address.type, self._region(block), None, suspect=True)
                        for each in group
                    ]
                session = self.open_session(self.find_binary(template, address.source), block.values)
                found += session.passed_over(group, cancel=self.cancelled)
        told = {each.instance.label for each in found}
        doubted = self.doubts([each for each in statements if each.label not in told])
        by_label = {each.label: each for each in instances}
        found += [Unread(by_label[label], doubt.reason, doubt.detail) for label, doubt in doubted.items()]
        return tuple(found)

    def _region(self, block: ProviderBlock) -> str:
        region = block.values.get("region")
        return region if isinstance(region, str) else self.environment.region

    def _read(
        self,
        template: Template,
        address: ProviderAddress,
        instances: list[RecordedInstance],
        absence: Absence,
        progress: Progress,
    ) -> Observation:
        """Read what one provider configuration is responsible for."""
        try:
            block = self.resolve(template, provider_block(template, address))
        except (ProviderError, TerraformError) as fault:
            return self._unread(instances, Reason.CONFIG_UNRESOLVED, fault, progress)
        location = Location(self.environment.account_id, self._region(block))
        try:
            binary = self.find_binary(template, address.source)
            session = self.open_session(binary, block.values)
            readings = session.read(
                instances,
                on_read=lambda _: progress.advance(),
                cancel=self.cancelled,
                gone=(lambda slow, over: absence.proven(slow, location.region, over))
                if address.name == "aws"
                else None,
            )
        except (ProviderError, TerraformError) as fault:
            return self._unread(instances, Reason.PROVIDER_ERROR, fault, progress)
        return Observation(tuple(readings), {instance.label: location for instance in instances})

    @staticmethod
    def _unread(
        instances: Iterable[RecordedInstance], reason: Reason, fault: ReconcilerError, progress: Progress
    ) -> Observation:
        readings = tuple(Unread(instance, reason, fault.message) for instance in instances)
        progress.advance(len(readings))
        return Observation(readings, problems=(fault,))

    def _confirmed(self, readings: list[Reading], locations: Mapping[str, Location]) -> list[Reading]:
        """Absence needs proof: to another account's credentials, and behind a proxy's login page, all is absent."""
        statements = [_statement(r, locations) for r in readings if r.instance.provider.name == "aws"]
        if not any(statement.suspect for statement in statements):
            return readings
        doubted: Mapping[str, Unlisted]
        if any(statement.gone_id is not None for statement in statements):
            try:
                confirm_account(self.environment, self.account_id)
            except ForeignAccountError:
                raise
            except CloudError as fault:
                doubted = {
                    s.label: Unlisted(s.resource_type, s.region, Reason.DENIED, fault.message)
                    for s in statements
                    if s.gone_id is not None
                }
                return [_believed(reading, doubted) for reading in readings]
        doubted = self.doubts(statements)
        return [_believed(reading, doubted) for reading in readings]


def provider_block(template: Template, address: ProviderAddress) -> ProviderBlock:
    """The configuration that the state names; a provider without a block is configured with nothing.

    Raises:
        ProviderError: the state names an alias, or a module's own configuration, that the template has not got; or
            the block may stand in what of the template could not be read.
    """
    for block in template.providers:
        if block.address == address:
            return block
    if template.problems:
        raise ProviderError(
            f"the configuration of {address} may stand in what of the template could not be read",
            hint="see the template's problems",
            position=Position(template.path),
        )
    if address.alias is None and not address.module:
        return ProviderBlock(address, Position(template.path), {})
    raise ProviderError(
        f"the state was made with {address}, which the template no longer configures",
        hint="put the provider block back until what it made is destroyed or moved",
        position=Position(template.path),
    )


def _statement(reading: Reading, locations: Mapping[str, Location]) -> Statement:
    instance = reading.instance
    region = locations[instance.label].region if instance.label in locations else ""
    gone = str(reading.recorded.get("id", "")) if isinstance(reading, Absent) else None
    # An answer that the provider cannot read, or that lacks even the name, may be of something that is not AWS.
    odd = isinstance(reading, Unread) and reading.reason is Reason.PROVIDER_ERROR and bool(region)
    odd = odd or (isinstance(reading, Present) and any(_lost(reading, name) for name in _NAMES))
    return Statement(instance.label, instance.address.type, region, gone, suspect=gone is not None or odd)


def _lost(reading: Present, name: str) -> bool:
    return bool(reading.recorded.get(name)) and not reading.observed.get(name)


def _believed(reading: Reading, doubted: Mapping[str, Unlisted]) -> Reading:
    doubt = doubted.get(reading.instance.label)
    if doubt is None or isinstance(reading, Unread):
        return reading
    said = "said to be gone, and not believed" if isinstance(reading, Absent) else "not believed"
    return Unread(reading.instance, doubt.reason, f"{said}: {doubt.detail}")
