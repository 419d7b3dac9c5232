"""What each rule makes equal, and the closest real changes that it must let through."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.drifting import attribute

from reconciler.drift.normalise import RULES, Place, Rule, same
from reconciler.drift.normalise.documents import policy
from reconciler.drift.schema import CtyType
from reconciler.drift.values import Sensitive

ACCURACY = (Path(__file__).parents[4] / "docs/accuracy.md").read_text("utf-8")


def place(name: str, flags: str = "OC", type_: CtyType = "string", *steps: str | int, in_map: bool = False) -> Place:
    return Place("aws_x", (name, *steps), attribute(flags, type_), type_, in_map)


def rule_of(at: Place, before: object, after: object) -> str | bool:
    found = same(at, before, after)
    back = same(at, after, before)
    assert (found.name if isinstance(found, Rule) else found) == (back.name if isinstance(back, Rule) else back)
    return found.name if isinstance(found, Rule) else found


def doc(*statements: dict[str, Any], **top: Any) -> str:
    return json.dumps({"Version": "2012-10-17", **top, "Statement": list(statements)})


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/*", **more}


def when(**condition: Any) -> str:
    return doc(allow(Condition=condition))


def test_the_registry_is_ordered_named_and_documented() -> None:
    assert [rule.name for rule in RULES] == ["zero", "clock", "progress", "gauge", "policy", "json", "order"]
    assert all(f"| `{rule.name}` |" in ACCURACY for rule in RULES)


@pytest.mark.parametrize(
    ("at", "before", "after", "name"),
    [
        (place("x"), "a", "a", True),
        (place("x"), None, None, True),
        (place("x"), Sensitive("1"), Sensitive("1"), True),
        # zero
        (place("x"), None, "", "zero"),
        (place("x"), None, [], "zero"),
        (place("x"), None, {}, "zero"),
        (place("x"), None, False, "zero"),
        (place("x"), None, 0, "zero"),
        (place("x", "O", ["list", "string"], 0), None, "", "zero"),
        # clock
        (place("last_modified", "C"), "2026-01-01T00:00:00Z", "2026-01-02T10:11:12Z", "clock"),
        (place("last_modified", "C"), "2026-01-01T00:00:00.000+0000", "2026-01-02T10:11:12.123+0000", "clock"),
        (place("last_updated", "C"), "2026-01-01 00:00:00 +0000 UTC", "2026-02-01 00:00:00 +0000 UTC", "clock"),
        (place("created_date", "C"), "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "clock"),
        (place("create_date", "C"), "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123456+00:00", "clock"),
        # progress
        (place("status", "C"), "available", "backing-up", "progress"),
        (place("status", "C"), "PENDING_VALIDATION", "ISSUED", "progress"),
        (place("state", "C"), "pending", "running", "progress"),
        (place("status", "C"), "creating", "modifying", "progress"),
        (place("replica", "C", "string", 0, "table_status"), "UPDATING", "ACTIVE", "progress"),
        (place("status", "C"), "InProgress", "Deployed", "progress"),
        (place("status", "C"), "configuring-enhanced-monitoring", "available", "progress"),
        # gauge
        (place("estimated_number_of_users", "C", "number"), 10, 12, "gauge"),
        (place("size_in_bytes", "C"), [{"value": 1}], [{"value": 2}], "gauge"),
        (place("recovery_points", "C", "number"), 10, 0, "gauge"),
        (place("vgw_telemetry", "C"), [{"status": "UP"}], [{"status": "DOWN"}], "gauge"),
        # json
        (place("definition"), '{"a":1,"b":[1,2]}', '{ "b": [1, 2], "a": 1 }', "json"),
        (place("event_pattern"), '[{"x": null}]', '[ {"x":null} ]', "json"),
        # order
        (place("name_servers", "C", ["list", "string"]), ["a", "b", "b"], ["b", "a", "b"], "order"),
        (place("ports", "C", ["list", "number"]), [1, 2.5, "a"], ["a", 2.5, 1], "order"),
    ],
)  # fmt: skip
def test_equal(at: Place, before: object, after: object, name: str | bool) -> None:  # noqa: FBT001 - a table's column
    assert rule_of(at, before, after) == name


CREATED = place("created_date", "C")
STATUS = place("status", "C")


@pytest.mark.parametrize(
    ("why", "at", "before", "after"),
    [
        # zero
        ("switched off", place("x", "O", "bool"), True, False),
        ("emptied", place("x"), "a", ""),
        ("emptied list", place("x"), ["a"], []),
        ("emptied list to null", place("x"), ["a"], None),
        ("scaled to zero", place("x", "O", "number"), 1, 0),
        ("block without arguments taken away", place("block", "O"), [{}], []),
        ("block without arguments came", place("block", "O"), None, [{}]),
        ("two empties of different types", place("x"), "", []),
        ("a number for a flag", place("x"), False, 0),
        ("a flag for a number", place("x"), True, 1),
        ("a tag without a value", place("tags", "O", "string", "k", in_map=True), None, ""),
        ("a secret set", place("x"), None, Sensitive("1")),
        ("a space", place("x"), None, " "),
        # clock
        ("a date somebody can set", place("expiry", "OC"), "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        ("a date a template must set", place("expiry", "R"), "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        ("no time at all", place("code_sha256", "C"), "abc", "def"),
        ("a day without a clock", place("effective", "C"), "2026-01-01", "2026-01-02"),
        ("a time and more", place("window", "C"), "2026-01-01T00:00:00Z/P1D", "2026-01-02T00:00:00Z/P1D"),
        ("a time that vanished", place("enabled_at", "C"), "2026-01-01T00:00:00Z", "x"),
        ("a deletion was scheduled", place("deletion_date", "C"), None, "2026-01-01T00:00:00Z"),
        ("made anew", CREATED, "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
        ("made anew (creation_time)", place("creation_time", "C"), "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("made anew (date_created)", place("date_created", "C"), "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("made anew (launch_time)", place("launch_time", "C"), "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("made anew, no such day", CREATED, "2026-02-30T00:00:00Z", "2026-02-31T00:00:00Z"),
        ("made anew, another hour of another zone", CREATED, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+01:00"),
        # progress
        ("stopped", STATUS, "running", "stopped"),
        ("stopping", STATUS, "running", "stopping"),
        ("being deleted", STATUS, "available", "deleting"),
        ("deletion pending", STATUS, "Enabled", "PendingDeletion"),
        ("pending deletion", STATUS, "ACTIVE", "pending-deletion"),
        ("failed while under way", STATUS, "modifying", "failed"),
        ("disabled while under way", STATUS, "updating", "DISABLED"),
        ("update failed", STATUS, "UPDATE_IN_PROGRESS", "UPDATE_FAILED"),
        ("rolled back", STATUS, "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"),
        ("warning", STATUS, "ok", "WARNING"),
        ("missing", STATUS, "existing", "missing"),
        ("accepted by somebody", STATUS, "pending-acceptance", "active"),
        ("inactive while under way", STATUS, "creating", "INACTIVE"),
        ("incompatible", STATUS, "modifying", "incompatible-parameters"),
        ("two good ends", STATUS, "available", "running"),
        ("a status somebody sets", place("status", "O"), "PENDING", "ACTIVE"),
        ("a status somebody can set", place("status", "OC"), "creating", "active"),
        ("not a status", place("engine", "C"), "creating", "active"),
        ("a status that vanished", STATUS, "creating", None),
        ("a word AWS invents", STATUS, "creating", "quarantined"),
        # gauge
        ("a size somebody sets", place("size_in_bytes", "O", "number"), 1, 2),
        ("a number that is no gauge", place("attachment_count", "C", "number"), 1, 2),
        ("a gauge that vanished", place("size_in_bytes", "C", "number"), 1, None),
        # json
        ("another value", place("definition"), '{"a":1}', '{"a":2}'),
        ("a list in another order", place("definition"), "[1,2]", "[2,1]"),
        ("a string for a number", place("definition"), '{"a":1}', '{"a":"1"}'),
        ("a key twice", place("definition"), '{"a":1,"a":2}', '{"a":2}'),
        ("no document", place("definition"), "{a", "{b"),
        ("a scalar", place("definition"), '"a"', ' "a"'),
        ("a document gone", place("definition"), "{}", ""),
        ("a parameter's value", place("value"), '{"a":1}', '{"a": 1}'),
        ("a file's content", place("content"), '{"a":1}', '{"a": 1}'),
        ("user data", place("user_data"), '{"a":1}', '{"a": 1}'),
        ("a secret's text", place("secret_string"), '{"a":1}', '{"a": 1}'),
        ("a variable of a function", place("environment", "O", "string", "A", in_map=True), '{"a":1}', '{"a": 1}'),
        ("too deep to be read", place("definition"), "[" * 100_000 + " ", "[" * 100_000),
        # order
        ("an element replaced", place("x", "C", ["list", "string"]), ["a", "b"], ["b", "c"]),
        ("an element doubled", place("x", "C", ["list", "string"]), ["a", "b"], ["a", "a", "b"]),
        ("a list somebody can order", place("x", "OC", ["list", "string"]), ["a", "b"], ["b", "a"]),
        ("a list somebody must order", place("x", "R", ["list", "string"]), ["a", "b"], ["b", "a"]),
        ("objects", place("x", "C"), [{"a": 1}, {"b": 1}], [{"b": 1}, {"a": 1}]),
        ("texts and objects", place("x", "C"), ["a", {"b": 1}], [{"b": 1}, "a"]),
        ("a text for an object", place("x", "C"), ["a", {"b": 1}], ["a", "b"]),
        ("a list gone", place("x", "C"), ["a"], None),
    ],
)  # fmt: skip
def test_let_through(why: str, at: Place, before: object, after: object) -> None:
    assert rule_of(at, before, after) is False, why


POLICY = place("policy")
ROOT = "arn:aws:iam::111122223333:root"


@pytest.mark.parametrize(
    ("why", "one", "two"),
    [
        ("statements in another order", doc(allow(), allow(Effect="Deny")), doc(allow(Effect="Deny"), allow())),
        ("one statement without a list", doc(allow()), json.dumps({"Version": "2012-10-17", "Statement": allow()})),
        ("actions in another order", doc(allow()), doc(allow(Action=["s3:PutObject", "s3:GetObject"]))),
        ("case of actions", doc(allow()), doc(allow(Action=["S3:getobject", "s3:PUTOBJECT"]))),
        ("case of excepted actions", doc({"NotAction": "A:B"}), doc({"NotAction": ["a:b"]})),
        ("one value or a list of one", doc(allow()), doc(allow(Resource=["arn:aws:s3:::b/*"]))),
        ("eight resources in another order", doc(allow(Resource=list("abcdefgh"))),
         doc(allow(Resource=list("hgfedcba")))),
        ("a value twice", doc(allow()), doc(allow(Resource=["arn:aws:s3:::b/*"] * 2))),
        ("no Sid", doc(allow()), doc(allow(Sid=""))),
        ("account or its root", doc(allow(Principal={"AWS": ROOT})),
         doc(allow(Principal={"AWS": ["111122223333"]}))),
        ("the default version", json.dumps({"Statement": [allow()]}), doc(allow(), Version="2008-10-17")),
        ("a condition's flag", when(Bool={"k": True}), when(Bool={"k": ["true"]})),
        ("a condition's number", when(X={"k": 1}), when(X={"k": "1"})),
        ("a condition's values", when(X={"k": ["a", "b"]}), when(X={"k": ["b", "a"]})),
        ("a condition that tests nothing", when(X={}), doc(allow(Condition={}))),
        ("no condition", doc(allow(Condition={})), doc(allow())),
        ("no Sid, null", doc(allow()), doc(allow(Sid=None))),
        ("excepted resources", doc({"NotResource": ["a", "b"]}), doc({"NotResource": ["b", "a"]})),
        ("an excepted resource", doc({"NotResource": "a"}), doc({"NotResource": ["a"]})),
        ("excepted principals", doc(allow(NotPrincipal={"AWS": ["a", "b"]})),
         doc(allow(NotPrincipal={"AWS": ["b", "a"]}))),
        ("an object where a text belongs", when(X={"k": {"a": 1, "b": 2}}), when(X={"k": {"b": 2, "a": 1}})),
        ("lone surrogates", doc(allow(Sid="\ud800")), doc(allow(Sid="\ud800")) + " "),
    ],
)  # fmt: skip
def test_one_policy(why: str, one: str, two: str) -> None:
    assert rule_of(POLICY, one, two) == "policy", why


@pytest.mark.parametrize(
    ("why", "one", "two"),
    [
        ("effect", doc(allow()), doc(allow(Effect="Deny"))),
        ("an action more", doc(allow()), doc(allow(Action=["s3:GetObject", "s3:PutObject", "s3:*"]))),
        ("an action less", doc(allow()), doc(allow(Action="s3:GetObject"))),
        ("excepted instead of named", doc({"Action": "a:b"}), doc({"NotAction": "a:b"})),
        ("a wider resource", doc(allow()), doc(allow(Resource="arn:aws:s3:::*"))),
        ("case of a resource", doc(allow()), doc(allow(Resource="arn:aws:s3:::B/*"))),
        ("excepted resource", doc(allow()), doc({**allow(), "NotResource": allow()["Resource"], "Resource": []})),
        ("another account", doc(allow(Principal={"AWS": ROOT})), doc(allow(Principal={"AWS": "999999999999"}))),
        ("a user for the account", doc(allow(Principal={"AWS": ROOT})),
         doc(allow(Principal={"AWS": "arn:aws:iam::111122223333:user/root"}))),
        ("everybody", doc(allow(Principal={"AWS": ROOT})), doc(allow(Principal={"AWS": "*"}))),
        ("everybody and anonymous", doc(allow(Principal={"AWS": "*"})), doc(allow(Principal="*"))),
        ("a principal's kind", doc(allow(Principal={"AWS": "x"})), doc(allow(Principal={"Service": "x"}))),
        ("excepted principal", doc(allow(Principal={"AWS": "x"})), doc(allow(NotPrincipal={"AWS": "x"}))),
        ("condition gone", when(StringEquals={"k": "v"}), doc(allow())),
        ("condition's operator", when(StringEquals={"k": "v"}),
         when(StringLike={"k": "v"})),
        ("condition's key", when(X={"k": "v"}), when(X={"l": "v"})),
        ("condition's value", when(X={"k": "v"}), when(X={"k": "w"})),
        ("condition's values all gone", when(X={"k": "v"}), when(X={"k": []})),
        ("a condition of another shape", doc(allow(Condition={"X": "a"})), doc(allow(Condition={"X": "b"}))),
        ("a condition that is none", doc(allow(Condition="a")), doc(allow(Condition="b"))),
        ("Sid", doc(allow(Sid="a")), doc(allow(Sid="b"))),
        ("version", doc(allow()), doc(allow(), Version="2008-10-17")),
        ("Id", doc(allow(), Id="a"), doc(allow(), Id="b")),
        ("a statement twice is one more", doc(allow()), doc(allow(), allow())),
        ("no statement", doc(allow()), doc()),
        ("an unknown word", doc(allow(Extra=1)), doc(allow(Extra=2))),
        ("a word twice", '{"Statement":[{"Effect":"Deny","Effect":"Allow"}]}', '{"Statement":[{"Effect":"Allow"}]}'),
        ("everybody and somebody", doc(allow(Principal="*")), doc(allow(Principal="x"))),
        ("excepted everybody", doc(allow(NotPrincipal="*")), doc(allow(NotPrincipal="x"))),
        ("something under the account's root", doc(allow(Principal={"AWS": f"{ROOT}/x"})),
         doc(allow(Principal={"AWS": "111122223333"}))),
        ("tests under another word", doc(allow(Extra={"X": {"k": ["a", "b"]}})),
         doc(allow(Extra={"X": {"k": ["b", "a"]}}))),
        ("a statement among others that is none", '{"Statement":[{"Effect":"Allow"},1]}',
         '{"Statement":[1,{"Effect":"Allow"}]}'),
        ("statements that are none", '{"Statement":[1]}', '{"Statement":[2]}'),
        ("a statement that is none", '{"Statement":1}', '{"Statement":2}'),
        ("too deep", '{"Statement":[{"Sid":' + "[" * 100_000, '{"Statement":[{"Sid":' + "[" * 100_001),
    ],
)  # fmt: skip
def test_another_policy(why: str, one: str, two: str) -> None:
    assert rule_of(POLICY, one, two) is False, why


def test_a_policy_kept_as_data_counts_byte_by_byte() -> None:
    one, two = doc(allow()), doc(allow(Resource=["arn:aws:s3:::b/*"]))
    assert [rule_of(p, one, two) for p in (place("content"), place("tags", "O", "string", "k", in_map=True))] == [
        False
    ] * 2


def test_only_a_policy_has_a_form() -> None:
    assert [policy(text) for text in (None, 5, "", "x", "{}", '{"a":1}', "[1]", Sensitive("1"))] == [None] * 8


TEXTS = st.sampled_from(["s3:Get", "s3:Put", "*", "arn:aws:s3:::b"])
SOME = st.lists(TEXTS, min_size=1, max_size=3, unique=True)
TESTS = st.dictionaries(st.sampled_from("kl"), SOME, min_size=1)
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": SOME, "Resource": SOME},
    optional={
        "Principal": st.dictionaries(st.sampled_from(["AWS", "Service"]), SOME, min_size=1),
        "Condition": st.dictionaries(
            st.sampled_from(["StringEquals", "Bool"]),
            st.dictionaries(st.sampled_from("kl"), SOME, min_size=1),
            min_size=1,
        ),
    },
)
UNIQUE_STATEMENTS = st.lists(STATEMENTS, min_size=1, max_size=3, unique_by=lambda s: policy(doc(s)))
FEW = settings(max_examples=60)


@FEW
@given(UNIQUE_STATEMENTS, st.randoms(use_true_random=False))
def test_any_permutation_is_the_same_policy(statements: list[dict[str, Any]], chance: Any) -> None:
    def mixed(value: Any) -> Any:
        if isinstance(value, dict):
            items = list(value.items())
            chance.shuffle(items)
            return {k: mixed(v) for k, v in items}
        if isinstance(value, list):
            value = [mixed(v) for v in value]
            chance.shuffle(value)
            return value[0] if len(value) == 1 and chance.random() < 0.5 else value
        return value

    assert policy(json.dumps(mixed(json.loads(doc(*statements))))) == policy(doc(*statements))


@FEW
@given(UNIQUE_STATEMENTS, st.sampled_from(["Effect", "Action", "Resource", "Principal", "Condition"]), st.data())
def test_a_change_of_any_part_is_another_policy(
    statements: list[dict[str, Any]], part: str, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(statements) - 1))
    old = statements[index]
    new = {
        "Effect": "Deny" if old["Effect"] == "Allow" else "Allow",
        "Action": [*old["Action"], "ec2:Run"],
        "Resource": [*old["Resource"], "arn:aws:s3:::other"],
        "Principal": {**old.get("Principal", {}), "Federated": "idp"},
        "Condition": {**old.get("Condition", {}), "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    }[part]
    changed = [*statements[:index], {**old, part: new}, *statements[index + 1 :]]
    # Statements are a set: one may change into what another one is, and another into it.
    if sorted(map(str, map(policy, map(doc, changed)))) != sorted(map(str, map(policy, map(doc, statements)))):
        assert policy(doc(*changed)) != policy(doc(*statements))
    else:
        assert part == "Effect"


def test_three_statements_in_any_order() -> None:
    statements = [allow(Sid=s) for s in "abc"]
    assert len({policy(doc(*p)) for p in permutations(statements)}) == 1
