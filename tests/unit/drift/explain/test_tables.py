"""The tables against the real provider's schema, of which a fixture keeps what they speak of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.drift.explain import EXPLAINERS, SETTERS
from reconciler.drift.explain.collections import COLLECTIONS
from reconciler.drift.explain.counts import COUNTS
from reconciler.drift.explain.mirrors import FOLLOWERS, TAG_SETTERS
from reconciler.drift.explain.owners import OWNERS
from reconciler.drift.principals import PRINCIPALS

FACTS = json.loads((Path(__file__).parents[3] / "fixtures/schema/aws-5.100.0-shared-attributes.json").read_text())
TYPES: dict[str, dict[str, str]] = FACTS["types"]

COLLECTED = [(t, name) for t, table in COLLECTIONS.items() for name in table]
OWNED = [(t, name) for t, table in OWNERS.items() for name in table]


@pytest.mark.parametrize(("type_", "name"), COLLECTED)
def test_a_collection_is_a_set_or_list_of_that_type(type_: str, name: str) -> None:
    shown_by_us = PRINCIPALS.get(type_, {}).get(name)
    kind = shown_by_us.type[0] if shown_by_us else TYPES[type_][name].split()[-1]
    assert kind in ("set", "list"), kind
    collection = COLLECTIONS[type_][name]
    assert all(known in TYPES[type_] for known in collection.names)
    assert all(setter.link in TYPES[setter.type] for setter in collection.setters)


def test_what_we_show_of_a_principal_the_provider_does_not() -> None:
    assert all(TYPES[type_].keys().isdisjoint(shown) for type_, shown in PRINCIPALS.items())


@pytest.mark.parametrize(("type_", "name"), OWNED)
def test_an_owned_attribute_and_what_sets_it_exist(type_: str, name: str) -> None:
    assert name in TYPES[type_]
    assert all(link in TYPES[setter] for setter, link in OWNERS[type_][name])


@pytest.mark.parametrize(("type_", "name"), OWNED)
def test_what_a_template_alone_sets_is_nobody_elses(type_: str, name: str) -> None:
    """An Optional attribute that AWS never fills in cannot be another's. Of blocks the schema does not tell."""
    kind = TYPES[type_][name]
    excepted = name in ("associate_with_private_ip", "ipv6_ipam_pool_id")  # refer to what the association made
    assert kind.startswith(("OC", "C", "block")) or excepted


def test_a_count_is_a_computed_number() -> None:
    for (type_, name), (counted, link, named) in COUNTS.items():
        assert TYPES[type_][name].endswith("C number")
        assert link in TYPES[counted]
        assert named in TYPES[type_]


def test_what_follows_a_switch_and_the_switch_exist() -> None:
    for (type_, name), switch in FOLLOWERS.items():
        assert "C" in TYPES[type_][name].split()[0]
        assert TYPES[type_][switch].endswith(" bool")


def test_tag_resources_name_their_owner_and_key() -> None:
    assert all({link, "key"} <= TYPES[type_].keys() for type_, link in TAG_SETTERS.items())


def test_a_route_entry_has_the_fields_of_a_route() -> None:
    """What an aws_route says beyond itself is a target or a destination of a route table's element."""
    mine = {"id", "instance_id", "instance_owner_id", "origin", "route_table_id", "state"}
    renamed = {"destination_cidr_block": "cidr_block", "destination_ipv6_cidr_block": "ipv6_cidr_block"}
    assert {renamed.get(n, n) for n in TYPES["aws_route"].keys() - mine} == FACTS["elements"][
        "aws_route_table.route"
    ].keys()


def test_the_setters_are_all_there() -> None:
    assert {"aws_security_group_rule", "aws_s3_bucket_policy", "aws_ec2_tag", "aws_efs_mount_target"} <= SETTERS
    assert TYPES.keys() >= SETTERS
    collected = {s.type for table in COLLECTIONS.values() for entry in table.values() for s in entry.setters}
    owned = {type_ for table in OWNERS.values() for setters in table.values() for type_, _ in setters}
    assert {*collected, *owned, *TAG_SETTERS, *(type_ for type_, _, _ in COUNTS.values())} == SETTERS


def test_the_explainers_are_ordered_named_and_documented() -> None:
    assert [e.name for e in EXPLAINERS] == ["mirror", "owner", "entry", "count"]
    documented = (Path(__file__).parents[4] / "docs/accuracy.md").read_text("utf-8")
    assert all(f"| `{e.name}` |" in documented for e in EXPLAINERS)
