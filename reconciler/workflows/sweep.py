"""Depth ``sweep``: what AWS lists, held against everything that is recorded in the account. No resource is read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.drift.identity import Location
from reconciler.drift.listing import BY_PRODUCTS, RecordedIdentity, SweepResult, Unlisted, Unmanaged, absent, unmanaged
from reconciler.drift.record import EnvironmentFacts
from reconciler.drift.schema import Block, Schema
from reconciler.drift.snapshot import Absent, Reading, Reason, RecordedInstance, RecordedState, Template, Unread
from reconciler.errors import CloudError, ReconcilerError
from reconciler.workflows.progress import Progress
from reconciler.workflows.scan import lives_in_state
from reconciler.workflows.target import Neighbourhood, Observation, Past

# What tells who a resource is. Nothing else of the state's attributes goes further: without the provider's schema
# nobody knows which of them are secrets.
_IDENTITY = ("id", "arn", "name", "bucket", "region")


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Lists a workspace's account.

    ``neighbours`` are the other states of the account, None where another workspace reports what nobody manages there:
    it is reported once. ``confirm`` raises CloudError unless the credentials are the account's.
    """

    workspace: str
    environment: EnvironmentFacts
    sweep: Callable[[Collection[str]], SweepResult]
    confirm: Callable[[], None]
    neighbours: Callable[[], Neighbourhood] | None = None

    def observe(self, template: Template, state: RecordedState, past: Past, progress: Progress) -> Observation:  # noqa: ARG002 lists know no past
        """List everything, and tell what is gone and what nobody recorded.

        Raises:
            CloudError: the credentials are of another account, or of none.
        """
        self.confirm()
        progress.phase(self.workspace, "listing")
        regions = {self.environment.region, *_regions(template)}
        result = self.sweep(sorted(regions))
        recorded = [instance for instance in state.instances if not lives_in_state(instance)]
        own = {instance.label: self._identity(instance) for instance in recorded}
        gone = {identity.address for identity in absent(result, own.values())}
        readings = tuple(_reading(instance, gone=instance.label in gone) for instance in recorded)
        others = self.neighbours() if self.neighbours is not None else Neighbourhood()
        looked = self.neighbours is not None and not others.problems
        found: tuple[Finding, ...] = ()
        if looked:
            claimed = (identity_of(i, other.region) for other in others.states for i in other.state.instances)
            nobodys = unmanaged(result, [*own.values(), *claimed])
            found = tuple(self._finding(each) for each in nobodys)
        return Observation(
            readings=readings,
            locations=dict.fromkeys(own, Location(self.environment.account_id, self.environment.region)),
            problems=(*others.problems, *_unlisted(result.unlisted)),
            api_calls=result.api_calls,
            found=found,
            unlisted=frozenset(entry.resource_type for entry in result.unlisted),
            looked_for_unmanaged=looked,
        )

    def _identity(self, instance: RecordedInstance) -> RecordedIdentity:
        return identity_of(instance, self.environment.region)

    def _finding(self, entry: Unmanaged) -> Finding:
        listed = entry.resource
        elsewhere = "" if listed.region == self.environment.region else f" ({listed.region})"
        return Finding(
            kind=Kind.UNMANAGED,
            severity=Severity.MEDIUM,
            label=f"{listed.label}{elsewhere}",
            resource_type=listed.resource_type,
            suggested_address=entry.suggested_address,
            resource_id=listed.id,
            arn=listed.arn,
            account_id=self.environment.account_id,
            region=listed.region,
            detail=entry.detail or "in no state and no stack",
        )


def identity_of(instance: RecordedInstance, region: str) -> RecordedIdentity:
    """Who a recorded instance is, as a listing may know it."""
    resource_type = instance.address.type
    attribute, made = BY_PRODUCTS.get(resource_type, ("", ""))
    known = _known(instance, *_IDENTITY, attribute)
    arn = known.get("arn")
    fields = arn.split(":", 5) if arn else []
    place = fields[3] if len(fields) == 6 and fields[3] else known.get("region", region)
    by_product = (made, known[attribute]) if attribute in known else None
    return RecordedIdentity(instance.label, resource_type, known.get("id", ""), arn, place, by_product)


def _known(instance: RecordedInstance, *names: str) -> dict[str, str]:
    attributes = json.loads(instance.attributes)
    return {name: attributes[name] for name in names if isinstance(attributes.get(name), str) and attributes[name]}


def _reading(instance: RecordedInstance, *, gone: bool) -> Reading:
    if gone:
        return Absent(instance, Schema(instance.schema_version, Block()), _known(instance, *_IDENTITY))
    return Unread(instance, Reason.UNSUPPORTED, "listed at most, not read, at depth sweep")


def _regions(template: Template) -> Iterable[str]:
    for block in template.providers:
        region = block.values.get("region")
        if isinstance(region, str) and block.address.name == "aws":
            yield region


def _unlisted(entries: Sequence[Unlisted]) -> list[ReconcilerError]:
    """One problem for each reason, so that a forbidden account does not fill the page."""
    counts = Counter(entry.reason for entry in entries)
    examples = {entry.reason: entry for entry in reversed(entries)}
    return [
        CloudError(
            f"{count} lists could not be read ({reason.value}), {examples[reason].resource_type} in "
            f"{examples[reason].region} among them: {examples[reason].detail}",
            hint="what is not listed is not called unmanaged, nor deleted",
        )
        for reason, count in sorted(counts.items())
    ]
