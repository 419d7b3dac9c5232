"""What makes a change dangerous, and the closest change that is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.drift import dangers
from reconciler.drift.finding import Change
from reconciler.drift.values import Sensitive


def doc(**statement: Any) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **statement}]})


def change(path: str, before: Any, after: Any, *, as_set: bool = False) -> Change:
    steps = (path,)
    if not as_set:
        return Change(steps, before, after, configured=False)
    came, went = [v for v in after if v not in before], [v for v in before if v not in after]
    return Change(steps, before, after, configured=False, added=tuple(came), removed=tuple(went))


@pytest.mark.parametrize(
    ("danger", "before", "after"),
    [
        (dangers.opened_to_world, None, "0.0.0.0/0"),
        (dangers.opened_to_world, ["10.0.0.0/8"], ["10.0.0.0/8", "2000::/3"]),
        (dangers.turned_off, True, False),
        (dangers.turned_off, "Enabled", "Suspended"),
        (dangers.turned_off, "on", ""),
        (dangers.turned_off, ["a"], []),
        (dangers.turned_off, {"a": "Enabled"}, {"a": "Disabled"}),
        (dangers.turned_on, None, "arn:key"),
        (dangers.turned_on, "DISABLED", "ENABLED"),
        (dangers.not_turned_on, "a", "b"),
        (dangers.lowered, 2, 1),
        (dangers.lowered, 2.5, None),
        (dangers.weakened, "required", "optional"),
        (dangers.stopped, "running", "terminated"),
        (dangers.made_admin, [], ["arn:aws:iam::aws:policy/IAMFullAccess"]),
        (dangers.made_admin, "", doc(NotAction="s3:*")),
        (dangers.made_admin, "", doc(Action=["*:*"], NotResource="x")),
        (dangers.made_admin, doc(Action="*", Sid="a"), doc(Action="*", Sid="b")),
        (dangers.made_public, [{"policy": ""}], [{"policy": doc(Principal={"AWS": "*"})}]),
        (dangers.made_public, "", json.dumps({"Statement": {"Effect": "Allow", "Principal": "*"}})),
        (dangers.made_public, "", "  " + doc(Principal="*")),
        (dangers.made_public, "", json.dumps({"Statement": [1, {"Effect": "Allow", "Principal": "*"}]})),
        (dangers.made_public, [], ['{"Statement": broken', doc(Principal="*")]),
        (dangers.made_public, doc(Principal="*", Sid="a"), doc(Principal="*", Sid="b")),
        (dangers.lowered, 2, 0),
        (dangers.lowered, 2.5, 1.5),
        (dangers.lowered, 2, 1.5),
        (dangers.opened_to_world, None, "10.0.0.1/1"),
        (dangers.made_admin, "", '{"Statement":{"Effect":"Allow","Action":"*","NotResource":"arn:x"}}'),
        (dangers.stopped, "running", ""),
    ],
)
def test_dangers(danger: Any, before: Any, after: Any) -> None:
    assert danger(change("p", before, after))


OFF = "disabled disable suspended off none inactive false no passthrough paused pause unblocked unblocked-by-hand"


@pytest.mark.parametrize(
    "word", [*OFF.split(), *OFF.upper().split(), "", 0, None, False, [], {}, ["off", {"a": "none"}]]
)
def test_what_means_off(word: Any) -> None:
    off, on = change("p", "Enabled", word), change("p", word, "Enabled")
    assert (dangers.turned_off(off), dangers.turned_on(off), dangers.not_turned_on(off)) == (True, False, True)
    assert (dangers.turned_off(on), dangers.turned_on(on), dangers.not_turned_on(on)) == (False, True, False)
    assert dangers.stopped(off)
    assert not dangers.turned_off(change("p", word, word))
    assert not dangers.turned_on(change("p", word, word))


@pytest.mark.parametrize(
    "word", ["on", "blocked", "offline", "nonempty", "node", "now", "falsey", " ", 1, -1, [1], {"a": 1}]
)
def test_what_does_not_mean_off(word: Any) -> None:
    assert not dangers.turned_off(change("p", "Enabled", word))
    assert not dangers.turned_on(change("p", word, "Enabled"))


@pytest.mark.parametrize("word", ["stopped", "Stopping", "STOP", "terminated", "deleting", "DELETED", "shutting-down"])
def test_what_means_stopped(word: str) -> None:
    assert dangers.stopped(change("p", "running", word))
    assert not dangers.stopped(change("p", word, "running"))
    assert not dangers.stopped(change("p", "running", f"un{word}"))


@pytest.mark.parametrize("policy", ["AdministratorAccess", "IAMFullAccess", "PowerUserAccess"])
def test_whose_policies_are_an_administrators(policy: str) -> None:
    arn = f"arn:aws:iam::aws:policy/{policy}"
    assert dangers.made_admin(change("p", [], [arn]))
    assert not dangers.made_admin(change("p", [arn], [arn, "arn:aws:iam::aws:policy/ReadOnlyAccess"]))
    assert not dangers.made_admin(change("p", [], [f"{arn}2", policy]))


@pytest.mark.parametrize("action", ["*", "*:*", "iam:*", "IAM:*"])
def test_what_actions_are_everything(action: str) -> None:
    everything = doc(Action=["s3:GetObject", action])
    assert dangers.made_admin(change("p", doc(), everything))
    assert not dangers.made_admin(change("p", doc(), doc(Action=f"s{action}" if action != "*" else "s3:*")))
    assert not dangers.made_admin(change("p", everything, everything))
    assert dangers.made_admin(change("p", everything, doc(Action=["s3:PutObject", action])))


PUBLIC = "public-read public-read-write authenticated-read all *"
GROUPS = "http://acs.amazonaws.com/groups/global/"


@pytest.mark.parametrize("who", [*PUBLIC.split(), f"{GROUPS}AllUsers", f"{GROUPS}AuthenticatedUsers"])
def test_who_is_everybody(who: str) -> None:
    assert dangers.made_public(change("p", ["x"], ["x", who]))
    assert dangers.made_public(change("p", ["x"], ["x", who], as_set=True))
    assert not dangers.made_public(change("p", [who], ["x", who]))
    assert not dangers.made_public(change("p", ["x"], ["x", f"{who}x"]))


@pytest.mark.parametrize("network", ["0.0.0.0/0", "128.0.0.0/1", "64.0.0.0/2", "32.0.0.0/3", "::/0", "2000::/3"])
def test_what_is_the_world(network: str) -> None:
    assert dangers.opened_to_world(change("p", None, network))
    assert dangers.opened_to_world(change("p", ["10.0.0.0/8"], [{"cidr": network}], as_set=True))
    assert not dangers.opened_to_world(change("p", [network], ["10.0.0.0/8", network]))


def test_of_a_set_only_what_came_counts_and_all_of_it() -> None:
    world, ssh = {"cidr": "0.0.0.0/0", "port": 22}, {"cidr": "0.0.0.0/0", "port": 23}
    inside = {"cidr": "10.0.0.0/8", "port": 22}
    assert not dangers.opened_to_world(change("p", [world], [world, inside], as_set=True))
    # The same range again, in another entry.
    assert dangers.opened_to_world(change("p", [world], [world, ssh], as_set=True))
    assert not dangers.opened_to_world(change("p", [world, ssh], [ssh], as_set=True))


@pytest.mark.parametrize("network", ["16.0.0.0/4", "2000::/4", "10.0.0.0/8", "10.0.0.1", "::", "a/0", "/0", "1/0/0"])
def test_what_is_not_the_world(network: str) -> None:
    assert not dangers.opened_to_world(change("p", None, network))


@pytest.mark.parametrize(
    ("danger", "before", "after"),
    [
        (dangers.opened_to_world, "0.0.0.0/0", None),
        (dangers.opened_to_world, ["0.0.0.0/0"], ["0.0.0.0/0", "10.0.0.0/8"]),
        (dangers.opened_to_world, None, "16.0.0.0/4"),
        (dangers.opened_to_world, None, "0.0.0.0/x"),
        (dangers.opened_to_world, None, 0),
        (dangers.opened_to_world, None, "10.0.0.1"),
        (dangers.turned_off, False, True),
        (dangers.turned_off, None, False),
        (dangers.turned_off, ["a", "b"], ["a"]),
        (dangers.turned_off, Sensitive("1"), Sensitive("2")),
        (dangers.turned_on, "a", "b"),
        (dangers.not_turned_on, "", "arn:key"),
        (dangers.lowered, 1, 2),
        (dangers.lowered, None, 1),
        (dangers.lowered, 2, "1"),
        (dangers.lowered, 2, 2),
        (dangers.lowered, "2", 1),
        (dangers.weakened, "optional", "optional"),
        (dangers.stopped, "running", 5),
        (dangers.made_admin, "", '{"Statement": ' + "[" * 100_000),
        (dangers.made_admin, "", doc(Action="*") + "x"),
        (dangers.made_admin, "", doc(Action="*").replace("Statement", "statement")),
        (dangers.made_admin, "", doc(Action="*", Effect="allow")),
        (dangers.made_public, "", doc(Principal="*", Effect="allow")),
        (dangers.made_public, "", '["{"]'),
        (dangers.made_public, [{"action": "deny", "principal": "*"}], [{"action": "deny", "principal": "*", "a": 1}]),
        (
            dangers.made_public,
            doc(Principal="*", Sid="a", Action="s3:Get"),
            doc(Action="s3:Get", Sid="a", Principal="*"),
        ),
        (dangers.weakened, None, "required"),
        (dangers.stopped, "stopped", "running"),
        (dangers.made_admin, doc(Action="*"), doc(Action="*")),
        (dangers.made_admin, "", doc(Effect="Deny", Action="*")),
        (dangers.made_admin, "", doc(Action="*", Resource="arn:x")),
        (dangers.made_admin, "", Sensitive("1")),
        (dangers.made_admin, "", '{"Statement": broken'),
        (dangers.made_admin, "", '{"Statement": [1, null]}'),
        (dangers.made_admin, "", '["Statement"]'),
        (dangers.made_public, "", doc(Principal={"AWS": "arn:aws:iam::1:root"})),
        (dangers.made_public, "private", "bucket-owner-full-control"),
    ],
)
def test_no_danger(danger: Any, before: Any, after: Any) -> None:
    assert not danger(change("p", before, after))
