"""A sample of ``make adoption``: resources of production adopted, and Terraform's plan of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from adoption.measure import measure

from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import STATE_BUCKET, Environment, client

SAMPLE = frozenset(
    {
        "aws_dynamodb_table",
        "aws_iam_role",
        "aws_iam_role_policy_attachment",
        "aws_lambda_function",
        "aws_route",
        "aws_s3_bucket",
        "aws_secretsmanager_secret",
        "aws_security_group",
        "aws_security_group_rule",
        "aws_sqs_queue",
        "aws_ssm_parameter",
        "aws_subnet",
    }
)


def test_a_plan_of_what_is_adopted_changes_nothing_beside_the_import(
    applied_estate: Callable[[str], Environment], emulator: Emulator, tmp_path: Path
) -> None:
    applied_estate("production")
    answer = client(emulator, "s3").get_object(Bucket=STATE_BUCKET, Key="storefront/production.tfstate")
    state = json.loads(answer["Body"].read())
    rows = measure(state, {"far": "us-east-1"}, emulator, tmp_path / "work", SAMPLE)
    assert {row.type for row in rows} == SAMPLE
    assert [(row.address, row.ours) for row in rows if not row.is_ours] == []
    # What Terraform's own generator cannot write, a security group's name beside its prefix among it.
    assert sum(row.is_theirs for row in rows) < len(rows)
    text = "".join(row.text for row in rows)
    assert "example-signing-key-of-production" not in text
    done = subprocess.run(["terraform", "fmt", "-"], input=text, capture_output=True, text=True, check=True)
    assert done.stdout == text
