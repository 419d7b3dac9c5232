"""Places, pieces, JSON; and the forms in which references are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.templates import read, resource, told, write

from reconciler.desired.explain import explain
from reconciler.desired.json_syntax import parse_json
from reconciler.desired.parse import parse_hcl
from reconciler.desired.resync import segments
from reconciler.desired.syntax import Place
from reconciler.desired.template import read_template
from reconciler.drift.snapshot import Body


def test_columns_count_characters_and_not_bytes() -> None:
    (block,) = parse_hcl('/* é한 */ locals {\n  a = "한국어"\n  b = 1\n}\n').blocks

    assert block.place == Place(1, 10)
    assert block.content.attributes["b"].place == Place(3, 3)
    assert block.content.attributes["a"].expression.place == Place(2, 7)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("# only this\n", ["# only this\n"]),
        ("locals {\n}\nlocals {\n}\n", ["locals {\n}\n", "locals {\n}\n"]),
        ("locals {\n}\njunk\nlocals {\n", ["locals {\n}\n", "junk\n", "locals {\n"]),
        ('locals {\nresource "a" "b" {\n', ["locals {\n", 'resource "a" "b" {\n']),
        ("locals {\n  a = <<E\nlocals {\n}\nE\n}\n", ["locals {\n  a = <<E\nlocals {\n}\nE\n}\n"]),
        ("locals {\n  a = <<E\nlocals {\n}\n", ["locals {\n  a = <<E\n", "locals {\n}\n"]),
        ("}\n}\n}\n", ["}\n}\n}\n"]),
        ("  locals {\n", ["  locals {\n"]),
        ("locals = {\n}\n", ["locals = {\n}\n"]),
    ],
)
def test_segments(text: str, pieces: list[str]) -> None:
    assert [text[start:end] for start, end in segments(text)] == pieces


def test_segments_leave_no_gap() -> None:
    text = 'x\nlocals {\n a = <<E\n}\nE\n}\ny\nresource "a" "b" {\n}\n}\nmodule "m" {'

    assert "".join(text[start:end] for start, end in segments(text)) == text


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a = [\n  1\n", Place(2, 1), "not valid HCL"),
        ('a = "x\n', Place(1, 5), "a quoted string is not closed on its line"),
        ('a = "\\"x\n', Place(1, 5), "a quoted string is not closed on its line"),
        ("# it's\n=======\n", Place(2, 1), "a merge conflict is not resolved"),
        ("a = <<-E\n x\n", Place(1, 5), "a heredoc is not closed"),
        ('a = <<E\n "x\nE\nb = "y\n', Place(4, 5), "a quoted string is not closed on its line"),
    ],
)
def test_explanations(text: str, place: Place, message: str) -> None:
    fault = explain(text, 1, Place(9, 9))

    assert message in fault.message
    if message != "not valid HCL":
        assert fault.place == place


def test_without_python_hcl2_the_place_is_tree_sitters() -> None:
    assert explain("a = ]\n", 1, Place(7, 7), ask=False).place == Place(7, 7)


def test_names_that_python_hcl2_does_not_know_are_not_blamed() -> None:
    assert explain("größe = ]\n", 1, Place(7, 7)).place == Place(7, 7)


def test_faults_of_one_file_are_bounded() -> None:
    assert len(parse_hcl('locals {\n  a = "\n}\n' * 500).faults) == 50


JSON = """{
  "//": "a comment",
  "resource": [
    {"aws_vpc": {"a": [{"cidr": "1"}], "b": {"cidr": "${upper(\\"x\\")}"}}},
    {"aws_vpc": [{"c": {"//": "x", "tags": null}}]}
  ],
  "locals": [{"x": 1}, {"y": [1, "${local.x}", {"k${1}": true}]}],
  "variable": {"v": {"type": "list(string)", "default": ["a"]}},
  "output": {"o": {"value": "${local.y}"}},
  "module": {}
}
"""


def test_json_blocks_in_all_their_forms() -> None:
    parsed = parse_json(JSON)

    assert parsed.faults == ()
    assert [(block.type, block.labels, block.place) for block in parsed.blocks] == [
        ("resource", ("aws_vpc", "a"), Place(4, 24)),
        ("resource", ("aws_vpc", "b"), Place(4, 40)),
        ("resource", ("aws_vpc", "c"), Place(5, 19)),
        ("locals", (), Place(7, 14)),
        ("locals", (), Place(7, 24)),
        ("variable", ("v",), Place(8, 16)),
        ("output", ("o",), Place(9, 14)),
    ]


def test_json_values(tmp_path: Path) -> None:
    text = '{"resource": {"a_b": {"c": {"for_each": "${toset(local.y)}"}}},'
    text += ' "locals": {"x": "%{if true}t%{endif}\\n", "y": ["${local.x}", "$${z}"]}}'

    template = read_template(write(tmp_path, {"x.tf.json": text}))

    assert [each.key for each in template.resources[0].instances or ()] == ["${z}", "t\n"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('"a\\"b ${x[\\"k\\"]} %{ if y }é%{ endif }\\n$${z}"', '"a\\"b ${x["k"]} %{ if y }é%{ endif }\\n$${z}"'),
        ('{"a": [1, true, null, "b"], "//": 1}', '{ "a" = [1, true, null, "b"] }'),
    ],
)
def test_json_as_hcl_text(value: str, text: str) -> None:
    (block,) = parse_json(f'{{"locals": {{"x": {value}}}}}').blocks

    assert block.content.attributes["x"].expression.text == text
    assert not parse_hcl(f"x = {text}\n").faults


def test_json_meta_arguments(tmp_path: Path) -> None:
    text = """{"provider": {"aws": {"alias": "w"}},
      "resource": {"aws_vpc": {"a": {"provider": "aws.w", "count": 2, "cidr": "x", "depends_on": ["a.b"],
        "lifecycle": {"ignore_changes": "all"}, "provisioner": [{"local-exec": {"command": "x"}}]},
       "b": {"lifecycle": [{"ignore_changes": ["tags.a", "tags[\\"b c\\"]"]}], "ingress": [{"port": 1}, {"cidr": 2}]}}},
      "moved": [{"from": "aws_vpc.x", "to": "aws_vpc.b"}], "removed": {"from": "aws_vpc.y"},
      "import": {"to": "aws_vpc.a[0]", "id": "vpc-1"}}"""

    template = read_template(write(tmp_path, {"x.tf.json": text}))
    a, b = template.resources

    assert template.problems == ()
    assert (str(a.provider).endswith(".w"), a.ignore_changes, a.body) == (True, "all", Body(frozenset({"cidr"})))
    assert [str(each) for each in a.instances or ()] == ["aws_vpc.a[0]", "aws_vpc.a[1]"]
    assert b.ignore_changes == (("tags", "a"), ("tags", "b c"))
    assert b.body == Body(frozenset({"ingress"}), {"ingress": Body(frozenset({"port", "cidr"}))})
    assert [(each.source, each.target) for each in template.moves] == [("aws_vpc.x", "aws_vpc.b")]
    assert (template.removed, template.imports) == (("aws_vpc.y",), ("aws_vpc.a[0]",))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[tags]", (("tags",),)),
        ('[tags["a.b"], tags.c]', (("tags", "a.b"), ("tags", "c"))),
        ("[ingress[0].cidr_blocks, ingress.1.self]", (("ingress", 0, "cidr_blocks"), ("ingress", 1, "self"))),
        ('["tags.Name", "user_data"]', (("tags", "Name"), ("user_data",))),
        ("all", "all"),
        ('"all"', "all"),
        ('["*"]', "all"),
        ("[]", ()),
        ("null", ()),
    ],
)
def test_ignore_changes(written: str, expected: object, tmp_path: Path) -> None:
    template = read(tmp_path, f'resource "a_b" "c" {{\n  lifecycle {{\n    ignore_changes = {written}\n  }}\n}}\n')

    assert template.resources[0].ignore_changes == expected


def test_the_escaping_block_belongs_to_the_body(tmp_path: Path) -> None:
    template = read(tmp_path, 'resource "a_b" "c" {\n  x = 1\n  _ {\n    count = 1\n  }\n}\n')

    assert template.resources[0].body == Body(frozenset({"x", "count"}))


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        ("0", []),
        ("-1", None),
        ("1.5", None),
        ('"x"', None),
        ("true", None),
        ("[1]", None),
        ("1000000000", None),
        ("null", None),
        ("1 + 1", ["a_b.c[0]", "a_b.c[1]"]),
    ],
)
def test_count(count: str, expected: list[str] | None, tmp_path: Path) -> None:
    found = read(tmp_path, f'resource "a_b" "c" {{\n  count = {count}\n}}\n').resources[0].instances

    assert (None if found is None else [str(each) for each in found]) == expected


@pytest.mark.parametrize(
    ("for_each", "expected"),
    [
        ("{}", []),
        ('["a"]', None),
        ("toset([])", []),
        ('toset(["b", "a"])', ['a_b.c["a"]', 'a_b.c["b"]']),
        ("toset([1])", None),
        ('{ "x.y" = aws_vpc.a.id, "${1}" = 2 }', ['a_b.c["1"]', 'a_b.c["x.y"]']),
        ("{ (aws_vpc.a.id) = 1 }", None),
        ("data.aws_x.y.ids", None),
        ("var.nowhere", None),
        ("each.value", None),
        ('"a"', None),
    ],
)
def test_for_each(for_each: str, expected: list[str] | None, tmp_path: Path) -> None:
    found = read(tmp_path, f'resource "a_b" "c" {{\n  for_each = {for_each}\n}}\n').resources[0].instances

    assert (None if found is None else [str(each) for each in found]) == expected


def test_duplicates_in_two_files_name_both(tmp_path: Path) -> None:
    block = 'resource "a_b" "c" {}\n'

    template = read_template(write(tmp_path, {"one.tf": block, "two.tf": f"\n{block}"}))

    assert told(template) == ['two.tf:2:1: the resource "a_b.c" is already declared at one.tf:1']
    assert str(resource(template, "a_b.c").position) == "one.tf:1:1"


def test_names_that_python_hcl2_reserves_are_names(tmp_path: Path) -> None:
    template = read(tmp_path, 'resource "a_b" "c" {\n  __is_block__ = 1\n  __comments__ = 2\n}\n')

    assert template.resources[0].body.attributes == {"__is_block__", "__comments__"}


def test_text_that_runs_the_other_way(tmp_path: Path) -> None:
    template = read(tmp_path, 'resource "a_b" "c" {\n  name = "\u202etxt.exe \u05d0" # \u2066\n}\n')

    assert template.problems == ()
