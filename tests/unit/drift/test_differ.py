from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.drifting import STRINGS, attribute, block, nested
from support.shapes import SHAPED, at_path, put, steps

from reconciler.drift.differ import differences
from reconciler.drift.schema import Attribute, Block, CtyType, Nesting
from reconciler.drift.values import Sensitive, canonical, format_path

RULE = nested(Nesting.SET, port=attribute("R", "number"), cidrs=attribute("O", STRINGS), note=attribute("O"))
SHAPE = block(
    name=attribute("R"),
    size=attribute("O", "number"),
    flag=attribute("O", "bool"),
    zones=attribute("O", STRINGS),
    order=attribute("O", ["list", "string"]),
    tags=attribute("O", ["map", "string"]),
    deep=attribute("O", ["map", ["list", ["object", {"a": "string", "b": "number"}]]]),
    one=attribute("O", ["object", {"a": "string", "b": "number"}]),
    pair=attribute("O", ["tuple", ["string", "number"]]),
    any=attribute("O", "dynamic"),
    token=attribute("O", sensitive=True),
    once=attribute("O", write_only=True),
    rule=RULE,
    disk=nested(Nesting.LIST, gb=attribute("O", "number"), label=attribute("OC")),
    limits=nested(Nesting.SINGLE, cpu=attribute("O", "number")),
    group=nested(Nesting.GROUP, cpu=attribute("O", "number")),
    site=nested(Nesting.MAP, url=attribute("O")),
    modern=attribute("O", None, nested=nested(Nesting.MAP, url=attribute("O"))),
    modern_set=attribute("O", None, nested=nested(Nesting.SET, url=attribute("O"))),
)


def told(name: str, before: object, after: object, shape: Block = SHAPE) -> list[tuple[Any, ...]]:
    return [
        (format_path(d.path), d.before, d.after) if d.added is None else (format_path(d.path), d.added, d.removed)
        for d in differences("aws_x", shape, name, before, after)
    ]


