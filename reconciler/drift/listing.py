"""What a sweep lists, and what that says of the recorded side: what nobody recorded, and what is positively gone.

A listing is complete or it does not exist: what could not be read to the end is an :class:`Unlisted`, from which
nothing follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reconciler.drift.snapshot import Reason

GLOBAL: Final = "global"
"""Stands where a region stands, for services that have one list for the whole account."""

SAME_OBJECT: Final = {
    "aws_alb": "aws_lb",
    "aws_alb_target_group": "aws_lb_target_group",
    "aws_default_network_acl": "aws_network_acl",
    "aws_default_route_table": "aws_route_table",
    "aws_default_security_group": "aws_security_group",
    "aws_default_subnet": "aws_subnet",
    "aws_default_vpc": "aws_vpc",
    "aws_default_vpc_dhcp_options": "aws_vpc_dhcp_options",
    "aws_docdb_cluster": "aws_rds_cluster",
    "aws_docdb_cluster_instance": "aws_db_instance",
    "aws_docdb_subnet_group": "aws_db_subnet_group",
    "aws_iam_service_linked_role": "aws_iam_role",
    "aws_kms_external_key": "aws_kms_key",
    "aws_kms_replica_key": "aws_kms_key",
    "aws_neptune_cluster": "aws_rds_cluster",
    "aws_neptune_cluster_instance": "aws_db_instance",
    "aws_neptune_subnet_group": "aws_db_subnet_group",
    "aws_ami_copy": "aws_ami",
    "aws_ami_from_instance": "aws_ami",
    "aws_elasticsearch_domain": "aws_opensearch_domain",
    "aws_rds_cluster_instance": "aws_db_instance",
}
"""Terraform types that are other names of one kind of object: the cloud's list holds them under one type."""

BY_PRODUCTS: Final = {
    "aws_batch_compute_environment": ("ecs_cluster_arn", "aws_ecs_cluster"),
    "aws_main_route_table_association": ("original_route_table_id", "aws_route_table"),
}
"""What AWS makes with a resource, or a resource leaves behind, and lists beside it: the attribute that records its id,
which only the provider sets, and its type. The list itself does not say whose it is."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A resource in a listing.

    ``id`` is what Terraform keeps as ``id``; ``aliases`` are other ids that versions of the provider have used.
    ``noise`` says why it is nobody's work (AWS made it). ``made_by`` is the type and id of the resource that brought
    it into being. ``tags`` are None where the list does not show them.
    """

    resource_type: str
    id: str
    region: str
    arn: str | None = None
    name: str | None = None
    aliases: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] | None = None
    noise: str | None = None
    made_by: tuple[str, str] | None = None

    @property
    def names(self) -> frozenset[str]:
        """Everything it may be recorded by."""
        return frozenset(name for name in (self.id, self.arn, *self.aliases) if name)

    @property
    def label(self) -> str:
        """Type and id: tells it from every other unmanaged resource of a region."""
        return f"{self.resource_type} {self.id}"


