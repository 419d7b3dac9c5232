"""Depth sweep, with made-up listings."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace

import pytest
from support.sides import ACCOUNT, instance, state, template, values

from reconciler.drift.address import Address
from reconciler.drift.finding import Kind
from reconciler.drift.listing import Listed, Listing, RecordedIdentity, SweepResult, Unlisted
from reconciler.drift.record import EnvironmentFacts
from reconciler.drift.snapshot import Absent, Reason, Unread
from reconciler.errors import BackendError, ForeignAccountError
from reconciler.workflows.identity import confirm_account
from reconciler.workflows.progress import Silent
from reconciler.workflows.sweep import Sweeper, identity_of
from reconciler.workflows.target import Neighbourhood, Observation, OtherState

HERE = EnvironmentFacts("production", ACCOUNT, "eu-west-1")
NO_OTHERS = Neighbourhood()


def listed(name: str, region: str = "eu-west-1") -> Listed:
    return Listed("aws_sqs_queue", str(values(name)["id"]), region, name=name)


def listing(*names: str, region: str = "eu-west-1") -> SweepResult:
    return SweepResult((Listing("aws_sqs_queue", region, tuple(listed(name, region) for name in names)),), api_calls=1)


def sweeper(result: SweepResult, others: Neighbourhood | None = NO_OTHERS, account: str = ACCOUNT) -> Sweeper:
    def swept(regions: Collection[str]) -> SweepResult:
        assert list(regions) == ["eu-west-1"]
        return result

    return Sweeper(
        "shop",
        HERE,
        swept,
        lambda: confirm_account(HERE, lambda: account),
        None if others is None else lambda: others,
    )


def look(sweeper: Sweeper) -> Observation:
    return sweeper.observe(template("jobs"), state("jobs"), dict, Silent())


def test_what_nobody_recorded_is_unmanaged_with_a_suggested_address() -> None:
    seen = look(sweeper(listing("jobs", "by-hand")))
    assert [(f.kind, f.label, f.suggested_address) for f in seen.found] == [
        (Kind.UNMANAGED, f"aws_sqs_queue {values('by-hand')['id']}", "aws_sqs_queue.by_hand")
    ]
    assert seen.looked_for_unmanaged


def test_a_listed_resource_exists_but_is_not_checked() -> None:
    (reading,) = look(sweeper(listing("jobs"))).readings
    assert isinstance(reading, Unread)
    assert reading.reason is Reason.UNSUPPORTED


def test_what_a_whole_list_does_not_hold_is_gone_and_nothing_secret_of_it_is_kept() -> None:
    (reading,) = look(sweeper(listing())).readings
    assert isinstance(reading, Absent)
    assert reading.recorded == {name: values("jobs")[name] for name in ("id", "arn", "name")}


def test_an_unreadable_list_says_nothing() -> None:
    denied = SweepResult(unlisted=(Unlisted("aws_sqs_queue", "eu-west-1", Reason.DENIED, "AccessDenied"),))
    seen = look(sweeper(denied))
    assert [type(reading) for reading in seen.readings] == [Unread]
    assert seen.found == ()
    assert seen.unlisted == {"aws_sqs_queue"}
    assert [problem.message for problem in seen.problems] == [
        "1 lists could not be read (denied), aws_sqs_queue in eu-west-1 among them: AccessDenied"
    ]


def test_what_another_workspace_records_is_not_unmanaged() -> None:
    other = OtherState("mail", "eu-west-1", state("by-hand"))
    assert look(sweeper(listing("jobs", "by-hand"), Neighbourhood((other,)))).found == ()


def test_while_another_state_cannot_be_read_nothing_is_called_unmanaged() -> None:
    seen = look(sweeper(listing("jobs", "by-hand"), Neighbourhood((), (BackendError("no answer"),))))
    assert (seen.found, seen.looked_for_unmanaged) == ((), False)
    assert [problem.message for problem in seen.problems] == ["no answer"]


def test_only_one_workspace_of_an_account_reports_what_nobody_manages() -> None:
    seen = look(sweeper(listing("jobs", "by-hand"), others=None))
    assert (seen.found, seen.looked_for_unmanaged) == ((), False)


def test_another_accounts_credentials_are_refused_before_anything_is_listed() -> None:
    with pytest.raises(ForeignAccountError, match="account 999999999999"):
        look(sweeper(listing(), account="999999999999"))


def test_an_identity_takes_its_region_from_the_arn() -> None:
    arn = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"
    expected = RecordedIdentity("aws_sqs_queue.jobs", "aws_sqs_queue", str(values("jobs")["id"]), arn, "eu-west-1")
    assert identity_of(instance("jobs"), "us-east-1") == expected


@pytest.mark.parametrize(
    ("resource_type", "attributes", "expected"),
    [
        ("aws_batch_compute_environment", {"ecs_cluster_arn": "arn:c"}, ("aws_ecs_cluster", "arn:c")),
        ("aws_main_route_table_association", {"original_route_table_id": "rtb-1"}, ("aws_route_table", "rtb-1")),
        # Somebody chose the table that these two name.
        ("aws_main_route_table_association", {"route_table_id": "rtb-2"}, None),
        ("aws_route_table_association", {"original_route_table_id": "rtb-1"}, None),
        ("aws_batch_compute_environment", {"ecs_cluster_arn": ""}, None),
        ("aws_batch_compute_environment", {"ecs_cluster_arn": None}, None),
    ],
)
def test_an_identity_knows_the_by_product_that_only_the_provider_records(
    resource_type: str, attributes: dict[str, str | None], expected: tuple[str, str] | None
) -> None:
    made = instance("jobs")
    made = replace(made, address=Address(resource_type, "x"), attributes=json.dumps({"id": "x", **attributes}).encode())
    assert identity_of(made, "eu-west-1").by_product == expected
