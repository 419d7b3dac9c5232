"""Changes to who reaches what: security groups, routes, network ACLs, names."""

from __future__ import annotations

from typing import Any

from reconciler.drift.finding import Kind, Severity
from reconciler.sandbox.by_hand.change import PREFIX, ByHand, Console, Expected

_ANYWHERE = "0.0.0.0/0"


def _permission(port: int, cidr: str, description: str) -> list[dict[str, Any]]:
    ranges = [{"CidrIp": cidr, "Description": description}]
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}]


def _open_web(console: Console) -> None:
    group = console.security_group(f"{PREFIX}-web")
    permissions = _permission(22, _ANYWHERE, "temporary, for debugging")
    console.aws("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)


def _open_worker(console: Console) -> None:
    group = console.security_group(f"{PREFIX}-worker")
    permissions = _permission(6379, _ANYWHERE, "cache test")
    console.aws("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)


def _open_default(console: Console) -> None:
    group = console.security_group("default")
    permissions = _permission(3389, _ANYWHERE, "remote desktop")
    console.aws("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)


def _cut_database(console: Console) -> None:
    group = console.security_group(f"{PREFIX}-database")
    described = console.aws("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    console.aws("ec2").revoke_security_group_ingress(GroupId=group, IpPermissions=described["IpPermissions"])


def _route_to_internet(console: Console) -> None:
    ec2 = console.aws("ec2")
    filters = [{"Name": "tag:Name", "Values": [f"{PREFIX}-private-a"]}]
    table = ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]
    attached = [{"Name": "attachment.vpc-id", "Values": [console.vpc()]}]
    gateway = ec2.describe_internet_gateways(Filters=attached)["InternetGateways"][0]["InternetGatewayId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="198.18.0.0/15", GatewayId=gateway)


def _open_acl(console: Console) -> None:
    ec2 = console.aws("ec2")
    filters = [{"Name": "tag:Name", "Values": [f"{PREFIX}-private"]}]
    acl = ec2.describe_network_acls(Filters=filters)["NetworkAcls"][0]["NetworkAclId"]
    entry = {"RuleNumber": 90, "Protocol": "6", "RuleAction": "allow", "Egress": False, "CidrBlock": _ANYWHERE}
    ec2.create_network_acl_entry(NetworkAclId=acl, PortRange={"From": 22, "To": 22}, **entry)


def _repoint_www(console: Console) -> None:
    route53 = console.aws("route53")
    zones = route53.list_hosted_zones()["HostedZones"]
    zone = next(zone["Id"] for zone in zones if zone["Name"] == "nuri-market.example.")
    record = {
        "Name": "www.nuri-market.example",
        "Type": "A",
        "TTL": 60,
        "ResourceRecords": [{"Value": "203.0.113.66"}],
    }
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


CHANGES = (
    ByHand(
        "SSH opened to the world on the load balancer's group, whose rules are separate resources",
        _open_web,
        (Expected("module.app.aws_security_group.web", ("ingress",), severity=Severity.HIGH),),
    ),
    ByHand(
        "Redis opened to the world on the workers' group, whose rules are inline",
        _open_worker,
        (Expected("module.app.aws_security_group.worker", ("ingress",), severity=Severity.HIGH),),
    ),
    ByHand(
        "Remote desktop opened to the world on the default group",
        _open_default,
        (Expected("module.network.aws_default_security_group.closed", ("ingress",), severity=Severity.HIGH),),
    ),
    ByHand(
        "The workers' rule on the database's group removed",
        _cut_database,
        (
            Expected(
                "module.app.aws_security_group_rule.database_from_worker", kind=Kind.DELETED, severity=Severity.HIGH
            ),
        ),
    ),
    ByHand(
        "A route from a private subnet straight to the internet",
        _route_to_internet,
        (Expected('module.network.aws_route_table.private["a"]', ("route",), severity=Severity.MEDIUM),),
    ),
    ByHand(
        "SSH from everywhere let through the network ACL",
        _open_acl,
        (Expected("module.network.aws_network_acl.private", ("ingress",), severity=Severity.MEDIUM),),
    ),
    ByHand(
        "www pointed at another machine",
        _repoint_www,
        (Expected('module.dns.aws_route53_record.public["A www"]', ("records",)),),
    ),
)
