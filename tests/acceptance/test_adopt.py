"""``adopt`` from findings to Terraform's own word: after it a plan changes nothing beside the imports."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.command import Done
from support.production import tree
from support.shop import Shop

from reconciler.sandbox.estate import terraform_for


def _drift(shop: Shop) -> None:
    """Changed by hand: a topic, a group's rules, a secret, one of several log groups. Made: a group and a queue."""
    shop.aws("sns").tag_resource(
        ResourceArn=shop.aws("sns").list_topics()["Topics"][0]["TopicArn"], Tags=[{"Key": "Pager", "Value": "night"}]
    )
    shop.aws("ssm").put_parameter(Name="/shop/page-size", Value="96", Type="String", Overwrite=True)
    shop.aws("logs").put_retention_policy(logGroupName="/shop/mail", retentionInDays=1)
    ec2 = shop.aws("ec2")
    group = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["shop-web"]}])["SecurityGroups"][0]
    ec2.authorize_security_group_ingress(
        GroupId=group["GroupId"], IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="10.0.0.0/8"
    )
    made = ec2.create_security_group(GroupName="by-hand", Description="made by hand", VpcId=group["VpcId"])
    ec2.authorize_security_group_ingress(
        GroupId=made["GroupId"], IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="10.0.0.0/8"
    )
    role = shop.aws("iam").get_role(RoleName="shop-worker")["Role"]["Arn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Principal": {"AWS": role}}],
    }
    shop.aws("sqs").create_queue(
        QueueName="by-hand", Attributes={"VisibilityTimeout": "77", "Policy": json.dumps(policy)}
    )


def _scanned(shop: Shop) -> dict[str, str]:
    """Open findings: the id by the address, or the suggested one."""
    assert shop.installation.scan().code == 0
    _drift(shop)
    shop.installation.scan()
    done = shop.installation.scan("--depth", "sweep")
    findings = done.workspaces["shop"]["findings"]
    return {each["address"] or each["suggested_address"]: each["id"] for each in findings}


def _plan(shop: Shop, scratch: Path) -> dict[str, Any]:
    """What Terraform plans for the template as it is now."""
    copy = shutil.copytree(shop.template, scratch / "copy", symlinks=True)
    terraform = terraform_for(shop.emulator, scratch / "terraform")
    terraform.init(copy)
    terraform.plan(copy, scratch / "plan")
    return terraform.show_json(copy, scratch / "plan")


def _refused(done: Done) -> dict[str, str]:
    """What is said not to be adopted: the reason by the place."""
    return dict(re.findall(r"^not adopted: (\S+ \S+): (.*)$", done.err, re.MULTILINE))


def test_a_plan_of_what_was_adopted_changes_nothing_beside_the_imports(shop: Shop, tmp_path: Path) -> None:
    found = _scanned(shop)
    names = {
        "aws_security_group.web",
        "aws_sns_topic.alarms",
        "aws_security_group.by_hand",
        "aws_sqs_queue.by_hand",
    }
    apart = {'aws_cloudwatch_log_group.this["mail"]', "aws_ssm_parameter.page_size"}
    assert names | apart == found.keys()
    before = tree(shop.template)

    printed = shop.installation.run("adopt", *(found[name] for name in sorted(names)))
    assert (printed.code, printed.err) == (0, "")
    assert tree(shop.template) == before
    assert "77" in printed.out

    refused = shop.installation.run("adopt", *(found[name] for name in sorted(apart)))
    assert (refused.code, refused.out) == (4, "")
    reasons = _refused(refused)
    assert reasons['aws_cloudwatch_log_group.this["mail"] retention_in_days'] == (
        "the block makes 3 instances, and all would change"
    )
    assert reasons["aws_ssm_parameter.page_size value"] == "it is a secret, which is never written into a template"

    written = shop.installation.run("adopt", "--write", *(found[name] for name in sorted(names)))
    assert (written.code, written.out) == (0, "")
    changed = {name for name, facts in tree(shop.template).items() if before.get(name) != facts}
    assert changed == {"main.tf", "adopted_aws_security_group_by_hand.tf", "adopted_aws_sqs_queue_by_hand.tf"}
    queue = (shop.template / "adopted_aws_sqs_queue_by_hand.tf").read_text()
    assert "AWS = aws_iam_role.worker.arn" in queue

    fmt = ["terraform", "fmt", "-check", str(shop.template)]
    assert subprocess.run(fmt, capture_output=True, check=False).stdout == b""
    planned = _plan(shop, tmp_path)
    moved = {
        change["address"]: change["change"]["actions"]
        for change in planned["resource_changes"]
        if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
    }
    assert moved == {key: ["update"] for key in apart}
    imported = {c["address"] for c in planned["resource_changes"] if c["change"].get("importing")}
    assert imported == {"aws_security_group.by_hand", "aws_sqs_queue.by_hand"}

    stale = shop.installation.run("adopt", found["aws_sns_topic.alarms"])
    assert stale.code == 1
    assert stale.told()[0].endswith("the template has changed since it was scanned")


def test_patches_go_to_a_folder_and_git_takes_them(shop: Shop, tmp_path: Path) -> None:
    found = _scanned(shop)
    before = tree(shop.template)
    names = ("aws_security_group.web", "aws_sns_topic.alarms", "aws_security_group.by_hand")
    done = shop.installation.run("adopt", "--format", "json", "--out", tmp_path / "out", *map(found.__getitem__, names))
    assert done.code == 0
    told = {each["address"]: each for each in done.json["adoptions"]}
    assert {name: told[name]["kind"] for name in names} == {
        names[0]: "changed",
        names[1]: "changed",
        names[2]: "unmanaged",
    }
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert files == sorted([f"{found[n]}.patch" for n in names[:2]] + ["adopted_aws_security_group_by_hand.tf"])
    assert tree(shop.template) == before
    again = shop.installation.run("adopt", "--out", tmp_path / "out", found[names[0]])
    assert again.told()[0].endswith("the file is there already")
    for name in names[:2]:
        patch = tmp_path / "out" / f"{found[name]}.patch"
        subprocess.run(
            ["git", "apply", patch], cwd=shop.template, check=True, env={"GIT_CEILING_DIRECTORIES": str(tmp_path)}
        )
    text = (shop.template / "main.tf").read_text()
    assert "from_port   = 80" in text
    assert "night" in text


@pytest.mark.parametrize("given", [["ffffffff"], ["--write", "--out", "x", "ffffffff"]])
def test_wrong_input_is_told(shop: Shop, given: list[str]) -> None:
    assert shop.installation.scan().code == 0
    done = shop.installation.run("adopt", *given)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")


def test_a_finding_of_another_kind_and_a_file_that_cannot_be_written(shop: Shop) -> None:
    found = _scanned(shop)
    shop.aws("sns").delete_topic(TopicArn=shop.aws("sns").list_topics()["Topics"][0]["TopicArn"])
    findings = shop.installation.scan().workspaces["shop"]["findings"]
    deleted = next(each["id"] for each in findings if each["kind"] == "deleted")
    message, hint = shop.installation.run("adopt", deleted).told()
    assert message == f"finding {deleted} is deleted"
    assert hint == "only what is changed or unmanaged can be adopted"
    (shop.template / "adopted_aws_security_group_by_hand.tf").symlink_to("/nowhere")
    told = shop.installation.run("adopt", "--write", found["aws_security_group.by_hand"]).told()
    assert told[0].endswith(("the file is there already", "the template has changed since it was scanned"))
