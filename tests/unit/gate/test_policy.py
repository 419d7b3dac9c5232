"""The gate's rules: each refusal by its name, and the nearest case that passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.plans import NOW, QUEUE, approval, basis, planned, proposal

from reconciler.drift.finding import Severity
from reconciler.gate.policy import Moment, Rules, forbids, forbids_apply, forbids_approval, in_force, missing
from reconciler.gate.proposal import Approval, PlannedChange, Proposal, Status

EVERYBODY = frozenset({"ann", "bob", "cid", "dee"})
APPROVED = proposal(approvals=(approval(),), status=Status.APPROVED)


def refused(
    plan: Proposal, rules: Rules | None = None, entitled: frozenset[str] = EVERYBODY, resources: int = 50, **moment: Any
) -> str | None:
    refusal = forbids_apply(plan, rules or Rules(), entitled, resources, Moment(**{"now": NOW, **moment}))
    return refusal.rule if refusal else None


class TestApply:
    def test_an_approved_plan_passes(self) -> None:
        assert refused(APPROVED) is None

    def test_without_an_approval_nothing_does(self) -> None:
        assert refused(proposal()) == "approvals"

    @pytest.mark.parametrize(
        "status", [Status.REJECTED, Status.STALE, Status.APPLYING, Status.APPLIED, Status.FAILED, Status.UNKNOWN]
    )
    def test_what_is_over_or_under_way_stays_so(self, status: Status) -> None:
        assert refused(replace(APPROVED, status=status)) == "status"

    def test_a_plan_ends_at_the_very_moment_it_expires(self) -> None:
        assert refused(replace(APPROVED, expires_at=NOW)) == "expired"
        assert refused(replace(APPROVED, expires_at=NOW + timedelta(microseconds=1))) is None

    def test_an_approval_ends_at_the_very_moment_it_expires(self) -> None:
        rules = Rules(approval_lifetime=timedelta(minutes=5))
        assert refused(APPROVED, rules) == "approvals"
        assert refused(APPROVED, replace(rules, approval_lifetime=timedelta(minutes=5, microseconds=1))) is None

    def test_an_approval_from_the_future_does_not_count(self) -> None:
        assert refused(replace(APPROVED, approvals=(approval(minutes_ago=-1),))) == "approvals"

    def test_the_proposers_own_approval_does_not_count(self) -> None:
        own = replace(APPROVED, approvals=(approval("ann"),))
        assert refused(own) == "approvals"
        assert refused(own, Rules(self_approval=True)) is None

    def test_somebody_who_lost_the_role_does_not_count(self) -> None:
        assert refused(APPROVED, entitled=EVERYBODY - {"bob"}) == "approvals"

    def test_an_approval_of_another_digest_does_not_count(self) -> None:
        assert refused(replace(APPROVED, approvals=(approval(digest="sha256:other"),))) == "approvals"

    def test_one_person_counts_once(self) -> None:
        twice = (approval(), approval(minutes_ago=1))
        critical = proposal(risk=Severity.CRITICAL, approvals=twice)
        assert refused(critical) == "approvals"
        assert refused(replace(critical, approvals=(approval(), approval("cid")))) is None

    def test_a_rule_asks_for_no_less_than_one(self) -> None:
        assert refused(proposal(), Rules(approvals={Severity.MEDIUM: 0})) == "approvals"

    def test_an_unsigned_approval_does_not_count_where_signatures_are_required(self) -> None:
        rules = Rules(require_signature=True)
        assert refused(APPROVED, rules) == "approvals"
        assert refused(replace(APPROVED, approvals=(approval(signature="ssh"),)), rules) is None

    def test_nothing_is_applied_in_a_freeze(self) -> None:
        assert refused(APPROVED, frozen="the quarter's end until Monday") == "freeze"

    def test_a_rule_may_approve_by_itself_but_not_what_is_contested(self) -> None:
        assert refused(proposal(), automatic="tags") is None
        assert refused(proposal(), automatic="tags", contested="ann and a program") == "approvals"
        assert refused(APPROVED, automatic="tags", contested="ann and a program") is None

    @pytest.mark.parametrize(
        "moved", [{"serial": 8}, {"template": "sha256:other"}, {"plan": "sha256:other"}, {"observed": {}},
                  {"workspace": "other"}, {"environment": "development"}]
    )  # fmt: skip
    def test_a_basis_that_somebody_edited_is_not_what_was_approved(self, moved: dict[str, Any]) -> None:
        assert refused(replace(APPROVED, basis=replace(APPROVED.basis, **moved))) == "digest"

    def test_a_rendering_that_somebody_edited_is_not_what_was_approved(self) -> None:
        harmless = (planned(actions=("no-op",)),)
        assert refused(replace(APPROVED, changes=harmless)) == "digest"
        other_basis = basis(harmless)
        assert refused(replace(APPROVED, changes=harmless, basis=other_basis)) == "digest"


class TestOutright:
    DESTROYS = planned("aws_db_instance.main", ("delete",))

    def rule(self, rules: Rules, *changes: PlannedChange, resources: int = 50) -> str | None:
        refusal = forbids(proposal(*changes), rules, resources)
        return refusal.rule if refusal else None

    @pytest.mark.parametrize("pattern", ["aws_db_*", "aws_db_instance.main", "*"])
    @pytest.mark.parametrize("actions", [("delete",), ("delete", "create"), ("create", "delete")])
    def test_what_is_protected_is_never_destroyed(self, pattern: str, actions: tuple[str, ...]) -> None:
        assert self.rule(Rules(protected=(pattern,)), planned("aws_db_instance.main", actions)) == "protected"

    def test_what_is_protected_may_be_changed_and_others_destroyed(self) -> None:
        assert self.rule(Rules(protected=("aws_db_*",)), planned("aws_db_instance.main")) is None
        assert self.rule(Rules(protected=("aws_db_*",)), planned("aws_sqs_queue.x", ("delete",))) is None

    def test_no_more_resources_than_allowed(self) -> None:
        two = (planned("aws_sqs_queue.a"), planned("aws_sqs_queue.b"))
        assert self.rule(Rules(max_changes=1), *two) == "max_changes"
        assert self.rule(Rules(max_changes=2), *two) is None
        assert self.rule(Rules(max_changes=1), two[0], planned("aws_sqs_queue.b", ("read",))) is None

    def test_no_larger_part_of_the_workspace_than_allowed(self) -> None:
        assert self.rule(Rules(max_percent=2), planned(), resources=49) == "max_percent"
        assert self.rule(Rules(max_percent=2), planned(), resources=50) is None

    def test_no_approval_lifts_it(self) -> None:
        plan = proposal(self.DESTROYS)
        approvals = tuple(approval(who, digest=plan.digest) for who in ("bob", "cid", "dee"))
        assert refused(replace(plan, approvals=approvals), Rules(protected=("aws_db_*",))) == "protected"
        assert refused(plan, Rules(protected=("aws_db_*",)), automatic="all") == "protected"


class TestApproval:
    def rule(self, given: Approval, plan: Proposal | None = None, rules: Rules | None = None) -> str | None:
        refusal = forbids_approval(plan or proposal(), given, rules or Rules(), NOW)
        return refusal.rule if refusal else None

    def test_another_person_may_approve(self) -> None:
        assert self.rule(approval()) is None
        assert self.rule(approval("cid"), APPROVED) is None

    def test_refusals(self) -> None:
        assert self.rule(approval("ann")) == "four_eyes"
        assert self.rule(approval("ann"), rules=Rules(self_approval=True)) is None
        assert self.rule(approval(), APPROVED) == "once"
        assert self.rule(approval(digest="sha256:other")) == "digest"
        assert self.rule(approval(), rules=Rules(require_signature=True)) == "require_signature"
        assert self.rule(approval(signature="ssh"), rules=Rules(require_signature=True)) is None
        assert self.rule(approval(), proposal(expires_at=NOW)) == "expired"
        assert self.rule(approval(), proposal(status=Status.REJECTED)) == "status"
        assert self.rule(approval(), replace(proposal(), digest="sha256:other")) == "digest"

    def test_an_approval_that_ran_out_may_be_given_again(self) -> None:
        rules = Rules(approval_lifetime=timedelta(minutes=1))
        assert self.rule(approval(minutes_ago=0), APPROVED, rules) is None


users = st.sampled_from(["ann", "bob", "cid", "dee"])
given_approvals = st.lists(
    st.builds(
        Approval,
        users,
        st.integers(-60, 600).map(lambda minutes: NOW - timedelta(minutes=minutes)),
        st.sampled_from([APPROVED.digest, "sha256:other"]),
        st.sampled_from([None, "ssh"]),
    ),
    max_size=6,
).map(tuple)


@given(
    given_approvals,
    st.sampled_from(Severity),
    st.builds(Rules, require_signature=st.booleans()),
    st.frozensets(users),
)
def test_no_heap_of_approvals_stands_in_for_people(
    approvals: tuple[Approval, ...], level: Severity, rules: Rules, entitled: frozenset[str]
) -> None:
    plan = proposal(risk=level, approvals=approvals)
    good = {
        each.user
        for each in approvals
        if each.user != "ann"
        and each.user in entitled
        and each.digest == plan.digest
        and NOW - timedelta(hours=4) < each.at <= NOW
        and (each.signed or not rules.require_signature)
    }
    assert missing(plan, rules, entitled, Moment(NOW)) == max(0, rules.needed(level) - len(good))
    assert {each.user for each in in_force(plan, rules, NOW) if each.user in entitled} == good
    assert (forbids_apply(plan, rules, entitled, 50, Moment(NOW)) is None) == (len(good) >= rules.needed(level))


def test_the_queue_of_these_tests_is_what_the_basis_observes() -> None:
    assert set(proposal().basis.observed) == {QUEUE}
