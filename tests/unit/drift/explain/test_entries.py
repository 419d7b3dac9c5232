"""Collections: what another resource accounts for, and the closest real changes that nobody accounts for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.drifting import attribute, held

from reconciler.drift.differ import Difference
from reconciler.drift.explain import Estate, Held, explain, is_collection, is_shared, measure
from reconciler.drift.explain.entries import has_guarded
from reconciler.drift.values import Sensitive

OC = attribute("OC", ["set", "string"])
ANSWERED = attribute("C", ["set", "string"])
SG: dict[str, Any] = {"id": "sg-1", "owner_id": "111122223333"}


def element(port: int | None = 443, protocol: str = "tcp", **more: Any) -> dict[str, Any]:
    """An element of a group's ingress as the provider answers it."""
    empty = {"cidr_blocks": [], "ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "self": False}
    return {"from_port": port, "to_port": port, "protocol": protocol, "description": "", **empty, **more}


def rule(port: int | None = 443, type_: str = "ingress", **more: Any) -> dict[str, Any]:
    """An aws_security_group_rule."""
    base = {"security_group_id": "sg-1", "type": type_, "from_port": port, "to_port": port, "protocol": "tcp"}
    return {**base, "self": False, "description": None, **more}


def vpc_rule(port: int | None = 443, **more: Any) -> dict[str, Any]:
    """An aws_vpc_security_group_ingress_rule."""
    return {"security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": port, "to_port": port, **more}


def group(**more: Any) -> Held:
    return held("aws_security_group", {**SG, **more})


def left(
    owner: Held, name: str, before: Any, after: Any, *others: Held, shape: Any = OC
) -> tuple[list[Any], list[Any]] | None:
    """What nobody explains of a move: what came and what went."""
    difference = Difference((name,), before, after, shape)
    rest = explain(owner, difference, Estate.of([owner, *others]))
    return None if rest is None else (list(rest.added or ()), list(rest.removed or ()))


WIDE = "10.0.0.0/8"
SIDES = {
    "rule": ("aws_security_group_rule", rule(cidr_blocks=[WIDE]), element(cidr_blocks=[WIDE])),
    "vpc rule": ("aws_vpc_security_group_ingress_rule", vpc_rule(cidr_ipv4=WIDE), element(cidr_blocks=[WIDE])),
    "two ranges": ("aws_security_group_rule", rule(cidr_blocks=[WIDE, "172.16.0.0/12"]),
                   element(cidr_blocks=["172.16.0.0/12", WIDE])),
    "ipv6": ("aws_vpc_security_group_ingress_rule", vpc_rule(cidr_ipv6="2001:DB8:0::/32"),
             element(ipv6_cidr_blocks=["2001:db8::/32"])),
    "prefix list": ("aws_vpc_security_group_ingress_rule", vpc_rule(prefix_list_id="pl-1"),
                    element(prefix_list_ids=["pl-1"])),
    "other group": ("aws_vpc_security_group_ingress_rule", vpc_rule(referenced_security_group_id="sg-2"),
                    element(security_groups=["sg-2"])),
    "source group": ("aws_security_group_rule", rule(source_security_group_id="sg-2"),
                     element(security_groups=["sg-2"])),
    "group of another account": ("aws_security_group_rule", rule(source_security_group_id="999999999999/sg-2"),
                                 element(security_groups=["999999999999/sg-2"])),
    "group of one's own account": ("aws_security_group_rule", rule(source_security_group_id="111122223333/sg-2"),
                                   element(security_groups=["sg-2"])),
    "self": ("aws_security_group_rule", rule(self=True), element(self=True)),
    "self by id": ("aws_vpc_security_group_ingress_rule", vpc_rule(referenced_security_group_id="sg-1"),
                   element(self=True)),
    "own id in the group": ("aws_security_group_rule", rule(self=True), element(security_groups=["sg-1"])),
    "all protocols": ("aws_vpc_security_group_ingress_rule", vpc_rule(None, ip_protocol="-1", cidr_ipv4=WIDE),
                      element(0, "-1", cidr_blocks=[WIDE])),
    "all, by word": ("aws_security_group_rule", rule(-1, protocol="all", cidr_blocks=[WIDE]),
                     element(0, "-1", cidr_blocks=[WIDE])),
    "protocol by number": ("aws_security_group_rule", rule(protocol="6", cidr_blocks=[WIDE]),
                           element(cidr_blocks=[WIDE])),
    "protocol without ports": ("aws_vpc_security_group_ingress_rule", vpc_rule(None, ip_protocol="50", cidr_ipv4=WIDE),
                               element(0, "50", cidr_blocks=[WIDE])),
    "described": ("aws_security_group_rule", rule(cidr_blocks=[WIDE], description="from the office"),
                  element(cidr_blocks=[WIDE], description="from the office")),
}  # fmt: skip


@pytest.mark.parametrize("name", SIDES)
def test_a_rule_of_its_own_explains_its_entry(name: str) -> None:
    type_, setter, shown = SIDES[name]
    assert left(group(), "ingress", [], [shown], held(type_, setter)) is None
    assert left(group(), "ingress", [shown], [], held(type_, setter)) is None


@pytest.mark.parametrize(
    ("why", "shown"),
    [
        ("another port", element(444, cidr_blocks=[WIDE])),
        ("a wider range of ports", element(cidr_blocks=[WIDE], to_port=65535)),
        ("another protocol", element(protocol="udp", cidr_blocks=[WIDE])),
        ("all protocols", element(0, "-1", cidr_blocks=[WIDE])),
        ("a wider network", element(cidr_blocks=["0.0.0.0/0"])),
        ("another description", element(cidr_blocks=[WIDE], description="temp")),
        ("IPv6 beside IPv4", element(ipv6_cidr_blocks=["::/0"])),
        ("itself", element(self=True)),
        ("a range that is none", element(ipv6_cidr_blocks=["2001:db8::/x"])),
        ("another group", element(security_groups=["sg-9"])),
        ("a group of another account", element(security_groups=["999999999999/sg-2"])),
        ("a source of a kind we do not know", element(new_sources=["x"])),
    ],
)
@pytest.mark.parametrize("setter", ["rule", "other group"])
def test_what_came_by_hand_is_left(why: str, shown: dict[str, Any], setter: str) -> None:
    type_, attributes, mine = SIDES[setter]
    found = left(group(), "ingress", [mine], [mine, shown], held(type_, attributes))
    assert found is not None, why
    assert (len(found[0]), found[1]) == (1, [])


def test_a_rule_of_another_group_or_direction_explains_nothing() -> None:
    shown = element(cidr_blocks=[WIDE])
    elsewhere = held("aws_security_group_rule", rule(cidr_blocks=[WIDE], security_group_id="sg-2"))
    outward = held("aws_security_group_rule", rule(type_="egress", cidr_blocks=[WIDE]))
    other_type = held("aws_vpc_security_group_egress_rule", vpc_rule(cidr_ipv4=WIDE))
    found = left(group(), "ingress", [], [shown], elsewhere, outward, other_type)
    assert found == ([{"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": [WIDE]}], [])


def test_aws_regroups_at_will() -> None:
    apart = [element(cidr_blocks=[WIDE]), element(cidr_blocks=["172.16.0.0/12"], self=True)]
    together = [element(cidr_blocks=["172.16.0.0/12", WIDE], self=True)]
    assert left(group(), "ingress", apart, together) is None


def test_an_entry_taken_out_of_a_regrouped_rule_is_found() -> None:
    together = [element(cidr_blocks=["172.16.0.0/12", WIDE], self=True)]
    found = left(group(), "ingress", together, [element(cidr_blocks=[WIDE], self=True)])
    assert found == ([], [{"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["172.16.0.0/12"]}])


def test_a_rule_changed_by_hand_is_the_rules_matter() -> None:
    changed = Held(
        "r", "aws_vpc_security_group_ingress_rule", vpc_rule(cidr_ipv4=WIDE), vpc_rule(cidr_ipv4="0.0.0.0/0")
    )
    before, after = [element(cidr_blocks=[WIDE])], [element(cidr_blocks=["0.0.0.0/0"])]
    assert left(group(), "ingress", before, after, changed) is None


def test_a_rule_that_terraform_changed_or_destroyed_takes_its_old_entry_along() -> None:
    old, new = vpc_rule(cidr_ipv4=WIDE), vpc_rule(cidr_ipv4="172.16.0.0/12")
    replaced = Held("r", "aws_vpc_security_group_ingress_rule", new, new, old)
    destroyed = Held("r", "aws_vpc_security_group_ingress_rule", None, None, old)
    moved = Held("r", "aws_vpc_security_group_ingress_rule", *({**old, "security_group_id": "sg-2"},) * 2, old)
    before = [element(cidr_blocks=[WIDE])]
    assert left(group(), "ingress", before, [element(cidr_blocks=["172.16.0.0/12"])], replaced) is None
    assert left(group(), "ingress", before, [], destroyed) is None
    assert left(group(), "ingress", before, [], moved) is None


def test_what_a_destroyed_rule_let_in_does_not_come_back_unseen() -> None:
    gone = Held("r", "aws_vpc_security_group_ingress_rule", None, None, vpc_rule(cidr_ipv4=WIDE))
    found = left(group(), "ingress", [], [element(cidr_blocks=[WIDE])], gone)
    assert found is not None
    assert len(found[0]) == 1


def test_explained_entries_are_taken_over_into_the_measure() -> None:
    mine, theirs = element(cidr_blocks=[WIDE]), element(22, cidr_blocks=["0.0.0.0/0"])
    setter = held("aws_security_group_rule", rule(cidr_blocks=[WIDE]))
    rest = explain(group(), Difference(("ingress",), [], [mine, theirs], OC), Estate.of([setter]))
    assert rest is not None
    assert rest.before == [{"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": [WIDE]}]
    # The next pass holds the cloud against that, and finds the same.
    again = explain(group(), Difference(("ingress",), rest.before, [mine, theirs], OC), Estate.of([setter]))
    assert again is not None
    assert (again.added, again.removed, again.before) == (rest.added, rest.removed, rest.before)


def test_what_came_is_explained_and_what_went_is_not() -> None:
    def shown(port: int) -> dict[str, Any]:
        return {"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": [WIDE]}

    mine = held("aws_security_group_rule", rule(443, cidr_blocks=[WIDE]))
    before = [element(port, cidr_blocks=[WIDE]) for port in (22, 80)]
    after = [element(port, cidr_blocks=[WIDE]) for port in (80, 443)]
    rest = explain(group(), Difference(("ingress",), before, after, OC), Estate.of([mine]))
    assert rest is not None
    assert (rest.added, rest.removed, rest.before) == ((), (shown(22),), [shown(80), shown(443), shown(22)])
    # The other way round it has gone with its rule, and another one came by hand.
    gone = Held("r", "aws_security_group_rule", None, None, rule(443, cidr_blocks=[WIDE]))
    back = explain(group(), Difference(("ingress",), after, before, OC), Estate.of([gone]))
    assert back is not None
    assert (back.added, back.removed, back.before) == ((shown(22),), (), [shown(80)])
    nobody = explain(group(), Difference(("ingress",), before, after, OC), Estate())
    assert nobody is not None
    assert (nobody.added, nobody.removed, nobody.before) == ((shown(443),), (shown(22),), before)


@pytest.mark.parametrize("secret", [Sensitive("2"), [Sensitive("2")]])
def test_a_secret_cannot_be_taken_apart_and_is_not_hidden(secret: Any) -> None:
    difference = Difference(("ingress",), [element()], secret, OC)
    assert explain(group(), difference, Estate()) is difference
    assert measure(held("aws_security_group", {**SG, "ingress": secret}), "ingress", Estate()) is secret


def test_a_secret_source_is_an_entry_of_its_own() -> None:
    found = left(group(), "ingress", [], [element(cidr_blocks=Sensitive("1")), element(cidr_blocks=[Sensitive("2")])])
    assert found is not None
    assert [e["cidr_blocks"] for e in found[0]] == [[Sensitive("1")], [Sensitive("2")]]


def test_what_stands_deeper_is_a_difference_of_its_own() -> None:
    setter = held("aws_security_group_rule", rule(cidr_blocks=[WIDE]))
    difference = Difference(("ingress", "deeper"), [], [element(cidr_blocks=[WIDE])], OC)
    assert explain(group(), difference, Estate.of([setter])) is difference


def test_policies_of_one_role_with_a_text_that_is_none_for_utf_8() -> None:
    role = held("aws_iam_role", {"name": "r"})
    one, two = (
        json.dumps({"Statement": [{"Sid": "\ud800", "Action": action}]}, ensure_ascii=False)
        for action in ("a:b", ["A:B"])
    )
    assert left(role, "inline_policy", [{"name": "p", "policy": one}], [{"name": "p", "policy": two}]) is None


def test_the_rest_of_a_path_is_none_of_our_business() -> None:
    difference = Difference(("ingress", 0), element(), element(1), OC)
    assert explain(group(), difference, Estate()) is difference


def test_a_volume_resized_by_hand_shows_where_no_attachment_accounts_for_it() -> None:
    owner = held("aws_instance", {"id": "i"})
    small = {"device_name": "/dev/sdf", "volume_id": "vol-1", "volume_size": 8}
    big = {**small, "volume_size": 80}
    assert left(owner, "ebs_block_device", [small], [big]) == ([big], [small])


def test_nobody_accounts_for_oneself() -> None:
    copy = held("aws_db_instance", {"identifier": "d", "replicate_source_db": "d"})
    assert left(copy, "replicas", [], ["d"]) == (["d"], [])


def test_a_rule_of_the_other_direction_of_an_acl() -> None:
    owner = held("aws_network_acl", {"id": "acl"})
    entry = {"rule_no": 1, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/8"}
    attributes = {"network_acl_id": "acl", "rule_number": 1, "rule_action": "allow", "protocol": "-1"}
    inward = held("aws_network_acl_rule", {**attributes, "cidr_block": "10.0.0.0/8", "egress": False})
    assert left(owner, "ingress", [], [entry], inward) is None
    assert left(owner, "egress", [], [entry], inward) is not None


class TestWhatOnlyAwsFills:
    """Collections without a table: newcomers come with their names, those that leave take them along."""

    def members(self, before: Any, after: Any, *others: Held) -> tuple[list[Any], list[Any]] | None:
        owner = held("aws_thing", {"id": "t"}, None, {"id": "t"})
        return left(owner, "members", before, after, *others, shape=ANSWERED)

    def test_a_newcomer(self) -> None:
        assert self.members(["a"], ["a", "b"], held("aws_member", {"id": "b"})) is None

    def test_a_newcomer_inside_an_object(self) -> None:
        before, after = [{"arn": "a", "ok": True}], [{"arn": "a", "ok": True}, {"arn": "b", "tags": ["x"]}]
        assert self.members(before, after, held("aws_member", {"arn": "b"})) is None
        assert self.members(before, after, held("aws_member", {"arn": "x"})) is None
        assert self.members(before, after, held("aws_member", {"arn": "c"})) == ([], [])

    def test_one_that_left_the_state(self) -> None:
        assert self.members(["a", "b"], ["a"], Held("m", "aws_member", None, None, {"id": "b"})) is None

    def test_one_that_left_the_cloud_has_a_finding_of_its_own(self) -> None:
        assert self.members(["a", "b"], ["a"], Held("m", "aws_member", {"id": "b"}, None, {"id": "b"})) is None

    def test_one_that_was_replaced(self) -> None:
        replaced = held("aws_member", {"id": "b"}, None, {"id": "a"})
        assert self.members(["a"], ["b"], replaced) is None

    def test_an_old_acquaintance_that_joined_by_hand(self) -> None:
        old = held("aws_member", {"id": "b"}, None, {"id": "b"})
        difference = Difference(("members",), ["a"], ["a", "b"], ANSWERED)
        assert explain(held("aws_thing", {"id": "t"}), difference, Estate.of([old])) is difference

    def test_one_that_was_put_out_by_hand(self) -> None:
        still_there = held("aws_member", {"id": "b"}, None, {"id": "b"})
        assert self.members(["a", "b"], ["a"], still_there) == ([], [])

    def test_unread_is_not_gone(self) -> None:
        unread = Held("m", "aws_member", {}, None, {"id": "b"}, unread=True)
        difference = Difference(("members",), ["a", "b"], ["a"], ANSWERED)
        assert explain(held("aws_thing", {"id": "t"}), difference, Estate.of([unread])) is difference

    def test_a_newcomer_hides_no_other(self) -> None:
        difference = Difference(("members",), ["a"], ["a", "b", "c"], ANSWERED)
        rest = explain(held("aws_thing", {"id": "t"}), difference, Estate.of([held("aws_member", {"id": "b"})]))
        assert rest is not None
        assert (rest.added, rest.removed, rest.before) == (("c",), (), ["a", "b"])

    def test_one_left_with_its_resource_and_another_was_put_out(self) -> None:
        difference = Difference(("members",), ["a", "b", "c"], ["a", "d"], ANSWERED)
        left_state = Held("m", "aws_member", None, None, {"id": "b"})
        rest = explain(
            held("aws_thing", {"id": "t"}), difference, Estate.of([left_state, held("aws_member", {"id": "d"})])
        )
        assert rest is not None
        assert (rest.added, rest.removed, rest.before) == ((), ("c",), ["a", "d", "c"])
        assert explain(held("aws_thing", {"id": "t"}), difference, Estate()) is difference

    def test_what_is_no_name_names_nobody(self) -> None:
        difference = Difference(("members",), [1], [1, 2, None, True, 0.5], ANSWERED)
        assert explain(held("aws_thing", {"id": "t"}), difference, Estate.of([held("m", {"id": "2"})])) is difference

    def test_one_name_in_a_list_will_do(self) -> None:
        new = held("aws_member", {"arn": "b"})
        assert self.members([], [{"names": ["x", "b", "y"]}], new) is None
        assert self.members([], [["x", ["b"]]], new) is None

    def test_none_at_all_before_or_after(self) -> None:
        assert self.members(None, ["b"], held("aws_member", {"id": "b"})) is None
        assert self.members(["b"], None, Held("m", "aws_member", None, None, {"id": "b"})) is None
        assert self.members(None, ["b"]) == ([], [])

    def test_a_secret_names_nobody(self) -> None:
        difference = Difference(("members",), ["a"], ["a", Sensitive("1")], ANSWERED)
        assert explain(held("aws_thing", {"id": "t"}), difference, Estate()) is difference

    def test_another_order_is_not_explained_away(self) -> None:
        difference = Difference(("members",), [{"a": 1}, {"b": 1}], [{"b": 1}, {"a": 1}], ANSWERED)
        assert explain(held("aws_thing", {"id": "t"}), difference, Estate()) is difference

    def test_what_a_template_can_set_is_not_aws_alone(self) -> None:
        difference = Difference(("members",), ["a"], ["a", "b"], OC)
        new = held("aws_member", {"id": "b"})
        assert explain(held("aws_thing", {"id": "t"}), difference, Estate.of([new])) is difference


class TestMeasure:
    """What a guarded collection is held against at the first look."""

    mine, by_hand = element(cidr_blocks=[WIDE]), element(22, cidr_blocks=["0.0.0.0/0"])
    setter = held("aws_security_group_rule", rule(cidr_blocks=[WIDE]))

    def test_without_resources_that_fill_it_the_state_counts(self) -> None:
        owner = group(ingress=[self.mine, self.by_hand])
        assert measure(owner, "ingress", Estate.of([owner])) == [self.mine, self.by_hand]

    def test_what_a_refresh_took_into_the_state_does_not_count(self) -> None:
        owner = group(ingress=[self.mine, self.by_hand])
        assert [e["from_port"] for e in measure(owner, "ingress", Estate.of([owner, self.setter]))] == [443]

    def test_what_has_gone_since_counts(self) -> None:
        owner = held("aws_security_group", {**SG, "ingress": [self.mine, self.by_hand]}, {**SG, "ingress": [self.mine]})
        recorded = owner.recorded
        assert recorded is not None
        assert measure(owner, "ingress", Estate.of([owner, self.setter])) == recorded["ingress"]

    @pytest.mark.parametrize("secret", [Sensitive("1"), [Sensitive("1")], "text"])
    def test_what_cannot_be_taken_apart_counts_as_it_is(self, secret: Any) -> None:
        recorded = held("aws_security_group", {**SG, "ingress": secret}, {**SG, "ingress": [self.mine]})
        observed = held("aws_security_group", {**SG, "ingress": [self.by_hand]}, {**SG, "ingress": secret})
        assert measure(recorded, "ingress", Estate.of([recorded, self.setter])) == secret
        assert measure(observed, "ingress", Estate.of([observed, self.setter])) == [self.by_hand]

    def test_a_side_that_is_not_there(self) -> None:
        for sides in ((None, SG), (SG, None)):
            assert measure(Held("g", "aws_security_group", *sides), "ingress", Estate.of([self.setter])) is None

    def test_nothing_recorded(self) -> None:
        owner = held("aws_security_group", SG, {**SG, "ingress": [self.by_hand]})
        assert measure(owner, "ingress", Estate.of([owner, self.setter])) is None


def test_which_attributes_are_shared() -> None:
    assert (is_collection("aws_security_group", "ingress"), is_collection("aws_x", "ingress")) == (True, False)
    assert (is_shared("aws_s3_bucket", "policy"), is_shared("aws_s3_bucket", "tags")) == (True, False)
    assert is_shared("aws_security_group", "ingress")


def test_types_with_guarded_collections() -> None:
    assert has_guarded("aws_network_acl")  # its rules are, its subnets are not
    assert (has_guarded("aws_iam_role"), has_guarded("aws_lb_target_group"), has_guarded("aws_x")) == (
        True,
        False,
        False,
    )
