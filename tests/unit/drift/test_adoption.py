"""What has to be written of a resource that nobody declares: choices over schemas and values."""

from __future__ import annotations

import pytest

from reconciler.drift.adoption import (
    Fullness,
    blocks,
    configuration,
    first_choice,
    moved,
    proposed,
    repeated_secrets,
    settable,
    wanted,
)
from reconciler.drift.import_ids import import_id
from reconciler.drift.schema import Attribute, Block, NestedBlock, Nesting

RULE = Block(
    {
        "port": Attribute(type="number", required=True),
        "note": Attribute(type="string", optional=True),
        "open": Attribute(type="bool", optional=True),
        "weight": Attribute(type="number", optional=True),
        "secret": Attribute(type="string", optional=True, sensitive=True),
        "rule_id": Attribute(type="string", computed=True),
    }
)
SCHEMA = Block(
    {
        "id": Attribute(type="string", optional=True, computed=True),
        "name": Attribute(type="string", required=True),
        "name_prefix": Attribute(type="string", optional=True, computed=True),
        "size": Attribute(type="number", optional=True),
        "zone": Attribute(type="string", optional=True, computed=True),
        "old": Attribute(type="string", optional=True, computed=True, deprecated=True),
        "state": Attribute(type="string", computed=True),
        "password": Attribute(type="string", required=True, sensitive=True),
        "once": Attribute(type="string", optional=True, write_only=True),
    },
    {"rule": NestedBlock(Nesting.SET, RULE), "limits": NestedBlock(Nesting.LIST, RULE)},
)
OBSERVED = {
    "id": "i",
    "name": "n",
    "name_prefix": "n",
    "size": 3,
    "zone": "a",
    "old": "o",
    "state": "s",
    "password": "p",
    "once": None,
    "rule": [{"port": 0, "note": "", "open": False, "weight": 0, "secret": "x", "rule_id": "r"}],
    "limits": [],
}


def test_the_first_choice_is_what_must_be_and_what_only_the_cloud_knows() -> None:
    assert first_choice(SCHEMA, OBSERVED) == {"name": "n", "zone": "a"}
    assert first_choice(SCHEMA, {**OBSERVED, "zone": ""}) == {"name": "n"}


def test_what_repeats_a_secret_is_not_written() -> None:
    leaky = {**OBSERVED, "password": "hunter2hunter2", "zone": "for hunter2hunter2", "name": "n"}
    assert repeated_secrets(SCHEMA, leaky) == {"password", "zone"}
    assert first_choice(SCHEMA, leaky) == {"name": "n"}
    nested = {**OBSERVED, "zone": "secret-of-a-rule", "rule": [{"secret": "secret-of-a-rule"}]}
    assert repeated_secrets(SCHEMA, nested) == {"zone", "rule"}
    # A short one stands anywhere by chance.
    assert repeated_secrets(SCHEMA, {**OBSERVED, "password": "a"}) == frozenset()


def test_what_a_template_may_set() -> None:
    may = [name for name in (*SCHEMA.attributes, *SCHEMA.blocks) if settable(SCHEMA, name)]
    assert may == ["id", "name", "name_prefix", "size", "zone", "old", "rule", "limits"]
    assert not settable(SCHEMA, "nothing")


@pytest.mark.parametrize(
    ("fullness", "written"),
    [
        (Fullness.LEAN, {"port": 0}),
        (Fullness.ZEROS, {"port": 0, "open": False, "weight": 0}),
        (Fullness.ALL, {"port": 0, "note": "", "open": False, "weight": 0}),
    ],
)
def test_a_block_is_written_fuller_where_that_is_needed_and_never_its_secret(
    fullness: Fullness, written: dict[str, object]
) -> None:
    assert blocks(SCHEMA.blocks["rule"], OBSERVED["rule"], fullness) == [written]
    assert wanted(SCHEMA, "limits", OBSERVED, fullness) is None


def test_a_configuration_names_everything() -> None:
    config = configuration(SCHEMA, {"name": "n", "rule": [{"port": 1}]})
    assert config["rule"] == [dict.fromkeys(RULE.attributes) | {"port": 1}]
    assert config == dict.fromkeys(SCHEMA.attributes) | {"name": "n", "rule": config["rule"], "limits": []}


def test_what_is_computed_stays_as_it_was_and_what_is_not_said_goes() -> None:
    config = configuration(SCHEMA, {"name": "m", "rule": [{"port": 0, "note": "", "open": False, "weight": 0}]})
    config["rule"][0]["secret"] = "x"
    new = proposed(SCHEMA, OBSERVED, config)
    assert (new["zone"], new["state"], new["size"], new["name"]) == ("a", "s", None, "m")
    assert new["rule"] == OBSERVED["rule"]


def test_an_element_of_a_set_that_says_something_else_is_new() -> None:
    config = configuration(SCHEMA, {"rule": [{"port": 5}]})
    assert proposed(SCHEMA, OBSERVED, config)["rule"][0]["rule_id"] is None


def test_a_block_of_a_list_keeps_what_is_computed_at_its_place() -> None:
    prior = {**OBSERVED, "limits": [{"port": 1, "rule_id": "one"}]}
    config = configuration(SCHEMA, {"limits": [{"port": 2}, {"port": 3}]})
    assert [each["rule_id"] for each in proposed(SCHEMA, prior, config)["limits"]] == ["one", None]


def test_a_plan_moves_what_differs_and_not_the_order_of_a_set() -> None:
    planned = {**OBSERVED, "size": None, "rule": list(reversed([*OBSERVED["rule"], {"port": 2}]))}
    prior = {**OBSERVED, "rule": [*OBSERVED["rule"], {"port": 2}]}
    assert list(moved(SCHEMA, prior, planned)) == ["size"]
    assert list(moved(SCHEMA, OBSERVED, {**OBSERVED, "zone": ""})) == ["zone"]


@pytest.mark.parametrize(
    ("resource_type", "attributes", "expected"),
    [
        ("aws_vpc", {"id": "vpc-1"}, "vpc-1"),
        ("aws_thing", {"id": None, "arn": "arn:aws:x"}, "arn:aws:x"),
        ("aws_thing", {}, None),
        ("aws_iam_role_policy_attachment", {"id": "x-1", "role": "r", "policy_arn": "p"}, "r/p"),
        ("aws_iam_role_policy_attachment", {"id": "r/p"}, "r/p"),
        ("aws_lambda_alias", {"function_name": "arn:aws:lambda:r:1:function:f", "name": "live"}, "f/live"),
        (
            "aws_network_acl_rule",
            {"network_acl_id": "a", "rule_number": 1, "protocol": "6", "egress": False},
            "a:1:6:false",
        ),
        ("aws_route", {"route_table_id": "rtb", "destination_ipv6_cidr_block": "::/0"}, "rtb_::/0"),
        (
            "aws_security_group_rule",
            {
                "security_group_id": "sg",
                "type": "ingress",
                "protocol": "tcp",
                "from_port": 0,
                "to_port": 9,
                "self": True,
            },
            "sg_ingress_tcp_0_9_self",
        ),
        ("aws_kinesis_stream", {"name": "a{name}b", "id": "arn"}, "a{name}b"),
    ],
)
def test_the_id_to_import_by(resource_type: str, attributes: dict[str, object], expected: str | None) -> None:
    assert import_id(resource_type, attributes) == expected