@dataclass(frozen=True, slots=True)
class Listing:
    """All resources of a type in a region, read to the end."""

    resource_type: str
    region: str
    resources: tuple[Listed, ...] = ()


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A type in a region of which nothing is known. ``detail`` is one line without secrets."""

    resource_type: str
    region: str
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What a provider said of a recorded resource. ``gone_id`` is the id of one that it calls gone.

    ``suspect`` is set where what it said may come from something that is not AWS.
    """

    label: str
    resource_type: str
    region: str
    gone_id: str | None = None
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class StackResource:
    """A resource that a CloudFormation stack owns, by the type's Terraform name and the physical id."""

    resource_type: str
    id: str
    region: str


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep brought: each type and region asked for is in ``listings`` or in ``unlisted``, never in both.

    ``stacks_unread`` are the regions whose CloudFormation stacks could not be read.
    """

    listings: tuple[Listing, ...] = ()
    unlisted: tuple[Unlisted, ...] = ()
    stack_resources: tuple[StackResource, ...] = ()
    stacks_unread: tuple[str, ...] = ()
    api_calls: int = 0


@dataclass(frozen=True, slots=True)
class RecordedIdentity:
    """A recorded resource as a listing can know it. ``region`` is None where the record does not say.

    ``by_product`` is the type and id of what it records as its by-product.
    """

    address: str
    resource_type: str
    id: str
    arn: str | None = None
    region: str | None = None
    by_product: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """A resource that nothing claims. ``detail`` says what weakens that."""

    resource: Listed
    suggested_address: str
    detail: str | None = None


def url_path(text: str) -> str | None:
    """The path of a URL without the slash in front; None where the text is no URL.

    A queue's URL has had several hosts over the years and has another behind each endpoint; its path stays.
    """
    _, mark, rest = text.partition("://")
    return rest.partition("/")[2] or None if mark else None


class _Claims:
    """Who claims what, for look-ups that do not depend on the number of resources."""

    def __init__(self) -> None:
        self._arns: set[str] = set()
        self._placed: set[tuple[str, str, str | None]] = set()
        self._anywhere: set[tuple[str, str]] = set()

    def add(self, resource_type: str, identifier: str, region: str | None, arn: str | None = None) -> None:
        self._arns |= {name for name in (identifier, arn) if name and name.startswith("arn:")}
        for name in {identifier, url_path(identifier) or identifier}:
            self._placed.add((resource_type, name, region))
            self._anywhere.add((resource_type, name))

    def hold(self, resource_type: str, name: str, region: str) -> bool:
        if name in self._arns:
            return True
        if region == GLOBAL:
            # The record of a global resource names the region that its provider was configured with.
            return (resource_type, name) in self._anywhere
        return not self._placed.isdisjoint({(resource_type, name, region), (resource_type, name, None)})

    def cover(self, resource: Listed) -> bool:
        return any(self.hold(resource.resource_type, name, resource.region) for name in resource.names)


def unmanaged(result: SweepResult, recorded: Iterable[RecordedIdentity]) -> tuple[Unmanaged, ...]:
    """What exists and nobody claims: no record, no CloudFormation stack, no maker that is itself known or reported.

    Args:
        result: the sweep.
        recorded: everything recorded in *all* states that share the account, not only in one workspace's.

    Returns:
        Sorted by type, region and id. Suggested addresses are unique and none is in use.
    """
    recorded = tuple(recorded)
    claims = _Claims()
    for identity in recorded:
        claims.add(canonical(identity.resource_type), identity.id, identity.region, identity.arn)
        if identity.by_product:
            claims.add(*identity.by_product, identity.region)
    for owned in result.stack_resources:
        claims.add(owned.resource_type, owned.id, owned.region)
    everything = [resource for listing in result.listings for resource in listing.resources]
    exists = {(resource.resource_type, resource.id, resource.region) for resource in everything}
    suggest = _Suggestions(identity.address for identity in recorded)
    found: list[Unmanaged] = []
    for resource in sorted(everything, key=lambda resource: (resource.resource_type, resource.region, resource.id)):
        if resource.noise or claims.cover(resource) or _in_stack(resource):
            continue
        if resource.made_by and (
            (*resource.made_by, resource.region) in exists or claims.hold(*resource.made_by, resource.region)
        ):
            continue
        address = suggest(resource)
        detail = None
        if resource.region in result.stacks_unread or (resource.region == GLOBAL and result.stacks_unread):
            detail = "the CloudFormation stacks could not be read: a stack may own it"
        found.append(Unmanaged(resource, address, detail))
    return tuple(found)


def absent(result: SweepResult, recorded: Iterable[RecordedIdentity]) -> tuple[RecordedIdentity, ...]:
    """The recorded resources that a complete listing of their type and region positively does not hold.

    A record without a region is absent only where the type's list is global.
    """
    names: dict[tuple[str, str], set[str]] = {}
    for listing in result.listings:
        known = names.setdefault((listing.resource_type, listing.region), set())
        for resource in listing.resources:
            known |= resource.names
    gone = []
    for identity in recorded:
        resource_type = canonical(identity.resource_type)
        listed = names.get((resource_type, GLOBAL))
        if listed is None and identity.region is not None:
            listed = names.get((resource_type, identity.region))
        known_by = {identity.id, identity.arn, url_path(identity.id)}
        if listed is not None and identity.id and listed.isdisjoint(known_by):
            gone.append(identity)
    return tuple(gone)


def canonical(resource_type: str) -> str:
    """The type under which a listing holds resources of this type."""
    return SAME_OBJECT.get(resource_type, resource_type)


def _in_stack(resource: Listed) -> bool:
    return any(key == "aws:cloudformation:stack-id" for key, _ in resource.tags or ())


class _Suggestions:
    """Addresses that are free: the type, and a name made from the resource's own."""

    def __init__(self, used: Iterable[str]) -> None:
        self._used = set(used)
        self._next: dict[str, int] = {}

    def __call__(self, resource: Listed) -> str:
        text = resource.name or dict(resource.tags or ()).get("Name") or resource.id.rstrip("/").rpartition("/")[2]
        name = re.sub(r"[^0-9A-Za-z_]+", "_", text).strip("_").lower()[:60] or "unnamed"
        base = f"{resource.resource_type}.{name if name[0].isalpha() else f'r_{name}'}"
        address = base
        while address in self._used:
            number = self._next[base] = self._next.get(base, 1) + 1
            address = f"{base}_{number}"
        self._used.add(address)
        return address
