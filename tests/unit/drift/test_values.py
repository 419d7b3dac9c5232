from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.drifting import digest

from reconciler.drift.values import (
    UNKNOWN,
    Sensitive,
    canonical,
    format_path,
    from_json,
    is_zero,
    mask,
    parse_path,
    to_json,
)

HOSTILE = st.text(st.sampled_from('ab."[]\\${}%\n é😀0-*\x00\x85\u2028$'), max_size=8) | st.text(max_size=12)
STEPS = st.lists(st.integers(0, 10**6) | HOSTILE, min_size=1, max_size=5).map(tuple)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE, inner, max_size=3))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("name",), "name"),
        (("ingress", 0, "cidr_blocks"), "ingress[0].cidr_blocks"),
        (("tags", "a.b"), 'tags["a.b"]'),
        (("tags", "Name"), "tags.Name"),
        (("tags", ""), 'tags[""]'),
        (("tags", "a b"), 'tags["a b"]'),
        (("tags", 'say "x"'), 'tags["say \\"x\\""]'),
        (("tags", "x[0]"), 'tags["x[0]"]'),
        (("tags", "0"), "tags.0"),
        (("tags", 0), "tags[0]"),
        (("tags", "${x}"), "tags.${x}"),
        (("tags", "이름"), "tags.이름"),
        (("a b", "c"), '["a b"].c'),
        (("tags", 'é "x" 이름'), 'tags["é \\"x\\" 이름"]'),
        ((), ""),
    ],
)
def test_a_path_is_written_and_read(path: tuple[str | int, ...], text: str) -> None:
    assert (format_path(path), parse_path(text)) == (text, path)


@given(STEPS)
def test_any_path_survives(path: tuple[str | int, ...]) -> None:
    assert parse_path(format_path(path)) == path


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("a.", 2), (".a", 0), ("a..b", 2), ("a[", 2), ("a[0", 2), ('a["x"', 2), ("a[true]", 2), ("a[1.5]", 2),
        ("a[null]", 2), ("a]b", 1), ('a["x"]b', 6), ("a b", 1), ("[" * 200_000, 1), ("a[" + "9" * 5000 + "]", 2),
    ],
)  # fmt: skip
def test_what_is_no_path_is_refused_with_its_offset(text: str, offset: int) -> None:
    with pytest.raises(ValueError, match=f"offset {offset} "):
        parse_path(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a[x]", "an index or a quoted key is expected at offset 2 of 'a[x]'"),
        ("a]b", "a dot is expected at offset 1 of 'a]b'"),
        ("a..b", "a name is expected at offset 2 of 'a..b'"),
    ],
)
def test_what_a_refused_path_is_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        parse_path(text)


@pytest.mark.parametrize("value", [None, "", [], {}, False, 0, 0.0])
def test_zero(value: object) -> None:
    assert is_zero(value)


@pytest.mark.parametrize("value", [True, 1, " ", "0", [None], {"a": None}, Sensitive(""), UNKNOWN])
def test_not_zero(value: object) -> None:
    assert not is_zero(value)


@pytest.mark.parametrize(
    ("value", "paths", "hidden"),
    [
        ({"a": "s", "b": "s"}, [("a",)], {"a": "!", "b": "s"}),
        ({"a": None, "b": "", "c": []}, [("a",), ("b",), ("c",)], {"a": None, "b": "", "c": []}),
        ({"d": {}}, [("d",)], {"d": {}}),
        ({"a": 0, "b": False}, [("a",), ("b",)], {"a": "!", "b": "!"}),
        ({"a": [{"p": 1, "q": 2}, {"p": 3}]}, [("a", "p")], {"a": [{"p": "!", "q": 2}, {"p": "!"}]}),
        ({"a": [{"p": 1}, {"p": 3}]}, [("a", 1, "p")], {"a": [{"p": 1}, {"p": "!"}]}),
        ({"a": [[{"p": 1}]]}, [("a", "p")], {"a": [[{"p": "!"}]]}),
        ({"a": ["x", ["y", "z"]]}, [("a", 0)], {"a": ["!", ["y", "z"]]}),
        ({"a": [["x", "y"], ["z"]]}, [("a", 0, 1)], {"a": [["x", "!"], ["z"]]}),
        ({"a": {"x": {"y": 1}, "z": 2}}, [("a", "x")], {"a": {"x": "!", "z": 2}}),
        ({"a": {"x": 1}}, [("a",), ("a", "x")], {"a": "!"}),
        ({"a": "plain"}, [("a", "b"), ("c",)], {"a": "plain"}),
        ({"a": 1}, [], {"a": 1}),
        ({"t": {"$sensitive": "x", "y": 1}}, [("t", "$sensitive")], {"t": "!"}),
    ],
)  # fmt: skip
def test_mask(value: object, paths: list[tuple[str | int, ...]], hidden: object) -> None:
    def shown(masked: Any) -> Any:
        match masked:
            case Sensitive():
                return "!"
            case dict():
                return {k: shown(v) for k, v in masked.items()}
            case list():
                return [shown(v) for v in masked]
        return masked

    assert shown(mask(value, paths, digest)) == hidden