@pytest.mark.parametrize(
    ("name", "before", "after", "found"),
    [
        ("name", "a", "b", [("name", "a", "b")]),
        ("name", "a", "a", []),
        ("name", "a", None, [("name", "a", None)]),
        ("name", "a", "", [("name", "a", "")]),
        ("name", None, "", []),
        ("size", 1, 2, [("size", 1, 2)]),
        ("size", 0, None, []),
        ("size", 1, 1.0, []),
        ("flag", True, False, [("flag", True, False)]),
        ("flag", None, True, [("flag", None, True)]),
        ("flag", True, 1, [("flag", True, 1)]),
        # Sets: no order, what came and what went.
        ("zones", ["a", "b"], ["b", "a"], []),
        ("zones", ["a", "b"], ["b", "c"], [("zones", ("c",), ("a",))]),
        ("zones", None, ["a"], [("zones", ("a",), ())]),
        ("zones", ["a"], None, [("zones", (), ("a",))]),
        ("zones", ["a", "a"], ["a"], [("zones", (), ("a",))]),
        ("zones", [], None, []),
        ("zones", Sensitive("1"), ["a"], [("zones", Sensitive("1"), ["a"])]),
        # Lists: places where the length is the same, whole otherwise.
        ("order", ["a", "b"], ["b", "a"], [("order[0]", "a", "b"), ("order[1]", "b", "a")]),
        ("order", ["a"], ["a", "b"], [("order", ["a"], ["a", "b"])]),
        # Maps: keys.
        ("tags", {"a": "1"}, {"a": "2"}, [("tags.a", "1", "2")]),
        ("tags", {"a": "1"}, {}, [("tags.a", "1", None)]),
        ("tags", None, {"a": "1", "b.c": "2"}, [("tags.a", None, "1"), ('tags["b.c"]', None, "2")]),
        ("tags", {"a": "1"}, None, [("tags.a", "1", None)]),
        ("tags", None, {}, []),
        ("tags", {"a": ""}, {}, [("tags.a", "", None)]),
        ("tags", Sensitive("1"), {"a": "1"}, [("tags", Sensitive("1"), {"a": "1"})]),
        ("deep", {"k": [{"a": "x", "b": 1}]}, {"k": [{"a": "y", "b": 1}]}, [("deep.k[0].a", "x", "y")]),
        ("deep", {"k": [{"a": "x"}]}, {"k": []}, [("deep.k", [{"a": "x"}], [])]),
        ("one", {"a": "x", "b": 1}, {"a": "y", "b": 1}, [("one.a", "x", "y")]),
        ("one", {"a": "x", "b": 1}, {"a": "x"}, [("one.b", 1, None)]),
        ("one", {"a": "x"}, {"a": "x", "b": 1}, [("one.b", None, 1)]),
        ("one", {"a": "x", "new": 1}, {"a": "x"}, [("one.new", 1, None)]),
        ("one", {"a": None}, {"a": ""}, []),
        ("one", {"a": '{"x":1}'}, {"a": '{"x": 1}'}, []),
        ("order", [None], [""], []),
        ("order", ['{"x":1}'], ['{"x": 1}'], []),
        ("one", None, {"a": "x"}, [("one", None, {"a": "x"})]),
        ("one", {"a": "x"}, None, [("one", {"a": "x"}, None)]),
        ("one", {"a": "x"}, Sensitive("1"), [("one", {"a": "x"}, Sensitive("1"))]),
        ("order", None, ["a"], [("order", None, ["a"])]),
        ("order", ["a"], Sensitive("1"), [("order", ["a"], Sensitive("1"))]),
        ("disk", None, [{"gb": 1}], [("disk", None, [{"gb": 1}])]),
        ("disk", [{"gb": 1}], Sensitive("1"), [("disk", [{"gb": 1}], Sensitive("1"))]),
        ("site", None, {"a": {"url": "x"}}, [("site", None, {"a": {"url": "x"}})]),
        ("site", {"a": {"url": "x"}}, Sensitive("1"), [("site", {"a": {"url": "x"}}, Sensitive("1"))]),
        ("rule", [{"port": 1}], Sensitive("1"), [("rule", [{"port": 1}], Sensitive("1"))]),
        ("group", {"cpu": 1}, None, [("group", {"cpu": 1}, None)]),
        ("tags", {"a": "1"}, "text", [("tags", {"a": "1"}, "text")]),
        ("pair", ["a", 1], ["a", 2], [("pair", ["a", 1], ["a", 2])]),
        ("any", {"x": [1]}, {"x": [2]}, [("any", {"x": [1]}, {"x": [2]})]),
        ("once", None, "written", []),
        # Blocks.
        ("rule", [{"port": 1}, {"port": 2}], [{"port": 2}, {"port": 1}], []),
        ("rule", [{"port": 1, "note": None}], [{"port": 1, "note": ""}], []),
        ("rule", [{"port": 1, "cidrs": ["a", "b"]}], [{"port": 1, "cidrs": ["b", "a"]}], []),
        ("rule", [{"port": 1}], [{"port": 2}], [("rule", ({"port": 2},), ({"port": 1},))]),
        ("rule", [{"port": 0}], [], [("rule", (), ({"port": 0},))]),
        ("disk", [{"gb": 1}], [{"gb": 2}], [("disk[0].gb", 1, 2)]),
        ("disk", [{"gb": 1}], [], [("disk", [{"gb": 1}], [])]),
        ("disk", [{}], [], [("disk", [{}], [])]),
        ("disk", [{"gb": 1}], [None], [("disk[0]", {"gb": 1}, None)]),
        ("limits", {"cpu": 1}, {"cpu": 2}, [("limits.cpu", 1, 2)]),
        ("limits", {"cpu": 1}, None, [("limits", {"cpu": 1}, None)]),
        ("group", {"cpu": 1}, {"cpu": 2}, [("group.cpu", 1, 2)]),
        ("site", {"a": {"url": "x"}}, {"a": {"url": "y"}}, [("site.a.url", "x", "y")]),
        ("site", {"a": {"url": "x"}}, {"b": {"url": "x"}},
         [("site.a", {"url": "x"}, None), ("site.b", None, {"url": "x"})]),
        ("modern", {"a": {"url": "x"}}, {"a": {"url": "y"}}, [("modern.a.url", "x", "y")]),
        ("modern_set", [{"url": "x"}], [{"url": "y"}], [("modern_set", ({"url": "y"},), ({"url": "x"},))]),
    ],
)  # fmt: skip
def test_differences(name: str, before: object, after: object, found: list[tuple[Any, ...]]) -> None:
    assert told(name, before, after) == found


