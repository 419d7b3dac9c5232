"""The commands after a scan: what the database knows, in every format, and what can be done with it."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from support.command import Done
from support.shop import RECORDED, Shop


def _drift(shop: Shop) -> None:
    """Three things done by hand: one changed, one opened to the world, one gone."""
    shop.aws("logs").put_retention_policy(logGroupName="/shop/mail", retentionInDays=1)
    groups = shop.aws("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": ["shop-web"]}])
    shop.aws("ec2").authorize_security_group_ingress(
        GroupId=groups["SecurityGroups"][0]["GroupId"], IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    shop.aws("sns").delete_topic(TopicArn=shop.aws("sns").list_topics()["Topics"][0]["TopicArn"])


ADDRESSES = {
    'aws_cloudwatch_log_group.this["mail"]': "changed",
    "aws_security_group.web": "changed",
    "aws_sns_topic.alarms": "deleted",
}


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_a_report_in_every_format_says_the_same_from_the_database_alone(shop: Shop) -> None:
    installation = shop.installation
    never = installation.run("report")
    assert never.code == 3, "never scanned is unknown"
    assert installation.scan().code == 0
    assert installation.run("report").code == 0
    _drift(shop)
    scanned = installation.scan()
    assert (scanned.code, scanned.err) == (2, "")
    shop.emulator.stop()  # nobody needs AWS, or the template, to say what is known
    shutil.rmtree(shop.template)

    known = installation.run("report", "--format", "json")
    assert (known.code, known.err) == (2, "")
    assert known.json == scanned.json
    found = {finding["address"]: finding["kind"] for finding in known.workspaces["shop"]["findings"]}
    assert found == ADDRESSES
    rows = list(csv.DictReader(io.StringIO(installation.run("report", "--format", "csv").out)))
    assert {row["address"]: row["kind"] for row in rows} == ADDRESSES
    sarif = installation.run("report", "--format", "sarif").json
    assert sarif["version"] == "2.1.0"
    assert len(sarif["runs"][0]["results"]) == len(ADDRESSES)
    page = _Text()
    page.feed(installation.run("report", "--format", "html").out)
    assert all(source.startswith("#") for source in page.sources), "self-contained"
    table = installation.run("report")
    assert all(len(line) <= 80 for line in table.out.splitlines())
    markdown = installation.run("report", "--format", "markdown")
    for text in (" ".join(page.text), " ".join(table.out.split()), markdown.out):
        for address in ADDRESSES:
            assert address.split(".")[0] in text
        assert f"{RECORDED}" in text
    for code in (table.code, markdown.code):
        assert code == 2
    file = installation.folder / "drift.html"
    assert installation.run("report", "--output", str(file)).code == 2
    assert file.read_text().lower().startswith("<!doctype html>")


def test_findings_are_listed_shown_and_acknowledged_and_resolve_with_one_event(shop: Shop) -> None:
    installation = shop.installation
    installation.scan()
    _drift(shop)
    installation.scan()
    listed = installation.run("drift", "list", "--format", "json").json["findings"]
    assert {each["address"] for each in listed} == set(ADDRESSES)
    (worst, *_) = listed
    assert worst["address"] == "aws_security_group.web"
    assert worst["severity"] in ("high", "critical")
    (only,) = installation.run("drift", "list", "--kind", "deleted", "--format", "json").json["findings"]
    assert only["address"] == "aws_sns_topic.alarms"

    shown = installation.run("drift", "show", worst["id"][:8])
    assert (shown.code, shown.err) == (0, "")
    assert "0.0.0.0/0" in shown.out
    acknowledged = installation.run(
        "drift", "acknowledge", worst["id"][:8], "--note", "load test", "--by", "kim", "--format", "json"
    )
    assert acknowledged.code == 0
    assert acknowledged.json["status"] == "acknowledged"
    again = installation.scan()
    statuses = {each["address"]: each["status"] for each in again.workspaces["shop"]["findings"]}
    assert statuses["aws_security_group.web"] == "acknowledged"

    shop.aws("logs").put_retention_policy(logGroupName="/shop/mail", retentionInDays=30)
    installation.scan()
    events = _events(installation.run("events", "list", "--format", "json"))
    resolved = [each for each in events if each["type"] == "drift_resolved"]
    assert [each["resource"] for each in resolved] == ['aws_cloudwatch_log_group.this["mail"]']
    detected = [each["resource"] for each in events if each["type"] == "drift_detected"]
    assert sorted(detected) == sorted(ADDRESSES)
    (one,) = _events(installation.run("events", "list", "--type", "drift_resolved", "--format", "json"))
    assert one["id"] == resolved[0]["id"]
    nothing = installation.run("drift", "show", "ffffffff")
    assert nothing.code == 1
    assert nothing.told()


def _events(done: Done) -> list[dict[str, Any]]:
    assert (done.code, done.err) == (0, "")
    events: list[dict[str, Any]] = done.json["events"]
    return events


def test_a_scanned_template_can_be_put_back_as_it_was(shop: Shop) -> None:
    installation = shop.installation
    archive = bytes(range(256))
    (shop.template / "code.zip").write_bytes(archive)
    (shop.template / "note.txt").write_text("note\n")
    (shop.template / "shop.auto.tfvars").write_text("")
    reads = 'locals {\n  note = file("note.txt")\n  code = filebase64("${path.module}/code.zip")\n}\n'
    (shop.template / "reads.tf").write_text(reads)
    installation.scan()
    original = (shop.template / "main.tf").read_bytes()
    (shop.template / "code.zip").write_bytes(b"later")
    with (shop.template / "main.tf").open("a") as file:
        file.write("# a later thought\n")
    installation.scan()
    versions = installation.run("templates", "list", "--format", "json").json["templates"]
    assert len(versions) == 2
    folder = installation.folder / "restored"
    done = installation.run("templates", "restore", versions[1]["version"], str(folder))
    assert (done.code, done.err) == (0, "")
    assert (folder / "main.tf").read_bytes() == original
    assert (folder / "code.zip").read_bytes() == archive
    assert {"note.txt", "shop.auto.tfvars", "reads.tf"} <= {path.name for path in folder.iterdir()}
    ambiguous = installation.run("templates", "restore", "sha256:", str(installation.folder / "none"))
    assert ambiguous.code == 1
    assert all(version["version"] in ambiguous.told()[0] for version in versions)
    refused = installation.run("templates", "restore", versions[0]["version"], str(folder))
    assert refused.code == 1
    assert "not empty" in refused.told()[0]


def test_the_version_and_the_state_of_the_database(shop: Shop) -> None:
    assert shop.installation.run("--version").out.startswith("reconciler ")
    status = shop.installation.run("db", "status", "--format", "json")
    assert status.code == 0
    assert status.json["current"] == status.json["head"]
    assert status.json["pending"] == []


def _checks(shop: Shop) -> dict[str, dict[str, Any]]:
    done = shop.installation.run("doctor", "--format", "json")
    assert done.err == ""
    checks = {each["name"]: each for each in done.json["checks"]}
    failed = [each for each in checks.values() if each["state"] == "failed"]
    assert done.code == (1 if failed else 0)
    assert all(each["mend"] for each in checks.values() if each["state"] != "ok")
    return checks


def test_the_doctor_finds_nothing_where_nothing_is_wrong(shop: Shop) -> None:
    checks = _checks(shop)
    assert {each["state"] for each in checks.values()} == {"ok"}
    assert "provider registry.terraform.io/hashicorp/aws" in checks
    table = shop.installation.run("doctor")
    assert (table.code, table.err) == (0, "")


def _no_terraform(shop: Shop) -> None:
    shop.installation.settings = '[terraform]\nbinary = "/nonexistent/terraform"\n'


def _other_account(shop: Shop) -> None:
    shop.installation.account_id = "999999999999"


def _no_cloud(shop: Shop) -> None:
    shop.installation.endpoint = "http://127.0.0.1:9"


def _cut_state(shop: Shop) -> None:
    state = shop.template / "terraform.tfstate"
    state.write_bytes(state.read_bytes()[:500])


def _no_template(shop: Shop) -> None:
    shutil.rmtree(shop.template)


def _no_provider(shop: Shop) -> None:
    state = shop.state()
    for resource in state["resources"]:
        resource["provider"] = 'provider["registry.invalid/nobody/nothing"]'
    (shop.template / "terraform.tfstate").write_text(json.dumps(state))


def _no_state(shop: Shop) -> None:
    (shop.template / "terraform.tfstate").unlink()


@pytest.mark.parametrize(
    ("spoil", "name", "state"),
    [
        (_no_terraform, "terraform", "failed"),
        (_other_account, "credentials of production", "failed"),
        (_no_cloud, "credentials of production", "failed"),
        (_cut_state, "state", "failed"),
        (_no_template, "template", "failed"),
        (_no_provider, "provider registry.invalid/nobody/nothing", "failed"),
        (_no_state, "state", "warning"),
    ],
)
def test_the_doctor_finds_what_is_wrong_and_has_a_mend(
    shop: Shop, spoil: Callable[[Shop], None], name: str, state: str
) -> None:
    spoil(shop)
    shop.installation.configure()
    checks = _checks(shop)
    assert checks[name]["state"] == state
    assert {each["name"] for each in checks.values() if each["state"] == "failed"} <= {name}


def test_the_doctor_finds_ignore_rules_that_are_of_no_use(shop: Shop) -> None:
    def rule(resource: str, expires: str = "2999-12-31", **more: str) -> str:
        fields = {"resource": resource, "reason": "known", "owner": "kim", **more}
        lines = [f'{key} = "{value}"' for key, value in fields.items()]
        return "\n".join(["[[ignore]]", *lines, f"expires = {expires}", ""])

    shop.installation.settings = rule("aws_ssm_parameter")
    shop.installation.configure()
    assert _checks(shop)["ignore rules"]["state"] == "ok"
    shop.installation.settings += rule("aws_ssm_paramter", path="tags") + rule("aws_ssm_*", "2020-01-01")
    shop.installation.configure()
    found = _checks(shop)["ignore rules"]
    assert (found["state"], found["detail"]) == (
        "warning",
        "nothing is called aws_ssm_paramter:tags; expired: aws_ssm_*",
    )


def test_the_doctor_goes_on_where_the_embedded_database_does_not_open(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop()
    shop.installation.state_dir.mkdir(exist_ok=True)
    (shop.installation.state_dir / "postgres").write_text("no folder")
    checks = _checks(shop)
    assert {name for name, each in checks.items() if each["state"] == "failed"} == {"database"}
    assert "cannot be kept in" in checks["database"]["detail"]
    assert "provider registry.terraform.io/hashicorp/aws" in checks
    shop.installation.assert_nothing_runs()


def test_the_doctor_finds_a_dead_database(open_shop: Callable[..., Shop], tmp_path: Path) -> None:
    shop = open_shop(database=f"postgresql:///none?host={tmp_path}&user=nobody")
    assert _checks(shop)["database"]["state"] == "failed"
