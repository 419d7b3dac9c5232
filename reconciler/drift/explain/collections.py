"""``entry``'s table: which attribute of which type is a collection that several resources fill, and how.

Sources: the provider's documentation of each setting type, which names the collection it conflicts with, and the
provider's schema for the attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.drift.explain import rules
from reconciler.drift.explain.estate import Held
from reconciler.drift.values import Object, Value, is_zero

Entries: TypeAlias = Iterable[Value]


@dataclass(frozen=True, slots=True)
class Setter:
    """A type that puts entries into another's collection.

    ``link`` is its attribute that names the owner, ``entries(attributes, owner)`` what it puts there.
    """

    type: str
    link: str
    entries: Callable[[Object, Held], Entries]


def _whole(entry: Value) -> Value:
    return entry


@dataclass(frozen=True, slots=True)
class Collection:
    """How an attribute is taken apart, what names its owner goes by, and who else fills it.

    ``identity`` is the part of an entry by which its setter is found, where the entry shows more than its setter sets.
    ``guarded``: nothing but a template's resources may put an entry there; what nobody accounts for is drift at first
    sight.
    """

    split: Callable[[Value, Held], Entries]
    names: tuple[str, ...]
    setters: tuple[Setter, ...]
    identity: Callable[[Value], Value] = _whole
    guarded: bool = False


def _each(value: Value, held: Held) -> Entries:
    del held
    return value if isinstance(value, list) else []


def _filled(value: Value, held: Held) -> Entries:
    """Blocks without their unset attributes."""
    for element in _each(value, held):
        yield {k: v for k, v in element.items() if not is_zero(v)} if isinstance(element, Mapping) else element


def _only(*names: str) -> Callable[[Value], Value]:
    def identity(entry: Value) -> Value:
        return {name: entry.get(name) for name in names} if isinstance(entry, Mapping) else entry

    return identity


def _of(attribute: str) -> Callable[[Object, Held], Entries]:
    """The setter's attribute, a single value or a list of them."""

    def entries(attributes: Object, owner: Held) -> Entries:
        del owner
        value = attributes.get(attribute)
        return value if isinstance(value, list) else [value] if value else []

    return entries


def _block_of(*names: str) -> Callable[[Object, Held], Entries]:
    """An entry made of some of the setter's attributes."""

    def entries(attributes: Object, owner: Held) -> Entries:
        del owner
        return [{name: attributes.get(name) for name in names}]

    return entries


def _filled_block_of(*names: str) -> Callable[[Object, Held], Entries]:
    def entries(attributes: Object, owner: Held) -> Entries:
        return _filled(list(_block_of(*names)(attributes, owner)), owner)

    return entries


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
        guarded=True,
    )


def _acl(*, egress: bool) -> Collection:
    return Collection(
        rules.split_acl,
        ("id",),
        (Setter("aws_network_acl_rule", "network_acl_id", rules.of_acl_rule(egress=egress)),),
        guarded=True,
    )


def _rights(kind: str) -> dict[str, Collection]:
    """What a role, user or group may do."""
    return {
        "managed_policy_arns": Collection(
            _each,
            ("name",),
            (
                Setter(f"aws_iam_{kind}_policy_attachment", kind, _of("policy_arn")),
                Setter("aws_iam_policy_attachment", f"{kind}s", _of("policy_arn")),
                Setter(f"aws_iam_{kind}_policy_attachments_exclusive", f"{kind}_name", _of("policy_arns")),
            ),
            guarded=True,
        ),
        "inline_policy": Collection(
            _filled,
            ("name",),
            (Setter(f"aws_iam_{kind}_policy", kind, _filled_block_of("name", "policy")),),
            guarded=True,
        ),
    }


def _members(type_: str) -> Collection:
    return Collection(_each, ("id", "cluster_identifier"), (Setter(type_, "cluster_identifier", _of("identifier")),))


_GROUP: Final = {"ingress": _rules("ingress"), "egress": _rules("egress")}
_TABLE: Final = {
    "route": Collection(
        rules.split_routes, ("id",), (Setter("aws_route", "route_table_id", rules.of_route),), guarded=True
    ),
    "propagating_vgws": Collection(
        _each,
        ("id",),
        (Setter("aws_vpn_gateway_route_propagation", "route_table_id", _of("vpn_gateway_id")),),
        guarded=True,
    ),
}
_ACL_RULES: Final = {"ingress": _acl(egress=False), "egress": _acl(egress=True)}
_ACL_SUBNETS: Final = Setter("aws_network_acl_association", "network_acl_id", _of("subnet_id"))
_INTERFACE_GROUPS: Final = (
    Setter("aws_network_interface_sg_attachment", "network_interface_id", _of("security_group_id")),
)
_TARGET_GROUP: Final = {
    "load_balancer_arns": Collection(
        _each,
        ("arn",),
        (
            Setter("aws_lb_listener", "default_action", _balancer),
            Setter("aws_alb_listener", "default_action", _balancer),
            Setter("aws_lb_listener_rule", "action", _balancer),
            Setter("aws_alb_listener_rule", "action", _balancer),
        ),
    )
}

