"""Every row and every pattern of the built-in table of severities, each with a change that only it catches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.drift.finding import Change, Finding, Kind, Severity
from reconciler.drift.severity import Judgement, judge
from reconciler.drift.values import parse_path

LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
MOVED, OFF, ON, LOWER = ("a", "b"), (True, False), (None, True), (7, 1)
WORLD, PUBLIC, ADMIN = ("10.0.0.0/8", "0.0.0.0/0"), ("x", "*"), ("x", "arn:aws:iam::aws:policy/AdministratorAccess")
WEAKER, STOPPED = ("required", "optional"), ("running", "stopped")

# What is said of a move from one value to another, at each of these places.
ROWS = [
    (LOW, "tags", MOVED, """
        aws_s3_bucket.tags aws_s3_bucket.tags.Name aws_s3_bucket.tags_all aws_s3_bucket.tags_all.Name
        aws_s3_bucket.tags["a.b"] aws_s3_bucket.tags_all["a.b"]
        aws_autoscaling_group.tag aws_autoscaling_group.tag[0].value"""),
    (LOW, "description", MOVED, """
        aws_iam_role.description aws_cloudfront_distribution.comment aws_iam_policy.description
        aws_ec2_managed_prefix_list.entry[0].description aws_security_group.ingress[0].description"""),
    (HIGH, "outbound traffic to everywhere", WORLD, """
        aws_vpc_security_group_egress_rule.cidr_ipv4 aws_security_group.egress aws_default_security_group.egress
        aws_security_group.egress[0].cidr_blocks aws_network_acl.egress aws_default_network_acl.egress"""),
    (CRITICAL, "open to the world", WORLD, """
        aws_security_group.ingress aws_security_group_rule.cidr_blocks[0] aws_default_security_group.ingress
        aws_vpc_security_group_ingress_rule.cidr_ipv4 aws_network_acl.ingress aws_network_acl_rule.cidr_block
        aws_default_network_acl.ingress aws_ec2_managed_prefix_list.entry aws_ec2_managed_prefix_list_entry.cidr
        aws_eks_cluster.vpc_config[0].public_access_cidrs aws_thing.cidr_blocks
        aws_thing.allowed[0].ipv6_cidr_blocks"""),
    (CRITICAL, "administrator's rights granted", ADMIN, """
        aws_iam_role_policy_attachment.policy_arn aws_iam_role.managed_policy_arns aws_ssoadmin_thing.anything"""),
    (CRITICAL, "public access granted", PUBLIC, """
        aws_s3_bucket_policy.policy aws_iam_role.assume_role_policy aws_opensearch_domain.access_policies
        aws_thing.resource_policy[0].policy aws_thing.policies[0].text aws_iam_role.inline_policy[0].text
        aws_cloudwatch_log_resource_policy.policy_document aws_thing.policy_text
        aws_s3_bucket.grant aws_s3_bucket.grant[0].uri aws_s3_bucket_acl.access_control_policy[0].grant
        aws_s3_bucket_acl.acl aws_db_snapshot.shared_accounts aws_lambda_permission.principal aws_thing.principals
        aws_vpc_endpoint_service.allowed_principals aws_vpc_endpoint_service_allowed_principal.principal_arn"""),
    (CRITICAL, "reachable from the internet", ON, """
        aws_db_instance.publicly_accessible aws_thing.public aws_eks_cluster.vpc_config[0].endpoint_public_access
        aws_subnet.map_public_ip_on_launch aws_instance.associate_public_ip_address"""),
    (CRITICAL, "public access no longer blocked", OFF, """
        aws_s3_bucket_public_access_block.block_public_acls aws_s3_bucket_public_access_block.block_public_policy
        aws_s3_bucket_public_access_block.ignore_public_acls
        aws_s3_bucket_public_access_block.restrict_public_buckets
        aws_s3_access_point.public_access_block_configuration[0].x
        aws_ebs_snapshot_block_public_access.state aws_ec2_image_block_public_access.state
        aws_emr_block_public_access_configuration.anything"""),
    (HIGH, "a route to everywhere", WORLD, """
        aws_route.destination_cidr_block aws_route_table.route aws_default_route_table.route"""),
    (CRITICAL, "audit log off", OFF, """
        aws_cloudtrail.enable_logging aws_cloudtrail.is_multi_region_trail aws_cloudtrail.enable_log_file_validation
        aws_cloudtrail.include_global_service_events"""),
    (CRITICAL, "detection off", OFF, """
        aws_guardduty_detector.enable aws_securityhub_standards_subscription.status aws_macie2_account.status
        aws_config_configuration_recorder_status.is_enabled"""),
    (HIGH, "a key is disabled", OFF, """
        aws_kms_key.is_enabled aws_kms_external_key.enabled aws_kms_replica_key.key_state"""),
    (HIGH, "encryption off or changed", MOVED, """
        aws_ebs_volume.encrypted aws_ebs_volume.kms_key_id aws_thing.sse_type aws_thing.rule[0].sse_algorithm
        aws_sqs_queue.sqs_managed_sse_enabled aws_kms_key.enable_key_rotation aws_kms_key.rotation_period_in_days
        aws_cloudfront_distribution.viewer_certificate[0].minimum_protocol_version aws_lb_listener.ssl_policy
        aws_opensearch_domain.domain_endpoint_options[0].enforce_https
        aws_opensearch_domain.domain_endpoint_options[0].tls_security_policy
        aws_cloudfront_distribution.default_cache_behavior[0].viewer_protocol_policy
        aws_s3_bucket_server_side_encryption_configuration.rule aws_ebs_encryption_by_default.enabled"""),
    (HIGH, "protection against deletion off", OFF, """
        aws_db_instance.deletion_protection aws_dynamodb_table.deletion_protection_enabled
        aws_instance.disable_api_termination aws_instance.disable_api_stop aws_s3_bucket.versioning[0].mfa_delete
        aws_emr_cluster.termination_protection"""),
    (HIGH, "recovery weakened", OFF, """
        aws_s3_bucket.versioning[0].enabled aws_s3_bucket_versioning.versioning_configuration[0].status
        aws_dynamodb_table.point_in_time_recovery[0].enabled"""),
    (HIGH, "recovery weakened", LOWER, """
        aws_db_instance.backup_retention_period aws_elasticache_cluster.snapshot_retention_limit
        aws_secretsmanager_secret.recovery_window_in_days"""),
    (HIGH, "logging off", MOVED, """
        aws_s3_bucket.logging aws_lb.access_logs[0].bucket aws_ecs_cluster.configuration[0].log_configuration
        aws_db_instance.enabled_cloudwatch_logs_exports aws_eks_cluster.enabled_cluster_log_types
        aws_elasticache_cluster.log_delivery_configuration
        aws_globalaccelerator_accelerator.attributes[0].flow_logs_enabled
        aws_flow_log.log_destination aws_wafv2_web_acl_logging_configuration.log_destination_configs
        aws_thing.log_destination_type aws_s3_bucket_logging.target_bucket
        aws_wafv2_web_acl_logging_configuration.resource_arn aws_flow_log.traffic_type"""),
    (HIGH, "alarms silenced", OFF, """
        aws_cloudwatch_metric_alarm.actions_enabled aws_cloudwatch_composite_alarm.ok_actions"""),
    (HIGH, "schedule or trigger off", OFF, """
        aws_cloudwatch_event_rule.state aws_cloudwatch_event_rule.is_enabled aws_scheduler_schedule.state
        aws_lambda_event_source_mapping.enabled"""),
    (MEDIUM, "logs kept shorter", LOWER, "aws_cloudwatch_log_group.retention_in_days"),
    (HIGH, "instance metadata open to version 1", WEAKER, """
        aws_instance.metadata_options[0].http_tokens aws_launch_template.metadata_options[0].http_tokens"""),
    (HIGH, "scanning off", OFF, """
        aws_ecr_repository.image_scanning_configuration[0].scan_on_push aws_ecr_thing.scan_on_push"""),
    (MEDIUM, "configuration changed", MOVED, """
        aws_sqs_queue.redrive_policy aws_sqs_queue.redrive_allow_policy aws_sns_topic.delivery_policy
        aws_efs_file_system.lifecycle_policy aws_route53_record.weighted_routing_policy
        aws_autoscaling_group.termination_policies aws_thing.scaling_policy
        aws_scheduler_schedule.target[0].retry_policy
        aws_cloudfront_distribution.default_cache_behavior[0].origin_request_policy
        aws_cloudfront_distribution.default_cache_behavior[0].response_headers_policy aws_thing.deletion_policy"""),
    (MEDIUM, "configuration changed", ON, """
        aws_cloudfront_distribution.default_cache_behavior[0].viewer_protocol_policy"""),
    (HIGH, "trust changed", MOVED, "aws_iam_role.assume_role_policy"),
    (HIGH, "rights changed", MOVED, """
        aws_iam_policy.policy aws_iam_role.inline_policy aws_iam_group_policies_exclusive.policy_names
        aws_iam_policy.attachment_count aws_iam_user.permissions_boundary aws_iam_instance_profile.role
        aws_iam_policy_attachment.roles aws_iam_policy_attachment.users aws_iam_policy_attachment.groups"""),
    (HIGH, "credentials changed", MOVED, """
        aws_iam_user_login_profile.password_length aws_iam_access_key.status aws_iam_server_certificate.certificate_body
        aws_iam_signing_certificate.certificate_body aws_iam_openid_connect_provider.thumbprint_list
        aws_iam_saml_provider.saml_metadata_document aws_iam_service_specific_credential.status
        aws_iam_account_password_policy.minimum_password_length"""),
    (HIGH, "made anew under the same name", MOVED, """
        aws_iam_role.unique_id aws_iam_policy.policy_id aws_iam_role.create_date"""),
    (HIGH, "access policy changed", MOVED, """
        aws_s3_bucket.policy aws_iot_thing.thing_policy aws_opensearch_domain.access_policies
        aws_thing.resource_policy[0].policy aws_thing.policies[0].text aws_thing.inline_policy[0].text
        aws_cloudwatch_log_resource_policy.policy_document aws_thing.policy_text"""),
    (HIGH, "access granted or taken", MOVED, """
        aws_s3_bucket.grant aws_kms_grant.grantee_principal aws_s3_bucket_acl.acl
        aws_s3_bucket_acl.access_control_policy[0].owner aws_db_snapshot.shared_accounts"""),
    (HIGH, "network rules changed", MOVED, """
        aws_security_group.ingress aws_security_group_rule.from_port aws_default_security_group.ingress
        aws_vpc_security_group_ingress_rule.from_port aws_network_acl.ingress aws_network_acl_rule.rule_number
        aws_default_network_acl.ingress aws_ec2_managed_prefix_list.max_entries"""),
    (HIGH, "routes changed", MOVED, """
        aws_route.nat_gateway_id aws_route_table.route aws_route_table.route[0].x aws_default_route_table.route"""),
    (HIGH, "network identity changed", MOVED, """
        aws_instance.vpc_security_group_ids aws_network_interface.security_groups
        aws_vpc_endpoint.security_group_ids aws_instance.iam_instance_profile
        aws_ecs_task_definition.execution_role_arn aws_ecs_task_definition.task_role_arn aws_lambda_function.role
        aws_sfn_state_machine.role_arn aws_vpc_endpoint.subnet_ids"""),
    (HIGH, "code changed", MOVED, """
        aws_lambda_function.code_sha256 aws_lambda_function.source_code_hash aws_lambda_function.image_uri
        aws_launch_template.image_id aws_instance.user_data aws_launch_template.user_data
        aws_instance.user_data_base64 aws_ecs_task_definition.container_definitions aws_lambda_function.layers
        aws_lambda_function.handler"""),
    (HIGH, "a secret changed", MOVED, """
        aws_ssm_parameter.value aws_ssm_parameter.insecure_value aws_secretsmanager_secret_version.secret_string
        aws_secretsmanager_secret_version.secret_binary aws_secretsmanager_secret_version.version_id"""),
    (HIGH, "a name points elsewhere", MOVED, """
        aws_route53_record.records aws_route53_record.alias aws_route53_record.alias[0].name
        aws_route53_record.type aws_route53_record.name"""),
    (HIGH, "stopped or on its way out", STOPPED, """
        aws_instance.instance_state aws_db_instance.status aws_eks_node_group.node_status aws_sfn_state_machine.state
        aws_lambda_function.reserved_concurrent_executions"""),
]  # fmt: skip

# The closest places of which that is not said.
OTHERS = [
    (PUBLIC, "aws_thing.allowed_origins aws_thing.principal_type aws_thing.subject"),
    (ON, "aws_thing.enabled aws_thing.publicly_accessible_to aws_thing.endpoint_private_access"),
    (
        OFF,
        """
        aws_thing.enabled aws_thing.is_enabled aws_thing.enable aws_thing.is_multi_region_trail aws_kms_alias.enabled
        aws_cloudtrail.is_organization_trail aws_guardduty_filter.enable aws_kms_key.multi_region
        aws_thing.scan_on_push aws_ecr_repository.force_delete aws_thing.actions_enabled aws_thing.ok_actions
        aws_cloudwatch_metric_alarm.treat_missing_data aws_cloudwatch_event_rule.role_name aws_thing.block_private_x
        aws_cloudwatch_dashboard.actions_enabled aws_thing.termination aws_thing.public_access_block""",
    ),
    # Switched on: no protection that is lost.
    (
        ON,
        """
        aws_lb.access_logs[0].enabled aws_flow_log.traffic_type aws_ebs_volume.encrypted aws_s3_bucket.logging
        aws_ebs_encryption_by_default.enabled aws_s3_bucket_logging.target_bucket aws_kms_key.is_enabled
        aws_db_instance.deletion_protection aws_s3_bucket.versioning aws_cloudtrail.enable_logging""",
    ),
    (LOWER, "aws_thing.retention_in_hours aws_thing.size aws_thing.backup_window"),
    (WEAKER, "aws_thing.http_tokens aws_instance.metadata_options[0].instance_metadata_tags"),
    (WORLD, "aws_thing.source_address aws_thing.cidr aws_thing.cidr_block"),
    (STOPPED, "aws_thing.phase aws_thing.states"),
    (
        MOVED,
        """
        aws_thing.users aws_thing.roles aws_iam_group.path aws_thing.unique_id aws_thing.policy_id
        aws_thing.nat_gateway_id aws_thing.route aws_route.timeouts aws_thing.value aws_thing.secret_string
        aws_ssm_parameter.data_type aws_thing.records aws_route53_record.ttl aws_thing.from_port
        aws_thing.password_length aws_security_thing.ingress aws_thing.instance_state aws_thing.status
        aws_thing.versioning aws_thing.deletion_protection aws_thing.retention_in_days aws_thing.publicly_accessible
        aws_thing.tagged aws_thing.descriptions aws_thing.entry aws_thing.actions_enabled""",
    ),
]
ROWS += [(MEDIUM, "configuration changed", move, text) for move, text in OTHERS]


def places(text: str) -> Iterator[tuple[str, str]]:
    for place in text.split():
        type_, _, path = place.partition(".")
        yield type_, path


EVERY = [(severity, reason, move, *place) for severity, reason, move, text in ROWS for place in places(text)]


def judged(type_: str, path: str, before: Any, after: Any, kind: Kind = Kind.CHANGED) -> Judgement:
    change = Change(parse_path(path), before, after, configured=False)
    return judge(Finding(kind, MEDIUM, f"{type_}.x", type_, changes=(change,)))


@pytest.mark.parametrize(("severity", "reason", "move", "type_", "path"), EVERY)
def test_every_pattern(severity: Severity, reason: str, move: tuple[Any, Any], type_: str, path: str) -> None:
    assert judged(type_, path, *move) == Judgement(severity, (reason,))


@pytest.mark.parametrize(("severity", "reason", "move", "type_", "path"), [row for row in EVERY if row[2] is not MOVED])
def test_the_way_back_is_not_what_the_row_is_about(
    severity: Severity, reason: str, move: tuple[Any, Any], type_: str, path: str
) -> None:
    """Switched on again, closed again, kept longer: never that reason, and never worse."""
    back = judged(type_, path, *reversed(move))
    if reason != "configuration changed":
        assert reason not in back.reasons
    assert back.severity.rank <= severity.rank or reason == "configuration changed"


CHANGES = st.sampled_from(EVERY)


@given(CHANGES, st.lists(CHANGES, max_size=4), st.integers(0, 4))
def test_another_change_never_makes_a_finding_less_severe(one: Any, others: list[Any], at: int) -> None:
    def changes(*rows: Any) -> tuple[Change, ...]:
        return tuple(Change(parse_path(row[4]), *row[2], configured=False) for row in rows)

    alone = judge(Finding(Kind.CHANGED, MEDIUM, "x", one[3], changes=changes(one)))
    both = judge(Finding(Kind.CHANGED, MEDIUM, "x", one[3], changes=changes(*others[:at], one, *others[at:])))
    assert both.severity.rank >= alone.severity.rank
    assert both.severity is not alone.severity or set(both.reasons) >= set(alone.reasons)


DELETED = {
    (CRITICAL, "data or keys deleted"): """
        aws_s3_bucket aws_s3_directory_bucket aws_s3tables_table aws_db_instance aws_db_snapshot
        aws_db_cluster_snapshot aws_rds_cluster aws_rds_global_cluster aws_docdb_cluster aws_docdb_global_cluster
        aws_neptune_cluster aws_neptune_global_cluster aws_redshift_cluster aws_redshiftserverless_namespace
        aws_dynamodb_table aws_keyspaces_table aws_timestreamwrite_table aws_efs_file_system
        aws_fsx_lustre_file_system aws_fsx_ontap_volume aws_ebs_volume aws_ebs_snapshot aws_elasticache_cluster
        aws_elasticache_replication_group aws_memorydb_cluster aws_opensearch_domain aws_elasticsearch_domain
        aws_opensearchserverless_collection aws_msk_cluster aws_glacier_vault aws_ecr_repository aws_backup_vault
        aws_kms_key aws_kms_external_key aws_secretsmanager_secret aws_cognito_user_pool aws_route53_zone""",
    (CRITICAL, "a guard is gone"): """
        aws_cloudtrail aws_cloudtrail_event_data_store aws_guardduty_detector aws_securityhub_account
        aws_config_configuration_recorder aws_config_configuration_recorder_status aws_macie2_account
        aws_s3_bucket_public_access_block aws_s3_account_public_access_block""",
    # The closest ones that hold no data and guard nothing; types whose changes have a row of their own.
    (HIGH, "deleted"): """
        aws_sqs_queue aws_s3_bucket_policy aws_db_subnet_group aws_kms_alias aws_route53_record
        aws_securityhub_insight aws_iam_access_key aws_security_group aws_flow_log aws_s3_bucket_logging
        aws_s3_bucket_server_side_encryption_configuration aws_network_acl aws_iam_role""",
}
WHOLE = [(said, type_) for said, types in DELETED.items() for type_ in types.split()]


@pytest.mark.parametrize(("said", "type_"), WHOLE)
def test_deleted(said: tuple[Severity, str], type_: str) -> None:
    severity, reason = said
    assert judge(Finding(Kind.DELETED, MEDIUM, f"{type_}.x", type_)) == Judgement(severity, (reason,))


@pytest.mark.parametrize(("said", "type_"), WHOLE)
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Kind.UNMANAGED, "in no template"),
        (Kind.UNAPPLIED, "merged but not applied"),
        (Kind.ORPHANED, "no longer in the template"),
    ],
)
def test_what_is_only_in_no_template_is_not_lost(said: object, type_: str, kind: Kind, reason: str) -> None:
    known = (HIGH, "rights nobody declared") if kind is Kind.UNMANAGED and type_.startswith("aws_iam_") else None
    severity, why = known or (MEDIUM, reason)
    assert judge(Finding(kind, MEDIUM, f"{type_}.x", type_)) == Judgement(severity, (why,))
