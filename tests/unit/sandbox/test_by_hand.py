from __future__ import annotations

import pytest
from support import by_hand_harbour

from reconciler.drift.address import Address
from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.values import parse_path
from reconciler.sandbox.by_hand import CHANGES, Expected


def _finding(*paths: str, kind: Kind = Kind.CHANGED, severity: Severity = Severity.MEDIUM) -> Finding:
    changes = tuple(Change(parse_path(path), 1, 2, configured=True) for path in paths)
    return Finding(kind, severity, "aws_x.y", "aws_x", address="aws_x.y", changes=changes)


@pytest.mark.parametrize(
    ("expected", "finding", "met"),
    [
        (Expected("aws_x.y", ("a",)), _finding("a"), True),
        (Expected("aws_x.y", ("a",)), _finding("b", "a[0].c"), True),
        (Expected("aws_x.y", ("a",)), _finding("ab"), False),
        (Expected("aws_x.y", ("a", "b")), _finding("b.c"), True),
        (Expected("aws_x.y", ("a.b",)), _finding("a"), False),
        (Expected("aws_x.z", ("a",)), _finding("a"), False),
        (Expected("aws_x.y", ("a",), severity=Severity.HIGH), _finding("a"), False),
        (Expected("aws_x.y", ("a",), severity=Severity.MEDIUM), _finding("a"), True),
        (Expected("aws_x.y", kind=Kind.DELETED), _finding(kind=Kind.DELETED), True),
        (Expected("aws_x.y", kind=Kind.DELETED), _finding("a"), False),
    ],
)
def test_an_expectation_is_met_by_the_right_finding_alone(expected: Expected, finding: Finding, *, met: bool) -> None:
    assert expected.met_by(finding) is met


def test_there_are_enough_changes_and_each_is_told_apart() -> None:
    assert len([change for change in CHANGES if change.expected]) >= 30
    assert len({change.title for change in CHANGES}) == len(CHANGES)
    assert any(not change.expected for change in CHANGES), "one that has to be left alone"


@pytest.mark.parametrize("expected", [e for change in (*CHANGES, *by_hand_harbour.CHANGES) for e in change.expected])
def test_what_is_expected_is_well_formed(expected: Expected) -> None:
    assert str(Address.parse(expected.address)) == expected.address
    assert (expected.kind is Kind.CHANGED) == bool(expected.paths)
