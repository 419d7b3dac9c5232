"""Entries of rules and routes: two writings of one entry, and the closest other entry."""

from __future__ import annotations

from typing import Any

import pytest
from support.drifting import held

from reconciler.drift.explain import rules
from reconciler.drift.values import Sensitive

GROUP = held("aws_security_group", {"id": "sg-1", "owner_id": "111122223333"})
WIDE = "10.0.0.0/8"


def entries(**element: Any) -> list[Any]:
    return list(rules.split([element], GROUP))


def entry(protocol: str = "tcp", first: Any = 443, last: Any = 443, **source: Any) -> dict[str, Any]:
    return {"protocol": protocol, "from_port": first, "to_port": last, **source}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("6", "tcp"), ("17", "udp"), ("1", "icmp"), ("58", "icmpv6"), (6, "tcp"), ("TCP", "tcp"), ("50", "50"),
        ("60", "60"), ("5", "5"),
    ],
)  # fmt: skip
def test_what_a_protocol_is_called(written: Any, name: str) -> None:
    found = entries(protocol=written, from_port=443, to_port=443, cidr_blocks=[WIDE])
    assert found == [entry(name, cidr_blocks=[WIDE])]


@pytest.mark.parametrize("written", ["-1", -1, "all", "ALL"])
@pytest.mark.parametrize("ports", [(0, 0), (-1, -1), (None, None), (0, 65535), (22, 22)])
def test_all_protocols_are_all_ports(written: Any, ports: tuple[Any, Any]) -> None:
    found = entries(protocol=written, from_port=ports[0], to_port=ports[1], cidr_blocks=[WIDE])
    assert found == [{"protocol": "-1", "cidr_blocks": [WIDE]}]


def test_a_port_that_is_not_said_is_port_zero() -> None:
    assert entries(protocol="50", cidr_blocks=[WIDE]) == [entry("50", 0, 0, cidr_blocks=[WIDE])]
    assert entries(protocol="tcp", from_port=1, to_port=None, self=True) == [entry("tcp", 1, 0, self=True)]


def test_every_source_is_an_entry() -> None:
    found = entries(
        **entry(), description="d", cidr_blocks=[WIDE, "172.16.0.0/12"], ipv6_cidr_blocks=["2001:DB8::/32"],
        prefix_list_ids=["pl-1"], security_groups=["sg-2", "sg-1", "111122223333/sg-3", "999988887777/sg-4"], self=True,
    )  # fmt: skip
    assert [{k: v for k, v in e.items() if k not in entry()} for e in found] == [
        {"cidr_blocks": [WIDE], "description": "d"},
        {"cidr_blocks": ["172.16.0.0/12"], "description": "d"},
        {"ipv6_cidr_blocks": ["2001:db8::/32"], "description": "d"},
        {"prefix_list_ids": ["pl-1"], "description": "d"},
        {"security_groups": ["sg-2"], "description": "d"},
        {"self": True, "description": "d"},
        {"security_groups": ["sg-3"], "description": "d"},
        {"security_groups": ["999988887777/sg-4"], "description": "d"},
        {"self": True, "description": "d"},
    ]
    assert all(e | entry() == e for e in found)


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("2001:DB8:0:0::/32", "2001:db8::/32"), ("2001:db8::1/32", "2001:db8::/32"), ("::/0", "::/0"),
        ("2001:db8::/x", "2001:db8::/x"), ("2001:DB8::", "2001:DB8::"), ("010.0.0.0/8", "010.0.0.0/8"), (WIDE, WIDE),
        ("10.0.0.1/8", "10.0.0.1/8"),
        ("111122223333/x-1", "111122223333/x-1"), (Sensitive("1"), Sensitive("1")),
    ],
)  # fmt: skip
def test_the_form_of_a_range(written: Any, form: Any) -> None:
    assert entries(**entry(), cidr_blocks=[written]) == [entry(cidr_blocks=[form])]


def test_the_own_id_is_self_as_a_group_only() -> None:
    assert entries(**entry(), prefix_list_ids=["sg-1"]) == [entry(prefix_list_ids=["sg-1"])]
    assert entries(**entry(), security_groups=["111122223333/sg-1"]) == [entry(self=True)]
    for odd in ("111122223333/sg-1/x", "x/sg-1"):
        assert entries(**entry(), security_groups=[odd]) == [entry(security_groups=[odd])]
    assert entries(**entry(), security_groups=["111122223333/x/sg-1"]) == [entry(security_groups=["x/sg-1"])]
    assert entries(**entry(), security_groups=["999988887777/sg-1"]) == [entry(security_groups=["999988887777/sg-1"])]


def test_one_source_may_stand_alone() -> None:
    assert entries(**entry(), cidr_blocks=WIDE) == [entry(cidr_blocks=[WIDE])]
    assert entries(**entry(), cidr_blocks=(WIDE,)) == [entry(cidr_blocks=[WIDE])]


@pytest.mark.parametrize("element", [entry(), {**entry(), "new_sources": ["x"]}, {}, None, "x", Sensitive("1")])
def test_what_has_no_source_that_we_know_stands_for_itself(element: Any) -> None:
    assert list(rules.split([element], GROUP)) == [element]


