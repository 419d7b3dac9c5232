from __future__ import annotations

import json
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.settings.positions import Key, key_places

DOCUMENT = '''\
# a comment = 1
a.b = 1
"c.d" = """
x = 1
[not a table]
"""
e = [ 1, [2, "]"], {f = {g = 1979-05-27 07:32:00}} ] # ] =

[t."u v"]
'w' = 'x # y'

[[z]]
k = 1
[z.sub]
k = 2
[[z.list]]
k = 3
[[z]]
k = 4
'''


def test_every_place_in_a_document() -> None:
    assert key_places(DOCUMENT) == {
        ("a",): (2, 1),
        ("a", "b"): (2, 3),
        ("c.d",): (3, 1),
        ("e",): (7, 1),
        ("e", 0): (7, 7),
        ("e", 1): (7, 10),
        ("e", 1, 0): (7, 11),
        ("e", 1, 1): (7, 14),
        ("e", 2): (7, 20),
        ("e", 2, "f"): (7, 21),
        ("e", 2, "f", "g"): (7, 26),
        ("t",): (9, 1),
        ("t", "u v"): (9, 1),
        ("t", "u v", "w"): (10, 1),
        ("z",): (12, 1),
        ("z", 0): (12, 1),
        ("z", 0, "k"): (13, 1),
        ("z", 0, "sub"): (14, 1),
        ("z", 0, "sub", "k"): (15, 1),
        ("z", 0, "list"): (16, 1),
        ("z", 0, "list", 0): (16, 1),
        ("z", 0, "list", 0, "k"): (17, 1),
        ("z", 1): (18, 1),
        ("z", 1, "k"): (19, 1),
    }


keys = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=5) | st.sampled_from(
    ["a", "b-c", "#", '"', "="]
)
scalars = st.one_of(
    st.integers(-(2**60), 2**60),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=8),
    st.dates(),
    st.datetimes(),
    st.floats(allow_nan=False, allow_infinity=False),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=12
)


def written(value: Any) -> str:  # noqa: PLR0911  one per kind of value
    """A value in TOML, tables inline."""
    match value:
        case dict():
            return (
                "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)} = {written(v)}" for k, v in value.items()) + "}"
            )
        case list():
            return "[\n " + ",\n ".join(written(item) for item in value) + " # ,]\n]"
        case bool():
            return str(value).lower()
        case str():
            if "'" not in value and value.isprintable() and len(value) % 2:
                return f"'{value}'"
            return json.dumps(value, ensure_ascii=False)
        case int() | float():
            return repr(value)
        case _:
            return str(value)


def keys_of(value: Any, above: Key = ()) -> set[Key]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: set[Key] = set()
    for step, item in items:
        found |= {(*above, step)} | keys_of(item, (*above, step))
    return found


@given(
    st.dictionaries(keys, values, max_size=4),
    st.dictionaries(keys, st.lists(st.dictionaries(keys, values, max_size=2), min_size=1, max_size=3), max_size=2),
)
def test_exactly_the_keys_that_tomllib_reads(table: dict[str, Any], arrays: dict[str, list[dict[str, Any]]]) -> None:
    lines = [f"{json.dumps(k, ensure_ascii=False)} = {written(v)}" for k, v in table.items()]
    for name, tables in arrays.items():
        if name in table:
            continue
        for item in tables:
            lines.append(f"[[{json.dumps(name, ensure_ascii=False)}]]")
            lines += [f"{json.dumps(k, ensure_ascii=False)}={written(v)}" for k, v in item.items()]
    text = "\n".join(lines)
    places = key_places(text)
    assert set(places) == keys_of(tomllib.loads(text))
    rows = text.split("\n")
    assert all(rows[line - 1][column - 1 :] for line, column in places.values())