@pytest.mark.parametrize(
    ("name", "before", "after", "secret"),
    [
        ("token", "a", "b", True),
        ("name", "a", "b", False),
        ("name", Sensitive("1"), Sensitive("2"), True),
        ("order", ["a"], [Sensitive("1")], True),
        ("any", {"a": [{"b": Sensitive("1")}]}, {}, True),
        ("any", {"a": [{"b": "c"}]}, {}, False),
        ("any", {"a": ["c", Sensitive("1")], "b": "c"}, {}, True),
        ("any", {}, ["c", Sensitive("1"), "c"], True),
    ],
)
def test_a_difference_knows_whether_a_secret_is_in_it(name: str, before: object, after: object, secret: bool) -> None:  # noqa: FBT001
    assert [d.sensitive for d in differences("aws_x", SHAPE, name, before, after)] == [secret]


def test_whole_is_one_difference_or_none() -> None:
    [one] = differences("aws_x", SHAPE, "order", ["a", "b"], ["b", "a"], whole=True)
    assert (one.path, one.before, one.after, one.added) == (("order",), ["a", "b"], ["b", "a"], None)
    assert differences("aws_x", SHAPE, "zones", ["a", "b"], ["b", "a"], whole=True) == []


def test_the_order_of_paths_is_stable() -> None:
    assert [d[0] for d in told("tags", {"b": "1", "a": "1"}, {"c": "1"})] == ["tags.a", "tags.b", "tags.c"]


def test_the_order_of_paths_does_not_follow_the_schema() -> None:
    shape = block(
        disk=nested(Nesting.LIST, z=attribute("O"), a=attribute("O"), m=nested(Nesting.SINGLE, b=attribute("O"))),
        keys=attribute("O", ["map", ["object", {"z": "string", "a": "string"}]]),
        site=nested(Nesting.MAP, url=attribute("O")),
    )
    old, new = {"z": "1", "a": "1", "m": {"b": "1"}}, {"z": "2", "a": "2", "m": {"b": "2"}}
    assert [d[0] for d in told("disk", [old] * 11, [*[old] * 2, new, *[old] * 7, new], shape)] == [
        "disk[10].a", "disk[10].m.b", "disk[10].z", "disk[2].a", "disk[2].m.b", "disk[2].z",
    ]  # fmt: skip
    pair, other = {"z": "1", "a": "1"}, {"z": "2", "a": "2"}
    assert [d[0] for d in told("keys", {"q": pair, "b": pair}, {"q": other, "b": other}, shape)] == [
        "keys.b.a", "keys.b.z", "keys.q.a", "keys.q.z",
    ]  # fmt: skip
    sites = [{key: {"url": url} for key in "zyxcba"} for url in "12"]
    assert [d[0] for d in told("site", *sites, shape)] == [f"site.{key}.url" for key in "abcxyz"]


def test_a_difference_knows_the_attribute_that_it_is_in() -> None:
    shape = block(disk=nested(Nesting.LIST, gb=attribute("C", "number"), name=attribute("O")), size=attribute("OC"))
    found = differences("aws_x", shape, "disk", [{"gb": 1, "name": "a"}], [{"gb": 2, "name": "b"}])
    assert [(format_path(d.path), d.attribute.answered) for d in found] == [
        ("disk[0].gb", True), ("disk[0].name", False),
    ]  # fmt: skip
    [whole] = differences("aws_x", shape, "disk", [{"gb": 1}], [], whole=True)
    assert (whole.path, whole.attribute.answered, whole.before, whole.after) == (("disk",), False, [{"gb": 1}], [])
    assert differences("aws_x", shape, "size", "a", "a", whole=True) == []
    assert len(differences("aws_x", shape, "size", "a", "b")) == 1


