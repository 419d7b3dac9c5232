"""What users and groups hold, on prepared answers; the emulator's own stand in tests/acceptance."""

from __future__ import annotations

import json
import threading
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from reconciler.drift.listing import Unlisted
from reconciler.drift.principals import Rights
from reconciler.drift.snapshot import Reason
from reconciler.errors import CutOffError
from reconciler.observed.sweep.principals import rights

_SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
CALL = "get_account_authorization_details"
ALLOW = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ATTACHED = [{"PolicyName": "B", "PolicyArn": "arn:aws:iam::aws:policy/Bxxxx"},
            {"PolicyName": "A", "PolicyArn": "arn:aws:iam::aws:policy/Axxxx"}]  # fmt: skip


def asked(*pages: dict[str, Any], type_: str = "aws_iam_user", error: str | None = None) -> Rights:
    client = _SESSION.client("iam", region_name="eu-west-1")
    with Stubber(client) as stub:
        for page in pages:
            stub.add_response(CALL, page)
        if error:
            stub.add_client_error(CALL, error, "secret words")
        found = rights(client, type_, threading.Event())
        stub.assert_no_pending_responses()
    return found


def test_a_user_holds_policies_of_both_kinds_and_groups() -> None:
    inline = [{"PolicyName": "own", "PolicyDocument": json.dumps(ALLOW)}]
    ann = {"UserName": "ann", "AttachedManagedPolicies": ATTACHED, "UserPolicyList": inline, "GroupList": ["z", "a"]}
    assert asked({"UserDetailList": [ann]}) == {
        "ann": {
            "managed_policy_arns": ["arn:aws:iam::aws:policy/Axxxx", "arn:aws:iam::aws:policy/Bxxxx"],
            "inline_policy": [{"name": "own", "policy": json.dumps(ALLOW, sort_keys=True)}],
            "groups": ["a", "z"],
        }
    }


def test_a_group_has_no_groups() -> None:
    crew = {"GroupName": "crew", "AttachedManagedPolicies": ATTACHED[:1]}
    assert asked({"GroupDetailList": [crew]}, type_="aws_iam_group") == {
        "crew": {"managed_policy_arns": ["arn:aws:iam::aws:policy/Bxxxx"], "inline_policy": []}
    }


def test_all_pages_are_read() -> None:
    first = {"UserDetailList": [{"UserName": "ann"}], "IsTruncated": True, "Marker": "next"}
    found = asked(first, {"UserDetailList": [{"UserName": "bob"}], "IsTruncated": False})
    assert isinstance(found, dict)
    assert sorted(found) == ["ann", "bob"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [("AccessDenied", Reason.DENIED), ("Throttling", Reason.THROTTLED), ("X", Reason.PROVIDER_ERROR)],
)
def test_a_refused_list_is_unlisted_with_the_code_alone(error: str, reason: Reason) -> None:
    found = asked(error=error)
    assert isinstance(found, Unlisted)
    assert found.reason is reason
    assert "secret words" not in found.detail


def test_a_second_page_that_fails_leaves_nothing_known() -> None:
    first = {"UserDetailList": [{"UserName": "ann"}], "IsTruncated": True, "Marker": "next"}
    assert isinstance(asked(first, error="Throttling"), Unlisted)


@pytest.mark.parametrize("page", [{}, {"UserDetailList": [{}]}, {"UserDetailList": [], "IsTruncated": True}])
def test_an_answer_that_is_no_whole_list_is_none(page: dict[str, Any]) -> None:
    found = asked(page)
    assert isinstance(found, Unlisted)
    assert found.reason is Reason.PROVIDER_ERROR


def test_a_cancelled_pass_asks_no_more() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(CutOffError):
        rights(_SESSION.client("iam", region_name="eu-west-1"), "aws_iam_user", cancel)
