"""A whole workspace: findings, the ledger of coverage, rows, and their memory from pass to pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.drifting import (
    HERE,
    TODAY,
    Workspace,
    absent,
    attribute,
    declared,
    digest,
    instance,
    known,
    nested,
    present,
    schema,
    template,
    told,
    unread,
)
from support.queues import QUEUE, A, B, queue

from reconciler.drift.address import Address
from reconciler.drift.classify import Comparison, Neighbour, Rules, Sides, _type, classify
from reconciler.drift.coverage import UnknownResource, Verdict, verdict
from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.identity import Location
from reconciler.drift.ignore import IgnoreRule
from reconciler.drift.journal import journal
from reconciler.drift.lifecycle import Scope, advance
from reconciler.drift.record import RowStatus
from reconciler.drift.schema import Nesting
from reconciler.drift.snapshot import Baseline, Move, Reading, Reason, Template
from reconciler.drift.values import Sensitive
from reconciler.errors import Position, TemplateError


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(declared(A, "name", "delay"), declared(B, "name", "delay"))


def test_a_clean_estate(workspace: Workspace) -> None:
    comparison = workspace.look(queue(A), queue(B))
    assert (comparison.findings, comparison.coverage.recorded, comparison.coverage.checked) == ((), 2, 2)
    assert verdict(comparison.findings, comparison.coverage) is Verdict.IN_SYNC


def test_what_a_finding_says() -> None:
    arn = "arn:aws:sqs:us-east-1:999988887777:a"
    workspace = Workspace(declared(A, "delay"))
    [finding] = workspace.look(queue(A, {"arn": arn, "delay": 1}, {"delay": 2})).findings
    assert (finding.kind, finding.severity, finding.label, finding.address, finding.resource_type) == (
        "changed", "medium", A, A, "aws_sqs_queue",
    )  # fmt: skip
    assert (finding.resource_id, finding.arn, finding.account_id, finding.region, finding.position) == (
        f"id {A}", arn, "999988887777", "us-east-1", "main.tf:1",
    )  # fmt: skip
    assert finding.reference == (("delay", 1),)


def test_worst_first(workspace: Workspace) -> None:
    comparison = workspace.look(
        queue(B, {"delay": 1}, {"delay": 2}), absent(A, QUEUE, {"id": "q"}), queue("aws_sqs_queue.orphan")
    )
    assert told(comparison.findings) == [
        (A, "deleted", []), (B, "changed", ["delay"]), ("aws_sqs_queue.orphan", "orphaned", []),
    ]  # fmt: skip


def test_an_orphan_is_known_to_the_cloud(workspace: Workspace) -> None:
    workspace.template = template()
    first, second = workspace.look(queue(A), unread(B)).findings
    assert (first.resource_id, first.account_id, first.region) == (f"id {A}", HERE.account_id, HERE.region)
    assert (second.label, second.resource_id) == (B, None)

    arn = "arn:aws:sqs:us-east-1:999988887777:a"
    [first, second] = workspace.look(queue(A, {"arn": arn}), unread(B)).findings
    assert (first.arn, first.account_id, first.region, first.position) == (arn, "999988887777", "us-east-1", None)
    assert (second.arn, second.account_id, second.region) == (None, None, None)


def test_as_severe_by_name_then_by_kind() -> None:
    workspace = Workspace(declared("aws_sqs_queue.z"))
    readings = [queue(B, {"delay": 1}, {"delay": 2}), queue(A), queue("aws_sqs_queue.z", {"delay": 1}, {"delay": 2})]
    assert told(workspace.look(*readings).findings) == [
        (A, "orphaned", []), (B, "changed", ["delay"]), (B, "orphaned", []), ("aws_sqs_queue.z", "changed", ["delay"]),
    ]  # fmt: skip


def test_the_worst_comes_first_whatever_it_is_called() -> None:
    workspace = Workspace(declared(A, "delay"), declared(B))
    readings = [queue(A, {"delay": 1}, {"delay": 2}), absent(B, QUEUE, {"id": "q"})]
    assert told(workspace.look(*readings).findings) == [(B, "deleted", []), (A, "changed", ["delay"])]


def test_a_new_block_under_the_old_address_of_a_moved_one_is_not_that_one() -> None:
    workspace = Workspace(declared(A), declared(B))
    workspace.template = replace(workspace.template, moves=(Move(A, B, Position("main.tf", 9)),))
    [finding] = workspace.look(queue(A)).findings
    assert (finding.kind, finding.label, finding.resource_id) == ("unapplied", A, None)


class TestFindingsOfOtherMeans:
    stray = Finding(Kind.UNMANAGED, Severity.LOW, "aws_iam_user eve", "aws_iam_user")
    planned = Finding(
        Kind.UNAPPLIED, Severity.LOW, B, "aws_sqs_queue", B, changes=(Change(("delay",), 1, 2, configured=True),)
    )

    def look(self, *found: Finding, ignore: tuple[IgnoreRule, ...] = ()) -> Comparison:
        wanted = template(declared(A, "delay"), declared(B, "delay"))
        sides = Sides(wanted, [queue(A, {"delay": 1}, {"delay": 2})], {}, (), {}, found=found)
        return classify("w", sides, digest, Rules(TODAY, ignore))

    def test_they_are_judged_like_all_others(self) -> None:
        assert [(f.label, f.severity.value, f.reasons) for f in self.look(self.stray).findings] == [
            ("aws_iam_user eve", "high", ("rights nobody declared",)),
            (A, "medium", ("configuration changed",)),
            (B, "medium", ("merged but not applied",)),
        ]

    def test_they_are_ignored_like_all_others(self) -> None:
        comparison = self.look(self.stray, ignore=(rule("aws_iam_user"),))
        assert [f.label for f in comparison.findings] == [A, B]
        assert [s.count for s in comparison.suppressed] == [1]
        assert comparison.set_aside == {"aws_iam_user eve"}

    def test_what_a_plan_says_of_a_resource_is_more_exact(self) -> None:
        assert told(self.look(self.planned).findings) == [(A, "changed", ["delay"]), (B, "unapplied", ["delay"])]

    def test_of_one_resource_they_stand_by_their_kind(self) -> None:
        found = replace(self.planned, label=A)
        sides = Sides(template(), [queue(A, {"delay": 1}, {"delay": 2})], {}, (), {}, found=[found])
        kinds = [f.kind.value for f in classify("w", sides, digest, Rules(TODAY)).findings]
        assert kinds == ["changed", "orphaned", "unapplied"]

    def test_of_another_kind_or_resource_it_is_something_else(self) -> None:
        for other in (replace(self.planned, kind=Kind.ORPHANED), replace(self.planned, label=A)):
            assert (B, "unapplied", []) in told(self.look(other).findings)


class TestDeleted:
    def test_a_deposed_object_that_is_gone_is_as_it_should_be(self, workspace: Workspace) -> None:
        deposed = absent(A, QUEUE, {"id": "old"}, deposed="0a1b")
        comparison = workspace.look(queue(A), queue(B), deposed)
        assert (comparison.findings, comparison.coverage.checked) == ((), 3)
        assert {row.label: row.status.value for row in comparison.rows} == {
            A: "active", B: "active", f"{A} (deposed 0a1b)": "deleted",
        }  # fmt: skip

    def test_a_deposed_object_does_not_drift(self, workspace: Workspace) -> None:
        assert workspace.look(queue(A), queue(B), queue(A, {"delay": 1}, {"delay": 5}, deposed="0a1b")).findings == ()

    def test_it_is_found_at_every_pass_and_resolved_when_it_is_back(self, workspace: Workspace) -> None:
        for _ in range(3):
            assert told(workspace.look(absent(A, QUEUE, {"id": f"id {A}"}), queue(B)).findings) == [(A, "deleted", [])]
        assert workspace.look(queue(A), queue(B)).findings == ()

    def test_what_was_last_seen_is_not_forgotten(self, workspace: Workspace) -> None:
        workspace.look(queue(A, {"size": 1}, {"size": 2}), queue(B))
        gone = workspace.look(absent(A, QUEUE, {"id": f"id {A}", "size": 1}), queue(B))
        row = next(row for row in gone.rows if row.label == A)
        assert (row.status, row.configuration["size"]) == (RowStatus.DELETED, 2)
        back = workspace.look(queue(A, {"size": 1}, {"size": 3}), queue(B))
        assert [(c.recorded, c.observed) for f in back.findings for c in f.changes] == [(2, 3)]

    def test_at_the_first_look(self, workspace: Workspace) -> None:
        comparison = workspace.look(absent(A, QUEUE, {"id": "q", "size": 5}), queue(B))
        row = next(row for row in comparison.rows if row.label == A)
        assert (row.status, row.configuration["size"], row.resource_id) == (RowStatus.DELETED, 5, "q")


class TestUnread:
    def test_it_is_unknown_and_nothing_else(self, workspace: Workspace) -> None:
        comparison = workspace.look(unread(A, Reason.THROTTLED), queue(B))
        assert comparison.findings == ()
        assert comparison.coverage.unknown == (UnknownResource(A, Reason.THROTTLED, "not allowed"),)
        assert (comparison.coverage.recorded, comparison.coverage.checked) == (2, 1)
        assert [row.label for row in comparison.rows] == [B]
        assert comparison.gone == ()

    def test_an_open_finding_stays(self, workspace: Workspace) -> None:
        workspace.look(queue(A, {"size": 1}), queue(B))
        opened = workspace.look(queue(A, {"size": 1}, {"size": 2}), queue(B))
        dark = workspace.look(unread(A), queue(B))
        life = advance([known(opened.findings[0])], dark.findings, Scope(frozenset(Kind), frozenset({A})))
        assert (life.transitions, life.open) == ((), opened.findings)
        again = workspace.look(queue(A, {"size": 1}, {"size": 2}), queue(B))
        assert told(again.findings) == told(opened.findings)

    def test_objects_of_the_state_alone_are_checked_by_being_there(self, workspace: Workspace) -> None:
        sides = Sides(workspace.template, [queue(A), unread(B)], {}, (), {}, [instance("terraform_data.x")])
        comparison = classify("w", sides, digest, Rules(TODAY))
        assert (comparison.coverage.recorded, comparison.coverage.checked) == (3, 2)
        assert told(comparison.findings) == [("terraform_data.x", "orphaned", [])]


class TestWhatOthersCannotBeAsked:
    """A resource that could not be read, here or in another workspace, has neither come nor gone."""

    members = schema(members=attribute("C", ["list", "string"]))
    policy = schema(arn=attribute("C"), attachment_count=attribute("C", "number"))
    arn = "arn:aws:iam::1:policy/p"

    def test_a_member_put_out_by_hand_while_its_own_workspace_is_not_looked_at(self) -> None:
        workspace = Workspace(declared("aws_thing.t"))
        cluster = instance("aws_rds_cluster_instance.i", attributes={"id": "i", "identifier": "i"})
        workspace.neighbours = (Neighbour("other", [cluster], {str(cluster.address): Baseline({"id": "i"})}),)
        workspace.look(present("aws_thing.t", self.members, {"id": "t", "members": ["a", "i"]}))
        moved = present("aws_thing.t", self.members, {"id": "t", "members": ["a", "i"]}, {"members": ["a"]})
        assert told(workspace.look(moved).findings) == [("aws_thing.t", "changed", ["members"])]

    def test_an_unread_attachment_still_counts(self) -> None:
        attached = {"policy_arn": self.arn, "role": "r"}
        label = "aws_iam_role_policy_attachment.r"
        workspace = Workspace(declared("aws_iam_policy.p"), declared(label))
        side = {"id": self.arn, "arn": self.arn, "attachment_count": 1}
        shape = schema(policy_arn=attribute("R"), role=attribute("R"))
        workspace.look(present("aws_iam_policy.p", self.policy, side), present(label, shape, {"id": "a", **attached}))
        moved = present("aws_iam_policy.p", self.policy, side, {"attachment_count": 2})
        [finding] = workspace.look(moved, unread(label, attributes=attached)).findings
        assert [(c.recorded, c.observed) for c in finding.changes] == [(1, 2)]


@pytest.mark.parametrize(
    ("label", "type_"),
    [
        (A, "aws_sqs_queue"),
        (f"{A} (deposed 0a1b)", "aws_sqs_queue"),
        ('module.m["k"].aws_x.y[0] (deposed 0a1b)', "aws_x"),
        ("nonsense[", ""),
        ("", ""),
    ],
)
def test_the_type_in_a_label(label: str, type_: str) -> None:
    assert _type(label) == type_


class TestABrokenTemplate:
    broken = (TemplateError("broken", position=Position("b.tf", 3, 1)),)

    def test_what_might_be_declared_there_is_unknown(self) -> None:
        workspace = Workspace()
        workspace.template = template(declared(A, "delay"), problems=self.broken)
        comparison = workspace.look(queue(A), queue(B), unread("aws_sqs_queue.c"))
        assert comparison.findings == ()
        assert comparison.coverage.unknown == (
            UnknownResource(B, Reason.CONFIG_UNRESOLVED, "may be declared in what could not be read: b.tf:3:1"),
            UnknownResource("aws_sqs_queue.c", Reason.DENIED, "not allowed"),
        )

    def test_without_a_position_the_path_is_named(self) -> None:
        workspace = Workspace()
        workspace.template = template(problems=(TemplateError("gone"),))
        [unknown] = workspace.look(queue(A)).coverage.unknown
        assert unknown.detail.endswith("could not be read: estate")

    def test_what_the_cloud_changed_is_found_nevertheless(self) -> None:
        workspace = Workspace()
        workspace.template = template(problems=self.broken)
        assert told(workspace.look(queue(A, {"delay": 1}, {"delay": 2})).findings) == [(A, "changed", ["delay"])]


BIRTHS = (
    "creation_date", "create_date", "created_date", "creation_time", "created_at", "created_time", "launch_time",
)  # fmt: skip


class TestRows:
    def test_what_is_written(self, workspace: Workspace) -> None:
        tagged = {"tags": {"Name": "web"}, "tags_all": {"Name": "web", "team": "x"}, "secret": "hunter2"}
        reading = queue(A, tagged, {"size": 7}, dependencies=(B,))
        row = workspace.look(reading, queue(B)).rows[0]
        assert (row.label, row.resource_type, row.resource_id, row.name, row.region, row.account_id) == (
            A, "aws_sqs_queue", f"id {A}", "web", HERE.region, HERE.account_id,
        )  # fmt: skip
        assert (row.tags, row.status, row.depends_on, row.managed) == (
            {"Name": "web", "team": "x"}, RowStatus.ACTIVE, (B,), True,
        )  # fmt: skip
        assert (row.configuration["size"], row.configuration["secret"]) == (7, Sensitive(digest(b'"hunter2"')))

    def test_a_ticking_clock_writes_no_row_and_no_event(self, workspace: Workspace) -> None:
        first = workspace.look(queue(A, {}, {"modified": "2026-01-01T00:00:00Z"}), queue(B))
        before = dict(workspace.baselines)
        second = workspace.look(queue(A, {}, {"modified": "2026-01-02T00:00:00Z"}), queue(B))
        assert second.rows == first.rows
        assert journal([], second.rows, second.gone, before, second.findings) == ()
        third = workspace.look(queue(A, {"size": 2}, {"modified": "2026-01-03T00:00:00Z"}), queue(B))
        assert third.rows[0].configuration["modified"] == "2026-01-03T00:00:00Z"

    def test_also_beside_a_block(self) -> None:
        shape = schema(modified=attribute("C"), disk=nested(Nesting.LIST, seen_at=attribute("C"), gb=attribute("O")))
        workspace = Workspace(declared(A))
        rows = []
        for day, gb in ((1, "8"), (2, "8"), (3, "9")):
            time = f"2026-01-0{day}T00:00:00Z"
            side = {"id": "i", "modified": time, "disk": [{"seen_at": time, "gb": gb}]}
            rows.append(workspace.look(present(A, shape, side)).rows[0].configuration)
        assert (rows[1], rows[2]["modified"]) == (rows[0], "2026-01-03T00:00:00Z")

    @pytest.mark.parametrize("before", [{}, {"id": f"id {A}", "size": 1}, {"of an older schema": 1}])
    def test_a_row_of_another_shape_is_written_anew(self, workspace: Workspace, before: dict[str, Any]) -> None:
        workspace.baselines[A] = Baseline(before)
        row = workspace.look(queue(A), queue(B)).rows[0]
        assert row.configuration.keys() == QUEUE.block.attributes.keys()

    def test_an_attribute_that_the_schema_does_not_know_is_kept_as_it_is(self, workspace: Workspace) -> None:
        for value in (1, 2):
            reading = present(A, QUEUE, {"id": f"id {A}", "extra": value})
            assert workspace.look(reading, queue(B)).rows[0].configuration["extra"] == value

    @pytest.mark.parametrize(
        ("attributes", "born"),
        [
            ({"creation_date": "2026-01-02T03:04:05Z"}, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
            ({"created_at": "2026-01-02T03:04:05+09:00"}, datetime(2026, 1, 1, 18, 4, 5, tzinfo=UTC)),
            ({"create_date": "yesterday", "created_time": "2026-01-02T03:04:05Z"},
             datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
            ({"creation_date": "2026-01-02T03:04:05"}, None),
            ({"creation_date": 5}, None),
            ({}, None),
            *(({name: "2026-01-02T03:04:05Z"}, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) for name in BIRTHS),
            ({"modified": "2026-01-02T03:04:05Z"}, None),
        ],
    )  # fmt: skip
    def test_when_it_was_made(self, attributes: dict[str, Any], born: datetime | None) -> None:
        shape = schema(**{name: attribute("C") for name in (*BIRTHS, "modified")})
        [row] = Workspace(declared(A)).look(present(A, shape, {"id": "i", **attributes})).rows
        assert row.created_at == born

    def test_where_it_is(self) -> None:
        sides = Sides(template(declared(A)), [queue(A)], {}, (), {})
        [row] = classify("w", sides, digest, Rules(TODAY)).rows
        assert (row.account_id, row.region) == ("", "")


def rule(resource: str, path: str | None = None, **more: Any) -> IgnoreRule:
    return IgnoreRule(resource, "known", "team", more.pop("expires", TODAY), path, **more)


class TestIgnoreRules:
    def test_what_a_rule_takes_is_counted_and_comes_back_when_it_ends(self, workspace: Workspace) -> None:
        clean, moved = queue(A, {"size": 1}), queue(A, {"size": 1}, {"size": 2})
        workspace.look(clean, queue(B))
        workspace.ignore = (rule(A),)
        for _ in range(3):
            comparison = workspace.look(moved, queue(B))
            assert (comparison.findings, [(s.rule, s.count) for s in comparison.suppressed]) == ((), [(A, 1)])
        workspace.today = TODAY + timedelta(days=1)
        comparison = workspace.look(moved, queue(B))
        assert told(comparison.findings) == [(A, "changed", ["size"])]
        assert [(s.rule, s.count, s.expired) for s in comparison.suppressed] == [(A, 0, True)]

    def test_what_is_put_back_meanwhile_does_not(self, workspace: Workspace) -> None:
        clean, moved = queue(A, {"size": 1}), queue(A, {"size": 1}, {"size": 2})
        workspace.look(clean, queue(B))
        workspace.ignore = (rule(A),)
        workspace.look(moved, queue(B))
        workspace.look(clean, queue(B))
        workspace.today = date(2030, 1, 1)
        assert workspace.look(clean, queue(B)).findings == ()

    def test_the_severity_is_that_of_what_is_left(self) -> None:
        workspace = Workspace(declared(A, "delay"))
        workspace.ignore = (rule("*", "delay"),)
        both = queue(A, {"delay": 1, "tags": {"a": "1"}}, {"delay": 2, "tags": {"a": "2"}})
        [finding] = workspace.look(both).findings
        assert (finding.severity, finding.reasons, [c.text for c in finding.changes]) == ("low", ("tags",), ["tags.a"])

    def test_rules_of_other_workspaces_are_not_spoken_of(self, workspace: Workspace) -> None:
        workspace.ignore = (
            rule("*", workspace="staging", expires=date(2020, 1, 1)),
            rule("x", workspace="prod*", expires=date(2020, 1, 1)),
        )
        comparison = workspace.look(queue(A), queue(B))
        assert [s.rule for s in comparison.suppressed] == ["x in prod*"]

    def test_attributes_left_alone_are_listed(self) -> None:
        workspace = Workspace(declared(A, "delay", ignore_changes=(("delay",),)))
        comparison = workspace.look(queue(A, {"delay": 1}, {"delay": 2}))
        assert (comparison.findings, [(i.label, i.change.text) for i in comparison.ignored]) == ((), [(A, "delay")])
        assert comparison.rows[0].configuration["delay"] == 2


def test_a_secret_is_nowhere(workspace: Workspace) -> None:
    canary = "c4n4ry-secret"
    reading = queue(A, {"secret": canary, "name": f"has-{canary}"}, {"secret": f"{canary}-2"})
    comparison = workspace.look(reading, queue(B))
    assert canary not in repr(comparison)
    assert [(c.text, c.sensitive) for f in comparison.findings for c in f.changes] == [("secret", True)]


# --- whatever is unread ------------------------------------------------------------------------------

LABELS = [f"aws_sqs_queue.q[{n}]" for n in range(6)]
STATES = st.lists(st.sampled_from(["same", "changed", "absent", "orphan"]), min_size=6, max_size=6)


def _reading(label: str, state: str) -> Reading:
    if state == "absent":
        return absent(label, QUEUE, {"id": label})
    return queue(label, {"delay": 1}, {"delay": 2} if state == "changed" else None)


def _template(states: list[str], *, broken: bool) -> Template:
    wanted = [label for label, state in zip(LABELS, states, strict=True) if state != "orphan"]
    block = replace(declared(LABELS[0], "delay"), instances=tuple(map(Address.parse, wanted)))
    problems = (TemplateError("broken"),) if broken else ()
    return template(block, problems=problems) if wanted else template(problems=problems)


@settings(max_examples=60)
@given(STATES, st.frozensets(st.sampled_from(range(6))), st.booleans(), st.booleans())
def test_unread_is_unknown(states: list[str], dark: frozenset[int], broken: bool, remembered: bool) -> None:  # noqa: FBT001
    clear = [_reading(label, state) for label, state in zip(LABELS, states, strict=True)]
    readings = [unread(LABELS[n]) if n in dark else reading for n, reading in enumerate(clear)]
    wanted = _template(states, broken=broken)
    locations = {label: Location("1", "r") for label in LABELS}
    before = {r.label: Baseline(r.configuration) for r in classify(
        "w", Sides(wanted, clear, {}, (), locations), digest, Rules(TODAY)).rows} if remembered else {}  # fmt: skip
    seen, partly = (
        classify("w", Sides(wanted, some, before, (), locations), digest, Rules(TODAY)) for some in (clear, readings)
    )
    hidden = {LABELS[n] for n in dark}
    for comparison in (seen, partly):
        coverage = comparison.coverage
        assert coverage.recorded == coverage.checked + len(coverage.unknown) == 6
        assert len({u.label for u in coverage.unknown}) == len(coverage.unknown)
        assert verdict(comparison.findings, coverage) is not Verdict.IN_SYNC or coverage.complete
        assert comparison.gone == ()
    assert {u.label for u in partly.coverage.unknown} >= hidden | {u.label for u in seen.coverage.unknown}
    assert not {f.label for f in partly.findings if f.kind in (Kind.DELETED, Kind.CHANGED)} & hidden
    assert not {row.label for row in partly.rows} & hidden
    # What could be read says the same, whatever else could not.
    clear_part = [f for f in seen.findings if f.label not in hidden]
    assert [f for f in partly.findings if f.label not in hidden] == clear_part


@settings(max_examples=40)
@given(STATES, st.randoms(use_true_random=False))
def test_the_order_of_readings_means_nothing(states: list[str], chance: Any) -> None:
    readings = [_reading(label, state) for label, state in zip(LABELS, states, strict=True)]
    mixed = list(readings)
    chance.shuffle(mixed)
    wanted = _template(states, broken=False)
    one, two = (classify("w", Sides(wanted, r, {}, (), {}), digest, Rules(TODAY)) for r in (readings, mixed))
    assert (one.findings, one.coverage, one.gone) == (two.findings, two.coverage, two.gone)
    assert sorted(one.rows, key=lambda row: row.label) == sorted(two.rows, key=lambda row: row.label)