COLLECTIONS: Final[Mapping[str, Mapping[str, Collection]]] = {
    "aws_security_group": _GROUP,
    "aws_default_security_group": _GROUP,
    "aws_route_table": _TABLE,
    "aws_default_route_table": _TABLE,
    "aws_network_acl": {**_ACL_RULES, "subnet_ids": Collection(_each, ("id",), (_ACL_SUBNETS,))},
    "aws_default_network_acl": {
        **_ACL_RULES,
        # A new subnet joins its VPC's default ACL by itself.
        "subnet_ids": Collection(
            _each,
            ("id", "vpc_id"),
            (
                _ACL_SUBNETS,
                Setter("aws_subnet", "vpc_id", _of("id")),
            ),
        ),
    },
    "aws_iam_role": _rights("role"),
    "aws_iam_user": {
        **_rights("user"),
        "groups": Collection(
            _each,
            ("name",),
            (
                Setter("aws_iam_user_group_membership", "user", _of("groups")),
                Setter("aws_iam_group_membership", "users", _of("group")),
            ),
            guarded=True,
        ),
    },
    "aws_iam_group": _rights("group"),
    "aws_vpc_endpoint": {
        name: Collection(_each, ("id",), (Setter(f"aws_vpc_endpoint_{kind}_association", "vpc_endpoint_id", _of(key)),))
        for name, kind, key in (
            ("route_table_ids", "route_table", "route_table_id"),
            ("subnet_ids", "subnet", "subnet_id"),
            ("security_group_ids", "security_group", "security_group_id"),
        )
    },
    "aws_vpc_endpoint_service": {
        "allowed_principals": Collection(
            _each,
            ("id",),
            (Setter("aws_vpc_endpoint_service_allowed_principal", "vpc_endpoint_service_id", _of("principal_arn")),),
            guarded=True,
        )
    },
    "aws_vpn_connection": {
        "routes": Collection(
            _filled,
            ("id",),
            (Setter("aws_vpn_connection_route", "vpn_connection_id", _block_of("destination_cidr_block")),),
            identity=_only("destination_cidr_block"),
        )
    },
    "aws_ec2_managed_prefix_list": {
        "entry": Collection(
            _filled,
            ("id",),
            (Setter("aws_ec2_managed_prefix_list_entry", "prefix_list_id", _filled_block_of("cidr", "description")),),
            guarded=True,
        )
    },
    "aws_instance": {
        "vpc_security_group_ids": Collection(_each, ("primary_network_interface_id",), _INTERFACE_GROUPS),
        "ebs_block_device": Collection(
            _filled,
            ("id",),
            (Setter("aws_volume_attachment", "instance_id", _block_of("volume_id", "device_name")),),
            identity=_only("volume_id", "device_name"),
        ),
    },
    "aws_network_interface": {"security_groups": Collection(_each, ("id",), _INTERFACE_GROUPS)},
    "aws_autoscaling_group": {
        name: Collection(_each, ("name",), (Setter(type_, "autoscaling_group_name", _of(attribute)),))
        for name, type_, attribute in (
            ("target_group_arns", "aws_autoscaling_attachment", "lb_target_group_arn"),
            ("load_balancers", "aws_autoscaling_attachment", "elb"),
            ("traffic_source", "aws_autoscaling_traffic_source_attachment", "traffic_source"),
            ("tag", "aws_autoscaling_group_tag", "tag"),
        )
    },
    "aws_elb": {"instances": Collection(_each, ("name",), (Setter("aws_elb_attachment", "elb", _of("instance")),))},
    "aws_lb_target_group": _TARGET_GROUP,
    "aws_alb_target_group": _TARGET_GROUP,
    "aws_route53_zone": {
        "vpc": Collection(
            _filled,
            ("zone_id",),
            (Setter("aws_route53_zone_association", "zone_id", _filled_block_of("vpc_id", "vpc_region")),),
        )
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
    "aws_elasticache_replication_group": {
        "member_clusters": Collection(
            _each, ("id",), (Setter("aws_elasticache_cluster", "replication_group_id", _of("cluster_id")),)
        ),
    },
    "aws_elasticache_user_group": {
        "user_ids": Collection(
            _each, ("id",), (Setter("aws_elasticache_user_group_association", "user_group_id", _of("user_id")),)
        ),
    },
}
