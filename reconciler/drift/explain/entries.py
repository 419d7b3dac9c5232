"""``entry``: collections that several resources fill, compared entry by entry.

A security group shows all its rules, whoever made them; a role all its policies. Both sides of such a collection are
taken apart into entries as AWS keeps them (AWS regroups security group rules at will, so one rule with two ranges and
two rules with one are the same), and an entry that another recorded resource accounts for, by its state or by what is
observed of it, is that resource's. What is left was put there, or taken away, by nobody we know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from reconciler.drift.differ import Difference
from reconciler.drift.explain import rules
from reconciler.drift.explain.estate import Estate, Held
from reconciler.drift.normalise.documents import policy
from reconciler.drift.values import Object, Value, canonical

Entries: TypeAlias = Iterable[Value]


@dataclass(frozen=True, slots=True)
class Setter:
    """A type that puts entries into another's collection.

    ``link`` is its attribute that names the owner, ``entries(attributes, owner)`` what it puts there.
    """

    type: str
    link: str
    entries: Callable[[Object, Held], Entries]


@dataclass(frozen=True, slots=True)
class Collection:
    """How an attribute is taken apart, what names its owner goes by, and who else fills it."""

    split: Callable[[Value, Held], Entries]
    names: tuple[str, ...]
    setters: tuple[Setter, ...]


def _each(value: Value, held: Held) -> Entries:
    del held
    return value if isinstance(value, list) else []


def _of(*path: str) -> Callable[[Object, Held], Entries]:
    """The setter's attribute, a single value or a list of them."""

    def entries(attributes: Object, owner: Held) -> Entries:
        del owner
        value = attributes.get(path[0])
        return value if isinstance(value, list) else [value] if value else []

    return entries


def _inline_policy(attributes: Object, owner: Held) -> Entries:
    del owner
    return [{"name": attributes.get("name"), "policy": attributes.get("policy")}]


def _zone_vpc(attributes: Object, owner: Held) -> Entries:
    del owner
    return [{"vpc_id": attributes.get("vpc_id"), "vpc_region": attributes.get("vpc_region")}]


def _volume(attributes: Object, owner: Held) -> Entries:
    del owner
    return [{"volume_id": attributes.get("volume_id"), "device_name": attributes.get("device_name")}]


def _volumes(value: Value, held: Held) -> Entries:
    return [{k: v.get(k) for k in ("volume_id", "device_name")} for v in _each(value, held) if isinstance(v, Mapping)]


def _balancer(attributes: Object, owner: Held) -> Iterator[Value]:
    """The load balancer behind a listener, or behind a rule's listener."""
    del owner
    arn = attributes.get("load_balancer_arn") or attributes.get("listener_arn")
    if isinstance(arn, str):
        # arn:…:listener/app/name/<load balancer>/<listener> belongs to arn:…:loadbalancer/app/name/<load balancer>
        yield arn.replace(":listener/", ":loadbalancer/").rsplit("/", 1)[0] if ":listener/" in arn else arn


def _rules(direction: str) -> Collection:
    return Collection(
        rules.split,
        ("id",),
        (
            Setter("aws_security_group_rule", "security_group_id", rules.of_rule(direction)),
            Setter(f"aws_vpc_security_group_{direction}_rule", "security_group_id", rules.of_vpc_rule),
        ),
    )


def _acl(*, egress: bool) -> Collection:
    return Collection(
        rules.split_acl,
        ("id",),
        (Setter("aws_network_acl_rule", "network_acl_id", rules.of_acl_rule(egress=egress)),),
    )


_GROUP: Final = {"ingress": _rules("ingress"), "egress": _rules("egress")}
_TABLE: Final = {
    "route": Collection(rules.split_routes, ("id",), (Setter("aws_route", "route_table_id", rules.of_route),)),
    "propagating_vgws": Collection(
        _each, ("id",), (Setter("aws_vpn_gateway_route_propagation", "route_table_id", _of("vpn_gateway_id")),)
    ),
}
_NETWORK_ACL: Final = {
    "ingress": _acl(egress=False),
    "egress": _acl(egress=True),
    "subnet_ids": Collection(
        _each, ("id",), (Setter("aws_network_acl_association", "network_acl_id", _of("subnet_id")),)
    ),
}


def _members(type_: str) -> Collection:
    return Collection(_each, ("id", "cluster_identifier"), (Setter(type_, "cluster_identifier", _of("identifier")),))


