"""Patches of templates: what is written, what is refused, and that nothing else moves."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.edits import CASES, SCHEMA, change

from reconciler.desired.edit.patch import Patch, patch
from reconciler.desired.template import read_template
from reconciler.drift.address import Address
from reconciler.drift.finding import Change
from reconciler.drift.values import UNKNOWN, Sensitive, Value


def patched(folder: Path, body: str, *changes: Change, name: str = "main.tf", key: object = None) -> Patch:
    text = body if name.endswith(".json") else f'# first\nresource "x_thing" "this" {{\n{body}}}\n\n# last\n'
    (folder / name).write_text(text, newline="")
    template = read_template(folder)
    assert template.problems == ()
    return patch(template, Address("x_thing", "this", key), changes, SCHEMA)  # type: ignore[arg-type]


def body_of(found: Patch) -> str:
    assert found.left == ()
    match = re.fullmatch(r'# first\nresource "x_thing" "this" \{\n(.*)\}\n\n# last\n', found.after, re.DOTALL)
    assert match is not None
    return match[1]


@pytest.mark.parametrize(("body", "wanted", "changes"), CASES)
def test_only_what_changed_is_written(tmp_path: Path, body: str, wanted: str, changes: list[Change]) -> None:
    assert body_of(patched(tmp_path, body, *changes)) == wanted


def test_a_block_on_one_line_gets_lines_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "x_thing" "this" { name = "a" }\n')
    found = patch(
        read_template(tmp_path), Address("x_thing", "this"), [change("size", None, 1, configured=False)], SCHEMA
    )
    assert found.after == 'resource "x_thing" "this" {\n  name = "a"\n  size = 1\n}\n'


def test_a_diff_is_one_that_git_applies(tmp_path: Path) -> None:
    found = patched(tmp_path, "  size = 1\n", change("size", 1, 2))
    assert found.diff.splitlines()[:2] == ["--- a/main.tf", "+++ b/main.tf"]
    assert "-  size = 1\n+  size = 2\n" in found.diff


def test_a_file_without_a_last_newline_and_with_carriage_returns_keeps_both(tmp_path: Path) -> None:
    text = 'resource "x_thing" "this" {\r\n  name = "é"\r\n}'
    (tmp_path / "main.tf").write_text(text, newline="")
    found = patch(
        read_template(tmp_path), Address("x_thing", "this"), [change("size", None, 1, configured=False)], SCHEMA
    )
    assert found.after == text.replace('"é"\r\n', '"é"\r\n  size = 1\r\n')
    assert found.diff.endswith("\\ No newline at end of file\n")


@pytest.mark.parametrize(
    ("body", "wish", "reason"),
    [
        ("  size = var.size\n", change("size", 1, 2), "its value comes from var.size"),
        ("  size = local.sizes[each.key]\n", change("size", 1, 2), "its value comes from local.sizes"),
        ('  text = "a-${local.b}"\n', change("text", "a-b", "c"), "its value comes from local.b"),
        ('  text = file("x")\n', change("text", "a", "c"), "its value comes from file(…)"),
        ("  tags = local.tags\n", change("tags.A", "1", "2"), "its value comes from local.tags"),
        (
            '  tags = merge({ A = "1" }, local.t)\n',
            change("tags.A", "1", "2"),
            "A comes from another argument of merge",
        ),
        ('  tags = { (local.k) = "1" }\n', change("tags.A", "1", "2"), "names of this map are computed"),
        (
            "  zones = [local.a]\n",
            change("zones", ["a"], ["b"], is_set=True),
            "an element to take out is not written here: local.a stands in its place",
        ),
        (
            '  dynamic "rule" {\n    for_each = local.r\n    content {\n      port = rule.value\n    }\n  }\n',
            change("rule", [{"port": 1}], [], is_set=True),
            "the rule blocks are made by a dynamic block",
        ),
        (
            "",
            change("filled", "a", "b", configured=False),
            "the template does not set it, and an apply leaves it as it is",
        ),
        (
            "",
            change("arn", "a", "b", configured=False),
            "the template does not set it, and an apply leaves it as it is",
        ),
        ('  name = "a"\n', change("name", "a", None), "name is required and the cloud holds none"),
        ('  text = "a"\n', Change(("text",), "a", UNKNOWN, configured=True), "its value is not known"),
        # Terraform holds every string in NFC: this one cannot be written at all.
        (
            '  text = "a"\n',
            change("text", "a", "e\u0301"),
            "the edited template does not say what the cloud says",
        ),
        ('  text = "a"\n', change("text", "a", "a"), "the template says so already"),
        (
            "  rule {\n    port = local.p\n  }\n  rule {\n    port = local.q\n  }\n",
            change("rule", [{"port": 1}, {"port": 2}], [{"port": 1}], is_set=True),
            "which of the blocks is meant cannot be told",
        ),
    ],
)
def test_what_cannot_be_patched_says_why(tmp_path: Path, body: str, wish: Change, reason: str) -> None:
    found = patched(tmp_path, body, wish)
    assert [each.reason for each in found.left] == [reason]
    assert found.left[0].hint
    assert (found.before, found.diff) == (found.after, "")


def test_a_secret_is_never_written(tmp_path: Path) -> None:
    wish = Change(("text",), Sensitive("1"), Sensitive("2"), configured=True, sensitive=True)
    found = patched(tmp_path, '  text = "hunter2"\n', wish, change("size", None, 1, configured=False))
    assert [each.reason for each in found.left] == ["it is a secret, which is never written into a template"]
    assert found.taken == (("size",),)


def test_a_plain_value_marked_as_a_secret_is_not_written_either(tmp_path: Path) -> None:
    found = patched(tmp_path, '  text = "a"\n', Change(("text",), "a", "b", configured=True, sensitive=True))
    assert found.diff == ""


@pytest.mark.parametrize("repetition", ["count    = 2", 'for_each = toset(["a", "b"])'])
def test_one_of_several_instances_is_never_patched_alone(tmp_path: Path, repetition: str) -> None:
    key = 0 if "count" in repetition else "a"
    found = patched(tmp_path, f"  {repetition}\n  size = 1\n", change("size", 1, 2), key=key)
    assert [each.reason for each in found.left] == ["the block makes 2 instances, and all would change"]


def test_the_only_instance_is_patched(tmp_path: Path) -> None:
    found = patched(tmp_path, "  count = 1\n  size  = 1\n", change("size", 1, 2), key=0)
    assert body_of(found) == "  count = 1\n  size  = 2\n"


def test_a_module_that_is_called_twice_or_lies_outside_is_not_patched(tmp_path: Path) -> None:
    root, shared = tmp_path / "root", tmp_path / "shared"
    (root / "inner").mkdir(parents=True)
    shared.mkdir()
    thing = 'resource "x_thing" "this" {\n  size = 1\n}\n'
    (root / "inner/main.tf").write_text(thing)
    (shared / "main.tf").write_text(thing)
    calls = [("a", "./inner"), ("b", "./inner"), ("c", "../shared")]
    (root / "main.tf").write_text("".join(f'module "{n}" {{\n  source = "{s}"\n}}\n' for n, s in calls))
    template = read_template(root)
    reasons = [
        patch(template, Address.parse(f"module.{name}.x_thing.this"), [change("size", 1, 2)], SCHEMA).left[0].reason
        for name, _ in calls
    ]
    assert reasons == [
        "its module is called 2 times, and all would change",
        "its module is called 2 times, and all would change",
        "../shared/main.tf belongs to a module outside of the template, which others may use",
    ]


def test_an_override_file_wins_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "override.tf").write_text('resource "x_thing" "this" {\n  size = 5\n}\n')
    found = patched(tmp_path, "  size = 1\n", change("size", 5, 2))
    assert [each.reason for each in found.left] == ["override.tf declares it too, and wins"]


def test_tags_all_follows_tags(tmp_path: Path) -> None:
    found = patched(
        tmp_path, '  tags = { A = "1" }\n', change("tags.A", "1", "2"), change("tags_all.A", "1", "2", configured=False)
    )
    assert (found.taken, found.left) == ((("tags", "A"),), ())


JSON = """{
  "resource": {"x_thing": {"this": {
    "size": 1,
    "tags": {"A": "1", "B": "${var.b}"},
    "rule": {"port": 1}
  }}}
}
"""


@pytest.mark.parametrize(
    ("wish", "before", "after"),
    [
        (change("size", 1, 2), '"size": 1', '"size": 2'),
        (change("tags.A", "1", "${x}"), '"A": "1"', '"A": "$${x}"'),
        (change("tags.A", "1", None), '"A": "1", ', ""),
        (change("tags.C", None, "3"), '"${var.b}"', '"${var.b}", "C": "3"'),
        (change("text", None, "t", configured=False), '{"port": 1}', '{"port": 1},\n    "text": "t"'),
        (change("size", 1, None), '    "size": 1,\n', ""),
        (change("rule", [{"port": 1, "cidr": ""}], [], is_set=True), ',\n    "rule": {"port": 1}\n', "\n"),
        (
            change("rule", [{"port": 1}], [{"port": 1}, {"port": 2}], is_set=True),
            '{"port": 1}',
            '[{"port": 1}, {\n      "port": 2\n    }]',
        ),
    ],
)
def test_json_is_patched_in_its_own_syntax(tmp_path: Path, wish: Change, before: str, after: str) -> None:
    found = patched(tmp_path, JSON, wish, name="main.tf.json")
    assert found.left == ()
    assert found.after == JSON.replace(before, after)
    json.loads(found.after)


def test_a_reference_in_json_is_kept(tmp_path: Path) -> None:
    found = patched(tmp_path, JSON, change("tags.B", "1", "2"), name="main.tf.json")
    assert [each.reason for each in found.left] == ["its value comes from var.b"]


# --- any template -----------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(
    lambda text: unicodedata.normalize("NFC", text)
)
comments = st.sampled_from(["", " # why", " // é"])
gaps = st.sampled_from(["", "\n", "  # a comment\n"])


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, dict[str, Value]]:
    """Arguments in some order, with comments and blank lines, and what they say."""
    from reconciler.desired.write.literal import literal  # noqa: PLC0415

    values: dict[str, Value] = {}
    if draw(st.booleans()):
        values["size"] = draw(st.integers(-5, 5))
    if draw(st.booleans()):
        values["text"] = draw(texts)
    if draw(st.booleans()):
        values["tags"] = draw(st.dictionaries(texts.filter(bool), texts, max_size=3))
    if draw(st.booleans()):
        values["zones"] = draw(st.lists(texts, max_size=3, unique=True))
    values["name"] = "n"
    lines = ""
    for name in draw(st.permutations(list(values))):
        lines += f"{draw(gaps)}  {name} = {literal(values[name], '  ')}{draw(comments)}\n"
    return lines, values


@given(bodies(), st.integers(-9, 9), texts, st.dictionaries(texts.filter(bool), texts, max_size=3), st.data())
def test_any_patch_reads_back_as_wanted_and_moves_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
    written: tuple[str, dict[str, Value]],
    size: int,
    text: str,
    tags: dict[str, str],
    data: st.DataObject,
) -> None:
    body, values = written
    wanted: dict[str, Value] = {"size": size, "text": text, "tags": tags}
    name = data.draw(st.sampled_from(sorted(wanted)))
    before, after = values.get(name), wanted[name]
    if name == "tags":
        keys = sorted({*(before or {}), *after})
        changes = [
            Change(("tags", key), (before or {}).get(key), after.get(key), configured="tags" in values)
            for key in keys
            if (before or {}).get(key) != after.get(key)
        ]
    else:
        changes = [Change((name,), before, after, configured=name in values)] if before != after else []
    folder = tmp_path_factory.mktemp("any")
    found = patched(folder, body, *changes)
    assert found.left == ()
    again = patched(folder, body_of(found), Change(("arn",), 1, 2, configured=False))
    assert again.before == found.after
    said = _said(found.after)
    expected = {**values, name: after}
    if name == "tags" and "tags" not in values and not after:
        del expected["tags"]
    assert said == expected
    kept = [
        line
        for line in body.splitlines()
        if not re.match(rf"\s*({name} =|[\"\w].* = .*|\}})", line) or "# a comment" in line
    ]
    assert [line for line in found.after.splitlines() if line in kept and line] == [
        line for line in kept if line
    ] or name == "tags"
    if name != "tags":
        others = [line for line in body.splitlines() if not line.startswith(f"  {name} =") and line]
        assert [line for line in body_of(found).splitlines() if not line.startswith(f"  {name} ") and line] == others


def _said(text: str) -> dict[str, Value]:
    from reconciler.desired.expressions.evaluate import Budget, Nothing, evaluate  # noqa: PLC0415
    from reconciler.desired.parse import parse_hcl  # noqa: PLC0415

    (block,) = parse_hcl(text).blocks
    return {
        name: evaluate(each.expression.node, Nothing(), Budget()) for name, each in block.content.attributes.items()
    }