@given(VALUES)
def test_what_is_masked_stays_as_it_is(value: object) -> None:
    paths = [("s",), ("t", "u")]
    once = mask({"s": value, "t": [{"u": value}]}, paths, digest)
    assert mask(once, paths, digest) == once


def test_without_secrets_a_value_is_not_copied() -> None:
    value = {"a": [1]}
    assert mask(value, [], digest) is value


@given(st.recursive(st.text(max_size=3), lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=3), v)))
def test_no_secret_survives_at_a_masked_place(secret: object) -> None:
    canary = "canary-7f3a"
    value = {"a": [{"s": [canary, secret], "t": {"deep": {"s": canary}}}], "b": {"s": {"k": canary}}}
    masked = mask(value, [("a", "s"), ("a", "t", "deep"), ("b", "s", "k")], digest)
    assert canary not in json.dumps(to_json(masked, digests=True))
    assert canary not in repr(masked)


@given(VALUES, VALUES)
def test_secrets_are_equal_where_their_digests_are(left: object, right: object) -> None:
    hidden = [mask({"s": ["x", value]}, [("s",)], digest)["s"] for value in (left, right)]
    assert (hidden[0] == hidden[1]) is (canonical(left) == canonical(right))


@given(VALUES)
def test_a_stored_value_comes_back_whatever_its_keys(value: object) -> None:
    assert from_json(json.loads(json.dumps(to_json(value, digests=True)))) == value


@pytest.mark.parametrize(
    ("value", "stored", "shown"),
    [
        ({"a": Sensitive("d1")}, {"a": {"$sensitive": "d1"}}, {"a": "(sensitive)"}),
        ([Sensitive("d1")], [{"$sensitive": "d1"}], ["(sensitive)"]),
        # A tag that looks like the mark is a tag.
        ({"$sensitive": "d1"}, {"$$sensitive": "d1"}, {"$sensitive": "d1"}),
        ({"$$sensitive": 1}, {"$$$sensitive": 1}, {"$$sensitive": 1}),
        ({"$sensitive": Sensitive("d")}, {"$$sensitive": {"$sensitive": "d"}}, {"$sensitive": "(sensitive)"}),
        ({"$sensitivity": 1}, {"$sensitivity": 1}, {"$sensitivity": 1}),
        ({"a": [UNKNOWN]}, {"a": [{"$unknown": True}]}, {"a": ["(known after apply)"]}),
        ({"$unknown": True}, {"$$unknown": True}, {"$unknown": True}),
        *((v, v, v) for v in ({"$sensitive_": 1}, {"$$sensitive.x": 1}, {"sensitive": 1}, {"x$sensitive": 1})),
    ],
)
def test_storing_and_showing(value: object, stored: object, shown: object) -> None:
    assert (to_json(value, digests=True), to_json(value), from_json(stored)) == (stored, shown, value)


def test_a_mark_with_company_is_a_map() -> None:
    assert from_json({"$sensitive": "d", "b": 1}) == {"$sensitive": "d", "b": 1}
    assert from_json({"$sensitive": 5}) == {"$sensitive": 5}
    assert from_json({"$unknown": True, "b": 1}) == {"$unknown": True, "b": 1}
    assert from_json({"$unknown": 1}) == {"$unknown": 1}


def test_the_unknown() -> None:
    # What somebody writes into a tag has another digest.
    assert canonical([UNKNOWN]) == b'[{"$unknown":true}]' != canonical(["(known after apply)"])
    assert repr(UNKNOWN) == "UNKNOWN"


@given(st.dictionaries(st.text(max_size=4), SCALARS, max_size=5))
def test_the_canonical_form_knows_no_order(value: dict[str, Any]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


def test_the_canonical_form_takes_what_json_does_not() -> None:
    assert (
        canonical({"s": Sensitive("d"), "x": "\ud800", "é": 1})
        == b'{"s":{"$sensitive":"d"},"x":"\xed\xa0\x80","\xc3\xa9":1}'
    )
    assert str(Sensitive("d")) == "(sensitive)"
    assert canonical([date(2026, 11, 23)]) == b'["2026-11-23"]'
    assert to_json((1, (Sensitive("d"),)), digests=True) == [1, [{"$sensitive": "d"}]]
