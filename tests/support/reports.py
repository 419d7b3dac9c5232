"""Reports for the tests of views: one like a real estate's, and strategies for any."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from reconciler.drift.coverage import Coverage, UnknownResource, Verdict
from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.report import (
    Depth,
    IgnoredAttribute,
    KnownFinding,
    PassFacts,
    Problem,
    Report,
    Status,
    Suppression,
    WorkspaceReport,
)
from reconciler.drift.snapshot import Reason
from reconciler.drift.values import Sensitive, parse_path

START = datetime(2026, 11, 23, 8, 15, 2, tzinfo=UTC)
NOT_SET = None
KMS_DENIED = "not allowed: kms:DescribeKey"


def change(path: str, recorded: Any, observed: Any, *, configured: bool = True, **more: Any) -> Change:
    return Change(parse_path(path), recorded, observed, configured, **more)


def known(number: int, finding: Finding, **more: Any) -> KnownFinding:
    id_ = f"{(number * 0x9E3779B97F4A7C15) % 2**64:016x}"
    id_ = f"{id_[:8]}-{id_[8:12]}-4{id_[13:16]}-8000-0000000000{number:02x}"
    return KnownFinding(
        id_, finding, more.pop("status", Status.OPEN), START - timedelta(days=number % 5, hours=number), START, **more
    )


def finding(kind: Kind, severity: Severity, address: str, *changes: Change, **more: Any) -> Finding:
    type_ = address.removesuffix("]").rpartition("[")[0] if address.endswith("]") else address
    return Finding(
        kind,
        severity,
        label=more.pop("label", address),
        resource_type=more.pop("resource_type", type_.split(".")[-2]),
        address=address if more.pop("declared", True) else None,
        account_id="123456789012",
        region="ap-northeast-2",
        changes=changes,
        **more,
    )


def _policy(principal: str, *actions: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Delivery",
                    "Effect": "Allow",
                    "Principal": {"AWS": principal},
                    "Action": list(actions),
                    "Resource": ["arn:aws:s3:::acme-orders-exports", "arn:aws:s3:::acme-orders-exports/*"],
                }
            ],
        }
    )


def _production() -> tuple[KnownFinding, ...]:
    rule = {
        "cidr_blocks": ["0.0.0.0/0"],
        "description": "",
        "from_port": 22,
        "protocol": "tcp",
        "to_port": 22,
    }
    found = [
        finding(
            Kind.CHANGED,
            Severity.CRITICAL,
            'module.network.aws_security_group.bastion["a"]',
            change("ingress", [], [rule], configured=False, added=(rule,), removed=()),
            position="iac_templates/modules/network/security.tf:41",
            resource_id="sg-0a1b2c3d4e5f60718",
            arn="arn:aws:ec2:ap-northeast-2:123456789012:security-group/sg-0a1b2c3d4e5f60718",
            reasons=("opens port 22 to the world",),
        ),
        finding(
            Kind.CHANGED,
            Severity.CRITICAL,
            "module.data.aws_s3_bucket_policy.exports",
            change(
                "policy",
                _policy("arn:aws:iam::123456789012:role/exporter", "s3:GetObject"),
                _policy("*", "s3:GetObject", "s3:ListBucket", "s3:DeleteObject"),
            ),
            position="../modules/data/exports.tf:18",
            resource_id="acme-orders-exports",
            reasons=("a policy lets everybody in",),
        ),
        finding(
            Kind.CHANGED,
            Severity.HIGH,
            "module.app.aws_iam_role.worker",
            change(
                "managed_policy_arns",
                ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"],
                ["arn:aws:iam::aws:policy/AmazonSQSFullAccess", "arn:aws:iam::aws:policy/AdministratorAccess"],
                configured=False,
                added=("arn:aws:iam::aws:policy/AdministratorAccess",),
                removed=(),
            ),
            position="iac_templates/modules/app/iam.tf:7",
            resource_id="worker",
            reasons=("access widened",),
        ),
        finding(
            Kind.DELETED,
            Severity.HIGH,
            "module.observability.aws_cloudwatch_log_group.audit",
            position="iac_templates/modules/observability/logs.tf:3",
            resource_id="/acme/production/audit",
            reasons=("a recorded resource is gone",),
        ),
        finding(
            Kind.CHANGED,
            Severity.HIGH,
            "module.data.aws_db_instance.orders",
            change("deletion_protection", recorded=True, observed=False),
            change("backup_retention_period", 14, 1),
            change("password", Sensitive("a"), Sensitive("b"), sensitive=True),
            position="iac_templates/modules/data/orders.tf:22",
            resource_id="orders",
            reasons=("deletion protection is off",),
        ),
        finding(
            Kind.CHANGED,
            Severity.MEDIUM,
            "module.app.aws_sqs_queue.jobs[0]",
            change("visibility_timeout_seconds", 60, 90),
            change("redrive_policy", None, json.dumps({"maxReceiveCount": 3}), configured=False),
            position="iac_templates/modules/app/queues.tf:12",
            resource_id="https://sqs.ap-northeast-2.amazonaws.com/123456789012/jobs-0",
        ),
        finding(
            Kind.CHANGED,
            Severity.MEDIUM,
            "module.app.aws_lambda_function.resize",
            change("memory_size", 512, 3008),
            change("environment[0].variables.LOG_LEVEL", "info", "debug"),
            position="iac_templates/modules/app/functions.tf:5",
        ),
        finding(
            Kind.UNAPPLIED,
            Severity.MEDIUM,
            'module.dns.aws_route53_record.this["status"]',
            position="iac_templates/modules/dns/main.tf:15",
        ),
        finding(
            Kind.UNMANAGED,
            Severity.MEDIUM,
            "aws_instance.i_0fedcba9876543210",
            label="aws_instance i-0fedcba9876543210",
            declared=False,
            suggested_address="aws_instance.debug_box",
            resource_id="i-0fedcba9876543210",
        ),
        finding(Kind.ORPHANED, Severity.LOW, "aws_ssm_parameter.legacy_flag", resource_id="/acme/legacy"),
        finding(
            Kind.CHANGED,
            Severity.LOW,
            "module.network.aws_vpc.main",
            change("tags.Owner", "platform", "민수 (임시)", configured=False),
            change('tags["cost.center"]', NOT_SET, "4711", configured=False),
            position="iac_templates/modules/network/main.tf:1",
        ),
    ]
    entries = [known(number, item) for number, item in enumerate(found, start=1)]
    entries[6] = known(
        7, found[6], status=Status.ACKNOWLEDGED, acknowledged_by="minji", note="load test until Friday, then back"
    )
    return tuple(entries)


def _staging() -> tuple[KnownFinding, ...]:
    found = [
        finding(
            Kind.CHANGED,
            Severity.HIGH,
            "module.data.aws_s3_bucket_public_access_block.assets",
            change("block_public_acls", recorded=True, observed=False),
            change("block_public_policy", recorded=True, observed=False),
            position="iac_templates/modules/data/assets.tf:30",
            reasons=("public access is no longer blocked",),
        ),
        finding(
            Kind.CHANGED,
            Severity.MEDIUM,
            "module.app.aws_ecs_service.api",
            change("desired_count", 2, 6),
            position="iac_templates/modules/app/service.tf:44",
        ),
        *(
            finding(
                Kind.DELETED,
                Severity.HIGH,
                f'module.app.aws_cloudwatch_metric_alarm.depth["{name}"]',
                position="iac_templates/modules/app/alarms.tf:2",
                reasons=("a recorded resource is gone",),
            )
            for name in ("jobs", "mail")
        ),
        *(
            finding(
                Kind.UNMANAGED,
                Severity.MEDIUM,
                f"aws_ebs_volume.vol_{n}",
                label=f"aws_ebs_volume vol-0{n}bcdef0123456789",
                declared=False,
                suggested_address=f"aws_ebs_volume.vol_0{n}bcdef0123456789",
            )
            for n in range(3)
        ),
        finding(
            Kind.CHANGED,
            Severity.LOW,
            "module.app.aws_ecs_cluster.main",
            change("tags.Team", "orders", "order"),
        ),
    ]
    return tuple(known(number, item) for number, item in enumerate(found, start=21))


def sample() -> Report:
    """Three workspaces: production and staging have drifted, development could not be scanned."""
    return Report(
        PassFacts("5a1f6c1e-6b0a-4c57-9a52-0d4b1f9c3f10", Depth.EXACT, START, START + timedelta(seconds=4.218), 347),
        (
            WorkspaceReport(
                "production",
                "production",
                Verdict.DRIFTED,
                "iac_templates/production",
                "sha256:4f1c",
                "b1d7c1a2-0000-4000-8000-000000000001",
                118,
                62,
                Coverage(
                    62,
                    59,
                    (
                        UnknownResource("module.data.aws_kms_key.orders", Reason.DENIED, KMS_DENIED),
                        UnknownResource("module.data.aws_kms_key.exports", Reason.DENIED, KMS_DENIED),
                        UnknownResource("module.app.aws_sqs_queue.mail", Reason.TIMEOUT, "no answer within 60 s"),
                    ),
                ),
                _production(),
                (IgnoredAttribute("module.app.aws_ecs_service.api", "desired_count"),),
                (
                    Suppression(
                        "aws_autoscaling_group.*:desired",
                        "the autoscaler has it",
                        "platform",
                        "2027-06-30",
                        2,
                    ),
                    Suppression("aws_instance.blue", "blue-green cut-over", "minji", "2026-10-01", 0, expired=True),
                ),
                (
                    Problem(
                        "a closing brace is missing",
                        "the rest of the file is read",
                        "iac_templates/modules/app/x.tf",
                        7,
                        3,
                    ),
                ),
            ),
            WorkspaceReport(
                "staging",
                "staging",
                Verdict.DRIFTED,
                "iac_templates/staging",
                "sha256:88aa",
                "b1d7c1a2-0000-4000-8000-000000000002",
                41,
                58,
                Coverage(58, 58),
                _staging(),
            ),
            WorkspaceReport(
                "development",
                "development",
                Verdict.UNKNOWN,
                "iac_templates/development",
                fault=Problem(
                    "the template folder of workspace 'development' does not exist or is no folder",
                    "looked for iac_templates/development",
                    "reconciler.toml",
                    31,
                    1,
                ),
            ),
        ),
    )


def in_sync() -> Report:
    workspace = WorkspaceReport(
        "production",
        "production",
        Verdict.IN_SYNC,
        "iac_templates/production",
        state_serial=7,
        coverage=Coverage(62, 62),
    )
    return Report(PassFacts("p", Depth.EXACT, START, START + timedelta(seconds=1.41), 131), (workspace,))


SECRET = "digest-of-a-secret-5309"
"""What no view of anything may show."""

# --- any report --------------------------------------------------------------------------------------

# Reports are large: shrinking one takes minutes, and the value that fails says enough.
any_values = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

words = st.text(max_size=30) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "=1+1",
        "a|b`c`",
        "\x1b[2J",
        "\u202eevil",
        "한국어" * 20,
        "x" * 300,
        "\ud800",
        "\r\n# h",
    ]
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), words, st.builds(Sensitive, st.just(SECRET))
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(words, inner, max_size=3)
        | st.dictionaries(words, st.none() | st.text(), max_size=2).map(json.dumps)
    ),
    max_leaves=8,
)
paths = st.lists(words | st.integers(0, 9), min_size=1, max_size=4).map(tuple)
sets = st.none() | st.lists(values, max_size=7).map(tuple)
changes = st.builds(Change, paths, values, values, st.booleans(), st.booleans(), sets, sets)
maybe = st.none() | words
findings = st.builds(
    Finding,
    kind=st.sampled_from(Kind),
    severity=st.sampled_from(Severity),
    label=words,
    resource_type=words,
    address=maybe,
    suggested_address=maybe,
    resource_id=maybe,
    arn=maybe,
    account_id=maybe,
    region=maybe,
    changes=st.lists(changes, max_size=3).map(tuple),
    reasons=st.lists(words, max_size=2).map(tuple),
    position=maybe | st.just("main.tf:3"),
    detail=maybe,
)
times = st.datetimes(timezones=st.just(UTC))
known_findings = st.builds(
    KnownFinding,
    id=st.uuids().map(str) | words.filter(bool),
    finding=findings,
    status=st.sampled_from(Status),
    first_seen=times,
    last_seen=times,
    acknowledged_by=maybe,
    note=maybe,
    attribution=st.none() | st.dictionaries(words, values, max_size=2),
)
problems = st.builds(Problem, words, maybe, maybe, st.none() | st.integers(1, 10**6), st.none() | st.integers(1, 10**6))
coverages = st.builds(
    Coverage,
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.lists(st.builds(UnknownResource, words, st.sampled_from(Reason), words), max_size=8).map(tuple),
)
workspaces = st.builds(
    WorkspaceReport,
    name=words,
    environment=words,
    verdict=st.sampled_from(Verdict),
    template_path=words,
    template_digest=maybe,
    state_lineage=maybe,
    state_serial=st.none() | st.integers(0, 10**12),
    state_resources=st.integers(0, 10**6),
    coverage=coverages,
    findings=st.lists(known_findings, max_size=4).map(tuple),
    ignored=st.lists(st.builds(IgnoredAttribute, words, words), max_size=2).map(tuple),
    suppressed=st.lists(
        st.builds(Suppression, words, words, words, maybe, st.integers(0, 99), st.booleans()), max_size=2
    ).map(tuple),
    problems=st.lists(problems, max_size=2).map(tuple),
    fault=st.none() | problems,
)
facts = st.builds(PassFacts, words, st.sampled_from(Depth), times, times, st.integers(0, 10**9))
reports = st.builds(Report, st.none() | facts, st.lists(workspaces, max_size=3).map(tuple))
