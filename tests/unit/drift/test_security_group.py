"""A security group whose rules are resources of their own, pass after pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.drifting import Workspace, absent, attribute, declared, instance, present, schema, told, unread

from reconciler.drift.classify import Neighbour
from reconciler.drift.snapshot import Absent, Baseline, Body, Present, Reading

RULES = ["set", ["object", {
    "from_port": "number", "to_port": "number", "protocol": "string", "description": "string", "self": "bool",
    "cidr_blocks": ["list", "string"], "ipv6_cidr_blocks": ["list", "string"], "prefix_list_ids": ["list", "string"],
    "security_groups": ["set", "string"]}]]  # fmt: skip
GROUP = schema(
    name=attribute("OC"), owner_id=attribute("C"), ingress=attribute("OC", RULES), egress=attribute("OC", RULES)
)
RULE = schema(
    security_group_id=attribute("R"), ip_protocol=attribute("R"), cidr_ipv4=attribute("O"),
    referenced_security_group_id=attribute("O"), from_port=attribute("O", "number"), to_port=attribute("O", "number"),
    description=attribute("O"),
)  # fmt: skip
WEB, OFFICE, WORLD = "10.0.0.0/8", "198.51.100.0/24", "0.0.0.0/0"


def entry(port: int, *cidrs: str, **more: Any) -> dict[str, Any]:
    empty = {"ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "self": False, "description": ""}
    return {"from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": list(cidrs), **empty, **more}


def group(recorded: list[Any], observed: list[Any] | None = None, **more: Any) -> Present:
    seen = recorded if observed is None else observed
    base = {"id": "sg-1", "owner_id": "111122223333", "egress": []}
    return present("aws_security_group.g", GROUP, {**base, "ingress": recorded}, {"ingress": seen}, **more)


def rule(name: str, port: int, cidr: str, observed: dict[str, Any] | None = None) -> Present:
    attributes = {"id": f"sgr-{name}", "security_group_id": "sg-1", "ip_protocol": "tcp", "cidr_ipv4": cidr}
    attributes |= {"from_port": port, "to_port": port}
    return present(f"aws_vpc_security_group_ingress_rule.{name}", RULE, attributes, observed, attributes=attributes)


def gone(reading: Present) -> Absent:
    return absent(str(reading.instance.address), RULE, reading.recorded)


@pytest.fixture
def workspace() -> Workspace:
    fields = ("security_group_id", "ip_protocol", "cidr_ipv4", "from_port", "to_port")
    return Workspace(
        declared("aws_security_group.g", "name"),
        *(declared(f"aws_vpc_security_group_ingress_rule.{name}", *fields) for name in ("web", "office")),
    )


WEB_RULE, OFFICE_RULE = rule("web", 443, WEB), rule("office", 22, OFFICE)
BOTH = [entry(443, WEB), entry(22, OFFICE)]


def look(workspace: Workspace, *readings: Reading) -> list[tuple[str, str, list[str]]]:
    return told(workspace.look(*readings).findings)


def test_after_a_clean_apply(workspace: Workspace) -> None:
    # Terraform made the group first and the rules after: its state of the group knows of none.
    for _ in range(3):
        assert look(workspace, group([], BOTH), WEB_RULE, OFFICE_RULE) == []


@pytest.mark.parametrize("state", [[], BOTH, [*BOTH, entry(22, WORLD)]])
def test_a_rule_added_by_hand_at_the_first_look(workspace: Workspace, state: list[Any]) -> None:
    """Also where a refresh has taken it into the state since."""
    comparison = workspace.look(group(state, [*BOTH, entry(22, WORLD)]), WEB_RULE, OFFICE_RULE)
    [finding] = comparison.findings
    assert (finding.label, finding.severity, finding.reasons) == (
        "aws_security_group.g", "critical", ("open to the world",),
    )  # fmt: skip
    [change] = finding.changes
    assert (change.text, change.configured, change.removed) == ("ingress", False, ())
    assert change.added == ({"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": [WORLD]},)


def test_it_stays_open_until_it_is_put_back(workspace: Workspace) -> None:
    clean, opened = group([], BOTH), group([], [*BOTH, entry(22, WORLD)])
    refreshed = group([*BOTH, entry(22, WORLD)])
    drift = [("aws_security_group.g", "changed", ["ingress"])]
    assert look(workspace, clean, WEB_RULE, OFFICE_RULE) == []
    assert look(workspace, opened, WEB_RULE, OFFICE_RULE) == drift
    assert look(workspace, opened, WEB_RULE, OFFICE_RULE) == drift
    assert look(workspace, refreshed, WEB_RULE, OFFICE_RULE) == drift
    assert look(workspace, refreshed, WEB_RULE, OFFICE_RULE) == drift
    assert look(workspace, group([*BOTH, entry(22, WORLD)], BOTH), WEB_RULE, OFFICE_RULE) == []
    assert look(workspace, clean, WEB_RULE, OFFICE_RULE) == []


def test_it_is_settled_by_a_rule_that_takes_it_in(workspace: Workspace) -> None:
    opened = group([], [*BOTH, entry(8080, WEB)])
    assert look(workspace, opened, WEB_RULE, OFFICE_RULE) != []
    adopted = rule("web", 8080, WEB)
    assert look(workspace, opened, rule("office", 22, OFFICE), WEB_RULE, _named(adopted, "more")) == [
        ("aws_vpc_security_group_ingress_rule.more", "orphaned", [])
    ]


def _named(reading: Present, name: str) -> Present:
    return Present(
        instance(f"aws_vpc_security_group_ingress_rule.{name}"), reading.schema, reading.recorded, reading.observed
    )


def test_a_rule_taken_away_by_hand_is_the_rules_matter(workspace: Workspace) -> None:
    look(workspace, group([], BOTH), WEB_RULE, OFFICE_RULE)
    for _ in range(3):
        assert look(workspace, group([], [entry(443, WEB)]), WEB_RULE, gone(OFFICE_RULE)) == [
            ("aws_vpc_security_group_ingress_rule.office", "deleted", [])
        ]
    assert look(workspace, group([], BOTH), WEB_RULE, OFFICE_RULE) == []


def test_a_rule_changed_by_hand_is_the_rules_matter(workspace: Workspace) -> None:
    look(workspace, group([], BOTH), WEB_RULE, OFFICE_RULE)
    widened = rule("office", 22, OFFICE, {"cidr_ipv4": WORLD})
    for _ in range(2):
        assert look(workspace, group([], [entry(443, WEB), entry(22, WORLD)]), WEB_RULE, widened) == [
            ("aws_vpc_security_group_ingress_rule.office", "changed", ["cidr_ipv4"])
        ]
    assert look(workspace, group([], BOTH), WEB_RULE, OFFICE_RULE) == []


def test_a_rule_that_terraform_destroyed_goes_with_its_entry(workspace: Workspace) -> None:
    look(workspace, group([], BOTH), WEB_RULE, OFFICE_RULE)
    # Terraform read the group before it destroyed the rule: its state of the group still has the entry.
    for _ in range(3):
        assert look(workspace, group(BOTH, [entry(443, WEB)]), WEB_RULE) == [
            ("aws_vpc_security_group_ingress_rule.office", "unapplied", [])
        ]


def test_also_while_another_drift_is_open(workspace: Workspace) -> None:
    drift = ("aws_security_group.g", "changed", ["ingress"])
    unapplied = ("aws_vpc_security_group_ingress_rule.office", "unapplied", [])
    look(workspace, group([], BOTH), WEB_RULE, OFFICE_RULE)
    by_hand = entry(8080, WEB)
    assert look(workspace, group([], [*BOTH, by_hand]), WEB_RULE, OFFICE_RULE) == [drift]
    for _ in range(3):
        comparison = workspace.look(group(BOTH, [entry(443, WEB), by_hand]), WEB_RULE)
        assert told(comparison.findings) == [drift, unapplied]
        assert (len(comparison.findings[0].changes[0].added or ()), comparison.findings[0].changes[0].removed) == (
            1,
            (),
        )
    assert look(workspace, group(BOTH, [entry(443, WEB)]), WEB_RULE) == [unapplied]


def test_a_rule_that_terraform_changed(workspace: Workspace) -> None:
    look(workspace, group([], BOTH), WEB_RULE, OFFICE_RULE)
    moved = rule("office", 22, "203.0.113.0/24")
    for _ in range(2):
        assert look(workspace, group(BOTH, [entry(443, WEB), entry(22, "203.0.113.0/24")]), WEB_RULE, moved) == []


class TestARuleWithADriftOfItsOwn:
    """The office's rule was opened by hand: what the group shows of it is the rule's matter, whatever comes next."""

    @pytest.fixture
    def opened(self, workspace: Workspace) -> Workspace:
        look(workspace, group([], BOTH), WEB_RULE, OFFICE_RULE)
        widened = rule("office", 22, OFFICE, {"cidr_ipv4": WORLD})
        assert look(workspace, group([], [entry(443, WEB), entry(22, WORLD)]), WEB_RULE, widened) == [
            ("aws_vpc_security_group_ingress_rule.office", "changed", ["cidr_ipv4"])
        ]
        return workspace

    def test_it_is_deleted_by_hand(self, opened: Workspace) -> None:
        assert look(opened, group([], [entry(443, WEB)]), WEB_RULE, gone(OFFICE_RULE)) == [
            ("aws_vpc_security_group_ingress_rule.office", "deleted", [])
        ]

    def test_it_is_destroyed_by_terraform(self, opened: Workspace) -> None:
        assert look(opened, group([], [entry(443, WEB)]), WEB_RULE) == [
            ("aws_vpc_security_group_ingress_rule.office", "unapplied", [])
        ]

    def test_it_cannot_be_read_any_more(self, opened: Workspace) -> None:
        denied = unread(str(OFFICE_RULE.instance.address), attributes=OFFICE_RULE.instance.attributes)
        assert look(opened, group([], [entry(443, WEB)]), WEB_RULE, denied) == []
        assert look(opened, group([], [entry(443, WEB), entry(23, WORLD)]), WEB_RULE, denied) != []


def test_a_rule_deleted_before_the_first_look_is_the_rules_matter(workspace: Workspace) -> None:
    assert look(workspace, group(BOTH, [entry(443, WEB)]), WEB_RULE, gone(OFFICE_RULE)) == [
        ("aws_vpc_security_group_ingress_rule.office", "deleted", [])
    ]


def test_a_rule_that_is_known_from_before_alone(workspace: Workspace) -> None:
    """Its read is denied, its state says nothing; what was last seen of it accounts for its entry."""
    look(workspace, unread("aws_security_group.g"), WEB_RULE, OFFICE_RULE)
    denied = unread(str(OFFICE_RULE.instance.address), attributes=b"")
    assert look(workspace, group([], BOTH), WEB_RULE, denied) == []


def test_aws_regroups(workspace: Workspace) -> None:
    more = rule("office", 443, OFFICE)
    look(workspace, group([], [entry(443, WEB), entry(443, OFFICE)]), WEB_RULE, more)
    assert look(workspace, group([], [entry(443, OFFICE, WEB)]), WEB_RULE, more) == []


@pytest.mark.parametrize("seen_before", [True, False])
def test_a_rule_that_could_not_be_read_is_unknown_and_no_drift_of_the_group(
    workspace: Workspace,
    seen_before: bool,  # noqa: FBT001
) -> None:
    if seen_before:
        look(workspace, group([], BOTH), WEB_RULE, OFFICE_RULE)
    denied = unread(str(OFFICE_RULE.instance.address), attributes=OFFICE_RULE.instance.attributes)
    comparison = workspace.look(group([], BOTH), WEB_RULE, denied)
    assert (told(comparison.findings), comparison.coverage.checked, len(comparison.coverage.unknown)) == ([], 2, 1)
    hidden = workspace.look(group([], [*BOTH, entry(22, WORLD)]), WEB_RULE, denied)
    assert told(hidden.findings) == [("aws_security_group.g", "changed", ["ingress"])]


@pytest.mark.parametrize("attributes", [b"", b"[1]", b'{"a":', b"[" * 100_000])
def test_a_state_that_cannot_be_read_either_explains_nothing(workspace: Workspace, attributes: bytes) -> None:
    denied = unread(str(OFFICE_RULE.instance.address), attributes=attributes)
    comparison = workspace.look(group([], BOTH), WEB_RULE, denied)
    assert told(comparison.findings) == [("aws_security_group.g", "changed", ["ingress"])]


def test_rules_inside_the_group_are_held_against_the_state() -> None:
    inline = Workspace(declared("aws_security_group.g", "name", blocks={"ingress": Body()}))
    assert look(inline, group([entry(443, WEB)])) == []
    assert look(inline, group([entry(443, WEB)], [entry(443, WEB), entry(22, WORLD)])) != []
    # An apply put them into the state: they are the template's now.
    assert look(inline, group([entry(443, WEB), entry(22, WORLD)])) == []


def test_without_its_block_a_group_is_not_blamed_for_its_rules() -> None:
    orphan = Workspace()
    assert look(orphan, group([*BOTH, entry(22, WORLD)]), WEB_RULE) == [
        ("aws_security_group.g", "orphaned", []),
        ("aws_vpc_security_group_ingress_rule.web", "orphaned", []),
    ]


def test_without_its_block_what_the_state_does_not_know_is_found_at_once() -> None:
    orphan = Workspace()
    assert look(orphan, group([], [entry(8080, WEB)])) == [
        ("aws_security_group.g", "changed", ["ingress"]),
        ("aws_security_group.g", "orphaned", []),
    ]


def test_a_replaced_group_starts_anew(workspace: Workspace) -> None:
    look(workspace, group([], [*BOTH, entry(22, WORLD)]), WEB_RULE, OFFICE_RULE)
    new = {"id": "sg-2", "owner_id": "111122223333", "egress": [], "ingress": []}
    replaced = present("aws_security_group.g", GROUP, new, {"ingress": [entry(443, WEB)]})
    moved = present(
        "aws_vpc_security_group_ingress_rule.web", RULE, {**WEB_RULE.recorded, "security_group_id": "sg-2", "id": "n"}
    )
    assert look(workspace, replaced, moved) == [("aws_vpc_security_group_ingress_rule.office", "unapplied", [])]


def beside(*rules: Present, seen: bool = False) -> tuple[Neighbour, ...]:
    """Another workspace whose state records these rules; ``seen`` where a pass has observed them."""
    baselines = {each.instance.label: Baseline(each.observed, "active") for each in rules} if seen else {}
    return (Neighbour("network", [each.instance for each in rules], baselines),)


@pytest.mark.parametrize("seen", [True, False])
def test_what_another_workspaces_state_puts_into_the_group_is_its_own(workspace: Workspace, seen: bool) -> None:  # noqa: FBT001
    workspace.neighbours = beside(OFFICE_RULE, seen=seen)
    assert look(workspace, group([], BOTH), WEB_RULE) == [
        ("aws_vpc_security_group_ingress_rule.office", "unapplied", [])
    ]


@pytest.mark.parametrize("other", [entry(23, OFFICE), entry(22, WORLD), entry(22, OFFICE, description="by hand")])
def test_nothing_else_is_its_own(workspace: Workspace, other: dict[str, Any]) -> None:
    workspace.neighbours = beside(OFFICE_RULE)
    comparison = workspace.look(group([], [*BOTH, other]), WEB_RULE)
    assert [f.label for f in comparison.findings if f.kind.value == "changed"] == ["aws_security_group.g"]
    assert comparison.may_be_anothers


def test_another_groups_rule_in_another_workspace_explains_nothing(workspace: Workspace) -> None:
    attributes = {"id": "sgr-o", "security_group_id": "sg-2", "ip_protocol": "tcp", "cidr_ipv4": OFFICE}
    attributes |= {"from_port": 22, "to_port": 22}
    foreign = present("aws_vpc_security_group_ingress_rule.office", RULE, attributes, attributes=attributes)
    workspace.neighbours = beside(foreign)
    assert ("aws_security_group.g", "changed", ["ingress"]) in look(workspace, group([], BOTH), WEB_RULE)


def test_a_rule_that_another_workspace_lost_by_hand_is_that_workspaces_matter(workspace: Workspace) -> None:
    workspace.neighbours = beside(OFFICE_RULE, seen=True)
    look(workspace, group([], BOTH), WEB_RULE)
    assert look(workspace, group([], [entry(443, WEB)]), WEB_RULE) == [
        ("aws_vpc_security_group_ingress_rule.office", "unapplied", [])
    ]


def test_what_no_other_state_can_account_for_does_not_ask_for_one(workspace: Workspace) -> None:
    """Reading other states costs calls: only what somebody else may set is worth them."""
    renamed = present("aws_security_group.g", GROUP, {"id": "sg-1", "name": "a", "ingress": []}, {"name": "b"})
    comparison = workspace.look(renamed, WEB_RULE, OFFICE_RULE)
    assert told(comparison.findings) == [("aws_security_group.g", "changed", ["name"])]
    assert not comparison.may_be_anothers


def test_a_rule_that_another_workspace_changed_takes_its_old_entry_along(workspace: Workspace) -> None:
    elsewhere = "203.0.113.0/24"
    [before] = beside(OFFICE_RULE, seen=True)
    workspace.neighbours = (before,)
    look(workspace, group([], BOTH), WEB_RULE)
    [now] = beside(rule("office", 22, elsewhere))
    workspace.neighbours = (replace(now, baselines=before.baselines),)
    assert look(workspace, group([], [entry(443, WEB), entry(22, elsewhere)]), WEB_RULE) == [
        ("aws_vpc_security_group_ingress_rule.office", "unapplied", [])
    ]


def test_some_of_many_may_be_anothers(workspace: Workspace) -> None:
    renamed = group([], [*BOTH, entry(22, WORLD)])
    renamed = replace(renamed, observed={**renamed.observed, "owner_id": "1", "name": "b"})
    comparison = workspace.look(renamed, rule("web", 443, WEB, {"to_port": 444}), OFFICE_RULE)
    assert len(comparison.findings) == 2
    assert comparison.may_be_anothers
