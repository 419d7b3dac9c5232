"""What a workspace remembers from pass to pass, and under which address."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.drifting import Workspace, declared, present, template, told, unread
from support.queues import QUEUE, A, B, queue

from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.drift.snapshot import Baseline


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(declared(A, "name", "delay"), declared(B, "name", "delay"))


def test_drift_stays_drift_until_it_is_gone(workspace: Workspace) -> None:
    clean, moved = queue(A, {"size": 1}), queue(A, {"size": 1}, {"size": 2})
    assert workspace.look(clean, queue(B)).findings == ()
    first = workspace.look(moved, queue(B)).findings
    assert told(first) == [(A, "changed", ["size"])]
    assert workspace.look(moved, queue(B)).findings == first
    assert workspace.look(moved, queue(B)).findings == first
    assert workspace.look(clean, queue(B)).findings == ()
    assert workspace.look(clean, queue(B)).findings == ()


def test_terraform_may_take_it_over(workspace: Workspace) -> None:
    workspace.look(queue(A, {"size": 1}), queue(B))
    workspace.look(queue(A, {"size": 1}, {"size": 2}), queue(B))
    assert workspace.look(queue(A, {"size": 2}), queue(B)).findings == ()


def test_an_address_may_change(workspace: Workspace) -> None:
    workspace.look(queue(A, {"size": 1}, {"size": 3}), queue(B))
    workspace.template = template(declared("aws_sqs_queue.new", "delay"), declared(B))
    moved = present("aws_sqs_queue.new", QUEUE, {"id": f"id {A}", "size": 1}, {"size": 4})
    comparison = workspace.look(moved, queue(B))
    assert [(f.label, c.recorded, c.observed) for f in comparison.findings for c in f.changes] == [
        ("aws_sqs_queue.new", 3, 4)
    ]
    assert comparison.gone == (A,)


def test_an_id_of_another_type_is_another_object(workspace: Workspace) -> None:
    workspace.look(queue(A, {"size": 1}, {"size": 3}), queue(B))
    workspace.template = template(declared("aws_sns_topic.new", "delay"), declared(B))
    other = present("aws_sns_topic.new", QUEUE, {"id": f"id {A}", "size": 1}, {"size": 4})
    assert told(workspace.look(other, unread("aws_sqs_queue.c"), queue(B)).findings) == [
        ("aws_sqs_queue.c", "orphaned", [])
    ]


def test_only_what_changed_is_held_against_what_it_was(workspace: Workspace) -> None:
    """A finding of another kind, or of what the inventory does not hold, changes no baseline."""
    workspace.look(queue(A, {"size": 1}), queue(B))
    stale = Finding(Kind.ORPHANED, Severity.LOW, A, "aws_sqs_queue", reference=(("size", 7),))
    workspace.findings = (stale, replace(stale, kind=Kind.CHANGED, label="aws_sqs_queue.unheard"))
    assert workspace.look(queue(A, {"size": 2}, {"size": 1}), queue(B)).findings == ()
    workspace.findings = (replace(stale, kind=Kind.CHANGED),)
    moved = workspace.look(queue(A, {"size": 2}, {"size": 1}), queue(B)).findings
    assert [(c.recorded, c.observed) for f in moved for c in f.changes] == [(7, 1)]


def test_an_address_that_another_object_has_taken_meanwhile(workspace: Workspace) -> None:
    """Two queues change places: each has its own memory under its address, none is renamed."""
    workspace.look(queue(A, {"size": 1}, {"size": 3}), queue(B))
    swapped = [
        present(label, QUEUE, {"id": f"id {other}", "size": 1}, {"size": 4}) for label, other in ((A, B), (B, A))
    ]
    assert workspace.look(*swapped).findings == ()


def test_one_object_under_two_addresses(workspace: Workspace) -> None:
    """Imported twice: the second has no memory of the first, nor the first that of one which has left."""
    one = {"id": "one", "size": 1}
    workspace.look(queue(A, one, {"size": 3}), queue(B))
    again = queue("aws_sqs_queue.again", one, {"size": 4})
    assert [f.label for f in workspace.look(queue(A, one, {"size": 3}), again, queue(B)).findings] == [
        "aws_sqs_queue.again"  # in no template, and that is all
    ]
    both = queue(A, one, {"size": 3}), queue(B)
    assert workspace.look(*both).gone == ("aws_sqs_queue.again",)
    assert workspace.look(*both).findings == ()


def test_what_leaves_takes_no_memory_to_what_stays(workspace: Workspace) -> None:
    workspace.baselines = {
        A: Baseline({"id": "one", "size": 3}), "aws_sqs_queue.left": Baseline({"id": "one", "size": 7}),
    }  # fmt: skip
    assert workspace.look(queue(A, {"id": "one", "size": 1}, {"size": 3}), queue(B)).findings == ()


def test_two_without_an_id_are_not_one(workspace: Workspace) -> None:
    workspace.baselines = {"aws_sqs_queue.left": Baseline({"id": None, "size": 7})}
    assert workspace.look(queue(A, {"id": None, "size": 1}, {"size": 3}), queue(B)).findings == ()


def test_an_address_changes_beside_others(workspace: Workspace) -> None:
    """Those that are unread, known or without an id stop nobody's memory."""
    workspace.look(queue(A), queue(B, {"size": 1}, {"size": 3}))
    new = queue("aws_sqs_queue.new", {"id": f"id {B}", "size": 1}, {"size": 4})
    others = [unread("aws_sqs_queue.dark"), queue(A), queue("aws_sqs_queue.bare", {"id": None})]
    found = workspace.look(*others, new).findings
    assert [(c.recorded, c.observed) for f in found for c in f.changes] == [(3, 4)]


def test_what_left_is_told_in_order(workspace: Workspace) -> None:
    labels = ("aws_sqs_queue.c", A, B)
    workspace.look(*map(queue, labels))
    assert workspace.look().gone == tuple(sorted(labels))


def test_what_left_the_state_is_gone_once(workspace: Workspace) -> None:
    workspace.look(queue(A), queue(B))
    assert workspace.look(queue(B)).gone == (A,)
    assert workspace.look(queue(B)).gone == ()


def test_a_label_that_is_no_address_is_gone_like_any_other(workspace: Workspace) -> None:
    workspace.baselines["cut off in the mid[" * 3] = Baseline({"id": "x"})
    assert workspace.look(queue(A), queue(B)).gone == ("cut off in the mid[" * 3,)
