"""The risk of a plan: the severity table's word for what it does, and no less for what it destroys."""

from __future__ import annotations

from typing import Any

import pytest
from support.plans import change, planned

from reconciler.drift.finding import Severity
from reconciler.gate.proposal import PlannedChange
from reconciler.gate.risk import MANY, risk

LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
TAGS = planned(changes=(change("tags", {"a": "1"}, {}),))


@pytest.mark.parametrize(
    ("change_", "level", "words"),
    [
        (TAGS, LOW, "tag"),
        (planned(), MEDIUM, "aws_sqs_queue.jobs"),
        (planned("aws_sqs_queue.new", ("create",)), MEDIUM, "creates aws_sqs_queue.new"),
        (planned("aws_sqs_queue.old", ("delete",)), HIGH, "destroys aws_sqs_queue.old"),
        (planned("aws_db_instance.main", ("delete",)), CRITICAL, "destroys aws_db_instance.main"),
        (planned("aws_db_instance.main", ("create", "delete")), CRITICAL, "replaces aws_db_instance.main"),
        (planned("aws_iam_role.r", changes=(change("assume_role_policy", "a", "b"),)), HIGH, "trust changed"),
        (planned("aws_iam_role.r", ("refresh",), changes=(change("assume_role_policy"),)), HIGH, "trust changed"),
        (planned("aws_sqs_queue.old", ("forget",)), HIGH, "lets go of"),
        (planned("aws_db_instance.main", ("forget",)), CRITICAL, "lets go of aws_db_instance.main"),
        (planned("aws_sqs_queue.x", ("create",), runs=("local-exec",)), HIGH, "runs local-exec with aws_sqs_queue.x"),
        (planned("aws_sqs_queue.x", ("no-op",), importing="x"), LOW, "nothing but the state"),
        (planned("aws_sqs_queue.x", ("read",)), LOW, "nothing but the state"),
    ],
)
def test_one_change(change_: PlannedChange, level: Severity, words: str) -> None:
    found = risk((change_,))
    assert found.level is level
    assert words in found.reasons[0]


def test_the_worst_decides_and_brings_its_reasons_alone() -> None:
    found = risk((TAGS, planned("aws_sqs_queue.a", ("delete",)), planned("aws_sqs_queue.b", ("delete",))))
    assert found.level is HIGH
    assert found.reasons == ("destroys aws_sqs_queue.a", "destroys aws_sqs_queue.b")


def test_many_harmless_changes_are_of_high_risk() -> None:
    def plan(number: int) -> tuple[Any, ...]:
        return tuple(planned(f"aws_sqs_queue.q{i}", changes=TAGS.changes) for i in range(number))

    assert risk(plan(MANY)).level is LOW
    assert risk(plan(MANY + 1)) == risk(plan(MANY + 1)[::-1])
    assert risk(plan(MANY + 1)).level is HIGH


def test_nothing_to_do_is_of_low_risk() -> None:
    assert risk(()).level is LOW
