from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.drift.address import Address
from reconciler.drift.listing import (
    BY_PRODUCTS,
    GLOBAL,
    SAME_OBJECT,
    Listed,
    Listing,
    RecordedIdentity,
    StackResource,
    Statement,
    SweepResult,
    Unlisted,
    absent,
    canonical,
    unmanaged,
    url_path,
)
from reconciler.drift.snapshot import Reason

HERE = "us-east-1"
THERE = "eu-west-1"


def queue(name: str = "jobs", region: str = HERE, **more: object) -> Listed:
    return replace(
        Listed("aws_sqs_queue", f"https://sqs/{name}", region, f"arn:aws:sqs:{region}:1:{name}", name),
        **more,  # type: ignore[arg-type]
    )


def result(*resources: Listed, **more: object) -> SweepResult:
    places = {(resource.resource_type, resource.region): None for resource in resources}
    listings = tuple(
        Listing(kind, region, tuple(r for r in resources if (r.resource_type, r.region) == (kind, region)))
        for kind, region in places
    )
    return SweepResult(listings, **more)  # type: ignore[arg-type]


def recorded(resource: Listed, **more: object) -> RecordedIdentity:
    identity = RecordedIdentity(
        f"{resource.resource_type}.x", resource.resource_type, resource.id, None, resource.region
    )
    return replace(identity, **more)  # type: ignore[arg-type]


def labels(sweep: SweepResult, *identities: RecordedIdentity) -> list[str]:
    return [found.resource.label for found in unmanaged(sweep, identities)]


def test_what_nobody_recorded_is_unmanaged() -> None:
    (found,) = unmanaged(result(queue("jobs"), queue("mail")), [recorded(queue("jobs"))])
    assert found.resource == queue("mail")
    assert found.suggested_address == "aws_sqs_queue.mail"
    assert found.detail is None


@pytest.mark.parametrize(
    "identity",
    [
        recorded(queue()),
        recorded(queue(), region=None),
        recorded(queue(), id="something else", arn="arn:aws:sqs:us-east-1:1:jobs"),
        recorded(queue(), resource_type="aws_other_name", id="arn:aws:sqs:us-east-1:1:jobs"),
    ],
)
def test_claimed_by_id_or_arn(identity: RecordedIdentity) -> None:
    assert labels(result(queue()), identity) == []


@pytest.mark.parametrize(
    "identity",
    [
        recorded(queue(), region=THERE),
        recorded(queue(), resource_type="aws_sns_topic"),
        recorded(queue(), id="https://sqs/job"),
        recorded(queue(), id="x", arn=""),
    ],
)
def test_not_claimed_by_what_only_looks_alike(identity: RecordedIdentity) -> None:
    assert labels(result(queue()), identity) == ["aws_sqs_queue https://sqs/jobs"]


def test_a_global_resource_is_claimed_from_any_region() -> None:
    role = Listed("aws_iam_role", "deploy", GLOBAL)
    assert labels(result(role), recorded(role, region=THERE)) == []


def test_another_name_of_the_same_object_claims_it() -> None:
    vpc = Listed("aws_vpc", "vpc-1", HERE)
    assert labels(result(vpc), recorded(vpc, resource_type="aws_default_vpc")) == []
    assert not set(SAME_OBJECT) & set(SAME_OBJECT.values())
    assert canonical("aws_alb") == "aws_lb"
    assert canonical("aws_vpc") == "aws_vpc"


def test_a_by_product_is_claimed_with_what_records_it_and_nothing_beside_it() -> None:
    left = Listed("aws_route_table", "rtb-1", HERE)
    main = RecordedIdentity("aws_main_route_table_association.m", "aws_main_route_table_association", "rtbassoc-1")
    main = replace(main, region=HERE, by_product=("aws_route_table", "rtb-1"))
    assert labels(result(left), main) == []
    assert labels(result(left), replace(main, by_product=None)) == ["aws_route_table rtb-1"]
    for other in (replace(left, id="rtb-2"), replace(left, region=THERE), replace(left, resource_type="aws_vpc")):
        assert labels(result(other), main) == [other.label]


def test_an_id_of_an_earlier_provider_claims_it() -> None:
    database = Listed("aws_db_instance", "db-ABC", HERE, aliases=("main",))
    assert labels(result(database), recorded(database, id="main")) == []


def test_noise_is_not_unmanaged() -> None:
    assert labels(result(queue(noise="every region has one"))) == []


def test_what_a_stack_owns_is_not_unmanaged() -> None:
    owned = StackResource("aws_sqs_queue", "https://sqs/jobs", HERE)
    assert labels(result(queue(), stack_resources=(owned,))) == []
    assert labels(result(queue(), stack_resources=(replace(owned, region=THERE),))) != []
    assert labels(result(queue(tags=(("aws:cloudformation:stack-id", "arn"),)))) == []
    assert labels(result(queue(tags=(("aws:cloudformation:stack", "x"),)))) != []


