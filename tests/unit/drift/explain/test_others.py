"""Counts and mirrors: what they explain, and the closest real changes that they must let through."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from support.drifting import attribute, held

from reconciler.drift.differ import Difference
from reconciler.drift.explain import Estate, Held, explain, may_be_anothers
from reconciler.drift.explain.counts import COUNTS
from reconciler.drift.values import Path, Sensitive

OC, COUNT = attribute("OC"), attribute("C", "number")


def left(owner: Held, path: Path, before: Any, after: Any, *others: Held, shape: Any = OC) -> Difference | None:
    return explain(owner, Difference(path, before, after, shape), Estate.of([owner, *others]))


class TestCounts:
    ARN = "arn:aws:iam::1:policy/p"
    policy = held("aws_iam_policy", {"id": ARN, "arn": ARN})

    def attachment(self, kind: str, name: str, *, was: bool = True, there: bool = True) -> Held:
        side = {"policy_arn": self.ARN, kind: name}
        return Held(
            f"{kind} {name}", f"aws_iam_{kind}_policy_attachment", side, side if there else None, side if was else None
        )

    def move(self, before: Any, after: Any, *others: Held) -> tuple[Any, Any] | None:
        rest = left(self.policy, ("attachment_count",), before, after, *others, shape=COUNT)
        return None if rest is None else (rest.before, rest.after)

    def test_terraform_attached_it(self) -> None:
        assert self.move(0, 3, *(self.attachment(kind, "x", was=False) for kind in ("role", "user", "group"))) is None

    @pytest.mark.parametrize("kind", ["role", "user", "group"])
    def test_a_resource_that_has_all_policies_of_one_counts_once(self, kind: str) -> None:
        side = {"policy_arns": ["arn:aws:iam::1:policy/q", self.ARN], f"{kind}_name": "x"}
        every = Held(f"all of {kind}", f"aws_iam_{kind}_policy_attachments_exclusive", side, side)
        assert self.move(0, 1, every) is None
        assert self.move(0, 1, every, self.attachment(kind, "x", was=False)) is None, "the same attachment, told twice"
        assert self.move(0, 2, every) == (1, 2)
        other = {**side, "policy_arns": ["arn:aws:iam::1:policy/q"]}
        assert self.move(0, 1, Held("o", f"aws_iam_{kind}_policy_attachments_exclusive", other, other)) == (0, 1)

    def test_it_was_detached_by_hand_where_a_resource_says_so(self) -> None:
        assert self.move(1, 0, self.attachment("role", "x", there=False)) is None

    def test_it_was_attached_by_hand_to_somebody_unknown(self) -> None:
        assert self.move(1, 2, self.attachment("role", "x")) == (1, 2)

    def test_one_of_two_is_explained(self) -> None:
        assert self.move(0, 2, self.attachment("role", "x", was=False)) == (1, 2)

    @pytest.mark.parametrize("kind", ["role", "user", "group"])
    def test_a_principal_and_its_attachment_count_once(self, kind: str) -> None:
        has = {"name": "x", "managed_policy_arns": [self.ARN]}
        principal = Held("p", f"aws_iam_{kind}", {"name": "x"}, has, {"name": "x"})
        assert self.move(0, 1, principal, self.attachment(kind, "x", was=False)) is None
        assert self.move(0, 1, principal) is None
        assert self.move(0, 2, principal, self.attachment(kind, "x", was=False)) == (1, 2)

    def test_a_list_of_attachments(self) -> None:
        side = {"policy_arn": self.ARN, "roles": ["a", "b"], "users": None, "groups": ["a"]}
        new = Held("l", "aws_iam_policy_attachment", side, side)
        assert self.move(0, 3, new) is None
        assert self.move(0, 4, new) == (3, 4)

    def test_a_count_may_be_written_with_a_point(self) -> None:
        new = self.attachment("role", "x", was=False)
        assert (self.move(0.0, 1, new), self.move(0, 1.0, new), self.move(1.0, 3.0, new)) == (None, None, (2.0, 3.0))

    def test_what_stands_inside_of_a_value_is_no_count(self) -> None:
        new = self.attachment("role", "x", was=False)
        assert left(self.policy, ("attachment_count", 0), 0, 1, new, shape=COUNT) is not None

    def test_two_of_one_name_are_two(self) -> None:
        both = (self.attachment(kind, "x", was=False) for kind in ("role", "user"))
        assert self.move(0, 2, *both) is None
        same = [Held(label, "aws_iam_role_policy_attachment", *({"policy_arn": self.ARN, "role": "x"},) * 2)
                for label in "ab"]  # fmt: skip
        assert self.move(0, 1, *same) is None

    def test_what_was_taken_from_a_list_of_attachments(self) -> None:
        was = {"policy_arn": self.ARN, "roles": ["a"], "users": ["b", "c"], "groups": None}
        now = {**was, "users": ["b"]}
        assert self.move(3, 2, Held("l", "aws_iam_policy_attachment", now, now, was)) is None
        assert self.move(3, 1, Held("l", "aws_iam_policy_attachment", now, now, was)) == (2, 1)

    def test_an_unread_attachment_has_not_moved(self) -> None:
        side = {"policy_arn": self.ARN, "role": "x"}
        unread = Held("u", "aws_iam_role_policy_attachment", side, None, side, unread=True)
        assert self.move(1, 2, unread) == (1, 2)
        assert self.move(1, 1, unread) is None

    def test_an_attachment_of_another_policy(self) -> None:
        side = {"policy_arn": "arn:aws:iam::1:policy/q", "role": "x"}
        assert self.move(0, 1, Held("o", "aws_iam_role_policy_attachment", side, side)) == (0, 1)

    @pytest.mark.parametrize(("before", "after"), [(None, 1), (1, None), (Sensitive("1"), 2)])
    def test_what_is_no_number_is_no_count(self, before: Any, after: Any) -> None:
        assert self.move(before, after, self.attachment("role", "x", was=False)) == (before, after)

    # (type, its count): what is counted, its attribute that names the owner, the owner's attribute that is named.
    counted: ClassVar = [
        ("aws_efs_file_system", "number_of_mount_targets", "aws_efs_mount_target", "file_system_id", "id"),
        ("aws_elasticache_replication_group", "num_cache_clusters", "aws_elasticache_cluster",
         "replication_group_id", "id"),
        ("aws_codeartifact_domain", "repository_count", "aws_codeartifact_repository", "domain", "domain"),
        ("aws_timestreamwrite_database", "table_count", "aws_timestreamwrite_table", "database_name", "database_name"),
        ("aws_route53recoverycontrolconfig_control_panel", "routing_control_count",
         "aws_route53recoverycontrolconfig_routing_control", "control_panel_arn", "arn"),
        ("aws_evidently_project", "feature_count", "aws_evidently_feature", "project", "name"),
        ("aws_evidently_project", "launch_count", "aws_evidently_launch", "project", "name"),
        ("aws_vpc_ipam", "scope_count", "aws_vpc_ipam_scope", "ipam_id", "id"),
        ("aws_vpc_ipam_scope", "pool_count", "aws_vpc_ipam_pool", "ipam_scope_id", "id"),
    ]  # fmt: skip

    def test_every_row_of_the_table_stands_here(self) -> None:
        assert {(*what, *by) for what, by in COUNTS.items()} == set(self.counted)

    @pytest.mark.parametrize(("type_", "name", "counted", "link", "known"), counted)
    def test_every_count(self, type_: str, name: str, counted: str, link: str, known: str) -> None:
        owner = held(type_, {known: "me"})
        new = held(counted, {link: "me"})
        rest = [left(owner, (name,), 1, after, new, shape=COUNT) for after in (2, 3)]
        assert rest[0] is None
        assert rest[1] is not None
        assert rest[1].before == 2
        gone = Held("gone", counted, None, None, {link: "me"})
        assert left(owner, (name,), 2, 1, gone, shape=COUNT) is None
        deleted = Held("d", counted, {link: "me"}, None, {link: "me"})
        assert left(owner, (name,), 2, 1, deleted, shape=COUNT) is None
        assert left(owner, (name,), 1, 2, held(counted, {link: "other"}), shape=COUNT) is not None
        assert left(owner, ("other",), 1, 2, new, shape=COUNT) is not None


@pytest.mark.parametrize(
    ("type_", "name", "may"),
    [
        ("aws_s3_bucket", "policy", True),
        ("aws_security_group", "ingress", True),
        ("aws_iam_policy", "attachment_count", True),
        *((type_, name, True) for type_, name, *_ in TestCounts.counted),
        ("aws_thing", "tags", True),
        ("aws_thing", "tags_all", True),
        ("aws_thing", "attachment_count", False),
        ("aws_iam_policy", "policy", False),
        ("aws_vpc_ipam", "pool_count", False),
        ("aws_s3_bucket", "ingress", False),
        ("aws_thing", "labels", False),
    ],
)
def test_what_may_be_set_by_another(type_: str, name: str, may: bool) -> None:  # noqa: FBT001 - a table's column
    assert may_be_anothers(type_, name) is may


class TestMirrors:
    def tags(self, recorded: Any, observed: Any, recorded_all: Any = None, observed_all: Any = None) -> Held:
        one = {"id": "me", "arn": "a:me", "tags": recorded, "tags_all": recorded_all}
        return held("aws_thing", one, {"id": "me", "arn": "a:me", "tags": observed, "tags_all": observed_all})

    @pytest.mark.parametrize(
        ("was", "is_on", "name", "explained"),
        [
            (True, True, "deployment_id", True),
            (True, False, "deployment_id", False),
            (False, True, "deployment_id", False),
            (False, False, "deployment_id", False),
            (None, None, "deployment_id", False),
            (True, True, "stage_variables", False),
        ],
    )
    def test_a_deployment_that_aws_makes_by_itself(self, was: Any, is_on: Any, name: str, *, explained: bool) -> None:
        stage = held("aws_apigatewayv2_stage", {"id": "s", "auto_deploy": was}, {"id": "s", "auto_deploy": is_on})
        assert (left(stage, (name,), "a", "b") is None) is explained
        other = held("aws_api_gateway_stage", {"id": "s", "auto_deploy": was}, {"id": "s", "auto_deploy": is_on})
        assert left(other, (name,), "a", "b") is not None

    def test_tags_all_follows_tags(self) -> None:
        owner = self.tags({"k": "1"}, {"k": "2"}, {"k": "1"}, {"k": "2"})
        assert left(owner, ("tags_all", "k"), "1", "2") is None
        assert left(owner, ("tags", "k"), "1", "2") is not None

    def test_a_default_tag_taken_away_by_hand_shows_in_tags_all_alone(self) -> None:
        owner = self.tags({"k": "1"}, {"k": "1"}, {"k": "1", "team": "a"}, {"k": "1"})
        assert left(owner, ("tags_all", "team"), "a", None) is not None

    def test_also_where_there_are_no_tags_of_its_own(self) -> None:
        for none in (None, {}):
            owner = self.tags(none, none, {"team": "a"}, {})
            assert left(owner, ("tags_all", "team"), "a", None) is not None

    @pytest.mark.parametrize("sides", [(None, {"auto_deploy": True}), ({"auto_deploy": True}, None), (None, None)])
    def test_what_follows_needs_both_sides(self, sides: tuple[Any, Any]) -> None:
        stage = Held("s", "aws_apigatewayv2_stage", *sides)
        assert left(stage, ("deployment_id",), "a", "b") is not None

    def test_what_was_not_seen_explains_nothing(self) -> None:
        for sides in ((None, {"tags": {"k": "1"}}), ({"tags": {"k": "1"}}, None)):
            assert left(Held("x", "aws_thing", *sides), ("tags", "k"), None, "1") is not None

    def test_a_tag_changed_beside_another(self) -> None:
        owner = self.tags({"k": "1"}, {"k": "2"}, {"k": "1", "l": "1"}, {"k": "2", "l": "2"})
        assert left(owner, ("tags_all", "l"), "1", "2") is not None

    def test_default_tags_that_moved_without_an_apply_change_nothing_in_the_cloud(self) -> None:
        owner = self.tags({}, {"team": "a"}, {"team": "a"}, {"team": "a"})
        assert left(owner, ("tags", "team"), None, "a") is None

    @pytest.mark.parametrize(
        ("recorded_all", "observed_all"),
        [
            ({"team": "a"}, {"team": "b"}),
            ({}, {"team": "b"}),
            (None, {"team": "b"}),
            ({"team": "b"}, None),
            ({}, None),
            (None, {}),
            (None, None),
        ],
    )
    def test_a_tag_that_the_cloud_did_not_have_is_found(self, recorded_all: Any, observed_all: Any) -> None:
        owner = self.tags({}, {"team": "b"}, recorded_all, observed_all)
        assert left(owner, ("tags", "team"), None, "b") is not None

    @pytest.mark.parametrize(
        ("type_", "link"),
        [("aws_ec2_tag", "resource_id"), ("aws_dynamodb_tag", "resource_arn"), ("aws_ecs_tag", "resource_arn"),
         ("aws_transfer_tag", "resource_arn")],
    )  # fmt: skip
    def test_a_tag_resource_sets_its_key(self, type_: str, link: str) -> None:
        owner = self.tags(None, {"k": "1"}, None, {"k": "1"})
        named = "me" if link == "resource_id" else "a:me"
        setter = {link: named, "key": "k", "value": "1"}
        for root in ("tags", "tags_all"):
            assert left(owner, (root, "k"), None, "1", held(type_, setter)) is None
            assert left(owner, (root, "k"), "1", None, Held("gone", type_, None, None, setter)) is None
        assert left(owner, ("tags", "other"), None, "1", held(type_, setter)) is not None
        assert left(owner, ("tags", "k"), None, "1", held(type_, {**setter, link: "other"})) is not None

    @pytest.mark.parametrize("path", [("tags",), ("tags_all",), ("labels", "k"), ("tags", "k", "deep")])
    def test_nothing_else(self, path: Path) -> None:
        owner = self.tags({"k": "1"}, {"k": "2"}, {"k": "1"}, {"k": "1"})
        assert left(owner, path, Sensitive("1"), {"k": "2"}) is not None


class TestEstate:
    def test_sides_are_found_by_what_they_name(self) -> None:
        moved = Held("m", "t", {"to": "a"}, {"to": ["b", {"deep": "c"}]}, {"to": "d"})
        both = Estate.of([moved])
        assert [side for name in "abcd" for _, side in both.linked("t", "to", [name])] == [
            {"to": "a"}, {"to": ["b", {"deep": "c"}]}, {"to": ["b", {"deep": "c"}]},
        ]  # fmt: skip
        assert list(both.linked("t", "to", ["d"], then=True)) == [(moved, {"to": "d"})]
        assert list(both.linked("t", "from", ["a"])) == list(both.linked("u", "to", ["a"])) == []

    def test_names_on_every_side(self) -> None:
        one = Held("m", "t", {"id": "a", "arn": ""}, {"id": "b", "arn": None}, {"id": "c", "arn": Sensitive("1")})
        assert one.names("id", "arn", "name") == {"a", "b", "c"}

    @pytest.mark.parametrize(
        ("recorded", "baseline", "same"),
        [({"id": "a"}, {"id": "a"}, True), ({"id": "a"}, {"id": "b"}, False), ({}, {}, True),
         (None, {"id": "a"}, False), ({"id": "a"}, None, False)],
    )  # fmt: skip
    def test_a_baseline_is_of_this_very_object_or_none(self, recorded: Any, baseline: Any, same: bool) -> None:  # noqa: FBT001
        assert (Held("m", "t", recorded, recorded, baseline).seen is not None) is same

    @pytest.mark.parametrize("name", ["id", "arn", "identifier", "cluster_id", "cluster_identifier"])
    def test_what_newcomers_and_those_who_left_go_by(self, name: str) -> None:
        new, newer = held("t", {name: "a"}), held("u", {name: "b", "description": "c"})
        gone = Held("g", "t", None, None, {name: "d", "tags": "e"})
        deleted, lost = (Held(label, "t", side, None, side) for label, side in (("d", {name: "f"}), ("l", {name: "g"})))
        estate = Estate.of([new, newer, gone, deleted, lost])
        assert (estate.arrived, estate.departed) == ({"a", "b"}, {"d", "f", "g"})

    def test_what_stayed_has_neither_come_nor_gone(self) -> None:
        stayed = Held("s", "t", {"id": "a"}, {"id": "a"}, {"id": "a"})
        unread = Held("u", "t", {"id": "b"}, None, {"id": "b"}, unread=True)
        assert (Estate.of([stayed, unread]).arrived, Estate.of([stayed, unread]).departed) == (frozenset(), frozenset())

    def test_what_was_replaced_has_come_and_gone(self) -> None:
        replaced = Held("s", "t", {"id": "new"}, {"id": "new"}, {"id": "old"})
        assert (Estate.of([replaced]).arrived, Estate.of([replaced]).departed) == ({"new"}, {"old"})

    def test_what_is_gone_goes_by_the_names_that_the_state_has(self) -> None:
        renamed = Held("s", "t", {"id": "a", "arn": "new"}, None, {"id": "a", "arn": "old"})
        assert Estate.of([renamed]).departed == {"a", "new"}

    def test_each_type_link_and_time_has_its_own_index(self) -> None:
        one = Held("1", "t", {"to": "a", "from": "b"}, None, {"to": "c", "from": "d"})
        two = Held("2", "u", {"to": "b", "from": "a"}, None, {"to": "d", "from": "c"})
        estate = Estate.of([one, two])
        for _ in range(2):  # the second time from the index
            for type_, link, name, then, found in (
                ("t", "to", "a", False, one), ("u", "to", "a", False, None), ("t", "from", "a", False, None),
                ("u", "from", "a", False, two), ("t", "to", "c", True, one), ("t", "to", "a", True, None),
                ("u", "to", "d", True, two), ("t", "to", "c", False, None),
            ):  # fmt: skip
                labels = [setter for setter, _ in estate.linked(type_, link, [name], then=then)]
                assert labels == ([] if found is None else [found])

    def test_what_was_last_observed_is_what_it_was(self) -> None:
        open_drift = Held("m", "t", {"id": "a"}, None, {"id": "a", "to": "old"}, last={"id": "a", "to": "last"})
        assert (open_drift.then, open_drift.seen) == (({"id": "a", "to": "last"},), {"id": "a", "to": "old"})
        assert Held("m", "t", None, None).then == Held("m", "t", None, None).now == ()

    def test_the_index_is_no_part_of_what_an_estate_is(self) -> None:
        asked, fresh = Estate.of([held("t", {"to": "a"})]), Estate.of([held("t", {"to": "a"})])
        assert list(asked.linked("t", "to", ["a"])) != []
        assert (asked == fresh, repr(asked) == repr(fresh)) == (True, True)
        assert Estate() == Estate.of([])


class TestVolumeTags:
    instance = held("aws_instance", {"id": "i-1"})
    attachment = held("aws_volume_attachment", {"instance_id": "i-1", "volume_id": "vol-1"})
    volume = held("aws_ebs_volume", {"id": "vol-1", "tags_all": {"Data": "x"}})

    def move(self, key: str, before: Any, after: Any, *others: Held) -> Difference | None:
        return left(self.instance, ("volume_tags", key), before, after, *others)

    def test_a_tag_of_a_recorded_volume_is_that_volumes_matter(self) -> None:
        assert self.move("Data", None, "x", self.attachment, self.volume) is None

    def test_a_tag_of_any_other_volume_is_found(self) -> None:
        both = (self.attachment, self.volume)
        assert self.move("Other", None, "x", *both) is not None
        assert self.move("Data", None, "y", *both) is not None
        assert self.move("Data", None, "x", self.volume) is not None, "attached to nothing"
        elsewhere = held("aws_volume_attachment", {"instance_id": "i-2", "volume_id": "vol-1"})
        assert self.move("Data", None, "x", elsewhere, self.volume) is not None
        stale = Held("v", "aws_ebs_volume", {"id": "vol-1", "tags_all": {"Data": "x"}}, {"id": "vol-1", "tags_all": {}})
        assert self.move("Data", None, "x", self.attachment, stale) is not None, "not on the volume any more"

    def test_another_map_another_type_and_another_depth_are_no_volume_tags(self) -> None:
        both = (self.attachment, self.volume)
        for path in (("labels", "Data"), ("volume_tags", "Data", "x"), ("volume_tags",), ("Data", "Data")):
            assert left(self.instance, path, None, "x", *both) is not None, path
        other = held("aws_spot_instance_request", {"id": "i-1"})
        assert left(other, ("volume_tags", "Data"), None, "x", *both) is not None

    def test_a_volume_that_could_not_be_read_says_nothing_of_its_tags(self) -> None:
        unread = Held("v", "aws_ebs_volume", {"id": "vol-1", "tags_all": {"Data": "x"}}, None, unread=True)
        assert self.move("Data", None, "x", self.attachment, unread) is not None
        assert self.move("Data", None, None, self.attachment, held("aws_ebs_volume", {"id": "vol-1"})) is not None

    def test_what_the_instance_itself_had_is_found_when_it_moves_or_goes(self) -> None:
        assert self.move("Data", "a", "x", self.attachment, self.volume) is not None
        assert self.move("Data", "x", None, self.attachment, self.volume) is not None
