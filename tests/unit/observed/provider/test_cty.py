from __future__ import annotations

import json
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.drift.values import UNKNOWN
from reconciler.observed.provider.configuration import encode_value
from reconciler.observed.provider.decode import MalformedValueError, from_json, from_msgpack
from reconciler.observed.provider.packing import pack, unpack

NAMES = st.text("abcdef_", min_size=1, max_size=6)
NUMBERS = st.one_of(
    st.integers(-(2**200), 2**200),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda x: int(x) if x.is_integer() else x),
)
LEAVES: dict[str, st.SearchStrategy[Any]] = {"string": st.text(), "bool": st.booleans(), "number": NUMBERS}


def values_of(cty_type: Any) -> st.SearchStrategy[Any]:
    match cty_type:
        case str():
            values = LEAVES[cty_type]
        case ["list", element]:
            values = st.lists(values_of(element), max_size=4)
        case ["set", element]:
            values = st.lists(values_of(element), max_size=4).map(distinct)
        case ["map", element]:
            values = st.dictionaries(st.text(), values_of(element), max_size=4)
        case ["tuple", elements]:
            values = st.tuples(*map(values_of, elements)).map(list)
        case ["object", attributes]:
            values = st.fixed_dictionaries({name: values_of(each) for name, each in attributes.items()})
        case _:
            raise AssertionError(cty_type)
    return st.one_of(values, st.none(), st.just(UNKNOWN))


def distinct(members: list[Any]) -> list[Any]:
    return [each for i, each in enumerate(members) if each not in members[:i]]


TYPES = st.recursive(
    st.sampled_from(sorted(LEAVES)),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["list", "set", "map"]), inner).map(list),
        st.lists(inner, max_size=3).map(lambda elements: ["tuple", elements]),
        st.dictionaries(NAMES, inner, max_size=3).map(lambda attributes: ["object", attributes]),
    ),
    max_leaves=6,
)
TYPED = TYPES.flatmap(lambda cty_type: st.tuples(st.just(cty_type), values_of(cty_type)))


@given(TYPED)
def test_what_is_written_is_read_again(typed: tuple[Any, Any]) -> None:
    cty_type, value = typed
    assert from_msgpack(encode_value(value, cty_type), cty_type) == value


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)


@given(JSON_VALUES)
def test_a_dynamic_value_brings_its_type(value: Any) -> None:
    assert from_msgpack(encode_value(value, "dynamic"), "dynamic") == value


def outcome(read: Callable[[], Any]) -> Any:
    """The value, or the named error as a text."""
    try:
        return read()
    except MalformedValueError as e:
        return f"error: {e}"


@given(st.binary(max_size=60), TYPES)
def test_any_bytes_give_a_value_or_a_named_error(data: bytes, cty_type: Any) -> None:
    value = outcome(lambda: from_msgpack(data, cty_type))
    assert value is None or value is UNKNOWN or isinstance(value, bool | int | float | str | list | dict)


@given(st.text(max_size=60), TYPES)
def test_any_text_gives_a_value_or_a_named_error(text: str, cty_type: Any) -> None:
    value = outcome(lambda: from_json(text.encode("utf-8", "surrogatepass"), cty_type))
    assert value is None or isinstance(value, bool | int | float | str | list | dict)


@pytest.mark.parametrize("code", [0, 12, 127])
@pytest.mark.parametrize("content", [b"", b"\0", b"\x81\x01\xc2"])
def test_every_extension_is_unknown(code: int, content: bytes) -> None:
    assert from_msgpack(msgpack.packb(msgpack.ExtType(code, content)), "string") is UNKNOWN


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (3, 3),
        (2.0, 2),
        (-0.0, 0),
        (0.5, 0.5),
        ("0.1", 0.1),
        ("-12.50", -12.5),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("1e3", 1000),
        ("0.10000000000000000000000000000000000001", "0.10000000000000000000000000000000000001"),
        ("1e999999999", "1e999999999"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_numbers(raw: object, value: object) -> None:
    read = from_msgpack(pack(raw), "number")
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("raw", [math.inf, -math.inf, math.nan, "Infinity", "NaN", "1_000", " 1", "0x1", "", True, [1]])
def test_what_is_no_number(raw: object) -> None:
    with pytest.raises(MalformedValueError):
        from_msgpack(pack(raw), "number")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=20, min_value=-(10**20), max_value=10**20))
