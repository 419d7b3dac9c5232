"""Who reaches what."""

from __future__ import annotations

from typing import Any

from support.by_hand_harbour.wording import CRITICAL, HIGH, LOW, VIRGINIA, changed, deleted

from reconciler.sandbox.by_hand.change import Console

_N = "module.network."


def vpc(console: Console) -> str:
    """The harbour's VPC."""
    found = console.aws("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["harbour"]}])
    return str(found["Vpcs"][0]["VpcId"])


def group(console: Console, name: str = "harbour") -> str:
    """A security group of the VPC by its name."""
    filters = [{"Name": "group-name", "Values": [name]}, {"Name": "vpc-id", "Values": [vpc(console)]}]
    return str(console.aws("ec2").describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"])


def subnet(console: Console, number: int) -> str:
    """A subnet by its number."""
    filters = [{"Name": "tag:Name", "Values": [f"harbour-{number}"]}]
    return str(console.aws("ec2").describe_subnets(Filters=filters)["Subnets"][0]["SubnetId"])


def gateway(console: Console) -> str:
    """The internet gateway."""
    filters = [{"Name": "attachment.vpc-id", "Values": [vpc(console)]}]
    found = console.aws("ec2").describe_internet_gateways(Filters=filters)["InternetGateways"]
    return str(found[0]["InternetGatewayId"])


def _permission(port: int, cidr: str) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr}]}]


def _open_ssh(console: Console) -> None:
    permissions = _permission(22, "0.0.0.0/0")
    console.aws("ec2").authorize_security_group_ingress(GroupId=group(console), IpPermissions=permissions)


def _open_outbound(console: Console) -> None:
    permissions = _permission(25, "0.0.0.0/0")
    console.aws("ec2").authorize_security_group_egress(GroupId=group(console), IpPermissions=permissions)


def _tables(console: Console, *, main: bool) -> str:
    filters = [{"Name": "vpc-id", "Values": [vpc(console)]}]
    for table in console.aws("ec2").describe_route_tables(Filters=filters)["RouteTables"]:
        named = any(tag["Value"] == "harbour-main" for tag in table["Tags"] if tag["Key"] == "Name")
        if named is main:
            return str(table["RouteTableId"])
    raise LookupError


def _route(console: Console, destination: str, *, main: bool) -> None:
    table = _tables(console, main=main)
    console.aws("ec2").create_route(RouteTableId=table, DestinationCidrBlock=destination, GatewayId=gateway(console))


def _acl(console: Console, *, default: bool) -> str:
    filters = [{"Name": "vpc-id", "Values": [vpc(console)]}]
    acls = console.aws("ec2").describe_network_acls(Filters=filters)["NetworkAcls"]
    return next(str(acl["NetworkAclId"]) for acl in acls if acl["IsDefault"] is default)


def _open_default_acl(console: Console) -> None:
    entry = {"RuleNumber": 50, "Protocol": "6", "RuleAction": "allow", "Egress": False, "CidrBlock": "0.0.0.0/0"}
    acl = _acl(console, default=True)
    console.aws("ec2").create_network_acl_entry(NetworkAclId=acl, PortRange={"From": 22, "To": 22}, **entry)


def _widen_acl_rule(console: Console) -> None:
    entry = {"RuleNumber": 200, "Protocol": "6", "RuleAction": "allow", "Egress": False, "CidrBlock": "0.0.0.0/0"}
    acl = _acl(console, default=False)
    console.aws("ec2").replace_network_acl_entry(NetworkAclId=acl, PortRange={"From": 443, "To": 443}, **entry)


def _drop_cidr(console: Console) -> None:
    found = console.aws("ec2").describe_vpcs(VpcIds=[vpc(console)])["Vpcs"][0]["CidrBlockAssociationSet"]
    more = next(each["AssociationId"] for each in found if each["CidrBlock"] == "10.21.0.0/16")
    console.aws("ec2").disassociate_vpc_cidr_block(AssociationId=more)


def _move_pier(console: Console) -> None:
    ec2 = console.aws("ec2")
    filters = [{"Name": "description", "Values": ["pier"]}]
    pier = ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=pier, Groups=[group(console, "default")])


def _free_address(console: Console) -> None:
    ec2 = console.aws("ec2")
    association = next(a["AssociationId"] for a in ec2.describe_addresses()["Addresses"] if a.get("AssociationId"))
    ec2.disassociate_address(AssociationId=association)


def _widen_prefix_list(console: Console) -> None:
    ec2 = console.aws("ec2")
    lists = ec2.describe_managed_prefix_lists()["PrefixLists"]
    mine = next(each for each in lists if each["PrefixListName"] == "harbour-offices")
    ec2.modify_managed_prefix_list(
        PrefixListId=mine["PrefixListId"], CurrentVersion=mine["Version"], AddEntries=[{"Cidr": "0.0.0.0/0"}]
    )


def _cut_transit_route(console: Console) -> None:
    ec2 = console.aws("ec2")
    # The gateway's own default table comes with it; ours has the route.
    for table in ec2.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"]:
        if not table["DefaultAssociationRouteTable"]:
            ec2.delete_transit_gateway_route(
                TransitGatewayRouteTableId=table["TransitGatewayRouteTableId"], DestinationCidrBlock="10.99.0.0/16"
            )


