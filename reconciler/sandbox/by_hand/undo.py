"""What a person in the console takes back: changes that no template speaks of, and so no apply reverts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reconciler.sandbox.by_hand.change import PREFIX, Console


def _detach_admin(console: Console) -> None:
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    console.aws("iam").detach_role_policy(RoleName=f"{PREFIX}-task", PolicyArn=policy)


def _close_web(console: Console) -> None:
    ec2 = console.aws("ec2")
    group = console.security_group(f"{PREFIX}-web")
    found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    opened = [each for each in found if each.get("FromPort") == 22]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=opened)


def _unroute(console: Console) -> None:
    ec2 = console.aws("ec2")
    filters = [{"Name": "tag:Name", "Values": [f"{PREFIX}-private-a"]}]
    table = ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="198.18.0.0/15")


UNDO: Final[tuple[tuple[str, Callable[[Console], None]], ...]] = (
    ("SSH closed on the load balancer's group", _close_web),
    ("The administrator policy detached from the containers' role", _detach_admin),
    ("The route straight to the internet deleted", _unroute),
)
"""Each with its title."""
