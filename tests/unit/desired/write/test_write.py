"""Values and resources as HCL: read back as they were."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.desired.expressions.evaluate import Budget, Nothing, evaluate
from reconciler.desired.expressions.values import plain
from reconciler.desired.parse import parse_expression, parse_hcl
from reconciler.desired.write.literal import Document, Raw, literal
from reconciler.desired.write.resource import Adopted, adopted
from reconciler.drift.address import Address
from reconciler.drift.schema import Attribute, Block, NestedBlock, Nesting
from reconciler.drift.values import Value

texts = st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: unicodedata.normalize("NFC", text))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | texts
    | st.sampled_from(["${a}", "%{b}", "a\nb\n", '"'])
    | st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 3)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(values)
@example({"%%{": "$$${a}"})
def test_any_value_reads_back_as_it_was(value: Value) -> None:
    read = evaluate(parse_expression(literal(value, "  ")), Nothing(), Budget())
    assert plain(read) == value


@example(["%%{", "a"])
@given(st.lists(texts.filter(lambda text: "\r" not in text), min_size=2, max_size=4))
def test_a_text_of_lines_reads_back_from_a_heredoc(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    parsed = parse_hcl(f"x = {literal(text, '', heredoc=True)}\n")
    assert parsed.faults == ()
    assert evaluate(parsed.attributes["x"].expression.node, Nothing(), Budget()) == text


def test_members_stand_below_each_other() -> None:
    value = {"a": 1, "long": [{"b c": Raw("var.x")}], "if": {}, "doc": Document({"A": 1.5})}
    assert literal(value) == (
        '{\n  a = 1\n  long = [\n    {\n      "b c" = var.x\n    },\n  ]\n  "if" = {}\n'
        "  doc = jsonencode({\n    A = 1.5\n  })\n}"
    )


BLOCK = Block(
    {
        "name": Attribute(type="string", required=True),
        "policy": Attribute(type="string", optional=True),
        "vpc_id": Attribute(type="string", optional=True),
        "token": Attribute(type="string", required=True, sensitive=True),
    },
    {"rule": NestedBlock(Nesting.SET, Block({"port": Attribute(type="number", required=True)}))},
)


def test_a_resource_is_an_import_and_a_block_with_references_and_without_secrets() -> None:
    resource = Adopted(
        Address("x_thing", "found"),
        "t-1",
        {"name": "n", "policy": '{"Resource":"arn:1"}', "vpc_id": "vpc-1", "rule": [{"port": 1}, {"port": 2}]},
        documents=["policy"],
        ignored=["force", "token"],
        asked=["token"],
        provider="x.east",
        references={"vpc-1": "x_vpc.main.id", "arn:1": "x_bucket.b.arn"},
    )
    assert adopted(resource, BLOCK) == (
        'import {\n  to = x_thing.found\n  id = "t-1"\n}\n\n'
        'resource "x_thing" "found" {\n  provider = x.east\n\n'
        '  name   = "n"\n  token  = var.found_token\n  vpc_id = x_vpc.main.id\n\n'
        "  policy = jsonencode({\n    Resource = x_bucket.b.arn\n  })\n\n"
        "  rule {\n    port = 1\n  }\n\n  rule {\n    port = 2\n  }\n\n"
        "  lifecycle {\n"
        "    # An import reads none of these: left alone, the provider would only fill in its default.\n"
        "    # Secret, or not told by the service: an apply leaves it as it is, whatever the variable says.\n"
        "    ignore_changes = [force, token]\n  }\n}\n\n"
        'variable "found_token" {\n  type      = string\n  sensitive = true\n}\n'
    )


@pytest.mark.parametrize("values", [{}, {"name": "n"}])
def test_a_small_resource(values: dict[str, Value]) -> None:
    text = adopted(Adopted(Address("x_thing", "a"), "i", values), BLOCK)
    assert parse_hcl(text).faults == ()
    assert "lifecycle" not in text
