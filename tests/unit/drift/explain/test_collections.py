"""Every collection and everything that fills it, and the closest entries that nobody accounts for."""

from __future__ import annotations

from typing import Any

import pytest
from support.drifting import attribute, held

from reconciler.drift.differ import Difference
from reconciler.drift.explain import Estate, Held, explain
from reconciler.drift.explain.collections import COLLECTIONS
from reconciler.drift.explain.entries import accounted_at_once

WIDE = "10.0.0.0/8"


def left(owner: Held, name: str, before: Any, after: Any, *others: Held) -> tuple[list[Any], list[Any]] | None:
    """What nobody explains of a move: what came and what went."""
    difference = Difference((name,), before, after, attribute("OC", ["set", "string"]))
    rest = explain(owner, difference, Estate.of([owner, *others]))
    return None if rest is None else (list(rest.added or ()), list(rest.removed or ()))


ROLE = held("aws_iam_role", {"id": "r", "name": "r"})
USER, GROUP = held("aws_iam_user", {"id": "u", "name": "u"}), held("aws_iam_group", {"id": "g", "name": "g"})
ADMIN, READ = "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess"
DOC = '{"Statement":[{"Effect":"Allow","Action":["a:B","a:C"],"Resource":"*"}]}'
SAME_DOC = '{"Statement":{"Effect":"Allow","Resource":["*"],"Action":["a:c","a:b"]}}'
OTHER_DOC = '{"Statement":[{"Effect":"Allow","Action":["a:B","a:D"],"Resource":"*"}]}'
TARGET_GROUP = "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/t/1"
BALANCER = "arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/app/l/2"
LISTENER = "arn:aws:elasticloadbalancing:eu-central-1:1:listener/app/l/2/3"


