"""The whole of production in the worst weather: not one of its fifty types takes bad weather for a deletion."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest
from support.production import Production
from support.weather import Kind, Rule, weather

from reconciler.sandbox.estate import client

# What production is made of. STS answers: without it the provider itself would not start.
_SERVICES = (
    *("acm", "application-autoscaling", "cloudtrail", "dynamodb", "ec2", "ecr", "ecs", "elasticloadbalancing"),
    *("events", "iam", "kms", "lambda", "logs", "monitoring", "rds", "route53", "s3", "secretsmanager", "sns", "sqs"),
    *("ssm", "states", "firehose", "kinesis", "elasticache", "elasticfilesystem", "backup", "wafv2"),
)


_FEW: tuple[Kind, ...] = ("denied", "html", "empty")
_ALL: tuple[Kind, ...] = (*_FEW, "throttled", "error", "close", "gzip", "opt_in")


@pytest.mark.parametrize("kind", _ALL if os.environ.get("ALL_WEATHER") else _FEW)
def test_nothing_is_taken_for_deleted(
    open_production: Callable[..., Production], database_url: str, kind: Kind
) -> None:
    production = open_production(database=database_url)
    state = production.environment.folder / "copy.tfstate"  # S3, where it lies, is in bad weather too
    state.write_bytes(
        client(production.emulator, "s3")
        .get_object(Bucket="nuri-terraform-state", Key="storefront/production.tfstate")["Body"]
        .read()
    )
    for file in production.environment.folder.glob("*.tf"):
        # As a frank provider is: without a second call, errors might be taken for absences more easily.
        file.write_text(file.read_text().replace('provider "aws" {', 'provider "aws" {\n  max_retries = 1'))
    installation = production.installation
    # A refusal comes at once, and is the reason also on a busy machine; what is silent need not be waited for.
    patience = "20s" if kind in ("denied", "opt_in") else "5s"
    installation.settings = f'[provider]\nread_timeout = "{patience}"\n'
    installation.workspaces["production"]["state"] = "copy.tfstate"
    with weather(production.emulator.url) as sky:
        installation.endpoint = sky.url
        installation.configure()
        sky.rules = [Rule(service, kind) for service in _SERVICES]
        began = time.monotonic()
        done = installation.scan()
        assert time.monotonic() - began < 90
        report = done.workspaces["production"]

    assert [(each["address"], each["kind"]) for each in report["findings"]] == []
    assert report["coverage"]["checked"] == 0
    reasons = {each["reason"] for each in report["coverage"]["unknown"]}
    assert reasons == {"denied": {"denied"}, "opt_in": {"denied"}}.get(kind, reasons)
    assert "throttled" in reasons or kind != "throttled"
    assert done.code == 3
