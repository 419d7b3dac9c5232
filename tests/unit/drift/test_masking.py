from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.drifting import attribute, digest, nested, present, schema, unread

from reconciler.drift.masking import all_masked, masked, masked_pair, plan_secrets
from reconciler.drift.schema import Nesting
from reconciler.drift.snapshot import Absent, Present
from reconciler.drift.values import Path, Sensitive, to_json

SHAPE = schema(
    name=attribute("O"),
    port=attribute("O", "number"),
    password=attribute("O", sensitive=True),
    url=attribute("C"),
    document=attribute("O"),
    list=attribute("O", ["list", "string"]),
    map=attribute("O", ["map", "string"]),
    user=nested(Nesting.LIST, name=attribute("O"), key=attribute("O", sensitive=True)),
)
CANARY = "c4n4ry-Zx9/$ü\"\n'%"


def hide(recorded: dict[str, Any], observed: dict[str, Any] | None = None, *paths: Path) -> Present:
    reading = masked(present("aws_x.y", SHAPE, recorded, observed, sensitive_paths=paths), digest)
    assert isinstance(reading, Present)
    return reading


def everything(reading: Present) -> str:
    both = [reading.recorded, reading.observed]
    return json.dumps(to_json(both, digests=True), ensure_ascii=False) + repr(both)


def test_what_the_schema_calls_sensitive() -> None:
    reading = hide({"password": "hunter2", "user": [{"name": "a", "key": "k1"}, {"name": "b", "key": None}]})
    assert reading.recorded["password"] == Sensitive(digest(b'"hunter2"'))
    assert reading.recorded["user"] == [{"name": "a", "key": Sensitive(digest(b'"k1"'))}, {"name": "b", "key": None}]
    assert reading.observed == reading.recorded


def test_what_the_state_marks() -> None:
    reading = hide({"name": "short", "map": {"a": "x", "b": "y"}}, None, ("name",), ("map", "b"))
    assert (reading.recorded["name"], reading.observed["map"]) == (
        Sensitive(digest(b'"short"')), {"a": "x", "b": Sensitive(digest(b'"y"'))},
    )  # fmt: skip


def test_the_marked_element_may_have_moved() -> None:
    one, two = {"name": "s1", "key": None}, {"name": "p", "key": None}
    reading = hide({"user": [one, two]}, {"user": [two, one]}, ("user", 0, "name"))
    assert "s1" not in everything(reading)
    whole = hide({"list": ["s1", "p"]}, {"list": ["p", "s2"]}, ("list", 0))
    assert [type(side["list"]) for side in (whole.recorded, whole.observed)] == [Sensitive, Sensitive]
    assert whole.recorded["list"] != whole.observed["list"]


def test_a_mark_on_everything() -> None:
    reading = hide({"name": "n", "id": "i", "port": 5, "user": [{"name": "a"}]}, None, ())
    assert [type(reading.recorded[name]) for name in ("name", "id", "port", "user")] == [Sensitive] * 4


@pytest.mark.parametrize(
    "copy",
    [
        CANARY,
        f"postgres://admin:{CANARY}@db/x",
        json.dumps({"password": CANARY}),
        json.dumps({"password": CANARY}, ensure_ascii=False),
        json.dumps({"url": f"a{CANARY}b"}),
        json.dumps({"url": f"a{CANARY}b"}, ensure_ascii=False),
        quote(CANARY, safe=""),
        f"https://u:{quote(CANARY, safe='')}@h/",
        base64.b64encode(CANARY.encode()).decode(),
    ],
)
def test_copies_of_a_secret_in_any_form(copy: str) -> None:
    secret = {
        "password": CANARY,
        "url": copy,
        "list": ["a", copy],
        "map": {"k": copy, "l": "m"},
        "user": [{"name": copy}],
    }
    reading = hide({**secret, "name": "plain"})
    text = everything(reading)
    assert copy not in text
    hidden = (reading.recorded["url"], reading.recorded["list"][1], reading.recorded["map"]["k"])
    assert [type(value) for value in (*hidden, reading.recorded["user"][0]["name"])] == [Sensitive] * 4
    assert (reading.recorded["name"], reading.recorded["list"][0], reading.recorded["map"]["l"]) == ("plain", "a", "m")


@pytest.mark.parametrize("part", [CANARY[1:], CANARY[:-1], CANARY.swapcase(), CANARY[:4] + CANARY[5:]])
@pytest.mark.parametrize(
    "form", [str, json.dumps, lambda t: json.dumps(t, ensure_ascii=False), lambda t: quote(t, safe="")]
)
def test_what_is_not_the_whole_secret_is_left_to_be_compared(part: str, form: Any) -> None:
    text = form(part).strip('"')
    assert hide({"password": CANARY, "url": text, "map": {"k": text}}).recorded["url"] == text


