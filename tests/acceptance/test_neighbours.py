"""Two workspaces of one account, of which one puts rules, routes, policies and tags into what the other one made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.command import Installation
from support.shop import ESTATES

from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import client, terraform_for
from reconciler.terraform.files import Inputs


@dataclass
class Estate:
    """Both applied workspaces, and an installation that has neither yet."""

    emulator: Emulator
    installation: Installation
    platform: dict[str, str]

    def configured(self, *workspaces: str) -> Installation:
        templates = {
            "platform": {"template": "platform"},
            "application": {"template": "application", "variables": {"platform": self.platform}},
        }
        self.installation.workspaces = {name: templates[name] for name in workspaces}
        self.installation.configure()
        return self.installation


@pytest.fixture(scope="module")
def applied(
    tmp_path_factory: pytest.TempPathFactory, blank_emulator: Emulator
) -> Iterator[tuple[Emulator, Path, dict[str, str]]]:
    work = tmp_path_factory.mktemp("neighbours")
    folder = shutil.copytree(ESTATES / "neighbours", work / "templates")
    with blank_emulator.clone() as emulator:
        terraform = terraform_for(emulator, work / "state")
        terraform.init(folder / "platform")
        terraform.apply(folder / "platform")
        state = json.loads((folder / "platform" / "terraform.tfstate").read_text())
        platform = state["outputs"]["application"]["value"]
        terraform.init(folder / "application")
        terraform.apply(folder / "application", inputs=Inputs(variables={"platform": platform}))
        yield emulator, folder, platform


@pytest.fixture
def estate(
    applied: tuple[Emulator, Path, dict[str, str]], database_url: str, known_schemas: Path, tmp_path: Path
) -> Iterator[Estate]:
    emulator, folder, platform = applied
    with emulator.clone() as own:
        home = shutil.copytree(folder, tmp_path / "neighbours", symlinks=True)
        installation = Installation(home, own.url, database_url)
        installation.knows(known_schemas)
        yield Estate(own, installation, platform)


def _told(report: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (finding["address"], finding["kind"], change["path"])
        for finding in report["findings"]
        for change in finding["changes"] or [{"path": ""}]
    }


def test_what_another_workspace_put_there_is_no_drift_whichever_is_scanned_first(estate: Estate) -> None:
    installation = estate.configured("platform", "application")
    for _ in range(2):
        first = installation.scan("platform")
        assert (first.code, _told(first.workspaces["platform"])) == (0, set())
    both = installation.scan()
    assert (both.code, both.err) == (0, "")
    assert {workspace["verdict"] for workspace in both.workspaces.values()} == {"in_sync"}


def test_without_the_other_workspace_all_of_it_is_drift(estate: Estate) -> None:
    """What no state that we are told of records, nobody accounts for."""
    done = estate.configured("platform").scan()
    assert _told(done.workspaces["platform"]) == {
        ("aws_security_group.shared", "changed", "ingress"),
        ("aws_security_group.shared", "changed", "egress"),
        ("aws_route_table.shared", "changed", "route"),
        ("aws_iam_role.shared", "changed", "managed_policy_arns"),
        ("aws_iam_role.shared", "changed", "inline_policy"),
        ("aws_s3_bucket.shared", "changed", "policy"),
        ("aws_vpc.this", "changed", "tags.cluster"),
    }
    assert done.code == 2


def test_what_neither_put_there_is_found_beside_it(estate: Estate) -> None:
    installation = estate.configured("platform", "application")
    ec2 = client(estate.emulator, "ec2")
    ports = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    ec2.authorize_security_group_ingress(
        GroupId=estate.platform["security_group"], IpPermissions=[{**ports, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )
    client(estate.emulator, "iam").attach_role_policy(
        RoleName=estate.platform["role"], PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    ec2.create_tags(Resources=[estate.platform["vpc"]], Tags=[{"Key": "by", "Value": "hand"}])
    found = installation.scan("platform").workspaces["platform"]
    added = {
        (finding["address"], change["path"]): change.get("added")
        for finding in found["findings"]
        for change in finding["changes"]
    }
    assert added[("aws_security_group.shared", "ingress")] == [
        {"cidr_blocks": ["0.0.0.0/0"], "from_port": 22, "protocol": "tcp", "to_port": 22}
    ]
    assert added[("aws_iam_role.shared", "managed_policy_arns")] == ["arn:aws:iam::aws:policy/AdministratorAccess"]
    assert added.keys() == {
        ("aws_security_group.shared", "ingress"),
        ("aws_iam_role.shared", "managed_policy_arns"),
        ("aws_vpc.this", "tags.by"),
    }


def test_a_rule_that_the_other_workspace_lost_by_hand_is_told_there(estate: Estate) -> None:
    installation = estate.configured("platform", "application")
    installation.scan()
    ec2 = client(estate.emulator, "ec2")
    group = ec2.describe_security_groups(GroupIds=[estate.platform["security_group"]])["SecurityGroups"][0]
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    for _ in range(2):
        report = installation.scan().workspaces
        assert _told(report["platform"]) == set()
        assert _told(report["application"]) == {("aws_vpc_security_group_ingress_rule.web", "deleted", "")}


def test_an_unreadable_state_of_the_other_is_said_and_hides_nothing(estate: Estate) -> None:
    installation = estate.configured("platform", "application")
    (installation.folder / "application" / "terraform.tfstate").write_text("{")
    done = installation.scan("platform")
    assert done.code == 2
    (problem,) = done.workspaces["platform"]["problems"]
    assert problem["file"].endswith("application/terraform.tfstate")
