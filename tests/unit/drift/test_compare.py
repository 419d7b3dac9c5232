"""One resource: what it is held against, with and without a memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest
from support.drifting import STRINGS, TAGS, attribute, declared, nested, schema

from reconciler.drift.compare import SAME, Compared, _put, _touches, compare
from reconciler.drift.differ import Difference
from reconciler.drift.explain import Estate, Held
from reconciler.drift.finding import Change, Severity
from reconciler.drift.schema import Nesting
from reconciler.drift.severities import Row
from reconciler.drift.snapshot import Body, DeclaredResource

SHAPE = schema(
    set_by_template=attribute("O"),
    optional=attribute("O"),
    filled_in=attribute("OC"),
    answered=attribute("C"),
    kms_key_arn=attribute("C"),
    code_sha256=attribute("C"),
    image_sha256_at=attribute("C"),
    public=attribute("C", "bool"),
    publicly_accessible=attribute("OC", "bool"),
    encrypted=attribute("OC", "bool"),
    policy=attribute("OC"),
    tags=attribute("O", TAGS),
    tags_all=attribute("OC", TAGS),
    levels=attribute("OC", ["list", "string"]),
    disk=nested(Nesting.LIST, gb=attribute("O", "number"), iops=attribute("OC", "number"), name=attribute("O")),
    modern=attribute("OC", None, nested=nested(Nesting.SINGLE, a=attribute("O"))),
    newer=attribute("O", None, nested=nested(Nesting.SINGLE, a=attribute("O"), b=attribute("OC"))),
)
BLOCK = declared("aws_x.y", "set_by_template", blocks={"disk": Body(frozenset({"gb"}))})
NAMES = (*SHAPE.block.attributes, *SHAPE.block.blocks)


def look(
    recorded: dict[str, Any],
    observed: dict[str, Any],
    baseline: dict[str, Any] | None = None,
    block: DeclaredResource | None = BLOCK,
) -> Compared:
    full = [None if side is None else {**dict.fromkeys(NAMES), "id": "x", **side} for side in (recorded, observed)]
    seen = None if baseline is None else {**(full[0] or {}), **baseline}
    held = Held("aws_x.y", "aws_x", full[0], full[1], seen)
    return compare(held, SHAPE, block, Estate.of([held]))


def told(compared: Compared) -> list[tuple[Any, ...]]:
    return [(c.text, c.recorded, c.observed, c.configured) for c in compared.changes]


@pytest.mark.parametrize(
    ("why", "name", "recorded", "observed", "baseline", "found"),
    [
        # The template sets it: against the state, whatever was seen.
        ("set, moved", "set_by_template", "a", "b", None, ("a", "b", True)),
        ("set, moved, seen before", "set_by_template", "a", "b", "a", ("a", "b", True)),
        ("set, moved, seen moved", "set_by_template", "a", "b", "b", ("a", "b", True)),
        ("set, put back", "set_by_template", "a", "a", "b", None),
        # Optional alone: Terraform would take it away again.
        ("not set, came", "optional", None, "b", None, ("", None, "b", False)),
        ("not set, came, seen there", "optional", None, "b", "b", ("", None, "b", False)),
        # Filled in by AWS: against what was seen.
        ("filled in, first look", "filled_in", "a", "b", None, None),
        ("filled in, moved", "filled_in", "a", "b", "a", ("a", "b", False)),
        ("filled in, as seen", "filled_in", "a", "b", "b", None),
        ("filled in, moved since", "filled_in", "a", "c", "b", ("b", "c", False)),
        ("filled in, through Terraform", "filled_in", "b", "b", "a", None),
        ("filled in, gone", "filled_in", "a", None, "a", ("a", None, False)),
        # Answered by AWS.
        ("answered, first look", "answered", "a", "b", None, None),
        ("answered, moved", "answered", "a", "b", "a", ("a", "b", False)),
        ("answered, as seen", "answered", "a", "b", "b", None),
        ("answered, grave, first look: the state's copy ages", "kms_key_arn", "a", "b", None, None),
        ("answered, grave, moved", "kms_key_arn", "a", "b", "a", ("a", "b", False)),
        ("answered, a digest of code, first look: it does not age", "code_sha256", "a", "b", None, ("a", "b", False)),
        ("answered, a digest of code, seen so", "code_sha256", "a", "b", "b", None),
        ("answered, no digest, first look", "image_sha256_at", "a", "b", None, None),
        ("answered, worst, first look", "public", False, True, None, (False, True, False)),
        # What must not be missed at the first look.
        ("made public", "publicly_accessible", False, True, None, (False, True, False)),
        ("made public, seen so", "publicly_accessible", False, True, True, None),
        ("no longer public", "publicly_accessible", True, False, None, None),
        ("encryption off", "encrypted", True, False, None, (True, False, False)),
        ("encryption on", "encrypted", False, True, None, None),
        ("a policy changed", "policy", "", '{"Statement":[]}', None, ("", '{"Statement":[]}', False)),
        # Zero values.
        ("zero", "filled_in", None, "", "x", None),
        ("zero, set", "set_by_template", None, "", None, None),
    ],
)
def test_what_a_value_is_held_against(
    why: str, name: str, recorded: Any, observed: Any, baseline: Any, found: tuple[Any, ...] | None
) -> None:
    before = None if baseline is None else {name: baseline}
    expected = [] if found is None else [(name, *found[-3:])]
    assert told(look({name: recorded}, {name: observed}, before)) == expected, why


class TestBlocks:
    def test_what_the_template_sets_in_a_block(self) -> None:
        found = look({"disk": [{"gb": 8, "iops": 100}]}, {"disk": [{"gb": 80, "iops": 200}]})
        assert told(found) == [("disk[0].gb", 8, 80, True)]

    def test_what_aws_fills_in_in_a_block(self) -> None:
        recorded = {"disk": [{"gb": 8, "iops": 100}]}
        found = look(recorded, {"disk": [{"gb": 8, "iops": 200}]}, recorded)
        assert told(found) == [("disk[0].iops", 100, 200, False)]
        assert told(look(recorded, {"disk": [{"gb": 8, "iops": 200}]}, {"disk": [{"gb": 8, "iops": 200}]})) == []

    def test_a_block_put_there_by_hand(self) -> None:
        bare = declared("aws_x.y")
        assert told(look({"disk": []}, {"disk": [{"gb": 1}]}, None, bare)) == [("disk", [], [{"gb": 1}], False)]

    def test_a_block_that_the_template_writes_and_somebody_took(self) -> None:
        assert told(look({"disk": [{"gb": 1}]}, {"disk": []})) == [("disk", [{"gb": 1}], [], True)]

    def test_nested_attributes(self) -> None:
        recorded = {"modern": {"a": "1"}, "newer": {"a": "1", "b": "1"}}
        observed = {"modern": {"a": "2"}, "newer": {"a": "2", "b": "2"}}
        assert told(look(recorded, observed)) == [("newer.a", "1", "2", False)]
        found = told(look(recorded, observed, recorded))
        assert [text for text, *_ in found] == ["modern.a", "newer.a", "newer.b"]

    def test_a_change_elsewhere_in_the_same_attribute_does_not_bring_up_what_terraform_did(self) -> None:
        # levels[0] came through Terraform, levels[1] by hand.
        found = look({"levels": ["new", "b"]}, {"levels": ["new", "hand"]}, {"levels": ["old", "b"]})
        assert told(found) == [("levels[1]", "b", "hand", False)]

    def test_what_the_template_sets_and_what_aws_fills_in_each_against_its_own(self) -> None:
        found = look(
            {"disk": [{"gb": 8, "iops": 100}]}, {"disk": [{"gb": 80, "iops": 200}]}, {"disk": [{"gb": 9, "iops": 150}]}
        )
        assert told(found) == [("disk[0].gb", 8, 80, True), ("disk[0].iops", 150, 200, False)]

    def test_what_came_through_terraform_beside_what_did_not(self) -> None:
        # Of three elements one came through Terraform, one by hand, one has not moved.
        found = look({"levels": ["new", "b", "c"]}, {"levels": ["new", "hand", "c"]}, {"levels": ["old", "x", "c"]})
        assert told(found) == [("levels[1]", "x", "hand", False)]
        assert found.reference == (("levels", ["new", "x", "c"]),)

    def test_what_terraform_took_away_is_no_change_by_hand(self) -> None:
        two = {"disk": [{"gb": 8, "iops": 100}, {"gb": 9, "iops": 100}]}
        assert told(look({"disk": [{"gb": 8, "iops": 100}]}, {"disk": [{"gb": 8, "iops": 200}]}, two)) == []


def test_changes_stand_in_the_order_of_their_names() -> None:
    found = look({"set_by_template": "a", "optional": "a", "disk": []}, {"set_by_template": "b", "disk": [{"gb": 1}]})
    assert [c.text for c in found.changes] == ["disk", "optional", "set_by_template"]
    assert found.reference == (("disk", []), ("optional", "a"), ("set_by_template", "a"))


def test_a_flag_that_becomes_a_number_is_a_change() -> None:
    found = look({"set_by_template": True}, {"set_by_template": 1, "optional": "x"})
    assert [(c.text, c.observed) for c in found.changes] == [("optional", "x"), ("set_by_template", 1)]
    assert [c.text for c in look({"set_by_template": 0}, {"set_by_template": False, "optional": "x"}).changes] == [
        "optional", "set_by_template",
    ]  # fmt: skip


def test_without_a_table_of_severities_nothing_is_grave_at_the_first_look() -> None:
    recorded, observed = {"id": "x", "encrypted": True}, {"id": "x", "encrypted": False}
    held = Held("aws_x.y", "aws_x", recorded, observed)
    assert compare(held, SHAPE, BLOCK, Estate.of([held]), ()) is SAME
    assert compare(held, SHAPE, BLOCK, Estate.of([held]), [Row(Severity.HIGH, "mine")]) is not SAME
    assert compare(held, SHAPE, BLOCK, Estate.of([held]), [Row(Severity.MEDIUM, "mine")]) is SAME


@pytest.mark.parametrize(
    ("name", "at_once"),
    [
        ("code_sha256", True), ("source_code_hash", True), ("image_digest", True), ("digest", True),
        ("sha256_of_what", False), ("hash", False), ("digested", False), ("rehashed", False), ("arn", False),
    ],
)  # fmt: skip
def test_the_digest_of_what_was_deployed_does_not_age(name: str, at_once: bool) -> None:  # noqa: FBT001
    shape, high = schema(**{name: attribute("C")}), Row(Severity.HIGH, "mine")
    held = Held("aws_x.y", "aws_x", {"id": "x", name: "a"}, {"id": "x", name: "b"})
    assert bool(compare(held, shape, BLOCK, Estate.of([held]), [high]).changes) is at_once
    critical = replace(high, severity=Severity.CRITICAL)
    assert compare(held, shape, BLOCK, Estate.of([held]), [critical]).changes != ()


def test_a_change_carries_what_a_difference_says() -> None:
    shape = schema(zones=attribute("O", STRINGS), token=attribute("O", sensitive=True))
    sides = [{"id": "x", "zones": zones, "token": token} for zones, token in ((["a"], "s"), (["b"], "t"))]
    held = Held("aws_x.y", "aws_x", *sides)
    assert compare(held, shape, None, Estate.of([held])).changes == (
        Change(("token",), "s", "t", configured=False, sensitive=True),
        Change(("zones",), ["a"], ["b"], configured=False, added=("b",), removed=("a",)),
    )


@pytest.mark.parametrize(
    ("value", "path", "put"),
    [
        ("old", (), "NEW"),
        ({"a": 1, "b": 2}, ("a",), {"a": "NEW", "b": 2}),
        ({"b": 2}, ("a",), {"a": "NEW", "b": 2}),
        ({"a": {"c": 1, "d": 2}, "b": 3}, ("a", "c"), {"a": {"c": "NEW", "d": 2}, "b": 3}),
        (["x", "y", "z"], (0,), ["NEW", "y", "z"]),
        (["x", "y", "z"], (1,), ["x", "NEW", "z"]),
        (["x", "y", "z"], (2,), ["x", "y", "NEW"]),
        ([{"a": 1}, {"a": 2}], (1, "a"), [{"a": 1}, {"a": "NEW"}]),
        # A path that leads nowhere changes nothing.
        (["x"], (1,), ["x"]),
        (["x"], (7,), ["x"]),
        (["x"], ("a",), ["x"]),
        ("text", ("a",), "text"),
        ("text", (0,), "text"),
        (None, (0,), None),
        # No map at all was one without the key.
        (None, ("a",), {"a": "NEW"}),
        (None, ("a", "b"), {"a": {"b": "NEW"}}),
    ],
)
def test_a_value_with_another_one_at_a_path(value: Any, path: tuple[Any, ...], put: Any) -> None:
    assert _put(value, path, "NEW") == put


@pytest.mark.parametrize(
    ("path", "other", "touches"),
    [
        (("a",), ("a",), True), (("a", 0), ("a",), True), (("a",), ("a", 0, "b"), True), (("a", 0), ("a", 1), False),
        (("a", 0, "b"), ("a", 1, "b"), False), (("b",), ("a",), False),
    ],
)  # fmt: skip
def test_which_paths_touch(path: tuple[Any, ...], other: tuple[Any, ...], touches: bool) -> None:  # noqa: FBT001
    far = Difference(("z",), 1, 2, attribute("O"))
    near = Difference(other, 1, 2, attribute("O"))
    assert (_touches(path, [far, near]), _touches(path, [far]), _touches(path, [])) == (touches, False, False)


class TestReference:
    """What a changed attribute is held against as a whole, for the next pass."""

    def test_of_a_plain_attribute(self) -> None:
        assert look({"filled_in": "a"}, {"filled_in": "b"}, {"filled_in": "a"}).reference == (("filled_in", "a"),)

    def test_of_a_part(self) -> None:
        found = look({"disk": [{"gb": 8, "iops": 1}]}, {"disk": [{"gb": 80, "iops": 2}]})
        # iops was taken as it is: it has moved on.
        assert found.reference == (("disk", [{"gb": 8, "iops": 2}]),)

    def test_of_a_map(self) -> None:
        found = look({"tags": {"a": "1", "b": "1"}}, {"tags": {"a": "2", "b": "1", "c": "1"}})
        assert found.reference == (("tags", {"a": "1", "b": "1", "c": None}),)

    def test_of_a_map_that_is_gone(self) -> None:
        assert look({"tags": {"a": "1"}}, {"tags": None}).reference == (("tags", {"a": "1"}),)

    def test_of_what_is_ignored_there_is_none(self) -> None:
        block = declared("aws_x.y", ignore_changes=(("tags", "a"),))
        found = look({"tags": {"a": "1", "b": "1"}}, {"tags": {"a": "2", "b": "2"}}, None, block)
        assert found.reference == (("tags", {"a": "2", "b": "1"}),)
        assert look({"tags": {"a": "1"}}, {"tags": {"a": "2"}}, None, block).reference == ()

    def test_it_keeps_the_drift_open(self) -> None:
        first = look({"filled_in": "a"}, {"filled_in": "b"}, {"filled_in": "a"})
        again = look({"filled_in": "a"}, {"filled_in": "b"}, {"filled_in": "b", **dict(first.reference)})
        assert (again.changes, again.reference) == (first.changes, first.reference)


class TestIgnoreChanges:
    recorded: ClassVar = {"tags": {"a": "1", "b": "1"}, "tags_all": {"a": "1", "b": "1", "d": "1"}}
    observed: ClassVar = {"tags": {"a": "2", "b": "2"}, "tags_all": {"a": "2", "b": "2", "d": "2"}}

    @pytest.mark.parametrize(
        ("ignored", "changes", "left_alone"),
        [
            ((), ["set_by_template", "tags.a", "tags.b", "tags_all.d"], []),
            ((("tags", "a"),), ["set_by_template", "tags.b", "tags_all.d"], ["tags.a"]),
            ((("tags",),), ["set_by_template"], ["tags.a", "tags.b", "tags_all.d"]),
            ((("tags", "d"),), ["set_by_template", "tags.a", "tags.b"], ["tags_all.d"]),
            ("all", [], ["set_by_template", "tags.a", "tags.b", "tags_all.d"]),
        ],
    )
    def test_listed_not_hidden(self, ignored: Any, changes: list[str], left_alone: list[str]) -> None:
        block = declared("aws_x.y", "set_by_template", "tags", ignore_changes=ignored)
        recorded, observed = {**self.recorded, "set_by_template": "x"}, {**self.observed, "set_by_template": "y"}
        found = look(recorded, observed, recorded, block)
        assert ([c.text for c in found.changes], [c.text for c in found.ignored]) == (changes, left_alone)

    def test_a_tag_that_came_where_there_were_none(self) -> None:
        block = declared("aws_x.y", ignore_changes=(("tags", "a"),))
        found = look({"tags": None}, {"tags": {"a": "1", "b": "1"}}, None, block)
        assert ([c.text for c in found.changes], [c.text for c in found.ignored]) == (["tags.b"], ["tags.a"])


def test_the_key_of_a_map_of_blocks_is_no_attribute() -> None:
    shape = schema(site=nested(Nesting.MAP, url=attribute("O"), seen=attribute("OC")))
    sides = [{"id": "x", "site": {"url": {"url": u, "seen": s}}} for u, s in (("a", "1"), ("b", "2"))]
    held = Held("aws_x.y", "aws_x", *sides)
    assert told(compare(held, shape, None, Estate.of([held]))) == [("site.url.url", "a", "b", False)]


def test_a_collection_is_compared_as_a_whole_also_where_it_is_a_list() -> None:
    shape = schema(identifier=attribute("OC"), replicas=attribute("C", ["list", "string"]))
    sides = [{"id": "d", "identifier": "d", "replicas": replicas} for replicas in (["e", "x"], ["f", "x"], ["e", "x"])]
    held = Held("aws_db_instance.d", "aws_db_instance", *sides)
    of_d = {"replicate_source_db": "d"}
    new = Held("aws_db_instance.f", "aws_db_instance", {**of_d, "identifier": "f"}, {**of_d, "identifier": "f"})
    gone = Held("aws_db_instance.e", "aws_db_instance", None, None, {**of_d, "identifier": "e"})
    assert compare(held, shape, None, Estate.of([held, new, gone])) is SAME
    [change] = compare(held, shape, None, Estate.of([held, gone])).changes
    assert (change.text, change.added, change.removed) == ("replicas", ("f",), ())


class TestGuarded:
    """A service that lets principals in: severe or not, each must be accounted for at once."""

    shape = schema(allowed_principals=attribute("OC", STRINGS), note=attribute("OC"))
    type_ = "aws_vpc_endpoint_service"

    def look(self, recorded: list[str], observed: list[str], baseline: Any, block: DeclaredResource | None) -> Any:
        sides = [{"id": "s", "allowed_principals": who, "note": "n"} for who in (recorded, observed)]
        held = Held(f"{self.type_}.s", self.type_, *sides, baseline)
        return [(c.text, c.added, c.removed) for c in compare(held, self.shape, block, Estate.of([held])).changes]

    @pytest.mark.parametrize("block", [None, declared(f"{type_}.s"), declared(f"{type_}.s", "allowed_principals")])
    def test_at_the_first_look(self, block: DeclaredResource | None) -> None:
        assert self.look([], ["eve"], None, block) == [("allowed_principals", ("eve",), ())]

    def test_a_memory_from_before_the_attribute_was_there(self) -> None:
        assert self.look([], ["eve"], {"id": "s"}, declared(f"{self.type_}.s")) != []
        assert self.look([], ["eve"], {"id": "s", "allowed_principals": ["eve"]}, declared(f"{self.type_}.s")) == []

    def test_what_a_refresh_took_in_is_held_against_the_memory(self) -> None:
        seen = {"id": "s", "allowed_principals": []}
        assert self.look(["eve"], ["eve"], seen, declared(f"{self.type_}.s")) == [("allowed_principals", ("eve",), ())]
        assert self.look(["eve"], ["eve"], seen, declared(f"{self.type_}.s", "allowed_principals")) == []


def test_nothing_to_compare() -> None:
    full = {"id": "x", "set_by_template": "a", "publicly_accessible": True}
    sides = [(None, full), (full, None), (full, dict(full)), (None, None)]
    for recorded, observed in sides:
        held = Held("aws_x.y", "aws_x", recorded, observed, {"id": "x", "filled_in": "was"})
        assert compare(held, SHAPE, BLOCK, Estate.of([held])) is SAME


def test_what_terraform_replaced_has_no_memory() -> None:
    recorded, observed = {"id": "new", "filled_in": "a"}, {"id": "new", "filled_in": "b"}
    assert told(look(recorded, observed, {"id": "old", "filled_in": "c"})) == []
    assert told(look(recorded, observed, {"id": "new", "filled_in": "c"})) == [("filled_in", "c", "b", False)]


def test_an_attribute_that_came_with_a_new_provider_has_no_memory() -> None:
    held = Held("aws_x.y", "aws_x", {"id": "x", "filled_in": "a"}, {"id": "x", "filled_in": "b"}, {"id": "x"})
    assert compare(held, SHAPE, BLOCK, Estate.of([held])) is SAME


class TestSharedAttributes:
    """What other resources may set here is held against the baseline, unless the template writes it here."""

    shape = schema(
        bucket=attribute("OC"),
        policy=attribute("OC"),
        versioning=nested(Nesting.LIST, enabled=attribute("O", "bool"), mfa_delete=attribute("O", "bool")),
        cors_rule=nested(Nesting.LIST, allowed_origins=attribute("O", STRINGS)),
    )
    on, off = [{"enabled": True, "mfa_delete": False}], [{"enabled": False, "mfa_delete": False}]

    def look(self, recorded: Any, observed: Any, baseline: Any = None, *others: Held, **blocks: Body) -> list[Any]:
        sides = [None if s is None else {"id": "b", **s} for s in (recorded, observed, baseline)]
        held = Held("aws_s3_bucket.b", "aws_s3_bucket", *sides)
        block = declared("aws_s3_bucket.b", "bucket", blocks=blocks)
        return told(compare(held, self.shape, block, Estate.of([held, *others])))

    def test_a_resource_of_its_own_sets_it(self) -> None:
        setter = Held("v", "aws_s3_bucket_versioning", {"bucket": "b"}, {"bucket": "b"})
        assert self.look({"versioning": self.off}, {"versioning": self.on}, None, setter) == []

    def test_long_after_that_resource_has_left_the_state(self) -> None:
        # The bucket's own state is as old as the last apply.
        assert self.look({"versioning": self.on}, {"versioning": self.off}, {"versioning": self.off}) == []

    def test_switched_off_by_hand(self) -> None:
        found = [("versioning[0].enabled", True, False, False)]
        assert self.look({"versioning": self.on}, {"versioning": self.off}) == found
        assert self.look({"versioning": self.on}, {"versioning": self.off}, {"versioning": self.on}) == found

    def test_where_the_template_writes_it_the_state_counts(self) -> None:
        body = Body(frozenset({"enabled"}))
        assert self.look(
            {"versioning": self.on}, {"versioning": self.off}, {"versioning": self.off}, versioning=body
        ) == [("versioning[0].enabled", True, False, True)]
        mfa = [{"enabled": True, "mfa_delete": True}]
        assert self.look({"versioning": self.on}, {"versioning": mfa}, {"versioning": mfa}, versioning=body) == [
            ("versioning[0].mfa_delete", False, True, False)
        ]

    def test_what_is_not_dangerous_waits_for_a_memory(self) -> None:
        rule = [{"allowed_origins": ["https://a"]}]
        assert self.look({"cors_rule": []}, {"cors_rule": rule}) == []
        assert len(self.look({"cors_rule": []}, {"cors_rule": rule}, {"cors_rule": []})) == 1