def test_a_secret_that_is_no_text_for_utf_8() -> None:
    secret = "lone-\ud800-surrogate"
    reading = hide({"password": secret, "url": f"x{secret}", "name": json.dumps({"a": secret})})
    assert [type(reading.recorded[name]) for name in ("password", "url", "name")] == [Sensitive] * 3


def test_every_secret_is_hunted_also_inside_of_lists_and_maps() -> None:
    keys = [{"key": "first-secret", "name": "a"}, {"key": "second-secret", "name": "b"}]
    reading = hide({"user": keys, "url": "has second-secret", "list": ["has first-secret", "has none"]})
    assert type(reading.recorded["url"]) is Sensitive
    assert [type(v) for v in reading.recorded["list"]] == [Sensitive, str]
    marked = hide(
        {"map": {"a": "map-secret-1", "b": "plain"}, "url": "is map-secret-1", "name": "plain"}, None, ("map",)
    )
    assert [type(marked.recorded[name]) for name in ("map", "url", "name")] == [Sensitive, Sensitive, str]


def test_what_stands_beside_a_secret_is_none() -> None:
    reading = hide({"user": [{"name": "a-long-name", "key": "second-secret"}], "url": "of a-long-name"})
    assert (reading.recorded["url"], reading.recorded["user"][0]["name"]) == ("of a-long-name", "a-long-name")


def test_every_text_of_a_secret_list_is_a_secret() -> None:
    reading = hide({"list": ["first-of-two", "second-of-two"], "url": "x second-of-two", "name": "y"}, None, ("list",))
    assert [type(reading.recorded[name]) for name in ("list", "url", "name")] == [Sensitive, Sensitive, str]


@pytest.mark.parametrize(
    ("marks", "hidden"),
    [
        ([], ""),
        ([False], ""),
        ([{"a": False, "b": None, "c": {"d": "true"}}], ""),
        ([{"a": True}], "a"),
        ([{"a": True}, {"b": True}], "ab"),
        ([{"c": {"d": True}}], "d"),
        ([{"l": [{"x": True}, {}]}], "l"),
        ([{"l": [False, {"x": True}]}], "l"),
        ([True], "abdl"),
    ],
)
def test_two_sides_with_marks_of_their_shape(marks: list[Any], hidden: str) -> None:
    before = {"a": "secret-a1", "b": "plain-b1", "c": {"d": "plain-d1"}, "l": [{"x": "plain-x1"}, {"x": "plain-x2"}]}
    after = {**before, "a": "secret-a2", "z": "copy of secret-a1 or plain-d1"}
    for side, masked_side in zip((before, after), masked_pair(before, after, marks, digest), strict=True):
        shown = {"a": masked_side["a"], "b": masked_side["b"]}
        shown["d"] = masked_side["c"] if isinstance(masked_side["c"], Sensitive) else masked_side["c"]["d"]
        rest = masked_side["l"]
        shown["l"] = rest if isinstance(rest, Sensitive) else rest[1]["x"]
        assert "".join(name for name, value in shown.items() if isinstance(value, Sensitive)) == hidden
        if not hidden:
            assert masked_side == side
    copied = masked_pair(before, after, marks, digest)[1]["z"]
    assert isinstance(copied, Sensitive) is bool(set(hidden) & set("ad"))


def test_a_mark_is_about_its_own_place() -> None:
    one, two = masked_pair({"c": {"d": "s", "e": "p"}}, {"c": {"d": "t", "e": "q"}}, [{"c": {"d": True}}], digest)
    assert [(type(side["c"]["d"]), side["c"]["e"]) for side in (one, two)] == [(Sensitive, "p"), (Sensitive, "q")]


def test_a_mark_on_everything_covers_what_only_one_side_has() -> None:
    one, two = masked_pair({"a": "only-before"}, {"b": "only-after"}, [True], digest)
    assert (type(one["a"]), type(two["b"])) == (Sensitive, Sensitive)


def test_of_two_sides_the_secret_of_one_is_hidden_on_the_other() -> None:
    one, two = masked_pair(
        {"p": "first-secret", "u": "has second-secret"}, {"p": "second-secret", "u": "has first-secret"},
        [{"p": True}], digest,
    )  # fmt: skip
    assert [type(side["u"]) for side in (one, two)] == [Sensitive, Sensitive]


