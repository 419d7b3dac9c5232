"""The table of severities, with changes of real attributes of the AWS provider."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.drift import dangers
from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.severities import BUILT_IN, Row
from reconciler.drift.severity import Judgement, judge, judge_change
from reconciler.drift.values import Path, Sensitive, parse_path

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def doc(**statement: Any) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **statement}]})


def change(path: str | Path, before: Any, after: Any, *, as_set: bool = False) -> Change:
    steps = parse_path(path) if isinstance(path, str) else path
    if not as_set:
        return Change(steps, before, after, configured=False)
    came, went = [v for v in after if v not in before], [v for v in before if v not in after]
    return Change(steps, before, after, configured=False, added=tuple(came), removed=tuple(went))


def finding(type_: str, *changes: Change, kind: Kind = Kind.CHANGED) -> Finding:
    return Finding(kind, Severity.MEDIUM, f"{type_}.x", type_, changes=changes)


LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
S3 = "aws_s3_bucket"
ENTRY = {"protocol": "tcp", "from_port": 22, "to_port": 22}


@pytest.mark.parametrize(
    ("type_", "what", "severity", "reason"),
    [
        (S3, change("tags.Name", "a", "b"), LOW, "tags"),
        (S3, change('tags_all["a.b"]', "a", None), LOW, "tags"),
        ("aws_autoscaling_group", change("tag", [], [{"key": "k"}], as_set=True), LOW, "tags"),
        ("aws_iam_role", change("description", "a", "b"), LOW, "description"),
        # Opened.
        ("aws_security_group", change("ingress", [], [{**ENTRY, "cidr_blocks": ["0.0.0.0/0"]}], as_set=True),
         CRITICAL, "open to the world"),
        ("aws_security_group", change("ingress", [], [{**ENTRY, "cidr_blocks": ["0.0.0.0/1"]}], as_set=True),
         CRITICAL, "open to the world"),
        ("aws_security_group", change("ingress", [], [{**ENTRY, "ipv6_cidr_blocks": ["::/0"]}], as_set=True),
         CRITICAL, "open to the world"),
        ("aws_security_group", change("ingress", [], [{**ENTRY, "cidr_blocks": ["10.0.0.0/8"]}], as_set=True),
         HIGH, "network rules changed"),
        ("aws_security_group", change("ingress", [{**ENTRY, "cidr_blocks": ["0.0.0.0/0"]}], [], as_set=True),
         HIGH, "network rules changed"),
        ("aws_security_group", change("egress", [], [{**ENTRY, "cidr_blocks": ["0.0.0.0/0"]}], as_set=True),
         HIGH, "outbound traffic to everywhere"),
        ("aws_vpc_security_group_egress_rule", change("cidr_ipv4", "10.0.0.0/8", "0.0.0.0/0"), HIGH,
         "outbound traffic to everywhere"),
        ("aws_vpc_security_group_ingress_rule", change("cidr_ipv4", "10.0.0.0/8", "0.0.0.0/0"), CRITICAL,
         "open to the world"),
        ("aws_security_group_rule", change("cidr_blocks[0]", "10.0.0.0/8", "::/0"), CRITICAL, "open to the world"),
        ("aws_network_acl", change("ingress", [], [{"action": "allow", "cidr_block": "0.0.0.0/0"}], as_set=True),
         CRITICAL, "open to the world"),
        ("aws_network_acl", change("ingress", [], [{"action": "deny", "cidr_block": "0.0.0.0/0"}], as_set=True),
         HIGH, "network rules changed"),
        ("aws_ec2_managed_prefix_list", change("entry", [], [{"cidr": "0.0.0.0/0"}], as_set=True), CRITICAL,
         "open to the world"),
        ("aws_eks_cluster", change("vpc_config[0].public_access_cidrs", ["10.0.0.0/8"], ["0.0.0.0/0"], as_set=True),
         CRITICAL, "open to the world"),
        ("aws_eks_cluster", change("vpc_config[0].endpoint_public_access", False, True), CRITICAL,
         "reachable from the internet"),
        ("aws_db_instance", change("publicly_accessible", False, True), CRITICAL, "reachable from the internet"),
        ("aws_db_instance", change("publicly_accessible", True, False), MEDIUM, "configuration changed"),
        ("aws_subnet", change("map_public_ip_on_launch", None, True), CRITICAL, "reachable from the internet"),
        ("aws_s3_bucket_public_access_block", change("block_public_acls", True, False), CRITICAL,
         "public access no longer blocked"),
        ("aws_s3_account_public_access_block", change("restrict_public_buckets", True, False), CRITICAL,
         "public access no longer blocked"),
        ("aws_s3_access_point", change("public_access_block_configuration[0].block_public_policy", True, False),
         CRITICAL, "public access no longer blocked"),
        ("aws_ebs_snapshot_block_public_access", change("state", "block-all-sharing", "unblocked"), CRITICAL,
         "public access no longer blocked"),
        ("aws_s3_bucket_policy", change("policy", "", doc(Principal="*")), CRITICAL, "public access granted"),
        (S3, change("policy", "", doc(Principal={"AWS": ["*"]})), CRITICAL, "public access granted"),
        ("aws_sqs_queue", change("policy", "", doc(NotPrincipal={"AWS": "x"})), CRITICAL, "public access granted"),
        (S3, change("policy", "", doc(Effect="Deny", Principal="*")), HIGH, "access policy changed"),
        (S3, change("policy", doc(Principal="*", Sid="a"), doc(Principal="*", Sid="a")), HIGH, "access policy changed"),
        (S3, change("grant", [], [{"uri": ALL_USERS}], as_set=True), CRITICAL, "public access granted"),
        ("aws_s3_bucket_acl", change("acl", "private", "public-read"), CRITICAL, "public access granted"),
        ("aws_s3_bucket_acl", change("acl", "public-read", "private"), HIGH, "access granted or taken"),
        ("aws_db_snapshot", change("shared_accounts", [], ["all"], as_set=True), CRITICAL, "public access granted"),
        ("aws_lambda_permission", change("principal", "sns.amazonaws.com", "*"), CRITICAL, "public access granted"),
        ("aws_iam_role", change("assume_role_policy", doc(Principal={"AWS": "1"}), doc(Principal={"AWS": "*"})),
         CRITICAL, "public access granted"),
        ("aws_iam_role", change("managed_policy_arns", [], [ADMIN], as_set=True), CRITICAL,
         "administrator's rights granted"),
        ("aws_iam_role", change("inline_policy", [], [{"name": "x", "policy": doc(Action="*")}], as_set=True),
         CRITICAL, "administrator's rights granted"),
        ("aws_iam_policy", change("policy", doc(), doc(Action=["IAM:*"])), CRITICAL, "administrator's rights granted"),
        ("aws_iam_policy", change("policy", doc(), doc(Action="*", Resource="arn:aws:s3:::b")), HIGH, "rights changed"),
        ("aws_route_table", change("route", [], [{"cidr_block": "0.0.0.0/0", "gateway_id": "igw"}], as_set=True),
         HIGH, "a route to everywhere"),
        # Protection off.
        ("aws_cloudtrail", change("enable_logging", True, False), CRITICAL, "audit log off"),
        ("aws_guardduty_detector", change("enable", True, False), CRITICAL, "detection off"),
        ("aws_macie2_account", change("status", "ENABLED", "PAUSED"), CRITICAL, "detection off"),
        ("aws_kms_key", change("is_enabled", True, False), HIGH, "a key is disabled"),
        ("aws_kms_key", change("enable_key_rotation", True, False), HIGH, "encryption off or changed"),
        ("aws_db_instance", change("storage_encrypted", True, False), HIGH, "encryption off or changed"),
        ("aws_ebs_volume", change("kms_key_id", "a", "b"), HIGH, "encryption off or changed"),
        ("aws_ebs_volume", change("encrypted", False, True), MEDIUM, "configuration changed"),
        ("aws_s3_bucket_server_side_encryption_configuration",
         change("rule", [{"sse_algorithm": "aws:kms"}], [{"sse_algorithm": "AES256"}], as_set=True), HIGH,
         "encryption off or changed"),
        ("aws_ebs_encryption_by_default", change("enabled", True, False), HIGH, "encryption off or changed"),
        ("aws_ebs_encryption_by_default", change("enabled", False, True), MEDIUM, "configuration changed"),
        ("aws_flow_log", change("traffic_type", "ALL", "REJECT"), HIGH, "logging off"),
        (S3, change("server_side_encryption_configuration", [{"rule": 1}], []), HIGH, "encryption off or changed"),
        ("aws_sqs_queue", change("sqs_managed_sse_enabled", True, False), HIGH, "encryption off or changed"),
        ("aws_cloudfront_distribution",
         change("viewer_certificate[0].minimum_protocol_version", "TLSv1.2_2021", "TLSv1"), HIGH,
         "encryption off or changed"),
        # Not everything with "sse" in it is encryption.
        ("aws_globalaccelerator_accelerator", change("ip_addresses", ["1.2.3.4"], ["1.2.3.5"]), MEDIUM,
         "configuration changed"),
        ("aws_db_instance", change("deletion_protection", True, False), HIGH, "protection against deletion off"),
        ("aws_dynamodb_table", change("deletion_protection_enabled", True, False), HIGH,
         "protection against deletion off"),
        ("aws_instance", change("disable_api_termination", True, None), HIGH, "protection against deletion off"),
        ("aws_s3_bucket_versioning", change("versioning_configuration[0].status", "Enabled", "Suspended"), HIGH,
         "recovery weakened"),
        (S3, change("versioning[0].enabled", True, False), HIGH, "recovery weakened"),
        (S3, change("versioning[0].enabled", False, True), MEDIUM, "configuration changed"),
        ("aws_dynamodb_table", change("point_in_time_recovery[0].enabled", True, False), HIGH, "recovery weakened"),
        ("aws_db_instance", change("backup_retention_period", 7, 1), HIGH, "recovery weakened"),
        ("aws_db_instance", change("backup_retention_period", 1, 7), MEDIUM, "configuration changed"),
        ("aws_db_instance", change("backup_retention_period", 7, None), HIGH, "recovery weakened"),
        ("aws_lb", change("access_logs[0].enabled", True, False), HIGH, "logging off"),
        ("aws_eks_cluster", change("enabled_cluster_log_types", ["api", "audit"], ["api"], as_set=True), HIGH,
         "logging off"),
        ("aws_s3_bucket_logging", change("target_bucket", "a", "b"), HIGH, "logging off"),
        ("aws_cloudwatch_metric_alarm", change("alarm_actions", ["a"], []), HIGH, "alarms silenced"),
        ("aws_cloudwatch_metric_alarm", change("actions_enabled", True, False), HIGH, "alarms silenced"),
        ("aws_cloudwatch_event_rule", change("state", "ENABLED", "DISABLED"), HIGH, "schedule or trigger off"),
        ("aws_cloudwatch_log_group", change("retention_in_days", 365, 1), MEDIUM, "logs kept shorter"),
        ("aws_instance", change("metadata_options[0].http_tokens", "required", "optional"), HIGH,
         "instance metadata open to version 1"),
        ("aws_instance", change("metadata_options[0].http_tokens", "optional", "required"), MEDIUM,
         "configuration changed"),
        ("aws_ecr_repository", change("image_scanning_configuration[0].scan_on_push", True, False), HIGH,
         "scanning off"),
        # Rights, network, code.
        ("aws_sqs_queue", change("redrive_policy", "{}", '{"maxReceiveCount":3}'), MEDIUM, "configuration changed"),
        ("aws_route53_record", change("weighted_routing_policy[0].weight", 1, 2), MEDIUM, "configuration changed"),
        ("aws_iam_role", change("assume_role_policy", doc(), doc(Sid="x")), HIGH, "trust changed"),
        ("aws_iam_policy", change("attachment_count", 1, 2), HIGH, "rights changed"),
        ("aws_iam_role", change("unique_id", "AROA1", "AROA2"), HIGH, "made anew under the same name"),
        ("aws_iam_role", change("max_session_duration", 3600, 7200), MEDIUM, "configuration changed"),
        ("aws_iam_access_key", change("status", "Inactive", "Active"), HIGH, "credentials changed"),
        ("aws_instance", change("vpc_security_group_ids", ["a"], ["b"], as_set=True), HIGH, "network identity changed"),
        ("aws_lambda_function", change("source_code_hash", "a", "b"), HIGH, "code changed"),
        ("aws_ssm_parameter", change("value", Sensitive("1"), Sensitive("2")), HIGH, "a secret changed"),
        ("aws_route53_record", change("records", ["1.1.1.1"], ["2.2.2.2"], as_set=True), HIGH,
         "a name points elsewhere"),
        ("aws_instance", change("instance_state", "running", "stopped"), HIGH, "stopped or on its way out"),
        ("aws_instance", change("instance_state", "running", "shutting-down"), HIGH, "stopped or on its way out"),
        ("aws_lambda_function", change("reserved_concurrent_executions", -1, 0), HIGH, "stopped or on its way out"),
        ("aws_db_instance", change("status", "available", "configuring"), MEDIUM, "configuration changed"),
        ("aws_sqs_queue", change("visibility_timeout_seconds", 60, 90), MEDIUM, "configuration changed"),
    ],
)  # fmt: skip
def test_changes(type_: str, what: Change, severity: Severity, reason: str) -> None:
    assert judge(finding(type_, what)) == Judgement(severity, (reason,))


@pytest.mark.parametrize(
    ("type_", "kind", "severity", "reason"),
    [
        (S3, Kind.DELETED, CRITICAL, "data or keys deleted"),
        ("aws_kms_key", Kind.DELETED, CRITICAL, "data or keys deleted"),
        ("aws_db_subnet_group", Kind.DELETED, HIGH, "deleted"),
        ("aws_cloudtrail", Kind.DELETED, CRITICAL, "a guard is gone"),
        ("aws_s3_bucket_public_access_block", Kind.DELETED, CRITICAL, "a guard is gone"),
        ("aws_sqs_queue", Kind.DELETED, HIGH, "deleted"),
        ("aws_iam_user", Kind.UNMANAGED, HIGH, "rights nobody declared"),
        ("aws_instance", Kind.UNMANAGED, MEDIUM, "in no template"),
        ("aws_instance", Kind.UNAPPLIED, MEDIUM, "merged but not applied"),
        ("aws_instance", Kind.ORPHANED, MEDIUM, "no longer in the template"),
    ],
)
def test_whole_resources(type_: str, kind: Kind, severity: Severity, reason: str) -> None:
    assert judge(finding(type_, kind=kind)) == Judgement(severity, (reason,))


def test_as_severe_as_the_worst_with_all_reasons_that_bad() -> None:
    both = finding(
        "aws_db_instance", change("tags.a", "1", "2"), change("storage_encrypted", True, False),
        change("deletion_protection", True, False), change("port", 1, 2), change("deletion_protection", True, False),
    )  # fmt: skip
    assert judge(both) == Judgement(HIGH, ("encryption off or changed", "protection against deletion off"))


def test_the_worst_is_not_the_first_in_the_alphabet() -> None:
    every = [change("tags.a", "1", "2"), change("port", 1, 2), change("deletion_protection", True, False)]
    assert judge(finding("aws_db_instance", *every[:2])).severity is MEDIUM
    assert judge(finding("aws_db_instance", *every)).severity is HIGH


def test_rows_of_the_configuration_stand_above() -> None:
    mine = Row(CRITICAL, "our jobs", ("aws_sqs_*",), ("visibility*",), frozenset({Kind.CHANGED}))
    moved = change("visibility_timeout_seconds", 60, 90)
    rows = (mine, *BUILT_IN)
    assert judge(finding("aws_sqs_queue", moved), rows) == Judgement(CRITICAL, ("our jobs",))
    assert judge(finding("aws_sns_topic", moved), rows).severity is MEDIUM
    assert judge(finding("aws_sqs_queue", kind=Kind.DELETED), rows).severity is HIGH
    assert judge(finding("aws_sqs_queue", change("delay_seconds", 1, 2)), rows).severity is MEDIUM


def test_without_a_row_a_difference_is_a_difference() -> None:
    assert judge(finding("aws_x", change("a", 1, 2)), ()) == Judgement(MEDIUM, ("differs",))
    assert judge_change("aws_x", Kind.CHANGED, None, [Row(LOW, "p", paths=("a",))]) is None
    assert judge_change("aws_x", Kind.CHANGED, None, [Row(LOW, "w", when=dangers.turned_off)]) is None


def test_a_path_is_known_with_and_without_its_indexes() -> None:
    moved = change("rule[0].apply[1].kms", 1, 2)
    for pattern in ("rule[0].apply[1].kms", "rule.apply.kms", "rule*kms"):
        assert judge_change("aws_x", Kind.CHANGED, moved, [Row(LOW, "p", paths=(pattern,))]) is not None
    assert judge_change("aws_x", Kind.CHANGED, moved, [Row(LOW, "p", paths=("rule",))]) is None
