"""IAM users and groups as AWS keeps them: with policies and memberships, which the provider shows of roles alone.

What is missing in the provider's answer is put beside it under the names that a role has for the same, so that the
same rules compare it. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from reconciler.drift.listing import Unlisted
from reconciler.drift.schema import Attribute, Schema
from reconciler.drift.snapshot import Present, Reading, Reason, Unread
from reconciler.drift.values import Object

_POLICIES: Final = Attribute(["set", "string"], computed=True)
_INLINE: Final = Attribute(["set", ["object", {"name": "string", "policy": "string"}]], computed=True)

PRINCIPALS: Final[Mapping[str, Mapping[str, Attribute]]] = {
    "aws_iam_user": {"managed_policy_arns": _POLICIES, "inline_policy": _INLINE, "groups": _POLICIES},
    "aws_iam_group": {"managed_policy_arns": _POLICIES, "inline_policy": _INLINE},
}
"""The types, and what is added to each."""

Rights: TypeAlias = Mapping[str, Object] | Unlisted
"""What one type's principals hold, by name; or why that is not known."""


def completed(readings: Iterable[Reading], rights: Mapping[str, Rights], account_id: str) -> list[Reading]:
    """The readings, principals with what they hold. What could not be asked makes a principal unread.

    Args:
        readings: unmasked.
        rights: by type, for each type of principal among the readings.
        account_id: whose rights these are. What a provider reads in another account is left as it is.
    """
    return [_completed(reading, rights, account_id) for reading in readings]


def _completed(reading: Reading, rights: Mapping[str, Rights], account_id: str) -> Reading:
    type_ = reading.instance.address.type
    if not isinstance(reading, Present) or type_ not in rights or f"::{account_id}:" not in _arn(reading):
        return reading
    held = rights[type_]
    if isinstance(held, Unlisted):
        return Unread(reading.instance, held.reason, f"its policies could not be listed: {held.detail}")
    own = held.get(str(reading.observed.get("name")))
    if own is None:
        return Unread(reading.instance, Reason.PROVIDER_ERROR, "the provider reads it, and IAM's list does not hold it")
    return replace(reading, schema=_extended(reading.schema, type_), observed={**reading.observed, **own})


def _arn(reading: Present) -> str:
    return str(reading.observed.get("arn"))


def _extended(schema: Schema, type_: str) -> Schema:
    return replace(schema, block=replace(schema.block, attributes={**PRINCIPALS[type_], **schema.block.attributes}))
