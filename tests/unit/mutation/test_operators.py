"""The tool that changes the core: what it makes of a piece of source, and that its planted faults still fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutation.operators import mutants, weaker_patterns
from mutation.widenings import WIDENINGS, widened

CORE = Path(__file__).parents[3] / "reconciler" / "drift"


def changed(source: str) -> list[str]:
    return [mutant.what.partition(" -> ")[2] for mutant in mutants(source, "x.py")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a == b", ["a != b"]),
        ("x = a < b", ["a <= b", "a >= b"]),
        ("x = a and b", ["a or b", "b", "a"]),
        ("x = not a", ["a"]),
        ("x = a + 1", ["a", "1", "a - 1", "2"]),
        ("x = True", ["False"]),
        ("x = ''", ["'XX'"]),
        ("x = (a, b)", ["(b,)", "(a,)"]),
        ("x = {'k': a, **b}", ["{**b}", "{'k': a}"]),
        ("x = ('a', 'b', 'c', 'd')", ["('b', 'c', 'd')", "('a', 'c', 'd')", "('a', 'b', 'd')", "('a', 'b', 'c')"]),
        ("x = a if b else c", ["a if True else c", "a if False else c"]),
        ("x = [a for a in b if a]", ["for a in b", "for a in b if False"]),
        ("x = f(a, k=b)", ["f(a)"]),
        ("x = any(a)", ["all(a)"]),
        ("x = a.lower()", ["a"]),
        ("x = p.fullmatch(a)", ["p.match(a)"]),
        ("x = a[1:b]", ["1:", "2", ":b"]),
        ("def f(a: int = 1) -> int:\n    'told'\n    return a", ["2", "return None"]),
        ("for a in b:\n    continue", ["break"]),
        ("f()", ["pass"]),
        ("import a\nx: TypeAlias = 1\n__all__ = ['x']", []),
        ("def f(t):\n    return t.split()\nf('a b')", ["return None", "pass", "f('b')", "f('a')", "'XXa b'"]),
    ],
)
def test_what_becomes_of_a_piece_of_source(source: str, expected: list[str]) -> None:
    assert sorted(changed(source)) == sorted(expected)


def test_a_mutant_knows_whether_it_happens_at_import() -> None:
    source = "A = 1\n\n\ndef f(a=2):\n    return 3\n\n\nclass C:\n    b = 4\n\n    def g(self):\n        return 5\n"
    assert {m.what.split()[0]: m.function for m in mutants(source, "x.py") if m.what[0].isdigit()} == {
        "1": None, "2": None, "3": 4, "4": None, "5": 11,
    }  # fmt: skip


def test_a_pattern_with_an_alternative_or_a_quantifier_less() -> None:
    assert sorted(weaker_patterns(r"(a|b\|[*)]c)?|d\d+")) == sorted(
        [r"(b\|[*)]c)?|d\d+", r"(a)?|d\d+", r"(a|b\|[*)]c)|d\d+", r"(a|b\|[*)]c)?|d\d", r"d\d+", r"(a|b\|[*)]c)?"]
    )


@pytest.mark.parametrize("module", WIDENINGS)
def test_every_rule_that_is_made_to_hide_more_is_there(module: str) -> None:
    path = CORE / f"{module}.py"
    assert len(list(widened(module, path.read_text("utf-8"), str(path)))) == len(WIDENINGS[module])
