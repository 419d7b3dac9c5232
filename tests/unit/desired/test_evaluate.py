"""UNKNOWN, failure and value are three different answers."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.templates import value_of

from reconciler.desired.expressions.evaluate import Bound, Nothing
from reconciler.desired.expressions.values import FailureError, TerraformList, TerraformSet
from reconciler.drift.values import UNKNOWN, Value

SCOPE = Bound(
    Nothing(), {"known": {"a": 1, "u": UNKNOWN}, "list": TerraformList(["a", UNKNOWN]), "set": TerraformSet(["x"])}
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[1, nope]", [1, UNKNOWN]),
        ("{ a = nope, b = 1 }", {"a": UNKNOWN, "b": 1}),
        ("{ a = nope, b = 1 }.b", 1),
        ("length([nope, nope])", 2),
        ("length(list)", 2),
        ("keys(known)", ["a", "u"]),
        ("merge(known, { b = 2 }).b", 2),
        ("concat([nope], [1])[1]", 1),
        ("known[*].a", [1]),
        ("list[*]", ["a", UNKNOWN]),
        ("[for k, v in known : k]", ["a", "u"]),
        ("{ for k, v in known : k => v }.u", UNKNOWN),
        ("nope || true", True),
        ("false && nope", False),
        ('true ? "a" : nope', "a"),
        ("true ? [] : nope", []),
        ("true ? 1 : length(nope)", 1),
        ('lookup(known, "a", 5)', 1),
        ("element([nope, 2], 1)", 2),
        ("try(known.b, 7)", 7),
        ("can(known.b)", False),
        ('zipmap(["a"], [nope])', {"a": UNKNOWN}),
        ("nope == null", UNKNOWN),
        ("nope", UNKNOWN),
        ("nope.a.b[0]", UNKNOWN),
        ("nope[*].a", UNKNOWN),
        ('"x${nope}"', UNKNOWN),
        ("[for x in nope : x]", UNKNOWN),
        ("[for x in [1] : x if nope]", UNKNOWN),
        ("{ (nope) = 1 }", UNKNOWN),
        ("nope ? 1 : 1", UNKNOWN),
        ("true ? 1 : nope", UNKNOWN),
        ("nope + 1", UNKNOWN),
        ("nope && true", UNKNOWN),
        ("!nope", UNKNOWN),
        ("toset([nope])", UNKNOWN),
        ("contains([nope], 1)", UNKNOWN),
        ("flatten([nope])", UNKNOWN),
        ("jsonencode({ a = nope })", UNKNOWN),
        ("jsonencode(1.5)", UNKNOWN),
        ('join(",", [nope])', UNKNOWN),
        ("try(nope, 1)", UNKNOWN),
        ("can(nope)", UNKNOWN),
        ("max(nope...)", UNKNOWN),
        ('file("x")', UNKNOWN),
        ("timestamp()", UNKNOWN),
        ("uuid()", UNKNOWN),
        ('provider::aws::arn_parse("x")', UNKNOWN),
        ("no_such_function(1)", UNKNOWN),
        ('regex("a", "a")', UNKNOWN),
        ('replace("aa", "/a/", "b")', UNKNOWN),
        ('templatefile("x", {})', UNKNOWN),
        ('upper("straße")', UNKNOWN),
        ('length("é")', UNKNOWN),
        ('"x${1 / 3}"', UNKNOWN),
        ('format("%08.3f", 1.5)', UNKNOWN),
        ('true ? [1, 2] : ["a"]', ["1", "2"]),
        ('true ? [{ a = 1 }] : [{ a = "x" }, { a = "y" }]', UNKNOWN),
        ("can(tolist([1, true]))", False),
        ('true ? tomap({ x = { a = 1, b = "y" } }) : {}', {"x": {"a": 1, "b": "y"}}),
        ('true ? tolist([{ a = 1, b = "y" }]) : []', [{"a": 1, "b": "y"}]),
        ('true ? tolist([{ a = 1 }]) : [{ a = "x" }, { a = "y" }]', UNKNOWN),
        ('tolist([1, true, "a"])', ["1", "true", "a"]),
        ("null[*]", []),
        ('try(null[*], "list or not")', UNKNOWN),
        ("{ null = 1 }", {"null": 1}),
        ('"${jsondecode("2e3")}"', 2000),
        ("1e3", UNKNOWN),
        ("[1e-3, 2]", [UNKNOWN, 2]),
        ('"x 1e3"', "x 1e3"),
        ('setproduct(toset(["a"]), toset(["b"]))', UNKNOWN),
        ("toset([{ a = 1 }, { a = 2 }])", UNKNOWN),
        ('["a"] == ["a"]', True),
        ("1 / 0", UNKNOWN),
        ("1 % 0", UNKNOWN),
        ("element([1, 2], -1)", UNKNOWN),
        ('set == ["x"]', UNKNOWN),
    ],
)
def test_unknown_spreads_no_further_than_it_must(expression: str, expected: Value) -> None:
    assert value_of(expression, SCOPE) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "[1][1]",
        "[1][-1]",
        "[1][0.5]",
        "{ a = 1 }.b",
        '"a".b',
        "null.a",
        "null + 1",
        '"a" + 1',
        '!"x"',
        '-"x"',
        '"x${null}"',
        '"x${[]}"',
        '"maybe" ? 1 : 2',
        "true ? 1 : true",
        "[for x in 5 : x]",
        '{ for x in [1, 1] : "k" => x }',
        "{ (null) = 1 }",
        'toset(["a"])[0]',
        "tonumber(true)",
        'tobool("yes")',
        "element([], 0)",
        "one([1, 2])",
        "index([1], 2)",
        "slice([1], 1, 3)",
        "range(0, 2000)",
        "range(1, 5, -1)",
        'coalesce(null, "")',
        'zipmap(["a"], [])',
        'jsondecode("{")',
        'jsondecode("NaN")',
        'base64decode("%")',
        'cidrsubnet("10.0.0.0/30", 8, 1)',
        'cidrhost("nonsense", 1)',
        'parseint("9", 8)',
        'format("%s")',
        'format("%d", "x")',
        'format("x", 1)',
        'join(",", [null])',
        "try(null.a, [][0])",
        "concat([1], 2)",
        "keys([1])",
        "length(1)",
        "lower()",
        'lower("a", "b")',
        "max({}...)",
    ],
)
def test_what_terraform_refuses_is_a_failure(expression: str) -> None:
    with pytest.raises(FailureError):
        value_of(expression, failing=True)
    assert value_of(f'try({expression}, "caught")') == "caught"
    assert value_of(f"can({expression})") is False


def test_terraform_since_1_12_may_not_look_at_the_right_side() -> None:
    assert value_of("false && null.a", failing=True) is UNKNOWN


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=40))
def test_a_string_survives_quoting(text: str) -> None:
    # JSON writes what is beyond 16 bits as two surrogates, HCL as one \U; and HCL has no \b and no \f.
    own = {"\b": "\\u0008", "\f": "\\u000c"}
    quoted = "".join(own.get(c) or (json.dumps(c)[1:-1] if ord(c) < 0x10000 else f"\\U{ord(c):08x}") for c in text)
    quoted = quoted.replace("${", "$${").replace("%{", "%%{")

    assert value_of(f'"{quoted}"') == unicodedata.normalize("NFC", text)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(alphabet='ab<é"\\\n', max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(alphabet="abz_", min_size=1, max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_json_goes_out_and_in_again(value: Value) -> None:
    scope = Bound(Nothing(), {"value": value})

    assert value_of("jsondecode(jsonencode(value))", scope) == value


@given(
    st.recursive(
        st.integers(0, 9).map(str),
        lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(" ".join),
        max_leaves=12,
    )
)
def test_precedence_is_that_of_python(expression: str) -> None:
    assert value_of(expression) == eval(expression)  # noqa: S307 - digits and three operators of our own making
