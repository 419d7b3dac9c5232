"""What holds of the whole core for any schema, any values and any pass."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.drifting import Workspace, absent, attribute, declared, known, nested, present, schema, unread
from support.shapes import SHAPED, at_path, put, steps

from reconciler.drift.compare import compare
from reconciler.drift.coverage import Coverage, UnknownResource, Verdict, verdict
from reconciler.drift.differ import differences
from reconciler.drift.explain import Estate, Held
from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.drift.journal import journal
from reconciler.drift.lifecycle import Scope, advance
from reconciler.drift.normalise import Place, Rule, same
from reconciler.drift.record import Step
from reconciler.drift.report import finding_to_json
from reconciler.drift.schema import Block, Nesting, Schema
from reconciler.drift.snapshot import Body, DeclaredResource, Reading, Reason
from reconciler.drift.values import to_json

FEW = settings(max_examples=60)
Shaped = tuple[Block, dict[str, Any], dict[str, Any]]


def written(shape: Block) -> Body:
    """A block that sets everything."""
    return Body(frozenset(shape.attributes), {name: written(inner.block) for name, inner in shape.blocks.items()})


def all_set(shape: Block) -> DeclaredResource:
    body = written(shape)
    return declared("aws_x.y", *body.attributes, blocks=body.blocks)


def compared(shape: Block, recorded: Any, observed: Any, baseline: Any, block: DeclaredResource | None) -> Any:
    sides = [None if side is None else {"id": "x", **side} for side in (recorded, observed, baseline)]
    held = Held("aws_x.y", "aws_x", *sides)
    return compare(held, Schema(0, shape), block, Estate.of([held]))


@FEW
@given(SHAPED)
def test_what_is_as_recorded_is_no_drift(shaped: Shaped) -> None:
    shape, value, other = shaped
    for block in (all_set(shape), None):
        for baseline in (None, value, other):
            assert compared(shape, value, copy.deepcopy(value), baseline, block).changes == ()


@FEW
@given(SHAPED, st.randoms(use_true_random=False), st.booleans())
def test_a_change_of_any_leaf_that_the_template_sets_is_found(
    shaped: Shaped,
    chance: random.Random,
    remembered: bool,  # noqa: FBT001 - drawn
) -> None:
    """Whatever was seen before, and there alone."""
    shape, value, other = shaped
    path, in_set = chance.choice(steps(shape, value))
    old = at_path(value, path)
    new = old[1:] if in_set else {str: "CHANGED", int: 77, bool: None}[type(old)]
    changed = put(value, path, new)
    for baseline in (changed, other) if remembered else (None,):
        found = compared(shape, value, changed, baseline, all_set(shape))
        assert [(c.path, c.configured) for c in found.changes] == [(path, True)]
        [(name, reference)] = found.reference
        assert (name, reference) == (path[0], value[str(path[0])])


DOC, SAME_DOC = '{"Statement":[{"Action":["a:b"]}]}', '{"Statement":{"Action":"A:B"}}'
TEXTS = st.sampled_from(
    [None, "", "a", "creating", "active", "stopped", DOC, SAME_DOC, '{"a":1}', '{ "a": 1 }', "2026-01-01T00:00:00Z"]
) | st.text(max_size=3)
ANY = st.none() | st.booleans() | st.integers(0, 2) | TEXTS | st.lists(TEXTS, max_size=2)
NAMES = st.sampled_from(["name", "status", "created_at", "last_modified", "size_in_bytes", "policy", "value"])


@given(NAMES, st.sampled_from(["O", "R", "OC", "C"]), ANY, ANY)
def test_two_values_differ_unless_a_rule_by_name_says_that_they_do_not(
    name: str, flags: str, before: Any, after: Any
) -> None:
    shape = Block({name: attribute(flags, "dynamic")})
    found = differences("aws_x", shape, name, before, after)
    rule = same(Place("aws_x", (name,), shape.attributes[name], "dynamic"), before, after)
    assert bool(found) is (rule is False)
    if rule is True:
        assert (before, isinstance(before, bool)) == (after, isinstance(after, bool))
    # What a template must set is equal by no reading of a clock, status or gauge.
    if flags != "C" and isinstance(rule, Rule):
        assert rule.name in ("zero", "policy", "json")


# --- secrets -----------------------------------------------------------------------------------------

VAULT = schema(
    name=attribute("OC"),
    password=attribute("O", sensitive=True),
    url=attribute("OC"),
    notes=attribute("O", ["map", "string"]),
    hosts=attribute("C", ["set", "string"]),
    user=nested(Nesting.SET, name=attribute("O"), key=attribute("O", sensitive=True)),
)
CANARIES = st.text('abcXYZ019+/=%"\\é\n', min_size=4, max_size=12).map(lambda text: f"c4n4ry-{text}-yr4n4c")


@FEW
@given(CANARIES, CANARIES, st.text(max_size=3), st.booleans())
def test_a_secret_is_nowhere_in_what_a_pass_leaves(old: str, new: str, around: str, marked: bool) -> None:  # noqa: FBT001
    """Not in its findings, rows or events, neither as Python shows them nor as JSON, whoever repeats it."""

    def side(secret: str) -> dict[str, Any]:
        return {
            "id": "v", "password": secret, "url": f"https://u:{secret}@h/{around}", "notes": {"k": f"{around}{secret}"},
            "hosts": [secret, around], "user": [{"name": f"is {secret}", "key": secret}], "name": "plain",
        }  # fmt: skip

    workspace = Workspace(declared("aws_v.a", "password", "url", "notes", blocks={"user": Body(frozenset({"key"}))}))
    paths = (("notes", "k"),) if marked else ()
    readings = [
        present("aws_v.a", VAULT, side(old), side(old), sensitive_paths=paths),
        present("aws_v.a", VAULT, side(old), side(new), sensitive_paths=paths),
        absent("aws_v.a", VAULT, side(old), sensitive_paths=paths),
    ]
    for reading in readings:
        before, findings = dict(workspace.baselines), workspace.findings
        comparison = workspace.look(reading)
        life = advance([known(f, str(n)) for n, f in enumerate(findings)], comparison.findings, Scope(frozenset(Kind)))
        events = journal(life.transitions, comparison.rows, comparison.gone, before, life.open)
        left = [
            repr((comparison, life, events)),
            json.dumps([finding_to_json(known(finding)) for finding in life.open], ensure_ascii=False),
            json.dumps([to_json(row.configuration, digests=True) for row in comparison.rows], ensure_ascii=False),
            json.dumps([dict(event.details) for event in events], ensure_ascii=False),
        ]
        for text in left:
            assert "c4n4ry" not in text
        assert "plain" in left[0]


# --- passes ------------------------------------------------------------------------------------------

QUEUE = schema(
    name=attribute("OC"), delay=attribute("O", "number"), size=attribute("OC", "number"), modified=attribute("C"),
    tags=attribute("O", ["map", "string"]),
)  # fmt: skip
LABELS = [f"aws_sqs_queue.q{n}" for n in range(4)]
SIDES = st.fixed_dictionaries(
    {"delay": st.integers(0, 2), "size": st.integers(0, 2),
     "modified": st.sampled_from(["", "v1", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]),
     "tags": st.dictionaries(st.sampled_from("ab"), st.sampled_from(["", "1"]))}
)  # fmt: skip


@st.composite
def passes(draw: st.DrawFn) -> list[Reading]:
    readings: list[Reading] = []
    for label in draw(st.lists(st.sampled_from(LABELS), unique=True)):
        recorded = {"id": label, **draw(SIDES)}
        kind = draw(st.sampled_from(["present", "present", "absent", "unread"]))
        if kind == "present":
            readings.append(present(label, QUEUE, recorded, draw(SIDES)))
        else:
            readings.append(absent(label, QUEUE, recorded) if kind == "absent" else unread(label))
    return readings


@FEW
@given(st.lists(passes(), min_size=1, max_size=3))
def test_the_same_pass_again_is_no_news(history: list[list[Reading]]) -> None:
    """No transition but that it persists, no event, no other row, no other finding."""
    workspace = Workspace(*(declared(label, "delay", "tags") for label in LABELS[:3]))
    for readings in history:
        comparison = workspace.look(*readings)
    before, findings = dict(workspace.baselines), workspace.findings
    again = workspace.look(*readings)
    unknown = frozenset(entry.label for entry in again.coverage.unknown)
    life = advance([known(f, str(n)) for n, f in enumerate(findings)], again.findings, Scope(frozenset(Kind), unknown))
    assert {transition.step for transition in life.transitions} <= {Step.PERSISTED}
    assert journal(life.transitions, again.rows, again.gone, before, life.open) == ()
    assert (again.findings, again.rows, again.coverage) == (comparison.findings, comparison.rows, comparison.coverage)


UNKNOWN = st.lists(st.builds(UnknownResource, st.sampled_from("ab"), st.sampled_from(Reason)), max_size=2).map(tuple)
FINDINGS = st.lists(st.builds(Finding, st.sampled_from(Kind), st.sampled_from(Severity), st.just("a"), st.just("t")))


@given(FINDINGS, st.builds(Coverage, st.integers(0, 3), st.integers(0, 3), UNKNOWN), st.integers(0, 2))
def test_the_verdict_is_green_only_where_nothing_is_unknown(
    findings: list[Finding], coverage: Coverage, problems: int
) -> None:
    green = not findings and not coverage.unknown and coverage.recorded == coverage.checked and not problems
    assert (verdict(findings, coverage, problems) is Verdict.IN_SYNC) is green
    assert (verdict(findings, coverage, problems) is Verdict.DRIFTED) is bool(findings)


@FEW
@given(passes())
def test_every_object_is_checked_or_unknown(readings: list[Reading]) -> None:
    workspace = Workspace(*(declared(label, "delay") for label in LABELS))
    comparison = workspace.look(*readings)
    coverage = comparison.coverage
    assert coverage.recorded == len(readings) == coverage.checked + len(coverage.unknown)
    told = verdict(comparison.findings, coverage)
    assert told is not Verdict.IN_SYNC or not coverage.unknown


def test_a_template_that_declares_more_is_not_green() -> None:
    workspace = Workspace(declared(LABELS[0]))
    comparison = workspace.look()
    assert verdict(comparison.findings, comparison.coverage) is Verdict.DRIFTED


@pytest.mark.parametrize("reason", Reason)
def test_no_reason_is_as_good_as_checked(reason: Reason) -> None:
    workspace = Workspace(declared(LABELS[0]))
    comparison = workspace.look(unread(LABELS[0], reason))
    assert verdict(comparison.findings, comparison.coverage) is Verdict.UNKNOWN