@pytest.mark.parametrize("value", [None, "x", {}, Sensitive("1")])
def test_what_is_no_list_has_no_entries(value: Any) -> None:
    found = [*rules.split(value, GROUP), *rules.split_routes(value, GROUP), *rules.split_acl(value, GROUP)]
    assert found == []


def test_of_a_rule_with_several_sources() -> None:
    rule = {
        "type": "egress",
        "protocol": "17",
        "from_port": 1,
        "to_port": 2,
        "description": "d",
        "cidr_blocks": [WIDE],
        "ipv6_cidr_blocks": ["::/0"],
        "prefix_list_ids": ["pl"],
        "self": True,
        "source_security_group_id": "sg-2",
    }
    same = entry("udp", 1, 2, description="d")
    assert list(rules.of_rule("egress")(rule, GROUP)) == [
        {**same, "cidr_blocks": [WIDE]}, {**same, "ipv6_cidr_blocks": ["::/0"]}, {**same, "prefix_list_ids": ["pl"]},
        {**same, "security_groups": ["sg-2"]}, {**same, "self": True},
    ]  # fmt: skip
    assert list(rules.of_rule("ingress")(rule, GROUP)) == []


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ({"cidr_ipv4": WIDE}, {"cidr_blocks": [WIDE]}),
        ({"cidr_ipv6": "::/0"}, {"ipv6_cidr_blocks": ["::/0"]}),
        ({"prefix_list_id": "pl"}, {"prefix_list_ids": ["pl"]}),
        ({"referenced_security_group_id": "sg-2"}, {"security_groups": ["sg-2"]}),
        ({"referenced_security_group_id": "sg-1"}, {"self": True}),
    ],
)
def test_of_a_rule_with_one_source(said: dict[str, Any], source: dict[str, Any]) -> None:
    rule = {"ip_protocol": "6", "from_port": 1, "to_port": 2, "description": "d", **said}
    assert list(rules.of_vpc_rule(rule, GROUP)) == [entry("tcp", 1, 2, **source, description="d")]


def test_of_a_route() -> None:
    """What it says of itself is left out, what it points to is kept, whatever it is called."""
    itself = {
        "id": "r",
        "route_table_id": "rtb",
        "state": "active",
        "origin": "CreateRoute",
        "timeouts": {"create": "5m"},
        "instance_id": "i",
        "instance_owner_id": "1",
        "region": "eu-central-1",
    }
    target = {"gateway_id": "igw", "some_new_target": "x", "nat_gateway_id": ""}
    for said, shown in (
        ({"destination_cidr_block": WIDE}, {"cidr_block": WIDE}),
        ({"destination_ipv6_cidr_block": "2001:DB8::/32"}, {"ipv6_cidr_block": "2001:db8::/32"}),
        ({"destination_prefix_list_id": "pl"}, {"destination_prefix_list_id": "pl"}),
    ):  # fmt: skip
        kept = {**shown, "gateway_id": "igw", "some_new_target": "x"}
        assert list(rules.of_route({**itself, **target, **said}, GROUP)) == [kept]
        assert list(rules.split_routes([{**shown, **target}, "x"], GROUP)) == [kept, "x"]


ACL = {"rule_no": 1, "action": "Allow", "cidr_block": WIDE, "ipv6_cidr_block": ""}
PORTS, TYPES = {"from_port": 1, "to_port": 2}, {"icmp_type": 8, "icmp_code": 1}


@pytest.mark.parametrize(
    ("protocol", "name", "kept"),
    [
        ("6", "tcp", PORTS), ("17", "udp", PORTS), ("50", "50", PORTS), ("-1", "-1", {}), ("all", "-1", {}),
        ("1", "icmp", {**PORTS, **TYPES}), ("58", "icmpv6", {**PORTS, **TYPES}),
    ],
)  # fmt: skip
def test_of_a_network_acl(protocol: str, name: str, kept: dict[str, int]) -> None:
    shown = {**ACL, "protocol": protocol, **PORTS, **TYPES}
    form = {"rule_no": 1, "action": "allow", "protocol": name, "cidr_block": WIDE, **kept}
    assert list(rules.split_acl([shown, "x"], GROUP)) == [form, "x"]
    rule = {"rule_number": 1, "rule_action": "ALLOW", "protocol": protocol, "cidr_block": WIDE, **PORTS, **TYPES}
    for egress in (True, False):
        assert list(rules.of_acl_rule(egress=egress)({**rule, "egress": egress}, GROUP)) == [form]
        assert list(rules.of_acl_rule(egress=egress)({**rule, "egress": not egress}, GROUP)) == []
    assert list(rules.of_acl_rule(egress=False)(rule, GROUP)) == [form]
    wide = {**rule, "cidr_block": None, "ipv6_cidr_block": "2001:DB8::/32"}
    [found] = rules.of_acl_rule(egress=False)(wide, GROUP)
    assert (found["ipv6_cidr_block"], "cidr_block" in found) == ("2001:db8::/32", False)