def test_no_decimal_loses_a_digit(number: Decimal) -> None:
    read = from_msgpack(pack(format(number, "f")), "number")
    assert Decimal(repr(read) if isinstance(read, float) else read) == number


@pytest.mark.parametrize(
    ("raw", "cty_type"),
    [
        (1, "string"),
        (b"bytes", "string"),
        ("true", "bool"),
        ({}, ["list", "string"]),
        ([], ["map", "string"]),
        ({1: "x"}, ["map", "string"]),
        (["a"], ["tuple", ["string", "string"]]),
        ({"a": "x"}, ["object", {"a": "string", "b": "string"}]),
        ({"a": "x", "b": "y"}, ["object", {"a": "string"}]),
        ("x", "dynamic"),
        ([b"no json", 1], "dynamic"),
        (["x"], "dynamic"),
        ("x", ["capsule"]),
        ("x", None),
        ([b'"number"', "x"], "dynamic"),
    ],
)
def test_what_does_not_fit_its_type_is_refused(raw: object, cty_type: object) -> None:
    with pytest.raises(MalformedValueError):
        from_msgpack(pack(raw), cty_type)


def test_the_error_names_the_place_and_no_value() -> None:
    cty_type = ["object", {"list": ["list", ["object", {"token": "string"}]]}]
    with pytest.raises(MalformedValueError, match=r"at list\[1\]\.token$"):
        from_msgpack(pack({"list": [{"token": "x"}, {"token": 12345}]}), cty_type)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\x91",
        b"\xa5ab",
        b"\xc0\xc0",
        b"\xa1\xff",
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 5000,
        b"\xc9\0\0\xff",
    ],
)
def test_broken_msgpack_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedValueError):
        from_msgpack(data, "string")


def test_a_type_nested_without_end_is_refused() -> None:
    depth = 100_000
    data = pack([b'["list",' * depth + b'"string"' + b"]" * depth, None])
    with pytest.raises(MalformedValueError):
        from_msgpack(data, "dynamic")


@pytest.mark.parametrize(
    ("text", "cty_type", "value"),
    [
        ('{"a":1,"b":0.1}', ["object", {"a": "number", "b": "number"}], {"a": 1, "b": 0.1}),
        ('["x",null]', ["list", "string"], ["x", None]),
        ('{"value":["x"],"type":["list","string"]}', "dynamic", ["x"]),
        ("123456789012345678901234567890", "number", 123456789012345678901234567890),
    ],
)
def test_json_notation(text: str, cty_type: object, value: object) -> None:
    assert from_json(text.encode(), cty_type) == value


@pytest.mark.parametrize(
    ("text", "cty_type"),
    [
        ("1", "string"),
        ("NaN", "number"),
        ("Infinity", "number"),
        ("[", "string"),
        ("[" * 100_000, "string"),
        ("", "bool"),
    ],
)
def test_broken_json_is_refused(text: str, cty_type: object) -> None:
    with pytest.raises(MalformedValueError):
        from_json(text.encode(), cty_type)


def test_types_in_json_are_read_as_types() -> None:
    notation = {"type": ["object", {"n": "number"}], "value": {"n": 1}}
    assert from_json(json.dumps(notation).encode(), "dynamic") == {"n": 1}


def test_packing_refuses_what_msgpack_cannot_hold() -> None:
    with pytest.raises(TypeError, match="cannot hold a object"):
        pack([object()])


def test_packing_keeps_unknown() -> None:
    assert unpack(pack({"a": [UNKNOWN]})) == {"a": [UNKNOWN]}