def test_only_the_innermost_name_and_the_whole_path_count_for_a_rule() -> None:
    """A status inside a block inside a list is a status; the attribute around it is not."""
    inner = nested(Nesting.SINGLE, status=attribute("C"), note=attribute("C"))
    shape = block(size_in_bytes=nested(Nesting.LIST, part=inner), other=nested(Nesting.LIST, part=inner))
    one, two = ({"part": {"status": word, "note": word}} for word in ("creating", "active"))
    assert [d[0] for d in told("other", [one], [two], shape)] == ["other[0].part.note"]
    assert told("size_in_bytes", [one], [two], shape) == []
    assert [d[0] for d in told("other", [one], [{"part": None}], shape)] == ["other[0].part"]


class TestElementsOfASetThatMeanTheSame:
    shape = block(
        statement=nested(
            Nesting.SET,
            name=attribute("R"),
            policy=attribute("O"),
            stamp=attribute("C"),
            weight=attribute("O", "number"),
            inner=nested(Nesting.LIST, seen_at=attribute("C"), on=attribute("O", "bool")),
            ports=nested(Nesting.SET, port=attribute("O", "number"), stamp=attribute("C")),
            cidrs=attribute("O", STRINGS),
            keys=attribute("O", ["map", "string"]),
        ),
        states=attribute("C", ["set", ["object", {"state": "string"}]]),
    )
    one = '{"Statement":[{"Effect":"Allow","Action":["a:B","a:C"],"Resource":"*"}]}'
    two = '{"Statement":{"Effect":"Allow","Resource":["*"],"Action":["a:c","a:b"]}}'
    deny = '{"Statement":{"Effect":"Deny","Resource":["*"],"Action":["a:c","a:b"]}}'

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"policy": one}, {"policy": two}),
            ({"stamp": "2026-01-01T00:00:00Z"}, {"stamp": "2026-02-01T00:00:00Z"}),
            ({"weight": 1}, {"weight": 1.0}),
            ({"weight": 0}, {}),
            ({"weight": 2.0}, {"weight": 2}),
            ({"policy": " " + one}, {"policy": two}),
            ({"policy": "[1]"}, {"policy": "[ 1 ]"}),
            ({"ports": [{"port": 1}, {"port": 2}]}, {"ports": [{"port": 2}, {"port": 1, "stamp": None}]}),
            (
                {"ports": [{"port": 1, "stamp": "2026-01-01T00:00:00Z"}, {"port": 2, "stamp": "2026-01-05T00:00:00Z"}]},
                {"ports": [{"port": 2, "stamp": "2026-03-01T00:00:00Z"}, {"port": 1, "stamp": "2026-02-01T00:00:00Z"}]},
            ),
            ({"cidrs": ["a\ud800", "b"]}, {"cidrs": ["b", "a\ud800"], "policy": None}),
            ({"cidrs": None}, {"cidrs": []}),
            ({"keys": {"a": one}, "weight": 1}, {"keys": {"a": one}, "weight": 1.0}),
            ({"inner": [{"seen_at": "2026-01-01T00:00:00Z"}]}, {"inner": [{"seen_at": "2026-02-01T00:00:00Z"}]}),
        ],
    )
    def test_equal(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        pair = [{"name": "a", **before}, {"name": "b", **before}]
        assert told("statement", pair, [{"name": "b", **after}, {"name": "a", **after}], self.shape) == []

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"policy": one}, {"policy": deny}),
            ({"stamp": "v1"}, {"stamp": "v2"}),
            ({"weight": 1}, {"weight": 2}),
            ({"inner": [{"on": True}]}, {"inner": [{"on": False}]}),
            ({"inner": [{}]}, {"inner": []}),
            ({"policy": "{"}, {"policy": "["}),
            ({"policy": "{x"}, {"policy": "{y"}),
            ({"policy": "a"}, {"policy": "b"}),
            ({"weight": 1.5}, {"weight": 1}),
            ({"ports": [{"port": 1}, {"port": 2}]}, {"ports": [{"port": 1}, {"port": 3}]}),
            ({"ports": [{"port": 1}]}, {"ports": [{"port": 1}, {"port": 1}]}),
            ({"cidrs": ["a"]}, {"cidrs": ["a", ""]}),
            ({"keys": {"a": ""}}, {"keys": {}}),
            ({"keys": {"a": one}}, {"keys": {"a": two}}),
        ],
    )
    def test_not_equal(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        same, old, new = {"name": "b"}, {"name": "a", **before}, {"name": "a", **after}
        assert told("statement", [old, same], [same, new], self.shape) == [("statement", (new,), (old,))]

    typed = block(
        entries=attribute(
            "O", ["set", ["object", {"a": "string", "p": "string", "n": "number", "s": STRINGS, "l": ["list", "string"],
                                     "o": ["object", {"x": "string"}]}]],
        ),
        texts=attribute("O", STRINGS),
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"p": one}, {"p": two}),
            ({"n": 2}, {"n": 2.0}),
            ({"n": 0, "s": None}, {"s": []}),
            ({"s": ["x", "y"]}, {"s": ["y", "x"], "n": None}),
            ({"l": ["x", None], "n": 0}, {"l": ["x", ""]}),
            ({"o": {"x": None}, "p": one}, {"o": {"x": ""}, "p": two}),
            ({"s": [one, "z"]}, {"s": ["z", two]}),
            ({"l": ["\ud800"], "n": 0}, {"l": ["\ud800"]}),
        ],
    )
    def test_equal_objects(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        pair = [{"a": "1", **before}, {"a": "2", **before}]
        assert told("entries", pair, [{"a": "2", **after}, {"a": "1", **after}], self.typed) == []

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"p": one}, {"p": deny}),
            ({"n": 2}, {"n": 2.5}),
            ({"n": 1}, {}),
            ({"s": ["x"]}, {"s": ["x", "y"]}),
            ({"l": ["x", "y"]}, {"l": ["y", "x"]}),
            ({"o": {"x": "1"}}, {"o": {"x": "2"}}),
            ({"o": {"x": "1"}}, {"o": None}),
        ],
    )
    def test_objects_that_are_not_equal(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        same, old, new = {"a": "b"}, {"a": "a", **before}, {"a": "a", **after}
        assert told("entries", [old, same], [same, new], self.typed) == [("entries", (new,), (old,))]

    def test_texts(self) -> None:
        assert told("texts", [self.one, "a"], ["a", self.two], self.typed) == []
        assert told("texts", [self.one, "a"], ["b", self.two], self.typed) == [("texts", ("b",), ("a",))]

    def test_what_is_no_block_is_compared_as_it_is(self) -> None:
        assert told("statement", [None, {"name": "a"}], [{"name": "a"}, None], self.shape) == []
        assert told("statement", [{"name": "a", "inner": [None]}], [{"name": "a", "inner": [{}]}], self.shape) != []

    def test_two_that_mean_the_same_stand_for_two(self) -> None:
        old = [{"name": "a", "policy": self.one}, {"name": "a", "policy": self.one + " "}]
        new = [{"name": "a", "policy": self.two}]
        assert told("statement", old, new, self.shape) == [("statement", (), (old[1],))]

    def test_each_stands_for_one_of_the_other_side(self) -> None:
        """Of three elements that mean two things, the one whose meaning is missing is told."""
        old = [{"name": "a", "policy": self.one}, {"name": "a", "policy": self.deny}, {"name": "b"}]
        new = [{"name": "b"}, {"name": "a", "policy": self.two}, {"name": "c"}]
        assert told("statement", old, new, self.shape) == [("statement", (new[2],), (old[1],))]
        assert told("statement", new, old, self.shape) == [("statement", (old[1],), (new[2],))]

    def test_what_came_and_went_stands_in_its_own_order(self) -> None:
        old = [{"name": name} for name in "cab"]
        new = [{"name": name} for name in "zxy"]
        assert told("statement", old, new, self.shape) == [("statement", tuple(new), tuple(old))]

    def test_a_set_that_only_aws_writes(self) -> None:
        assert told("states", [{"state": "pending"}], [{"state": "available"}], self.shape) == []
        assert told("states", [{"state": "available"}], [{"state": "failed"}], self.shape) != []

    def test_a_large_set_does_not_try_every_pair(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = 0
        real = Block.__getattribute__

        def counted(self: Block, name: str) -> object:
            nonlocal asked
            asked += name == "attributes"
            return real(self, name)

        monkeypatch.setattr(Block, "__getattribute__", counted)
        old = [{"port": n, "note": "old"} for n in range(400)]
        new = [{"port": n, "note": "new"} for n in range(400)]
        [difference] = differences("aws_x", block(rule=RULE), "rule", old, new)
        assert (len(difference.added or ()), len(difference.removed or ())) == (400, 400)
        assert asked < 40 * 400


FEW = settings(max_examples=60)


def all_differences(shape: Block, before: dict[str, Any], after: dict[str, Any]) -> list[Any]:
    names = sorted({*shape.attributes, *shape.blocks})
    return [d for name in names for d in differences("aws_x", shape, name, before.get(name), after.get(name))]


@FEW
@given(SHAPED)
def test_nothing_differs_from_itself(shaped: tuple[Block, dict[str, Any], dict[str, Any]]) -> None:
    shape, value, _ = shaped
    assert all_differences(shape, value, copy.deepcopy(value)) == []


@FEW
@given(SHAPED)
def test_two_differ_both_ways_or_not_at_all(shaped: tuple[Block, dict[str, Any], dict[str, Any]]) -> None:
    shape, before, after = shaped
    there, back = all_differences(shape, before, after), all_differences(shape, after, before)
    assert {d.path for d in there} == {d.path for d in back}
    assert sorted(canonical(d.added) for d in there) == sorted(canonical(d.removed) for d in back)
    assert bool(there) or canonical(before) == canonical(after) or _unordered(shape, before) == _unordered(shape, after)


@FEW
@given(SHAPED, st.randoms(use_true_random=False))
def test_a_change_of_any_leaf_is_found_at_its_path(
    shaped: tuple[Block, dict[str, Any], dict[str, Any]], chance: random.Random
) -> None:
    shape, value, _ = shaped
    path, in_set = chance.choice(steps(shape, value))
    old = at_path(value, path)
    new = old[1:] if in_set else {str: "CHANGED", int: 77, bool: None}[type(old)]
    found = all_differences(shape, value, put(value, path, new))
    assert [d.path for d in found] == [path]
    if in_set:
        assert (found[0].added, found[0].removed) == ((), (old[0],))
    else:
        assert (found[0].before, found[0].after) == (old, new)


@FEW
@given(SHAPED, st.randoms(use_true_random=False))
def test_a_set_has_no_order(shaped: tuple[Block, dict[str, Any], dict[str, Any]], chance: random.Random) -> None:
    shape, value, _ = shaped
    mixed = copy.deepcopy(value)
    for path, in_set in steps(shape, value):
        if in_set:
            chance.shuffle(at_path(mixed, path))
    keys = list(mixed)
    chance.shuffle(keys)
    assert all_differences(shape, value, {key: mixed[key] for key in keys}) == []


def _unordered(shape: Block | CtyType, value: Any) -> Any:  # noqa: C901 - one case for each kind of type
    """The value with its sets in one order: the oracle for what differs."""
    if isinstance(shape, Block):
        result = {}
        for name, inner in value.items():
            if name in shape.attributes:
                result[name] = _unordered(shape.attributes[name].type, inner)
                continue
            nested_block = shape.blocks[name]
            if nested_block.nesting in (Nesting.LIST, Nesting.SET):
                result[name] = [_unordered(nested_block.block, v) for v in inner]
                if nested_block.nesting is Nesting.SET:
                    result[name].sort(key=canonical)
            elif nested_block.nesting is Nesting.MAP:
                result[name] = {k: _unordered(nested_block.block, v) for k, v in inner.items()}
            else:
                result[name] = _unordered(nested_block.block, inner)
        return result
    match shape:
        case ["set", element]:
            return sorted((_unordered(element, v) for v in value), key=canonical)
        case ["list", element]:
            return [_unordered(element, v) for v in value]
        case ["map", element]:
            return {k: _unordered(element, v) for k, v in value.items()}
        case ["object", dict(fields)]:
            return {k: _unordered(fields[k], v) for k, v in value.items()}
    return value


def test_an_attribute_that_came_with_a_new_schema_is_compared() -> None:
    shape = Block({"new": Attribute("string", optional=True)})
    assert told("new", None, "x", shape) == [("new", None, "x")]