COLLECTIONS: Final[Mapping[str, Mapping[str, Collection]]] = {
    "aws_security_group": _GROUP,
    "aws_default_security_group": _GROUP,
    "aws_route_table": _TABLE,
    "aws_default_route_table": _TABLE,
    "aws_network_acl": _NETWORK_ACL,
    "aws_default_network_acl": _NETWORK_ACL,
    "aws_iam_role": {
        "managed_policy_arns": Collection(
            _each,
            ("name",),
            (
                Setter("aws_iam_role_policy_attachment", "role", _of("policy_arn")),
                Setter("aws_iam_policy_attachment", "roles", _of("policy_arn")),
                Setter("aws_iam_role_policy_attachments_exclusive", "role_name", _of("policy_arns")),
            ),
        ),
        "inline_policy": Collection(
            _each,
            ("name",),
            (Setter("aws_iam_role_policy", "role", _inline_policy),),
        ),
    },
    "aws_vpc_endpoint": {
        name: Collection(_each, ("id",), (Setter(f"aws_vpc_endpoint_{kind}_association", "vpc_endpoint_id", _of(key)),))
        for name, kind, key in (
            ("route_table_ids", "route_table", "route_table_id"),
            ("subnet_ids", "subnet", "subnet_id"),
            ("security_group_ids", "security_group", "security_group_id"),
        )
    },
    "aws_instance": {
        "vpc_security_group_ids": Collection(
            _each,
            ("primary_network_interface_id",),
            (Setter("aws_network_interface_sg_attachment", "network_interface_id", _of("security_group_id")),),
        ),
        "ebs_block_device": Collection(_volumes, ("id",), (Setter("aws_volume_attachment", "instance_id", _volume),)),
    },
    "aws_network_interface": {
        "security_groups": Collection(
            _each,
            ("id",),
            (Setter("aws_network_interface_sg_attachment", "network_interface_id", _of("security_group_id")),),
        ),
    },
    "aws_autoscaling_group": {
        "target_group_arns": Collection(
            _each,
            ("name",),
            (Setter("aws_autoscaling_attachment", "autoscaling_group_name", _of("lb_target_group_arn")),),
        ),
        "load_balancers": Collection(
            _each, ("name",), (Setter("aws_autoscaling_attachment", "autoscaling_group_name", _of("elb")),)
        ),
    },
    "aws_elb": {"instances": Collection(_each, ("name",), (Setter("aws_elb_attachment", "elb", _of("instance")),))},
    "aws_lb_target_group": {
        "load_balancer_arns": Collection(
            _each,
            ("arn",),
            (
                Setter("aws_lb_listener", "default_action", _balancer),
                Setter("aws_lb_listener_rule", "action", _balancer),
            ),
        ),
    },
    "aws_route53_zone": {
        "vpc": Collection(_each, ("zone_id",), (Setter("aws_route53_zone_association", "zone_id", _zone_vpc),))
    },
    "aws_rds_cluster": {
        "cluster_members": _members("aws_rds_cluster_instance"),
        "iam_roles": Collection(
            _each,
            ("cluster_identifier",),
            (Setter("aws_rds_cluster_role_association", "db_cluster_identifier", _of("role_arn")),),
        ),
    },
    "aws_docdb_cluster": {"cluster_members": _members("aws_docdb_cluster_instance")},
    "aws_neptune_cluster": {"cluster_members": _members("aws_neptune_cluster_instance")},
    "aws_db_instance": {
        "replicas": Collection(
            _each,
            ("identifier", "arn", "id"),
            (Setter("aws_db_instance", "replicate_source_db", _of("identifier")),),
        ),
    },
}


# Where nothing but resources of a template may put an entry: what nobody accounts for there is drift at first sight.
_GUARDED: Final = (*_GROUP, *_TABLE, "managed_policy_arns", "inline_policy")


def accounted_at_once(resource_type: str, attribute: str) -> bool:
    """Whether every entry of the attribute must be accounted for already at the first look, without a baseline."""
    return attribute in _GUARDED and attribute in COLLECTIONS.get(resource_type, {})


def explain(held: Held, difference: Difference, estate: Estate) -> Difference | None:
    """Leave only the entries that nobody accounts for, shown one by one as added and removed."""
    collection = COLLECTIONS.get(held.type, {}).get(str(difference.path[0]))
    if collection is None or len(difference.path) > 1:
        return difference
    accounted = {_key(entry) for entry in _accounted(held, collection, estate)}
    gone = {_key(entry) for entry in _accounted(held, collection, estate, gone=True)}
    before = {_key(entry): entry for entry in collection.split(difference.before, held)}
    after = {_key(entry): entry for entry in collection.split(difference.after, held)}
    # What a resource set that has left the state may go; that it comes back is news.
    added = [entry for key, entry in after.items() if key not in before and key not in accounted]
    removed = [entry for key, entry in before.items() if key not in after and key not in accounted | gone]
    if not added and not removed:
        return None
    return replace(difference, added=tuple(added), removed=tuple(removed))


def _accounted(held: Held, collection: Collection, estate: Estate, *, gone: bool = False) -> Iterator[Value]:
    names = held.names(*collection.names)
    for rule in collection.setters:
        for setter in _linked(estate, rule, names):
            if setter.gone is gone and setter is not held:
                sides = (setter.baseline,) if gone else (setter.recorded, setter.observed)
                for side in sides:
                    if side is not None:
                        yield from rule.entries(side, held)


def _linked(estate: Estate, rule: Setter, names: set[str]) -> Iterator[Held]:
    if rule.link in ("default_action", "action"):
        # A listener names its target groups inside its actions.
        for setter in estate.by_type.get(rule.type, ()):
            if any(name in canonical(list(setter.current(rule.link))).decode() for name in names):
                yield setter
    else:
        yield from estate.setters((rule.type,), rule.link, names)


def _key(entry: Value) -> bytes:
    if isinstance(entry, Mapping) and (document := policy(entry.get("policy"))):
        return canonical({**entry, "policy": document.decode()})
    return canonical(entry)