def test_without_the_stacks_the_finding_says_so() -> None:
    found = unmanaged(result(queue(), queue("jobs", THERE), stacks_unread=(HERE,)), [])
    assert [bool(each.detail) for each in found] == [False, True]


def test_a_child_is_its_makers_matter() -> None:
    group = Listed("aws_autoscaling_group", "web", HERE)
    instance = Listed("aws_instance", "i-1", HERE, made_by=("aws_autoscaling_group", "web"))
    assert labels(result(group, instance)) == ["aws_autoscaling_group web"]
    assert labels(result(group, instance), recorded(group)) == []
    # The list of groups could not be read: the record is enough.
    assert labels(result(instance), recorded(group)) == []
    assert labels(result(instance)) == ["aws_instance i-1"]
    assert labels(result(instance, replace(group, region=THERE)), recorded(group, region=THERE)) == ["aws_instance i-1"]


def test_absent_needs_a_complete_listing() -> None:
    gone = recorded(queue("gone"))
    assert absent(result(queue()), [gone, recorded(queue())]) == (gone,)
    unlisted = (Unlisted("aws_sqs_queue", HERE, Reason.DENIED, "list_queues: AccessDenied"),)
    assert absent(SweepResult(unlisted=unlisted), [gone]) == ()
    assert absent(result(queue(region=THERE)), [gone]) == ()
    assert absent(SweepResult((Listing("aws_sqs_queue", HERE),)), [gone]) == (gone,)
    assert absent(result(queue()), [recorded(queue("gone"), region=None), recorded(queue("gone"), id="")]) == ()


def test_absent_knows_arns_aliases_noise_and_global_lists() -> None:
    database = Listed("aws_db_instance", "db-ABC", HERE, "arn:aws:rds:1", aliases=("main",), noise="why not")
    listed = result(database, Listed("aws_iam_role", "deploy", GLOBAL))
    here = recorded(database)
    assert absent(listed, [here, replace(here, id="main"), replace(here, id="old", arn="arn:aws:rds:1")]) == ()
    role = RecordedIdentity("aws_iam_role.x", "aws_iam_role", "gone", None, None)
    assert absent(listed, [role, replace(role, id="deploy", region=THERE)]) == (role,)


def test_suggested_addresses_are_free_and_valid() -> None:
    listed = result(
        queue("jobs"),
        queue("jobs", THERE),
        queue("42 Ünïcode/../x"),
        Listed("aws_instance", "i-1", HERE, tags=(("Name", "web"),)),
        Listed("aws_instance", "///", HERE),
    )
    taken = RecordedIdentity("aws_sqs_queue.jobs", "aws_sqs_queue", "other", None, HERE)
    assert [found.suggested_address for found in unmanaged(listed, [taken])] == [
        "aws_instance.unnamed",
        "aws_instance.web",
        "aws_sqs_queue.jobs_2",
        "aws_sqs_queue.r_42_n_code_x",
        "aws_sqs_queue.jobs_3",
    ]


@given(st.lists(st.tuples(st.text(), st.text(min_size=1)), max_size=20))
def test_every_suggestion_is_an_address_of_its_own(names: list[tuple[str, str]]) -> None:
    found = unmanaged(result(*(Listed("aws_x", f"{n}{i}", HERE, name=name) for n, (name, i) in enumerate(names))), [])
    addresses = [each.suggested_address for each in found]
    assert len(set(addresses)) == len(addresses) == len(names)
    assert all(str(Address.parse(address)) == address for address in addresses)


def test_the_cost_follows_the_number_of_resources() -> None:
    """Twenty thousand of one name: quadratic work here would take minutes."""
    same = result(*(Listed("aws_instance", f"i-{n}", HERE, name="web") for n in range(20_000)))
    assert len(unmanaged(same, [])) == 20_000


def test_a_queue_is_known_behind_any_host() -> None:
    listed = result(queue(id="https://sqs.us-east-1.amazonaws.com/1/jobs", arn=None, aliases=("1/jobs",)))
    old = recorded(queue(), id="https://queue.amazonaws.com/1/jobs")
    assert labels(listed, old) == []
    assert absent(listed, [old]) == ()
    assert absent(listed, [replace(old, id="https://queue.amazonaws.com/2/jobs")]) != ()
    assert labels(replace(listed, stack_resources=(StackResource("aws_sqs_queue", old.id, HERE),))) == []


def test_what_is_not_said_of_a_listing() -> None:
    assert (GLOBAL, SweepResult(), Statement("l", "t", "r").suspect) == (
        "global",
        SweepResult((), (), (), (), 0),
        False,
    )
    assert SweepResult().api_calls == 0


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("https://sqs.eu-west-1.amazonaws.com/1/jobs", "1/jobs"),
        ("https://h/x://y/z", "x://y/z"),
        ("https://host", None),
        ("https://host/", None),
        ("1/jobs", None),
        ("i-1", None),
        ("", None),
    ],
)
def test_the_path_of_a_url(text: str, path: str | None) -> None:
    assert url_path(text) == path