def _delete_tunnel(console: Console) -> None:
    ec2 = console.aws("ec2")
    # A busy emulator answers so late that Terraform's creation is repeated: then there are two, and one is recorded.
    for tunnel in ec2.describe_vpn_connections()["VpnConnections"]:
        ec2.delete_vpn_connection(VpnConnectionId=tunnel["VpnConnectionId"])


def _redirect_office_names(console: Console) -> None:
    resolver = console.aws("route53resolver")
    rule = next(r["Id"] for r in resolver.list_resolver_rules()["ResolverRules"] if r.get("Name") == "office")
    resolver.update_resolver_rule(ResolverRuleId=rule, Config={"TargetIps": [{"Ip": "203.0.113.66", "Port": 53}]})


def _rename_resolver(console: Console) -> None:
    resolver = console.aws("route53resolver")
    endpoint = resolver.list_resolver_endpoints()["ResolverEndpoints"][0]["Id"]
    resolver.update_resolver_endpoint(ResolverEndpointId=endpoint, Name="temporary")


def _stop_answering_names(console: Console) -> None:
    console.aws("ec2").modify_vpc_attribute(VpcId=vpc(console), EnableDnsSupport={"Value": False})


def _unpeer(console: Console) -> None:
    ec2 = console.aws("ec2", VIRGINIA)
    peering = ec2.describe_vpc_peering_connections()["VpcPeeringConnections"][0]["VpcPeeringConnectionId"]
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)


def _public_subnet(console: Console) -> None:
    console.aws("ec2").modify_subnet_attribute(SubnetId=subnet(console, 0), MapPublicIpOnLaunch={"Value": True})


def _retag_subnet(console: Console) -> None:
    console.aws("ec2").create_tags(Resources=[subnet(console, 1)], Tags=[{"Key": "owner", "Value": "load test"}])


def _detach_gateway(console: Console) -> None:
    console.aws("ec2").delete_egress_only_internet_gateway(
        EgressOnlyInternetGatewayId=console.aws("ec2").describe_egress_only_internet_gateways()[
            "EgressOnlyInternetGateways"
        ][0]["EgressOnlyInternetGatewayId"]
    )


CHANGES = (
    changed("SSH opened to the world", _open_ssh, f"{_N}aws_security_group.this", "ingress", CRITICAL),
    changed("Mail allowed out to everywhere", _open_outbound, f"{_N}aws_security_group.this", "egress", HIGH),
    changed(
        "A route to a foreign network added to the main table",
        lambda c: _route(c, "198.18.0.0/15", main=True),
        f"{_N}aws_route_table.main",
        "route",
        HIGH,
    ),
    changed(
        "The unused default table given a route to everywhere",
        lambda c: _route(c, "0.0.0.0/0", main=False),
        f"{_N}aws_default_route_table.unused",
        "route",
        HIGH,
    ),
    changed(
        "SSH from everywhere let through the default ACL",
        _open_default_acl,
        f"{_N}aws_default_network_acl.this",
        "ingress",
        CRITICAL,
    ),
    changed(
        "HTTPS from everywhere let through an ACL's rule",
        _widen_acl_rule,
        f"{_N}aws_network_acl_rule.https",
        "cidr_block",
        CRITICAL,
    ),
    changed(
        "Machines in a subnet get public addresses",
        _public_subnet,
        f"{_N}aws_subnet.this[0]",
        "map_public_ip_on_launch",
        CRITICAL,
    ),
    changed("A tag on a subnet", _retag_subnet, f"{_N}aws_subnet.this[1]", "tags|tags_all", LOW),
    changed("The VPC's name server switched off", _stop_answering_names, f"{_N}aws_vpc.this", "enable_dns_support"),
    deleted("The second range of addresses removed", _drop_cidr, f"{_N}aws_vpc_ipv4_cidr_block_association.more"),
    changed(
        "The pier's interface put into the default group",
        _move_pier,
        f"{_N}aws_network_interface.pier",
        "security_groups",
        HIGH,
    ),
    deleted("The pier's address freed", _free_address, f"{_N}aws_eip_association.pier"),
    changed(
        "Everybody entered among the offices",
        _widen_prefix_list,
        f"{_N}aws_ec2_managed_prefix_list.offices",
        "entry",
        CRITICAL,
    ),
    deleted("The transit gateway's route deleted", _cut_transit_route, f"{_N}aws_ec2_transit_gateway_route.this"),
    deleted("The tunnel to the office deleted", _delete_tunnel, f"{_N}aws_vpn_connection.office"),
    changed("The resolver renamed", _rename_resolver, f"{_N}aws_route53_resolver_endpoint.out", "name"),
    deleted(
        "The peering cut",
        _unpeer,
        "module.elsewhere.aws_vpc_peering_connection.home",
        with_it=("module.elsewhere.aws_vpc_peering_connection_accepter.home",),
    ),
    deleted("The way out for IPv6 deleted", _detach_gateway, f"{_N}aws_egress_only_internet_gateway.this"),
)