COLLECTED: list[tuple[Held, str, Any, str, dict[str, Any], list[Any]]] = [
    (ROLE, "managed_policy_arns", READ, "aws_iam_role_policy_attachment", {"role": "r", "policy_arn": READ},
     [ADMIN]),
    (ROLE, "managed_policy_arns", READ, "aws_iam_policy_attachment", {"roles": ["q", "r"], "policy_arn": READ},
     [ADMIN]),
    (ROLE, "managed_policy_arns", READ, "aws_iam_role_policy_attachments_exclusive",
     {"role_name": "r", "policy_arns": [READ]}, [ADMIN]),
    (ROLE, "inline_policy", {"name": "p", "policy": DOC}, "aws_iam_role_policy",
     {"role": "r", "name": "p", "policy": SAME_DOC},
     [{"name": "p", "policy": OTHER_DOC}, {"name": "q", "policy": DOC}]),
    (USER, "managed_policy_arns", READ, "aws_iam_user_policy_attachment", {"user": "u", "policy_arn": READ}, [ADMIN]),
    (USER, "managed_policy_arns", READ, "aws_iam_policy_attachment", {"users": ["u"], "policy_arn": READ}, [ADMIN]),
    (USER, "inline_policy", {"name": "p", "policy": DOC}, "aws_iam_user_policy",
     {"user": "u", "name": "p", "policy": SAME_DOC},
     [{"name": "p", "policy": OTHER_DOC}, {"name": "q", "policy": DOC}]),
    (USER, "groups", "crew", "aws_iam_user_group_membership", {"user": "u", "groups": ["crew", "deck"]}, ["officers"]),
    (USER, "groups", "crew", "aws_iam_group_membership", {"group": "crew", "users": ["v", "u"]}, ["officers"]),
    (USER, "managed_policy_arns", READ, "aws_iam_user_policy_attachments_exclusive",
     {"user_name": "u", "policy_arns": [READ]}, [ADMIN]),
    (GROUP, "managed_policy_arns", READ, "aws_iam_group_policy_attachment",
     {"group": "g", "policy_arn": READ}, [ADMIN]),
    (GROUP, "managed_policy_arns", READ, "aws_iam_policy_attachment", {"groups": ["g"], "policy_arn": READ}, [ADMIN]),
    (GROUP, "managed_policy_arns", READ, "aws_iam_group_policy_attachments_exclusive",
     {"group_name": "g", "policy_arns": [READ]}, [ADMIN]),
    (GROUP, "inline_policy", {"name": "p", "policy": DOC}, "aws_iam_group_policy",
     {"group": "g", "name": "p", "policy": SAME_DOC}, [{"name": "p", "policy": OTHER_DOC}]),
    (held("aws_route_table", {"id": "rtb"}), "route",
     {"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1", "nat_gateway_id": ""},
     "aws_route", {"route_table_id": "rtb", "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1",
                   "id": "r", "state": "active", "origin": "CreateRoute", "timeouts": None},
     [{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-2"}, {"cidr_block": "10.0.0.0/8", "gateway_id": "igw-1"},
      {"cidr_block": "0.0.0.0/0", "network_interface_id": "eni-1"},
      {"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1", "some_new_target": "x"},
      {"ipv6_cidr_block": "::/0", "gateway_id": "igw-1"}]),
    (held("aws_default_route_table", {"id": "rtb"}), "route",
     {"ipv6_cidr_block": "2001:db8::/32", "vpc_endpoint_id": "vpce-1"},
     "aws_route", {"route_table_id": "rtb", "destination_ipv6_cidr_block": "2001:DB8::/32",
                   "vpc_endpoint_id": "vpce-1"}, []),
    (held("aws_route_table", {"id": "rtb"}), "propagating_vgws", "vgw-1",
     "aws_vpn_gateway_route_propagation", {"route_table_id": "rtb", "vpn_gateway_id": "vgw-1"}, ["vgw-2"]),
    (held("aws_network_acl", {"id": "acl"}), "ingress",
     {"rule_no": 100, "action": "allow", "protocol": "6", "from_port": 80, "to_port": 80,
      "cidr_block": "10.0.0.0/8", "ipv6_cidr_block": "", "icmp_type": 0, "icmp_code": 0},
     "aws_network_acl_rule",
     {"network_acl_id": "acl", "egress": False, "rule_number": 100, "rule_action": "ALLOW", "protocol": "tcp",
      "from_port": 80, "to_port": 80, "cidr_block": "10.0.0.0/8"},
     [{"rule_no": 100, "action": "deny", "protocol": "6", "from_port": 80, "to_port": 80,
       "cidr_block": "10.0.0.0/8"},
      {"rule_no": 99, "action": "allow", "protocol": "6", "from_port": 80, "to_port": 80,
       "cidr_block": "10.0.0.0/8"},
      {"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/8"},
      {"rule_no": 100, "action": "allow", "protocol": "6", "from_port": 80, "to_port": 81,
       "cidr_block": "10.0.0.0/8"}]),
    (held("aws_default_network_acl", {"id": "acl"}), "egress",
     {"rule_no": 1, "action": "allow", "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_block": "0.0.0.0/0"},
     "aws_network_acl_rule",
     {"network_acl_id": "acl", "egress": True, "rule_number": 1, "rule_action": "allow", "protocol": "all",
      "from_port": 22, "to_port": 22, "cidr_block": "0.0.0.0/0"}, []),
    (held("aws_network_acl", {"id": "acl"}), "egress",
     {"rule_no": 1, "action": "allow", "protocol": "1", "icmp_type": 8, "icmp_code": 0, "cidr_block": "0.0.0.0/0"},
     "aws_network_acl_rule",
     {"network_acl_id": "acl", "egress": True, "rule_number": 1, "rule_action": "allow", "protocol": "icmp",
      "icmp_type": 8, "icmp_code": 0, "cidr_block": "0.0.0.0/0"},
     [{"rule_no": 1, "action": "allow", "protocol": "1", "icmp_type": 3, "cidr_block": "0.0.0.0/0"}]),
    (held("aws_network_acl", {"id": "acl"}), "subnet_ids", "subnet-1", "aws_network_acl_association",
     {"network_acl_id": "acl", "subnet_id": "subnet-1"}, ["subnet-2"]),
    (held("aws_default_network_acl", {"id": "acl", "vpc_id": "vpc"}), "subnet_ids", "subnet-1", "aws_subnet",
     {"id": "subnet-1", "vpc_id": "vpc"}, ["subnet-2"]),
    (held("aws_vpc_endpoint", {"id": "vpce"}), "subnet_ids", "subnet-1", "aws_vpc_endpoint_subnet_association",
     {"vpc_endpoint_id": "vpce", "subnet_id": "subnet-1"}, ["subnet-2"]),
    (held("aws_vpc_endpoint_service", {"id": "s"}), "allowed_principals", ADMIN,
     "aws_vpc_endpoint_service_allowed_principal", {"vpc_endpoint_service_id": "s", "principal_arn": ADMIN}, ["*"]),
    (held("aws_vpn_connection", {"id": "vpn"}), "routes",
     {"destination_cidr_block": "10.0.0.0/8", "source": "Static", "state": "available"},
     "aws_vpn_connection_route", {"vpn_connection_id": "vpn", "destination_cidr_block": "10.0.0.0/8"},
     [{"destination_cidr_block": "10.0.0.0/9", "source": "Static", "state": "available"}]),
    (held("aws_ec2_managed_prefix_list", {"id": "pl"}), "entry", {"cidr": "10.0.0.0/8", "description": ""},
     "aws_ec2_managed_prefix_list_entry", {"prefix_list_id": "pl", "cidr": "10.0.0.0/8", "description": None},
     [{"cidr": "0.0.0.0/0", "description": ""}, {"cidr": "10.0.0.0/8", "description": "x"}]),
    (held("aws_instance", {"id": "i", "primary_network_interface_id": "eni"}), "vpc_security_group_ids", "sg-1",
     "aws_network_interface_sg_attachment", {"network_interface_id": "eni", "security_group_id": "sg-1"}, ["sg-2"]),
    (held("aws_instance", {"id": "i"}), "ebs_block_device",
     {"device_name": "/dev/sdf", "volume_id": "vol-1", "volume_size": 8, "encrypted": True},
     "aws_volume_attachment", {"instance_id": "i", "device_name": "/dev/sdf", "volume_id": "vol-1"},
     [{"device_name": "/dev/sdf", "volume_id": "vol-2", "volume_size": 8},
      {"device_name": "/dev/sdg", "volume_id": "vol-1"}]),
    (held("aws_network_interface", {"id": "eni"}), "security_groups", "sg-1",
     "aws_network_interface_sg_attachment", {"network_interface_id": "eni", "security_group_id": "sg-1"}, ["sg-2"]),
    (held("aws_autoscaling_group", {"name": "g"}), "target_group_arns", TARGET_GROUP,
     "aws_autoscaling_attachment", {"autoscaling_group_name": "g", "lb_target_group_arn": TARGET_GROUP}, ["x"]),
    (held("aws_autoscaling_group", {"name": "g"}), "tag",
     {"key": "k", "value": "v", "propagate_at_launch": True}, "aws_autoscaling_group_tag",
     {"autoscaling_group_name": "g", "tag": [{"key": "k", "value": "v", "propagate_at_launch": True}]},
     [{"key": "k", "value": "w", "propagate_at_launch": True}]),
    (held("aws_elb", {"name": "e"}), "instances", "i-1", "aws_elb_attachment", {"elb": "e", "instance": "i-1"},
     ["i-2"]),
    (held("aws_lb_target_group", {"arn": TARGET_GROUP}), "load_balancer_arns", BALANCER, "aws_lb_listener",
     {"load_balancer_arn": BALANCER, "default_action": [{"type": "forward", "target_group_arn": TARGET_GROUP}]},
     [BALANCER[:-1] + "9"]),
    (held("aws_alb_target_group", {"arn": TARGET_GROUP}), "load_balancer_arns", BALANCER, "aws_lb_listener_rule",
     {"listener_arn": LISTENER, "action": [{"forward": [{"target_group": [{"arn": TARGET_GROUP}]}]}]},
     [BALANCER[:-1] + "9"]),
    (held("aws_route53_zone", {"zone_id": "Z"}), "vpc", {"vpc_id": "vpc", "vpc_region": "eu-central-1"},
     "aws_route53_zone_association", {"zone_id": "Z", "vpc_id": "vpc", "vpc_region": "eu-central-1"},
     [{"vpc_id": "vpc-2", "vpc_region": "eu-central-1"}]),
    (held("aws_rds_cluster", {"id": "c", "cluster_identifier": "c"}), "cluster_members", "i",
     "aws_rds_cluster_instance", {"cluster_identifier": "c", "identifier": "i"}, ["j"]),
    (held("aws_rds_cluster", {"id": "c", "cluster_identifier": "c"}), "iam_roles", ADMIN,
     "aws_rds_cluster_role_association", {"db_cluster_identifier": "c", "role_arn": ADMIN}, [READ]),
    (held("aws_db_instance", {"identifier": "d"}), "replicas", "e", "aws_db_instance",
     {"identifier": "e", "replicate_source_db": "d"}, ["f"]),
    (held("aws_elasticache_replication_group", {"id": "g"}), "member_clusters", "g-004",
     "aws_elasticache_cluster", {"replication_group_id": "g", "cluster_id": "g-004"}, ["g-005"]),
    (held("aws_elasticache_user_group", {"id": "u"}), "user_ids", "x", "aws_elasticache_user_group_association",
     {"user_group_id": "u", "user_id": "x"}, ["y"]),
]  # fmt: skip

RULE = {"security_group_id": "sg", "from_port": 80, "to_port": 80}
SHOWN = {"protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_blocks": [WIDE]}
HTTPS = {**SHOWN, "from_port": 443, "to_port": 443}
for group in ("aws_security_group", "aws_default_security_group"):
    for direction in ("ingress", "egress"):
        owner = held(group, {"id": "sg"})
        single = {**RULE, "ip_protocol": "tcp", "cidr_ipv4": WIDE}
        COLLECTED += [
            (owner, direction, SHOWN, "aws_security_group_rule",
             {**RULE, "protocol": "tcp", "type": direction, "cidr_blocks": [WIDE]}, [HTTPS]),
            (owner, direction, SHOWN, f"aws_vpc_security_group_{direction}_rule", single, [HTTPS]),
        ]  # fmt: skip
for type_ in ("aws_lb_target_group", "aws_alb_target_group"):
    for kind in ("aws_lb_listener", "aws_alb_listener"):
        owner, others = held(type_, {"arn": TARGET_GROUP}), [BALANCER[:-1] + "9"]
        forward = [{"target_group_arn": TARGET_GROUP}]
        COLLECTED += [
            (owner, "load_balancer_arns", BALANCER, kind,
             {"load_balancer_arn": BALANCER, "default_action": forward}, others),
            (owner, "load_balancer_arns", BALANCER, f"{kind}_rule",
             {"listener_arn": LISTENER, "action": forward}, others),
        ]  # fmt: skip
TRAFFIC = {"identifier": TARGET_GROUP, "type": "elbv2"}
COLLECTED += [
    (held("aws_default_route_table", {"id": "rtb"}), "propagating_vgws", "vgw-1",
     "aws_vpn_gateway_route_propagation", {"route_table_id": "rtb", "vpn_gateway_id": "vgw-1"}, ["vgw-2"]),
    (held("aws_default_network_acl", {"id": "acl"}), "ingress",
     {"rule_no": 1, "action": "allow", "protocol": "-1", "cidr_block": WIDE},
     "aws_network_acl_rule", {"network_acl_id": "acl", "egress": False, "rule_number": 1, "rule_action": "allow",
                              "protocol": "-1", "cidr_block": WIDE}, []),
    (held("aws_default_network_acl", {"id": "acl"}), "subnet_ids", "subnet-1", "aws_network_acl_association",
     {"network_acl_id": "acl", "subnet_id": "subnet-1"}, ["subnet-2"]),
    *((held("aws_vpc_endpoint", {"id": "vpce"}), f"{kind}_ids", "x-1", f"aws_vpc_endpoint_{kind}_association",
       {"vpc_endpoint_id": "vpce", f"{kind}_id": "x-1"}, ["x-2"]) for kind in ("route_table", "security_group")),
    (held("aws_autoscaling_group", {"name": "g"}), "load_balancers", "classic",
     "aws_autoscaling_attachment", {"autoscaling_group_name": "g", "elb": "classic"}, ["other"]),
    (held("aws_autoscaling_group", {"name": "g"}), "traffic_source", TRAFFIC,
     "aws_autoscaling_traffic_source_attachment", {"autoscaling_group_name": "g", "traffic_source": [TRAFFIC]},
     [{**TRAFFIC, "type": "elb"}]),
    *((held(f"aws_{engine}_cluster", {key: "c"}), "cluster_members", "i", f"aws_{engine}_cluster_instance",
       {"cluster_identifier": "c", "identifier": "i"}, ["j"])
      for engine in ("rds", "docdb", "neptune") for key in ("id", "cluster_identifier")),
    *((held("aws_db_instance", {key: "d"}), "replicas", "e", "aws_db_instance",
       {"identifier": "e", "replicate_source_db": "d"}, ["f"]) for key in ("arn", "id")),
]  # fmt: skip


@pytest.mark.parametrize(("owner", "name", "entry", "type_", "setter", "others"), COLLECTED)
def test_every_collection(
    owner: Held, name: str, entry: Any, type_: str, setter: dict[str, Any], others: list[Any]
) -> None:
    theirs = held(type_, setter)
    assert left(owner, name, [], [entry], theirs) is None
    assert left(owner, name, [entry], [], theirs) is None
    assert left(owner, name, None, [entry], theirs) is None
    assert left(owner, name, None, [entry]) is not None
    gone = Held("gone", type_, None, None, setter)
    assert left(owner, name, [entry], [], gone) is None
    assert left(owner, name, [], [entry], gone) is not None
    for other in others:
        found = left(owner, name, [entry], [entry, other], theirs)
        assert found is not None, other
        assert (len(found[0]), len(found[1])) == (1, 0)


def test_every_row_of_the_table_stands_here() -> None:
    table = {
        (type_, name, setter.type, link)
        for type_, names in COLLECTIONS.items()
        for name, collection in names.items()
        for setter in collection.setters
        for link in (setter.link,)
    }
    assert table == {
        (owner.type, name, type_, link)
        for owner, name, _, type_, setter, _ in COLLECTED
        for link in (s.link for s in COLLECTIONS[owner.type][name].setters if s.type == type_)
        if link in setter
    }


@pytest.mark.parametrize(
    ("type_", "name"),
    [("aws_iam_role", "inline_policy"), ("aws_vpn_connection", "routes"), ("aws_instance", "ebs_block_device"),
     ("aws_security_group", "ingress"), ("aws_route_table", "route"), ("aws_network_acl", "egress")],
)  # fmt: skip
def test_what_is_no_block_is_an_entry_as_it_is(type_: str, name: str) -> None:
    assert left(held(type_, {"id": "x"}), name, ["a", "b"], ["b", 5]) == ([5], ["a"])


def test_a_described_entry_of_a_prefix_list() -> None:
    owner, entry = held("aws_ec2_managed_prefix_list", {"id": "pl"}), {"cidr": WIDE, "description": "office"}
    setter = held("aws_ec2_managed_prefix_list_entry", {"prefix_list_id": "pl", **entry})
    assert left(owner, "entry", [], [entry], setter) is None
    assert left(owner, "entry", [], [{**entry, "description": ""}], setter) is not None


def test_a_setter_that_sets_nothing_yet_accounts_for_nothing() -> None:
    attachment = held("aws_iam_role_policy_attachment", {"role": "r", "policy_arn": None})
    assert left(ROLE, "managed_policy_arns", [], [None, "", READ], attachment) == ([None, "", READ], [])


GUARDED = """
    aws_security_group.ingress aws_security_group.egress
    aws_default_security_group.ingress aws_default_security_group.egress
    aws_route_table.route aws_route_table.propagating_vgws
    aws_default_route_table.route aws_default_route_table.propagating_vgws
    aws_network_acl.ingress aws_network_acl.egress
    aws_default_network_acl.ingress aws_default_network_acl.egress
    aws_iam_role.managed_policy_arns aws_iam_role.inline_policy
    aws_iam_user.managed_policy_arns aws_iam_user.inline_policy aws_iam_user.groups
    aws_iam_group.managed_policy_arns aws_iam_group.inline_policy
    aws_vpc_endpoint_service.allowed_principals aws_ec2_managed_prefix_list.entry
"""


def test_where_every_entry_must_be_accounted_for_at_once() -> None:
    every = [(type_, name) for type_, names in COLLECTIONS.items() for name in names]
    assert {f"{t}.{n}" for t, n in every if accounted_at_once(t, n)} == set(GUARDED.split())
    assert not accounted_at_once("aws_iam_role", "tags")
    assert not accounted_at_once("aws_x", "ingress")


def test_a_listener_without_a_balancer_accounts_for_nothing() -> None:
    owner = held("aws_lb_target_group", {"arn": TARGET_GROUP})
    listener = held("aws_lb_listener", {"default_action": [{"target_group_arn": TARGET_GROUP}]})
    assert left(owner, "load_balancer_arns", [], [BALANCER], listener) == ([BALANCER], [])