def test_every_arn_that_is_recorded_claims_its_own() -> None:
    listed = [queue(name, id=f"other {name}") for name in ("a", "b")]
    by_arn = [recorded(queue(name), id="x", arn=f"arn:aws:sqs:{HERE}:1:{name}") for name in ("a", "b")]
    assert labels(result(*listed), *by_arn) == []
    # An id that is no ARN claims nothing of another type, however it begins.
    topic = Listed("aws_sns_topic", "arn-of-mine", HERE)
    assert labels(result(topic), recorded(queue(), id="arn-of-mine")) == ["aws_sns_topic arn-of-mine"]


def test_a_child_of_a_known_maker_hides_no_stranger() -> None:
    children = [Listed("aws_instance", f"i-{n}", HERE, made_by=("aws_autoscaling_group", "web")) for n in (1, 2)]
    group, stranger = Listed("aws_autoscaling_group", "web", HERE), Listed("aws_instance", "i-3", HERE)
    noise = queue("a-default", noise="every region has one")
    assert labels(result(noise, *children, group, stranger, queue("z")), recorded(group)) == [
        "aws_instance i-3", "aws_sqs_queue https://sqs/z",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("region", "unread", "told"),
    [(HERE, (HERE,), True), (HERE, (THERE,), False), (GLOBAL, (THERE,), True), (GLOBAL, (), False), (HERE, (), False)],
)
def test_whose_stacks_could_not_be_read(region: str, unread: tuple[str, ...], told: bool) -> None:  # noqa: FBT001
    [found] = unmanaged(result(Listed("aws_iam_role", "r", region), stacks_unread=unread), [])
    assert found.detail == ("the CloudFormation stacks could not be read: a stack may own it" if told else None)


@pytest.mark.parametrize(
    ("listed_in", "record", "gone"),
    [
        ((HERE,), HERE, True), ((THERE,), HERE, False), ((GLOBAL,), HERE, True), ((GLOBAL,), None, True),
        ((HERE,), None, False), ((), HERE, False), ((GLOBAL, THERE), THERE, True),
    ],
)  # fmt: skip
def test_where_a_record_is_looked_for(listed_in: tuple[str, ...], record: str | None, gone: bool) -> None:  # noqa: FBT001
    sweep = SweepResult(tuple(Listing("aws_sqs_queue", region) for region in listed_in))
    lost = RecordedIdentity("aws_sqs_queue.x", "aws_sqs_queue", "x", None, record)
    assert absent(sweep, [lost]) == ((lost,) if gone else ())


def test_a_global_list_counts_before_a_regions() -> None:
    here = Listed("aws_sqs_queue", "x", HERE)
    sweep = SweepResult((Listing("aws_sqs_queue", GLOBAL), Listing("aws_sqs_queue", HERE, (here,))))
    lost = RecordedIdentity("aws_sqs_queue.x", "aws_sqs_queue", "x", None, HERE)
    assert absent(sweep, [lost]) == (lost,)


@pytest.mark.parametrize(
    ("listed", "name"),
    [
        (Listed("aws_x", "id", HERE, name="Web Server"), "web_server"),
        (Listed("aws_x", "id", HERE, name="__A--B__"), "a_b"),
        (Listed("aws_x", "id", HERE, name="-x-"), "x"),
        (Listed("aws_x", "id", HERE, name="XyX"), "xyx"),
        (Listed("aws_x", "id", HERE, name="n" * 80), "n" * 60),
        (Listed("aws_x", "id", HERE, name="9lives"), "r_9lives"),
        (Listed("aws_x", "id", HERE, name="!"), "unnamed"),
        (Listed("aws_x", "id", HERE, tags=(("Name", "tagged"), ("a", "b"))), "tagged"),
        (Listed("aws_x", "id", HERE, tags=(("a", "b"),)), "id"),
        (Listed("aws_x", "a/b/last", HERE), "last"),
        (Listed("aws_x", "a/b/last//", HERE), "last"),
        (Listed("aws_x", "plainX/", HERE), "plainx"),
        (Listed("aws_x", "aXX/b", HERE), "b"),
    ],
)
def test_what_address_is_suggested(listed: Listed, name: str) -> None:
    assert [found.suggested_address for found in unmanaged(result(listed), [])] == [f"aws_x.{name}"]


def test_what_leaves_a_by_product_and_where_it_is_recorded() -> None:
    """By the provider's documentation of the two types; both attributes are computed alone."""
    assert BY_PRODUCTS == {
        "aws_batch_compute_environment": ("ecs_cluster_arn", "aws_ecs_cluster"),
        "aws_main_route_table_association": ("original_route_table_id", "aws_route_table"),
    }
