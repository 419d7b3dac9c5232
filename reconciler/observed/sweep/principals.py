"""What IAM users and groups may do, by name: one list for each of the two kinds, with all policies in it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.drift.listing import GLOBAL, Unlisted
from reconciler.drift.principals import Rights
from reconciler.drift.values import Object
from reconciler.errors import CutOffError
from reconciler.observed.sweep.catalogue import Call
from reconciler.observed.sweep.expressions import parse
from reconciler.observed.sweep.faults import BrokenListError, explain
from reconciler.observed.sweep.pages import Client, Meter, entries


@dataclass(frozen=True, slots=True)
class _Kind:
    call: Call
    name: str
    inline: str


def _kind(word: str) -> _Kind:
    items = parse(f"{word}DetailList")
    arguments = {"Filter": [word], "PaginationConfig": {"PageSize": 1000}}
    return _Kind(Call("get_account_authorization_details", items, items, arguments), f"{word}Name", f"{word}PolicyList")


_KINDS: Final[Mapping[str, _Kind]] = {"aws_iam_user": _kind("User"), "aws_iam_group": _kind("Group")}


def rights(client: Client, resource_type: str, cancel: threading.Event) -> Rights:
    """What every user, or every group, of the account holds, by name.

    Args:
        client: boto3's for IAM.
        resource_type: ``aws_iam_user`` or ``aws_iam_group``.
        cancel: set it to end soon.

    Raises:
        CutOffError: it was cancelled.
    """
    kind = _KINDS[resource_type]
    try:
        return dict(_principal(kind, entry) for entry in entries(client, kind.call, Meter(cancel)))
    except CutOffError:
        raise
    except Exception as problem:  # noqa: BLE001 - whatever goes wrong with the list, nothing is known of what it holds
        return Unlisted(resource_type, GLOBAL, *explain(problem))


def _principal(kind: _Kind, entry: Mapping[str, Any]) -> tuple[str, Object]:
    if not isinstance(entry, dict) or not entry.get(kind.name):
        raise BrokenListError(f"{kind.call.operation}: an entry has no name")
    held: dict[str, Any] = {
        "managed_policy_arns": sorted(each["PolicyArn"] for each in entry.get("AttachedManagedPolicies") or ()),
        # boto3 has read the documents already: they go back to the text that a provider would show.
        "inline_policy": [
            {"name": each["PolicyName"], "policy": json.dumps(each["PolicyDocument"], sort_keys=True)}
            for each in entry.get(kind.inline) or ()
        ],
    }
    if kind.name == "UserName":
        held["groups"] = sorted(entry.get("GroupList") or ())
    return entry[kind.name], held
