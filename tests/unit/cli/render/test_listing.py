"""Lists for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reconciler.cli.render.listing import events_table
from reconciler.inventory.rows import EventRow

AT = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)


def event(type_: str, label: str, *, later: int = 0) -> EventRow:
    return EventRow(
        id="e",
        sequence=1,
        type=type_,
        status="success",
        source="scheduled",
        description=f"{label} {type_}",
        timestamp=AT + timedelta(seconds=later),
        workspace="shop",
        environment="production",
        label=label,
        resource_type="aws_sqs_queue",
    )


def told(*rows: EventRow) -> list[str]:
    return [line.plain for line in events_table(rows, 80)]


def test_the_many_rows_of_a_first_pass_are_told_together() -> None:
    created = [event("create", f"q{number}") for number in range(30)]
    assert told(event("drift_detected", "a"), *created) == [
        "2026-11-23 08:15:00  drift_detected  scheduled  shop",
        "    a drift_detected",
        "2026-11-23 08:15:00  create          scheduled  shop",
        "    30 resources: q0, q1, q2, …",
    ]


def test_findings_are_told_one_by_one_and_so_are_few_rows_and_those_of_two_passes() -> None:
    drifted = [event("drift_detected", f"d{number}") for number in range(5)]
    few = [event("update", f"u{number}", later=number // 3) for number in range(6)]
    lines = told(*drifted, *few)
    assert [line.strip() for line in lines[1::2]] == [row.description for row in (*drifted, *few)]
