"""Where the values of variables come from, and in which order they win."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.templates import read, told, write

from reconciler.desired.template import read_template
from reconciler.drift.values import UNKNOWN, Value

PLACES = ["default", "environment", "tfvars", "tfvars_json", "auto", "auto_json", "var_file", "second_file", "setting"]


@pytest.mark.parametrize("count", range(1, len(PLACES) + 1))
def test_the_later_place_wins(count: int, tmp_path: Path) -> None:
    """All places up to one are filled: the last of them counts."""
    used = set(PLACES[:count])
    files = {"main.tf": 'variable "x" {\n  default = "default"\n}\n'}
    files |= {"terraform.tfvars": 'x = "tfvars"\n'} if "tfvars" in used else {}
    files |= {"terraform.tfvars.json": '{"x": "tfvars_json"}'} if "tfvars_json" in used else {}
    files |= {"a.auto.tfvars": 'x = "auto"\n'} if "auto" in used else {}
    files |= {"b.auto.tfvars.json": '{"x": "auto_json"}'} if "auto_json" in used else {}
    files |= {"first.tfvars": 'x = "var_file"\n', "second.tfvars": 'x = "second_file"\n', "other.tfvars": "x = 1\n"}
    var_files = [Path("first.tfvars")] if "var_file" in used else []
    var_files += [tmp_path / "second.tfvars"] if "second_file" in used else []

    template = read_template(
        write(tmp_path, files),
        environment={"TF_VAR_x": "environment", "x": "no"} if "environment" in used else {},
        var_files=var_files,
        variables={"x": "setting"} if "setting" in used else {},
    )

    assert template.problems == ()
    assert [each.value for each in template.variables] == [PLACES[count - 1]]


@pytest.mark.parametrize(
    ("type_", "given", "expected"),
    [
        ("", "[1]", "[1]"),
        ("type = string", "[1]", "[1]"),
        ("type = string", 5, "5"),
        ("type = number", "5", 5),
        ("type = bool", "true", True),
        ("type = list(string)", '["a", 1]', ["a", "1"]),
        ("type = list(string)", ["a", 1], ["a", "1"]),
        ("type = set(string)", ["b", "a", "b"], ["a", "b"]),
        ("type = map(number)", '{ a = "1" }', {"a": 1}),
        ("type = any", "[1]", [1]),
        (
            "type = object({ a = string, b = optional(number, 3), c = optional(bool) })",
            {"a": 1},
            {"a": "1", "b": 3, "c": None},
        ),
        ('type = list(object({ a = optional(string, "x") }))', [{}, {"a": None, "z": 1}], [{"a": "x"}, {"a": "x"}]),
        ("type = tuple([string, number])", [1, "2"], ["1", 2]),
        ("type = map(any)", {"a": 1, "b": "x"}, {"a": "1", "b": "x"}),
        ('type = "list"', ["a"], ["a"]),
        ("nullable = false\n default = 1", None, 1),
        ("default = 1", None, None),
    ],
)
def test_conversion(type_: str, given: Value, expected: Value, tmp_path: Path) -> None:
    template = read(tmp_path, f'variable "x" {{\n {type_}\n}}\n', variables={"x": given})

    assert template.problems == ()
    assert template.variables[0].value == expected
    assert type(template.variables[0].value) is type(expected)


@pytest.mark.parametrize(
    ("type_", "given"),
    [
        ("number", "canary"),
        ("bool", 3),
        ("list(string)", {"a": "canary"}),
        ("object({ a = string })", {"b": "canary"}),
        ("tuple([string])", ["a", "canary"]),
        ("map(string)", ["canary"]),
    ],
)
def test_a_value_of_another_type_is_a_problem_and_not_echoed(type_: str, given: Value, tmp_path: Path) -> None:
    template = read(tmp_path, f'variable "x" {{\n  type = {type_}\n}}\n', variables={"x": given})

    assert template.variables[0].value is UNKNOWN
    assert told(template) == ['main.tf:1:1: the value given for the variable "x" is not of its type']
    assert "canary" not in str(template.problems[0].hint)


def test_the_place_of_a_wrong_value_is_that_of_the_variable_file(tmp_path: Path) -> None:
    files = {"main.tf": 'variable "x" {\n  type = number\n}\n', "terraform.tfvars": '# one\nx = "canary"\n'}

    template = read_template(write(tmp_path, files))

    assert told(template) == ['terraform.tfvars:2:1: the value given for the variable "x" is not of its type']
    assert template.problems[0].hint == "its type is declared at main.tf:1"


def test_text_that_is_no_expression(tmp_path: Path) -> None:
    template = read(tmp_path, 'variable "x" {\n  type = list(string)\n}\n', environment={"TF_VAR_x": "[canary"})

    assert told(template) == ['main.tf:1:1: the value given for the variable "x" is not a valid expression']
    assert template.variables[0].value is UNKNOWN


def test_a_missing_variable_file_is_named(tmp_path: Path) -> None:
    template = read(tmp_path, 'variable "x" {}\n', var_files=[Path("gone.tfvars")])

    assert told(template) == ["gone.tfvars: variable file: the file does not exist"]
    assert template.variables[0].value is UNKNOWN


def test_a_broken_variable_file_costs_what_is_broken(tmp_path: Path) -> None:
    files = {
        "main.tf": 'variable "x" {}\nvariable "y" {}\n',
        "a.auto.tfvars.json": '{"x": 1, ',
        "b.auto.tfvars": "y = 2\nblock {\n}\n",
    }

    template = read_template(write(tmp_path, files))

    assert told(template) == [
        "a.auto.tfvars.json:1:10: not valid JSON: a quoted name is expected",
        "b.auto.tfvars:2:1: a variable file holds no blocks, only name = value",
    ]
    assert {each.name: each.value for each in template.variables} == {"x": UNKNOWN, "y": 2}


def test_variable_files_hold_literals(tmp_path: Path) -> None:
    files = {
        "main.tf": 'variable "x" {}\nvariable "y" {}\n',
        "terraform.tfvars": 'x = "$${a} \\n ${"b"}"\n',
        "terraform.tfvars.json": '{"y": "${not.a.template}"}',
    }

    assert {each.name: each.value for each in read_template(write(tmp_path, files)).variables} == {
        "x": "${a} \n b",
        "y": "${not.a.template}",
    }


def test_what_no_variable_declares_is_no_matter(tmp_path: Path) -> None:
    template = read(tmp_path, "", environment={"TF_VAR_y": "1"}, variables={"z": 1, "w": "[", "": "x"})

    assert (template.variables, template.problems) == ((), ())


def test_sensitive(tmp_path: Path) -> None:
    template = read(tmp_path, 'variable "x" {\n  sensitive = true\n  default = 1\n}\n')

    assert template.variables[0].sensitive
