"""Network rules and routes taken apart into entries: one protocol, one range of ports, one source or destination.

Source: EC2's own model, https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network
from typing import Final

from reconciler.drift.explain.estate import Held
from reconciler.drift.values import Object, Value, is_zero

_PROTOCOLS: Final = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
_TYPES: Final = ("icmp_type", "icmp_code")
_PORTS: Final = ("from_port", "to_port", *_TYPES)
_SOURCES: Final = ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups")
_DESTINATIONS: Final = {
    "destination_cidr_block": "cidr_block",
    "destination_ipv6_cidr_block": "ipv6_cidr_block",
}
# What an aws_route says of itself; everything else names its target, under the same name as in a route table.
_ROUTE_ONLY: Final = frozenset(
    {"id", "instance_id", "instance_owner_id", "origin", "region", "route_table_id", "state", "timeouts"}
)


def split(value: Value, held: Held) -> Iterator[Value]:
    """Entries of a group's ``ingress`` or ``egress``."""
    for element in value if isinstance(value, list) else ():
        entries = list(_sources(element, held)) if isinstance(element, Mapping) else []
        yield from entries or [element]  # a rule of a kind that we do not know stands for itself


def _sources(element: Object, held: Held) -> Iterator[Value]:
    ports = (element.get("protocol"), element.get("from_port"), element.get("to_port"))
    for kind in _SOURCES:
        sources = element.get(kind) or ()
        for source in sources if isinstance(sources, list | tuple) else [sources]:
            group = _own(source, held)
            if kind == "security_groups" and group in held.names("id"):
                yield _entry(*ports, "self", True, element.get("description"))
            else:
                yield _entry(*ports, kind, _block(group), element.get("description"))
    if element.get("self"):
        yield _entry(*ports, "self", True, element.get("description"))


def of_rule(direction: str) -> Callable[[Object, Held], Iterator[Value]]:
    """Entries of an ``aws_security_group_rule`` of that direction."""

    def entries(rule: Object, owner: Held) -> Iterator[Value]:
        if rule.get("type") != direction:
            return
        sources = {**{kind: rule.get(kind) for kind in _SOURCES}, "self": rule.get("self")}
        if source := rule.get("source_security_group_id"):
            sources["security_groups"] = [source]
        keys = ("protocol", "from_port", "to_port", "description")
        yield from split([{**{key: rule.get(key) for key in keys}, **sources}], owner)

    return entries


def of_vpc_rule(rule: Object, owner: Held) -> Iterator[Value]:
    """The entry of an ``aws_vpc_security_group_ingress_rule`` or ``…_egress_rule``."""
    names = ("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id")
    sources = {kind: [rule[name]] for kind, name in zip(_SOURCES, names, strict=True) if rule.get(name)}
    ports = {"protocol": rule.get("ip_protocol"), "from_port": rule.get("from_port"), "to_port": rule.get("to_port")}
    yield from split([{**ports, **sources, "description": rule.get("description")}], owner)


def _protocol(value: Value) -> str:
    name = str(value).lower()
    return _PROTOCOLS.get(name, name)


def _entry(protocol: Value, first: Value, last: Value, kind: str, source: Value, description: Value) -> Value:
    name = _protocol(protocol)
    # All protocols means all ports, however the ports are written: 0 to 0, -1 to -1, or not at all.
    ports = {} if name == "-1" else {"from_port": _port(first), "to_port": _port(last)}
    entry = {"protocol": name, **ports, kind: source if kind == "self" else [source]}
    return {**entry, "description": description} if description else entry


def _block(source: Value) -> Value:
    """An IPv6 range in its shortest form: AWS answers 2001:db8::/32 to whoever asked for 2001:DB8:0::/32."""
    if not isinstance(source, str) or ":" not in source or "/" not in source:
        return source
    try:
        return str(ip_network(source, strict=False))
    except ValueError:
        return source


def _port(value: Value) -> Value:
    return 0 if value is None else value


def _own(source: Value, held: Held) -> Value:
    """A group of another account is written ``account/sg-…``; of one's own account both ways."""
    if "/" not in str(source) or not str(source).split("/")[-1].startswith("sg-"):
        return source
    account, group = str(source).split("/", 1)
    owners = held.names("owner_id")
    return group if account in owners else source


def split_routes(value: Value, held: Held) -> Iterator[Value]:
    """Entries of a route table's ``route``."""
    del held
    for element in value if isinstance(value, list) else ():
        yield _route(element) if isinstance(element, Mapping) else element


def of_route(route: Object, owner: Held) -> Iterator[Value]:
    """The entry of an ``aws_route``."""
    del owner
    yield _route({_DESTINATIONS.get(k, k): v for k, v in route.items() if k not in _ROUTE_ONLY})


def _route(element: Object) -> Value:
    return {k: _block(v) for k, v in element.items() if not is_zero(v)}


def split_acl(value: Value, held: Held) -> Iterator[Value]:
    """Entries of a network ACL's ``ingress`` or ``egress``."""
    del held
    for element in value if isinstance(value, list) else ():
        yield _acl_entry(element) if isinstance(element, Mapping) else element


def _acl_entry(element: Object) -> Value:
    protocol = _protocol(element.get("protocol"))
    # All protocols means all ports, and only ICMP has types.
    unused = _PORTS if protocol == "-1" else () if protocol.startswith("icmp") else _TYPES
    kept = {k: _block(v) for k, v in element.items() if not is_zero(v) and k not in unused}
    return {**kept, "protocol": protocol, "action": str(element.get("action")).lower()}


def of_acl_rule(*, egress: bool) -> Callable[[Object, Held], Iterator[Value]]:
    """The entry of an ``aws_network_acl_rule`` of that direction."""

    def entries(rule: Object, owner: Held) -> Iterator[Value]:
        if bool(rule.get("egress")) is egress:
            names = ("protocol", "from_port", "to_port", "icmp_type", "icmp_code", "cidr_block", "ipv6_cidr_block")
            element = {name: rule.get(name) for name in names}
            yield from split_acl(
                [{**element, "rule_no": rule.get("rule_number"), "action": rule.get("rule_action")}], owner
            )

    return entries
