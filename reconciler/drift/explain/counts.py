"""``count``: a policy's ``attachment_count`` moves with the attachments, which are compared themselves.

The count is explained only as far as the recorded attachments and the roles' own lists account for its move: a policy
attached by hand to a user, whom no attribute lists, moves the count alone and is reported there.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.drift.differ import Difference
from reconciler.drift.explain.estate import Estate, Held
from reconciler.drift.values import Object

_SINGLE = {
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
    "aws_iam_group_policy_attachment": "group",
}


def explain(held: Held, difference: Difference, estate: Estate) -> Difference | None:
    """Drop a count's move that equals the move of what it counts."""
    if held.type != "aws_iam_policy" or difference.path != ("attachment_count",):
        return difference
    arns = held.names("arn")
    before = _attached(estate, arns, before=True)
    after = _attached(estate, arns, before=False)
    if not isinstance(difference.before, int | float) or not isinstance(difference.after, int | float):
        return difference
    return None if difference.after - difference.before == len(after) - len(before) else difference


def _attached(estate: Estate, arns: set[str], *, before: bool) -> set[tuple[str, str]]:
    """Who has the policy, as (kind, name): at the last pass, or now."""
    found: set[tuple[str, str]] = set()
    for type_, kind in _SINGLE.items():
        for side in _sides(estate, type_, before=before):
            if side.get("policy_arn") in arns:
                found.add((kind, str(side.get(kind))))
    for side in _sides(estate, "aws_iam_policy_attachment", before=before):
        if side.get("policy_arn") in arns:
            found.update((kind, str(n)) for kind in ("role", "user", "group") for n in side.get(f"{kind}s") or ())
    for side in _sides(estate, "aws_iam_role", before=before):
        if arns & set(side.get("managed_policy_arns") or ()):
            found.add(("role", str(side.get("name"))))
    return found


def _sides(estate: Estate, type_: str, *, before: bool) -> Iterator[Object]:
    for held in estate.by_type.get(type_, ()):
        # What could not be read counts as unmoved; what is new to us was not there before.
        side = held.baseline if before or held.unread else held.observed
        if side is not None:
            yield side