def test_the_secret_of_one_side_is_hidden_on_the_other() -> None:
    reading = hide({"password": "old-secret-1", "url": "x"}, {"password": "new-secret-2", "url": "has old-secret-1"})
    assert "old-secret-1" not in everything(reading)
    back = hide({"password": "old-secret-1", "url": "has new-secret-2"}, {"password": "new-secret-2", "url": "x"})
    assert "new-secret-2" not in everything(back)


def test_short_words_are_not_hunted() -> None:
    assert hide({"password": "admin", "name": "admin"}).recorded["name"] == "admin"
    assert isinstance(hide({"password": "administ", "name": "administ"}).recorded["name"], Sensitive)


def test_equal_secrets_stay_equal_and_others_do_not() -> None:
    same, other = hide({"password": "a"}, {"password": "a"}), hide({"password": "a"}, {"password": "b"})
    assert (same.recorded == same.observed, other.recorded == other.observed) == (True, False)


def test_an_absent_one_too() -> None:
    reading = Absent(present("aws_x.y", SHAPE, {}).instance, SHAPE, {"password": "long-enough", "url": "/long-enough"})
    found = masked(reading, digest)
    assert isinstance(found, Absent)
    assert [type(found.recorded[name]) for name in ("password", "url")] == [Sensitive, Sensitive]


def test_what_holds_no_secret_is_not_copied() -> None:
    plain = schema(name=attribute("O"))
    readings = [present("aws_x.y", plain, {"name": "a"}), unread("aws_x.z")]
    assert [new is old for new, old in zip(all_masked(readings, digest), readings, strict=True)] == [True, True]


def test_a_schema_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = type(SHAPE.block).sensitive_paths
    monkeypatch.setattr(type(SHAPE.block), "sensitive_paths", lambda block: asked.append(block) or real(block))
    all_masked([present(f"aws_x.y[{n}]", SHAPE, {"password": "p"}) for n in range(5)], digest)
    assert asked.count(SHAPE.block) == 1


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=4), lambda v: st.lists(v, max_size=2) | st.dictionaries(st.text(), v)
)


@settings(max_examples=50)
@given(st.text(min_size=8, max_size=20), VALUES, st.text(max_size=3), st.text(max_size=3))
def test_no_secret_survives(secret: str, other: Any, before: str, after: str) -> None:
    canary = f"canary{secret}"
    sides = {
        "password": canary,
        "url": before + canary + after,
        "map": {"k": [canary, other]},
        "user": [{"key": canary}],
    }
    reading = hide(sides, {"list": [other, {"deep": canary + after}]})

    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for inner in value.values() for text in texts(inner)]
        if isinstance(value, list):
            return [text for inner in value for text in texts(inner)]
        return [value] if isinstance(value, str) else []

    assert not any(canary in text for text in texts([reading.recorded, reading.observed]))


def test_the_secrets_of_a_plan_in_every_form() -> None:
    shown = {
        "resource_changes": [
            {
                "change": {
                    "before": {"password": "old secret", "name": "plain enough"},
                    "after": {"password": "new secret", "name": "plain enough", "list": [{"key": "in a list"}]},
                    "before_sensitive": {"password": True},
                    "after_sensitive": {"password": True, "list": [{"key": True}]},
                }
            },
            {
                "change": {
                    "before": None,
                    "after": {"x": "wholly so"},
                    "before_sensitive": False,
                    "after_sensitive": True,
                }
            },
            {},
        ],
        "resource_drift": [
            {"change": {"before": {"p": "drifted one"}, "after": None, "before_sensitive": {"p": True}}},
        ],
        "prior_state": {
            "values": {
                "root_module": {
                    "resources": [{"values": {"token": "of a data source"}, "sensitive_values": {"token": True}}],
                    "child_modules": [
                        {
                            "resources": [
                                {"values": {"p": "in a module", "q": "plain too"}, "sensitive_values": {"p": True}}
                            ]
                        }
                    ],
                }
            }
        },
        "variables": {"key": {"value": "from outside/+"}, "team": {"value": "not a secret"}},
        "configuration": {"root_module": {"variables": {"key": {"sensitive": True}, "team": {}}}},
    }
    found = plan_secrets(shown)
    plain = {
        "old secret",
        "new secret",
        "in a list",
        "wholly so",
        "drifted one",
        "from outside/+",
        "of a data source",
        "in a module",
    }
    assert plain <= found
    assert {"from%20outside%2F%2B", "b2xkIHNlY3JldA=="} <= found
    assert not {"plain enough", "not a secret", "plain too"} & found
    assert plan_secrets({}) == frozenset()
