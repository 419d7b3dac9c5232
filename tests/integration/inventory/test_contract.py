"""What every inventory promises: run on the one in memory, the embedded server, and a server with a password."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from support.inventory_records import (
    PRODUCTION,
    at,
    event,
    everything,
    finding,
    opened,
    pass_record,
    row,
    run,
    workspace_record,
)

from reconciler.drift.coverage import Verdict
from reconciler.drift.finding import Kind, Severity
from reconciler.drift.record import EventType, RowStatus, Step, TemplateVersion, Transition
from reconciler.drift.report import Depth, Problem, Status
from reconciler.drift.values import Sensitive
from reconciler.errors import BusyError, CutOffError, DatabaseError, ReconcilerError, StateError
from reconciler.gate.standoff import Sighting
from reconciler.inventory.port import InventoryPort

JOBS = "aws_sqs_queue.jobs"


def test_nothing_is_known_before_the_first_pass(inventory: InventoryPort) -> None:
    report = inventory.report()
    assert report.facts is None
    assert report.workspaces == ()
    assert report.verdict is Verdict.UNKNOWN
    assert inventory.findings() == []
    assert inventory.events() == []
    assert inventory.templates() == []


def test_a_report_gives_back_all_that_a_pass_said(inventory: InventoryPort) -> None:
    record = everything()
    run(inventory, "one", 0, record)

    report = inventory.report()

    assert report.facts is not None
    assert (report.facts.id, report.facts.depth, report.facts.api_calls) == ("one", Depth.EXACT, 7)
    assert (report.facts.started_at, report.facts.finished_at) == (at(0), at(0.5))
    (workspace,) = report.workspaces
    assert workspace.name == "production"
    assert workspace.environment == "production"
    assert workspace.verdict is Verdict.DRIFTED
    assert workspace.template_path == record.template_path
    assert workspace.template_digest == "sha256:one"
    assert (workspace.state_lineage, workspace.state_serial, workspace.state_resources) == ("lineage", 12, 3)
    assert workspace.coverage == record.coverage
    assert workspace.ignored == record.ignored
    assert workspace.suppressed == record.suppressed
    assert workspace.problems == record.problems
    assert workspace.fault is None
    (known,) = workspace.findings
    assert known.finding == finding()
    assert (known.status, known.first_seen, known.last_seen) == (Status.OPEN, at(0.5), at(0.5))
    assert report.to_json()["verdict"] == "drifted"


def test_the_latest_finished_pass_is_the_one_reported(inventory: InventoryPort) -> None:
    run(inventory, "one", 0, workspace_record(state_serial=1))
    run(inventory, "two", 5, workspace_record(state_serial=2**64 - 1))
    with inventory.begin("three", Depth.EXACT, ["production"], at(10)):
        report = inventory.report()
    assert report.facts is not None
    assert report.facts.id == "two"
    assert report.workspaces[0].state_serial == 2**64 - 1


def test_workspaces_are_reported_by_name_and_on_request(inventory: InventoryPort) -> None:
    run(inventory, "one", 0, workspace_record("b"), workspace_record("a"))
    run(inventory, "two", 1, workspace_record("c", fault=Problem("no state"), verdict=Verdict.UNKNOWN))
    assert [w.name for w in inventory.report().workspaces] == ["a", "b", "c"]
    assert [w.name for w in inventory.report(["c", "a", "never"]).workspaces] == ["a", "c"]
    assert inventory.report(["c"]).workspaces[0].fault == Problem("no state")
    assert inventory.report(["c"]).exit_code == 1
    only_a = inventory.report(["a"])
    assert only_a.facts is not None
    assert only_a.facts.id == "one"


def test_what_was_observed_is_the_next_baseline(inventory: InventoryPort) -> None:
    secret = {"password": Sensitive("digest"), "nested": [{"a": Sensitive("x")}, 1.5, None], "n": 2**70}
    run(inventory, "one", 0, workspace_record(rows=(row("a"), row("b", configuration=secret))))
    with inventory.begin("two", Depth.EXACT, ["production", "other"], at(1)) as running:
        baselines = running.baselines("production")
        assert running.baselines("other") == {}
    assert set(baselines) == {"a", "b"}
    assert baselines["b"].configuration == secret
    assert baselines["a"].status == "active"


def test_baselines_follow_changes_and_leave_what_was_not_read(inventory: InventoryPort) -> None:
    run(inventory, "one", 0, workspace_record(rows=(row("a"), row("b"), row("c"))))
    changed = row("b", configuration={"delay_seconds": 5}, status=RowStatus.DELETED)
    run(inventory, "two", 1, workspace_record(rows=(changed,), gone=("c",)))
    with inventory.begin("three", Depth.EXACT, ["production"], at(2)) as running:
        baselines = running.baselines("production")
    assert set(baselines) == {"a", "b"}
    assert baselines["b"].configuration == {"delay_seconds": 5}
    assert baselines["b"].status == "deleted"


def test_labels_that_share_a_cloud_id_keep_their_own_baselines(inventory: InventoryPort) -> None:
    def permission(label: str, function: str) -> object:
        return row(
            label,
            resource_type="aws_lambda_permission",
            resource_id="AllowSNS",
            arn=None,
            configuration={"function_name": function},
        )

    def both(minute: float, pass_id: str) -> None:
        run(
            inventory,
            pass_id,
            minute,
            workspace_record("a", rows=(permission("p.one", "f1"), permission("p.two", "f2"))),
            workspace_record("b", rows=(permission("p.one", "f3"),)),
        )

    both(0, "one")
    both(1, "two")
    with inventory.begin("three", Depth.EXACT, ["a", "b"], at(2)) as running:
        seen = {
            (name, label): baseline.configuration["function_name"]
            for name in ("a", "b")
            for label, baseline in running.baselines(name).items()
        }
    assert seen == {("a", "p.one"): "f1", ("a", "p.two"): "f2", ("b", "p.one"): "f3"}


def test_a_moved_resource_takes_its_row_along(inventory: InventoryPort) -> None:
    run(inventory, "one", 0, workspace_record(rows=(row("old", resource_id="q"),)))
    run(inventory, "two", 1, workspace_record(rows=(row("new", resource_id="q"),), gone=("old",)))
    with inventory.begin("three", Depth.EXACT, ["production"], at(2)) as running:
        assert set(running.baselines("production")) == {"new"}


def test_a_finding_opens_persists_changes_and_resolves(inventory: InventoryPort) -> None:
    run(inventory, "one", 0, workspace_record(verdict=Verdict.DRIFTED, transitions=(opened(finding()),)))
    with inventory.begin("two", Depth.EXACT, ["production"], at(1)) as running:
        (known,) = running.known_findings("production")
        assert known.finding == finding()
        moved = replace(finding(), position="main.tf:9:1")
        step = Transition(Step.PERSISTED, moved, known.id)
        running.finish(pass_record("two", 1, workspace_record(verdict=Verdict.DRIFTED, transitions=(step,))))
    ((workspace, persisted),) = inventory.findings()
    assert workspace == "production"
    assert (persisted.id, persisted.first_seen, persisted.last_seen) == (known.id, at(0.5), at(1.5))
    assert persisted.finding.position == "main.tf:9:1"

    worse = replace(finding(), severity=Severity.CRITICAL)
    step = Transition(Step.CHANGED, worse, known.id)
    run(inventory, "three", 2, workspace_record(verdict=Verdict.DRIFTED, transitions=(step,)))
    assert inventory.finding(known.id)[1].finding == worse

    run(inventory, "four", 3, workspace_record(transitions=(Transition(Step.RESOLVED, worse, known.id),)))
    resolved = inventory.finding(known.id)[1]
    assert (resolved.status, resolved.last_seen) == (Status.RESOLVED, at(2.5))
    assert inventory.findings() == []
    assert inventory.report().workspaces[0].findings == ()
    with inventory.begin("five", Depth.EXACT, ["production"], at(4)) as running:
        assert running.known_findings("production") == []


def test_an_acknowledged_finding_stays_so_until_it_changes(inventory: InventoryPort) -> None:
    run(inventory, "one", 0, workspace_record(verdict=Verdict.DRIFTED, transitions=(opened(finding()),)))
    ((_, known),) = inventory.findings()
    acknowledged = inventory.acknowledge(known.id[:8], by="minji", note="agreed", at=at(0.7))
    assert (acknowledged.status, acknowledged.acknowledged_by, acknowledged.note) == (
        Status.ACKNOWLEDGED,
        "minji",
        "agreed",
    )
    persisted = Transition(Step.PERSISTED, finding(), known.id)
    run(inventory, "two", 1, workspace_record(verdict=Verdict.DRIFTED, transitions=(persisted,)))
    assert inventory.finding(known.id)[1].status is Status.ACKNOWLEDGED
    assert [k.status for w in inventory.report().workspaces for k in w.findings] == [Status.ACKNOWLEDGED]
    changed = Transition(Step.CHANGED, finding(detail="three of three"), known.id)
    run(inventory, "three", 2, workspace_record(verdict=Verdict.DRIFTED, transitions=(changed,)))
    assert inventory.finding(known.id)[1].status is Status.OPEN


def test_a_resolved_finding_can_open_anew(inventory: InventoryPort) -> None:
    run(inventory, "one", 0, workspace_record(verdict=Verdict.DRIFTED, transitions=(opened(finding()),)))
    ((_, first),) = inventory.findings()
    steps = (opened(finding()), Transition(Step.RESOLVED, finding(), first.id))
    run(inventory, "two", 1, workspace_record(verdict=Verdict.DRIFTED, transitions=steps))
    ((_, second),) = inventory.findings()
    assert second.id != first.id


def test_one_finding_of_a_kind_is_unresolved_for_a_label(inventory: InventoryPort) -> None:
    run(inventory, "one", 0, workspace_record(verdict=Verdict.DRIFTED, transitions=(opened(finding()),)))
    with pytest.raises(DatabaseError):
        run(inventory, "two", 1, workspace_record(verdict=Verdict.DRIFTED, transitions=(opened(finding()),)))
    other = finding(kind=Kind.UNAPPLIED, changes=(), reference=())
    run(inventory, "three", 2, workspace_record(verdict=Verdict.DRIFTED, transitions=(opened(other),)))
    assert {known.finding.kind for _, known in inventory.findings()} == {Kind.CHANGED, Kind.UNAPPLIED}


@pytest.mark.parametrize("step", [Step.PERSISTED, Step.CHANGED, Step.RESOLVED])
def test_a_step_of_a_finding_that_is_not_open_is_refused_whole(inventory: InventoryPort, step: Step) -> None:
    stray = Transition(step, finding(), "00000000-0000-0000-0000-000000000000")
    record = workspace_record(transitions=(stray,), rows=(row("a"),), events=(event("a"),))
    with pytest.raises(DatabaseError, match="is not open any more"):
        run(inventory, "one", 0, record)
    assert inventory.report().workspaces == ()
    assert inventory.events() == []
    with inventory.begin("two", Depth.EXACT, ["production"], at(1)) as running:
        assert running.baselines("production") == {}


def test_findings_are_listed_worst_first_and_by_filter(inventory: InventoryPort) -> None:
    low = finding("aws_a.low", severity=Severity.LOW, resource_type="aws_a")
    high = finding("aws_b.high", severity=Severity.HIGH, kind=Kind.DELETED)
    critical = finding("aws_c.critical", severity=Severity.CRITICAL)
    run(
        inventory,
        "one",
        0,
        workspace_record("a", verdict=Verdict.DRIFTED, transitions=(opened(low), opened(critical))),
        workspace_record(
            "b",
            verdict=Verdict.DRIFTED,
            transitions=(opened(high),),
            environment=replace(PRODUCTION, name="staging"),
        ),
    )

    def labels(**wanted: str) -> list[str]:
        return [known.finding.label for _, known in inventory.findings(**wanted)]

    assert labels() == ["aws_c.critical", "aws_b.high", "aws_a.low"]
    assert labels(workspace="a") == ["aws_c.critical", "aws_a.low"]
    assert labels(environment="staging") == ["aws_b.high"]
    assert labels(kind="deleted") == ["aws_b.high"]
    assert labels(severity="low") == ["aws_a.low"]
    assert labels(resource_type="aws_a") == ["aws_a.low"]
    assert labels(status="resolved") == []
    assert labels(status="open", workspace="b", kind="changed") == []


def test_a_finding_is_found_by_the_beginning_of_its_id(inventory: InventoryPort) -> None:
    run(inventory, "one", 0, workspace_record(verdict=Verdict.DRIFTED, transitions=(opened(finding()),)))
    ((_, known),) = inventory.findings()
    assert inventory.finding(known.id[:4]) == ("production", known)
    assert inventory.finding(known.id.upper())[1] == known
    other = "0000" if known.id[0] != "0" else "ffff"
    with pytest.raises(ReconcilerError, match="no finding"):
        inventory.finding(other)
    with pytest.raises(ReconcilerError, match="4 or more"):
        inventory.finding(known.id[:3])


def test_an_ambiguous_beginning_is_refused(inventory: InventoryPort) -> None:
    many = tuple(opened(finding(f"aws_a.n{number}")) for number in range(2000))
    run(inventory, "one", 0, workspace_record(verdict=Verdict.DRIFTED, transitions=many))
    starts = [known.id[:4] for _, known in inventory.findings()]
    twice = next(start for start in starts if starts.count(start) > 1)  # 2000 of 65536: as good as certain
    with pytest.raises(ReconcilerError, match="More than one"):
        inventory.finding(twice)


def test_a_resolved_finding_cannot_be_acknowledged(inventory: InventoryPort) -> None:
    run(inventory, "one", 0, workspace_record(verdict=Verdict.DRIFTED, transitions=(opened(finding()),)))
    ((_, known),) = inventory.findings()
    run(inventory, "two", 1, workspace_record(transitions=(Transition(Step.RESOLVED, finding(), known.id),)))
    with pytest.raises(ReconcilerError, match="resolved"):
        inventory.acknowledge(known.id, by="minji", note="late", at=at(2))


def test_events_are_kept_in_order_and_newest_first(inventory: InventoryPort) -> None:
    first = workspace_record(rows=(row("a"), row("b")), events=(event("a", EventType.CREATE), event("b")))
    run(inventory, "one", 0, first)
    run(inventory, "two", 1, workspace_record(gone=("a",), events=(event("a", EventType.DELETE), event(None))))
    events = inventory.events()
    assert [(e.type, e.label) for e in events] == [
        ("drift_detected", None),
        ("delete", "a"),
        ("drift_detected", "b"),
        ("create", "a"),
    ]
    gone = events[1]
    assert (gone.workspace, gone.environment, gone.pass_id) == ("production", "production", "two")
    assert gone.resource_id == row("a").resource_id
    assert gone.timestamp == at(1.5)
    assert gone.details == {"old": 60, "new": [90]}
    assert [e.sequence for e in events] == sorted((e.sequence for e in events), reverse=True)


def test_events_are_filtered_and_paged(inventory: InventoryPort) -> None:
    staging = replace(PRODUCTION, name="staging")
    run(inventory, "one", 0, workspace_record("a", events=(event(None),) * 3))
    run(inventory, "two", 1, workspace_record("b", environment=staging, events=(event(None, EventType.ERROR),)))
    assert [e.workspace for e in inventory.events(workspace="a")] == ["a"] * 3
    assert [e.workspace for e in inventory.events(environment="staging")] == ["b"]
    assert [e.type for e in inventory.events(type="error")] == ["error"]
    assert len(inventory.events(since=at(1))) == 1
    page = inventory.events(limit=2)
    rest = inventory.events(before=page[-1].sequence)
    assert [e.workspace for e in page + rest] == ["b", "a", "a", "a"]


def test_how_often_an_attribute_has_drifted_is_told_from_the_events(inventory: InventoryPort) -> None:
    def seen(*, configured: bool) -> dict[str, object]:
        return {"path": "a.b[0]", "recorded": [1, None], "observed": {"$x": "\0"}, "configured": configured}

    for minute, details in enumerate(
        (
            {"changes": [seen(configured=True), seen(configured=False)]},  # the template sets one of them alone
            {"changes": []},
            {},
            {"changes": [seen(configured=True)]},
        )
    ):
        told = event(JOBS, details=details)
        other = event(JOBS, EventType.DRIFT_CHANGED, details=details)
        run(inventory, f"p{minute}", minute, workspace_record(events=(told, other)), workspace_record("other"))
    sighting = Sighting(at(0.5), JOBS, "a.b[0]", [1, None], {"$x": "\0"})
    assert inventory.sightings("production", at(0)) == [sighting, replace(sighting, at=at(3.5))]
    assert inventory.sightings("production", at(1)) == [replace(sighting, at=at(3.5))]
    assert inventory.sightings("other", at(0)) == []
    with inventory.begin("next", Depth.EXACT, ["production"], at(9)) as running:
        assert running.sightings("production", at(3.5)) == [replace(sighting, at=at(3.5))]


def test_a_template_version_is_kept_once(inventory: InventoryPort) -> None:
    run(inventory, "one", 0, workspace_record())
    with inventory.begin("two", Depth.EXACT, ["production"], at(1)) as running:
        assert running.has_template("production", "sha256:one")
        assert not running.has_template("production", "sha256:two")
        assert not running.has_template("staging", "sha256:one")
        again = TemplateVersion("production", "sha256:one", "sealed anew")
        running.finish(pass_record("two", 1, workspace_record(template=again)))
    run(inventory, "three", 2, workspace_record(template=TemplateVersion("production", "sha256:two", "sealed-two")))
    assert [t.version for t in inventory.templates()] == ["sha256:two", "sha256:one"]
    assert inventory.templates("staging") == []
    oldest = inventory.templates("production")[1]
    assert (oldest.environment, oldest.created_at, oldest.variables) == ("production", at(0.5), {"queues": 3})
    assert inventory.template_content("sha256:one") == "sealed-one"
    assert inventory.template_content("sha256:two", "production") == "sealed-two"
    with pytest.raises(ReconcilerError, match="No template"):
        inventory.template_content("sha256:one", "staging")


def test_two_passes_of_one_workspace_exclude_each_other(inventory: InventoryPort) -> None:
    with inventory.begin("one", Depth.EXACT, ["a", "b"], at(0)) as running:
        with (
            pytest.raises(BusyError, match=r'"b" is running since 2026-03-01 12:00:00 UTC \(pass one\)'),
            inventory.begin("two", Depth.EXACT, ["b", "c"], at(1)),
        ):
            pytest.fail("two passes of one workspace")
        # What was refused holds nothing.
        run(inventory, "three", 2, workspace_record("c"))
        running.finish(pass_record("one", 0, workspace_record("a"), workspace_record("b")))
    run(inventory, "four", 3, workspace_record("b"))
    assert [w.name for w in inventory.report().workspaces] == ["a", "b", "c"]


@pytest.mark.parametrize("error", [StateError("no state"), CutOffError(), KeyboardInterrupt(), ValueError("x"), None])
def test_a_pass_that_does_not_finish_leaves_nothing_and_no_lock(
    inventory: InventoryPort, error: BaseException | None
) -> None:
    run(inventory, "one", 0, workspace_record(state_serial=1))
    expected = contextlib.nullcontext() if error is None else pytest.raises(type(error))
    with expected, inventory.begin("two", Depth.EXACT, ["production"], at(1)):
        if error is not None:
            raise error
    assert inventory.report().workspaces[0].state_serial == 1
    run(inventory, "three", 2, workspace_record(state_serial=3))
    assert inventory.report().workspaces[0].state_serial == 3


def test_a_workspace_that_the_pass_did_not_begin_with_is_refused(inventory: InventoryPort) -> None:
    with pytest.raises(DatabaseError, match="none of those"), inventory.begin("one", Depth.EXACT, ["a"], at(0)) as p:
        p.finish(pass_record("one", 0, workspace_record("a"), workspace_record("b")))
    assert inventory.report().workspaces == ()


def test_hostile_text_comes_back_as_it_was(inventory: InventoryPort) -> None:
    nasty = "nul\x00 lone\ud800 mark\ufdd0u0000 \\u0000 한글 🙂 '\"\\"
    values = {nasty: [nasty, {"deep": nasty}], "inf": float("inf"), "plain": "x"}
    what = finding(
        nasty, address=nasty, resource_id=nasty, detail=nasty, reasons=(nasty,), reference=((nasty, values),)
    )
    record = workspace_record(
        verdict=Verdict.DRIFTED,
        rows=(row(nasty, resource_id=nasty, name=nasty, configuration=values, tags={nasty: nasty}),),
        transitions=(opened(what),),
        events=(event(nasty, description=nasty, details={nasty: nasty}),),
        problems=(Problem(nasty, file=nasty),),
        template=TemplateVersion("production", "sha256:one", nasty, variables={nasty: nasty}),
        template_path=nasty,
    )
    run(inventory, "one", 0, record)
    with inventory.begin("two", Depth.EXACT, ["production"], at(1)) as running:
        assert running.baselines("production")[nasty].configuration == values
    (workspace,) = inventory.report().workspaces
    assert workspace.findings[0].finding == what
    assert workspace.problems == record.problems
    assert workspace.template_path == nasty
    (told,) = inventory.events()
    assert (told.description, told.details, told.label, told.resource_id) == (nasty, {nasty: nasty}, nasty, nasty)
    assert inventory.template_content("sha256:one") == nasty
    assert inventory.templates()[0].variables == {nasty: nasty}
    assert inventory.acknowledge(workspace.findings[0].id, by=nasty, note=nasty, at=at(2)).note == nasty
