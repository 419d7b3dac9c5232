"""A deleted queue, for which the provider waits 20 s: told as deleted where AWS's lists prove it, and only there.

The provider is given 8 s, so that its own answer never comes: without the proof the queue is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.command import Installation
from support.weather import Rule, Weather, weather

from reconciler.sandbox.emulator import REGION, Emulator
from reconciler.sandbox.estate import client

TEMPLATE = f"""
provider "aws" {{
  region = "{REGION}"
}}

resource "aws_sqs_queue" "jobs" {{
  name = "jobs"
}}

resource "aws_sqs_queue" "mail" {{
  name = "mail"
}}

resource "aws_sqs_queue_policy" "jobs" {{
  queue_url = aws_sqs_queue.jobs.url
  policy    = "{{}}"
}}
"""
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sqs:*"}]})


@dataclass
class Queues:
    """Two queues, one with a policy, all recorded; an installation behind a proxy."""

    aws: Any
    urls: dict[str, str]
    sky: Weather
    installation: Installation

    def verdicts(self) -> dict[str, str]:
        """What a scan says of each: ``deleted``, a reason why it is unknown, or ``present``."""
        done = self.installation.scan()
        report = done.workspaces["queues"]
        assert report["error"] is None, done.err
        found = dict.fromkeys(("aws_sqs_queue.jobs", "aws_sqs_queue.mail", "aws_sqs_queue_policy.jobs"), "present")
        found |= {each["address"]: "deleted" for each in report["findings"] if each["kind"] == "deleted"}
        return found | {each["address"]: each["reason"] for each in report["coverage"]["unknown"]}


@pytest.fixture
def queues(blank_emulator: Emulator, database_url: str, known_schemas: Path, tmp_path: Path) -> Iterator[Queues]:
    with blank_emulator.clone() as emulator, weather(emulator.url) as sky:
        aws = client(emulator, "sqs")
        urls = {name: aws.create_queue(QueueName=name)["QueueUrl"] for name in ("jobs", "mail")}
        aws.set_queue_attributes(QueueUrl=urls["jobs"], Attributes={"Policy": POLICY})
        template = tmp_path / "queues" / "template"
        template.mkdir(parents=True)
        (template / "main.tf").write_text(TEMPLATE)
        (template / "terraform.tfstate").write_text(json.dumps(_state(urls)))
        workspaces = {"queues": {"template": "template"}}
        settings = '[provider]\nread_timeout = "8s"\n'
        installation = Installation(tmp_path / "queues", sky.url, database_url, workspaces, settings)
        installation.configure()
        installation.knows(known_schemas)
        yield Queues(aws, urls, sky, installation)


def _state(urls: dict[str, str]) -> dict[str, Any]:
    def resource(type_name: str, name: str, attributes: dict[str, Any], version: int = 0) -> dict[str, Any]:
        return {
            "mode": "managed",
            "type": type_name,
            "name": name,
            "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
            "instances": [{"schema_version": version, "attributes": attributes}],
        }

    resources = [resource("aws_sqs_queue", name, {"id": url, "url": url, "name": name}) for name, url in urls.items()]
    policy = {"id": urls["jobs"], "queue_url": urls["jobs"], "policy": POLICY}
    resources.append(resource("aws_sqs_queue_policy", "jobs", policy, version=1))
    return {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "queues", "resources": resources}


def test_a_queue_that_was_there_and_that_no_list_holds_is_deleted_and_its_policy_with_it(queues: Queues) -> None:
    assert set(queues.verdicts().values()) == {"present"}
    queues.aws.delete_queue(QueueUrl=queues.urls["jobs"])
    gone = {
        "aws_sqs_queue.jobs": "deleted",
        "aws_sqs_queue_policy.jobs": "deleted",
        "aws_sqs_queue.mail": "present",
    }
    assert queues.verdicts() == gone
    assert queues.verdicts() == gone, "and stays so"
    queues.aws.create_queue(QueueName="jobs", Attributes={"Policy": POLICY})
    assert set(queues.verdicts().values()) == {"present"}


def test_a_queue_that_no_pass_has_seen_is_waited_for(queues: Queues) -> None:
    queues.aws.delete_queue(QueueUrl=queues.urls["jobs"])
    assert queues.verdicts() == {
        "aws_sqs_queue.jobs": "timeout",
        "aws_sqs_queue_policy.jobs": "timeout",
        "aws_sqs_queue.mail": "present",
    }


def test_a_list_that_is_refused_proves_nothing(queues: Queues) -> None:
    queues.verdicts()
    queues.aws.delete_queue(QueueUrl=queues.urls["jobs"])
    queues.sky.rules.append(Rule("sqs", "denied", "ListQueues"))
    assert queues.verdicts() == {
        "aws_sqs_queue.jobs": "timeout",
        "aws_sqs_queue_policy.jobs": "timeout",
        "aws_sqs_queue.mail": "present",
    }


def test_a_queue_that_answers_late_is_there(queues: Queues) -> None:
    queues.verdicts()
    queues.sky.rules.append(Rule("sqs", "hang", "GetQueueAttributes"))
    verdicts = queues.verdicts()
    assert "deleted" not in verdicts.values()
    assert ("sqs", "ListQueues") in queues.sky.seen, "a slow queue was asked for"
