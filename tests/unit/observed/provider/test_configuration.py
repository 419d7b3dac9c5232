from __future__ import annotations

from typing import Any

import pytest

from reconciler.drift.schema import Attribute, Block, NestedBlock, Nesting
from reconciler.drift.values import UNKNOWN
from reconciler.errors import ProviderError
from reconciler.observed.provider.configuration import encode_configuration, encode_value
from reconciler.observed.provider.packing import unpack

ROLE = Block({"arn": Attribute("string"), "duration": Attribute("number")})
BLOCK = Block(
    {
        "region": Attribute("string"),
        "insecure": Attribute("bool"),
        "retries": Attribute("number"),
        "accounts": Attribute(["set", "string"]),
        "labels": Attribute(["map", "string"]),
        "shape": Attribute(["object", {"a": "string", "b": "number"}]),
        "pair": Attribute(["tuple", ["string", "bool"]]),
        "nested": Attribute(nested=NestedBlock(Nesting.SINGLE, Block({"x": Attribute("string")}))),
        "many": Attribute(nested=NestedBlock(Nesting.MAP, Block({"x": Attribute("string")}))),
    },
    {
        "role": NestedBlock(Nesting.LIST, ROLE),
        "tags": NestedBlock(Nesting.SET, Block({"tags": Attribute(["map", "string"])})),
        "one": NestedBlock(Nesting.SINGLE, ROLE),
        "group": NestedBlock(Nesting.GROUP, ROLE),
        "map": NestedBlock(Nesting.MAP, ROLE),
    },
)
NULLS = {"arn": None, "duration": None}


def encoded(**values: Any) -> Any:
    return unpack(encode_configuration(values, BLOCK))


def test_every_argument_is_present() -> None:
    assert encoded() == {
        **dict.fromkeys(BLOCK.attributes),
        "role": [],
        "tags": [],
        "one": None,
        "group": NULLS,
        "map": {},
    }


@pytest.mark.parametrize(
    ("name", "written", "sent"),
    [
        ("region", "eu-west-1", "eu-west-1"),
        ("region", 12, "12"),
        ("region", 1.5, "1.5"),
        ("region", 2.0, "2"),
        ("region", True, "true"),
        ("region", UNKNOWN, UNKNOWN),
        ("insecure", "true", True),
        ("insecure", "0", False),
        ("insecure", False, False),
        ("retries", "3", 3),
        ("retries", 0.1, 0.1),
        ("retries", 2**70, str(2**70)),
        ("accounts", ["1", 2, "2", "1"], ["1", "2"]),
        ("labels", {"a": 1}, {"a": "1"}),
        ("shape", {"a": 1, "extra": 2}, {"a": "1", "b": None}),
        ("pair", ["x", "true"], ["x", True]),
        ("nested", {"x": 1}, {"x": "1"}),
        ("many", {"k": {"x": "y"}}, {"k": {"x": "y"}}),
        ("role", {"arn": "a"}, [{"arn": "a", "duration": None}]),
        ("role", [{"arn": "a"}, {"duration": "5"}], [{"arn": "a", "duration": None}, {"arn": None, "duration": 5}]),
        ("tags", [{"tags": {"Team": "a"}}], [{"tags": {"Team": "a"}}]),
        ("one", [{"arn": "a"}], {"arn": "a", "duration": None}),
        ("one", {"arn": "a"}, {"arn": "a", "duration": None}),
        ("group", [], NULLS),
        ("map", {"k": {"arn": "a"}}, {"k": {"arn": "a", "duration": None}}),
        ("role", UNKNOWN, UNKNOWN),
    ],
)
def test_values_are_converted_as_terraform_does(name: str, written: object, sent: object) -> None:
    found = encoded(**{name: written})[name]
    assert found == sent
    assert type(found) is type(sent)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("region", ["x"]),
        ("insecure", "yes"),
        ("insecure", 1),
        ("retries", "many"),
        ("retries", True),
        ("retries", "1e999999999"),
        ("retries", "NaN"),
        ("accounts", "x"),
        ("labels", ["x"]),
        ("labels", {1: "x"}),
        ("pair", ["x"]),
        ("role", ["x"]),
        ("role", {"unknown": 1}),
        ("one", [{}, {}]),
        ("map", ["x"]),
    ],
)
def test_what_cannot_be_converted_names_the_argument_and_not_the_value(name: str, written: object) -> None:
    with pytest.raises(ProviderError, match=f"does not fit the provider: {name}") as caught:
        encoded(**{name: written})
    assert "many" not in caught.value.message
    assert caught.value.hint


def test_an_unknown_argument_is_named() -> None:
    with pytest.raises(ProviderError, match="regoin is no argument"):
        encoded(regoin="x")


def test_terraforms_own_arguments_are_left_out() -> None:
    assert "alias" not in encoded(alias="west", version="~> 5.0")


def test_a_providers_own_argument_of_such_a_name_is_kept() -> None:
    block = Block({"version": Attribute("string")})
    assert unpack(encode_configuration({"version": "2"}, block)) == {"version": "2"}


def test_dynamic_values_bring_their_type() -> None:
    assert unpack(encode_value({"a": [1, "x", None, True]}, "dynamic")) == [
        b'["object",{"a":["tuple",["number","string","dynamic","bool"]]}]',
        {"a": [1, "x", None, True]},
    ]


def test_a_value_no_provider_knows() -> None:
    with pytest.raises(ProviderError, match="no provider knows"):
        encode_value(object(), "dynamic")
