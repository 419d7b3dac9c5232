"""``count``: a number of things moves with the things, which are compared themselves.

The move is explained only as far as the recorded resources account for it: a policy attached by hand to somebody whom
nobody records moves the count alone and is reported there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from reconciler.drift.differ import Difference
from reconciler.drift.explain.estate import Estate, Held
from reconciler.drift.values import Object

COUNTS: Final[Mapping[tuple[str, str], tuple[str, str, str]]] = {
    # (type, count): (what is counted, its attribute that names the owner, the owner's attribute that is named)
    ("aws_efs_file_system", "number_of_mount_targets"): ("aws_efs_mount_target", "file_system_id", "id"),
    ("aws_elasticache_replication_group", "num_cache_clusters"): (
        "aws_elasticache_cluster",
        "replication_group_id",
        "id",
    ),
    ("aws_codeartifact_domain", "repository_count"): ("aws_codeartifact_repository", "domain", "domain"),
    ("aws_timestreamwrite_database", "table_count"): ("aws_timestreamwrite_table", "database_name", "database_name"),
    ("aws_route53recoverycontrolconfig_control_panel", "routing_control_count"): (
        "aws_route53recoverycontrolconfig_routing_control",
        "control_panel_arn",
        "arn",
    ),
    ("aws_evidently_project", "feature_count"): ("aws_evidently_feature", "project", "name"),
    ("aws_evidently_project", "launch_count"): ("aws_evidently_launch", "project", "name"),
    ("aws_vpc_ipam", "scope_count"): ("aws_vpc_ipam_scope", "ipam_id", "id"),
    ("aws_vpc_ipam_scope", "pool_count"): ("aws_vpc_ipam_pool", "ipam_scope_id", "id"),
}
_ATTACHMENTS: Final = ("aws_iam_policy", "attachment_count")
_SINGLE: Final = {
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
    "aws_iam_group_policy_attachment": "group",
}


def is_counted(resource_type: str, attribute: str) -> bool:
    """Whether the attribute counts other resources."""
    return (resource_type, attribute) == _ATTACHMENTS or (resource_type, attribute) in COUNTS


def explain(held: Held, difference: Difference, estate: Estate) -> Difference | None:
    """Take from a count's move as much as what it counts has moved."""
    before, after = difference.before, difference.after
    if len(difference.path) > 1 or not isinstance(before, int | float) or not isinstance(after, int | float):
        return difference
    what = (held.type, str(difference.path[0]))
    if what == _ATTACHMENTS:
        arns = held.names("arn")
        moved = len(_attached(estate, arns, then=False)) - len(_attached(estate, arns, then=True))
    elif what in COUNTS:
        type_, link, name = COUNTS[what]
        moved = _counted(estate, type_, link, held.names(name), then=False)
        moved -= _counted(estate, type_, link, held.names(name), then=True)
    else:
        return difference
    return None if after - before == moved else replace(difference, before=before + moved)


def _counted(estate: Estate, type_: str, link: str, names: set[str], *, then: bool) -> int:
    return len({held.label for held, _ in _sides(estate, type_, link, names, then=then)})


def _attached(estate: Estate, arns: set[str], *, then: bool) -> set[tuple[str, str]]:
    """Who has the policy, as (kind, name): at the last pass, or now."""
    found: set[tuple[str, str]] = set()
    for type_, kind in _SINGLE.items():
        found.update((kind, str(side.get(kind))) for _, side in _sides(estate, type_, "policy_arn", arns, then=then))
    for _, side in _sides(estate, "aws_iam_policy_attachment", "policy_arn", arns, then=then):
        found.update((kind, str(n)) for kind in ("role", "user", "group") for n in side.get(f"{kind}s") or ())
    for kind in ("role", "user", "group"):
        for _, side in _sides(estate, f"aws_iam_{kind}_policy_attachments_exclusive", "policy_arns", arns, then=then):
            found.add((kind, str(side.get(f"{kind}_name"))))
        for _, side in _sides(estate, f"aws_iam_{kind}", "managed_policy_arns", arns, then=then):
            found.add((kind, str(side.get("name"))))
    return found


def _sides(estate: Estate, type_: str, link: str, names: set[str], *, then: bool) -> Iterator[tuple[Held, Object]]:
    """What there was or is. Of what could not be read we only know the state: it counts as it stands there."""
    for held, side in estate.linked(type_, link, names, then=then):
        if then or held.unread or side is held.observed:
            yield held, side
