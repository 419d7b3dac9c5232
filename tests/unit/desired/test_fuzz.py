"""Whatever is in a file: an answer or a TemplateError, soon."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.templates import FIXTURES, write

from reconciler.desired.template import read_template
from reconciler.drift.snapshot import Template
from reconciler.errors import TemplateError

SEEDS = [(FIXTURES / "templates" / "estate" / name).read_text() for name in ("main.tf", "more.tf.json")]
SEEDS.append((FIXTURES / "templates" / "expressions" / "main.tf").read_text()[:6_000])
TOKENS = [
    *('"', "${", "%{", "}", "{", "(", ")", "[", "]", "=", "\n", "#", "/*", "*/", "\\", "?", ":", ".", ",", "-", "\t"),
    *("<<E\n", "<<-E\n", "E\n", "for", "if", "...", "=>", "~}", "\u00e9", "\r\n", "null", "0", "dynamic", "$${"),
    'resource "a" "b" {\n',
]
NAMES = [
    *("resource", "locals", "terraform", "module", "provider", "variable", "data", "a_b", "c", "//", "lifecycle"),
    *("ignore_changes", "count", "for_each", "dynamic", "source", "providers", "backend", "required_providers"),
    *("type", "default", "moved", "from", "to", "import", "content"),
]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=20,
)

slow = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(folder: Path, name: str, content: str | bytes) -> Template:
    template = read_template(write(folder, {name: content, "good.tf": 'resource "good" "one" {}\n'}))
    assert all(isinstance(problem, TemplateError) and problem.position for problem in template.problems)
    assert any(each.address.type == "good" for each in template.resources)
    return template


@slow
@given(st.binary(max_size=300), st.sampled_from(["main.tf", "main.tf.json", "x.auto.tfvars", "terraform.tfvars.json"]))
def test_bytes(tmp_path: Path, content: bytes, name: str) -> None:
    (folder := tmp_path / "t").mkdir(exist_ok=True)
    check(folder, name, content)
    (folder / name).unlink()


@slow
@given(st.lists(st.sampled_from(TOKENS), max_size=60).map(" ".join))
def test_tokens(tmp_path: Path, text: str) -> None:
    check(tmp_path, "main.tf", text)


@slow
@given(st.sampled_from(SEEDS), st.randoms(use_true_random=False))
def test_mutations(tmp_path: Path, seed: str, chance: random.Random) -> None:
    text = seed
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text))
        cut = chance.choice([0, 0, 1, 1, 5, 50])
        text = text[:at] + chance.choice(["", *TOKENS]) + text[at + cut :]
    check(tmp_path, "main.tf.json" if seed.startswith("{") else "main.tf", text)


@slow
@given(ANY_JSON)
def test_json_of_any_shape(tmp_path: Path, value: object) -> None:
    check(tmp_path, "main.tf.json", json.dumps(value))


@pytest.mark.parametrize("end", range(0, len(SEEDS[0]), 97))
def test_a_template_cut_off_anywhere(end: int, tmp_path: Path) -> None:
    template = check(tmp_path, "main.tf", SEEDS[0][:end])

    finished = SEEDS[0][:end].split("\n}\n")[:-1]
    whole = {block.split('"')[1] for block in finished if block.lstrip().startswith('resource "')}
    assert whole <= {each.address.type for each in template.resources}
