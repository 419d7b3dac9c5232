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
    (LOW, "the mark of an update", MOVED, """
        aws_wafv2_web_acl.lock_token aws_networkfirewall_firewall.update_token
        aws_networkfirewall_firewall_policy.policy_update_token"""),
    (CRITICAL, "public access granted", ("x", "All"), """
        aws_ssm_document.permissions aws_ssm_document.permissions.account_ids"""),
    (CRITICAL, "asks nobody's name", ("AWS_IAM", "NONE"), """
        aws_lambda_function_url.authorization_type aws_api_gateway_method.authorization
        aws_vpclattice_service.auth_type"""),
    (CRITICAL, "asks nobody's name", ON, """
        aws_cognito_identity_pool.allow_unauthenticated_identities aws_elasticache_user.no_password_required
        aws_opensearch_domain.advanced_security_options[0].anonymous_auth_enabled"""),
    (CRITICAL, "reachable from the internet", ON, """
        aws_launch_template.network_interfaces[0].associate_public_ip_address
        aws_ecs_service.network_configuration[0].assign_public_ip aws_sagemaker_notebook_instance.direct_internet_access
        aws_msk_cluster.broker_node_group_info[0].connectivity_info[0].public_access[0].type"""),
    (CRITICAL, "reachable from the internet", OFF, "aws_lb.internal aws_alb.internal aws_elb.internal"),
    (CRITICAL, "open to the world", WORLD, """
        aws_lightsail_instance_public_ports.port_info aws_workspaces_ip_group.rules
        aws_redshift_security_group.ingress aws_elasticache_security_group.ingress aws_db_security_group.ingress
        aws_ec2_client_vpn_authorization_rule.target_network_cidr"""),
    (HIGH, "every page may call it", (["https://a"], ["*"]), """
        aws_apigatewayv2_api.cors_configuration[0].allow_origins aws_s3_bucket_cors_configuration.cors_rule
        aws_lambda_function_url.cors[0].allow_origins"""),
    (CRITICAL, "detection off", OFF, """
        aws_inspector2_organization_configuration.status aws_detective_organization_configuration.enabled
        aws_accessanalyzer_analyzer.status aws_guardduty_member.is_enabled"""),
    (HIGH, "detection changed", MOVED, """
        aws_guardduty_filter.action aws_securityhub_insight.filters aws_config_config_rule.source
        aws_macie2_account.finding_publishing_frequency aws_inspector2_enabler.resource_types
        aws_detective_graph.arn aws_accessanalyzer_archive_rule.filter"""),
    (HIGH, "filters changed", MOVED, """
        aws_wafv2_web_acl.rule aws_wafv2_ip_set.addresses aws_waf_rule.predicates aws_wafregional_rule.predicate
        aws_networkfirewall_rule_group.rules aws_route53_resolver_firewall_rule.action aws_shield_protection.name
        aws_fms_policy.exclude_map aws_cloudfront_distribution.web_acl_id aws_api_gateway_stage.web_acl_arn"""),
    (HIGH, "a key is disabled", OFF, "aws_acmpca_certificate_authority.enabled"),
    (HIGH, "a key's name given to another key", MOVED, "aws_kms_alias.target_key_id aws_kms_alias.target_key_arn"),
    (HIGH, "encryption off or changed", MOVED, """
        aws_transfer_server.security_policy_name aws_api_gateway_domain_name.security_policy
        aws_acmpca_certificate_authority.key_storage_security_standard
        aws_lb_listener.protocol aws_lb_listener.certificate_arn aws_alb_listener.protocol"""),
    (HIGH, "encryption off or changed", OFF, "aws_db_proxy.require_tls aws_thing.options[0].require_ssl"),
    (HIGH, "protection against deletion off", OFF, """
        aws_thing.delete_protection aws_thing.subnet_change_protection"""),
    (HIGH, "recovery weakened", OFF, """
        aws_db_instance.multi_az aws_elasticache_replication_group.multi_az_enabled
        aws_elasticache_replication_group.automatic_failover_enabled aws_efs_backup_policy.backup_policy"""),
    (HIGH, "recovery weakened", MOVED, """
        aws_backup_plan.rule aws_backup_vault_lock_configuration.min_retention_days aws_dlm_lifecycle_policy.state
        aws_s3_bucket_object_lock_configuration.rule[0].default_retention[0].days
        aws_s3_bucket.object_lock_configuration
        aws_s3_bucket_replication_configuration.rule aws_efs_replication_configuration.destination
        aws_backup_selection.resources"""),
    (HIGH, "logging off", MOVED, """
        aws_apigatewayv2_stage.access_log_settings aws_redshift_thing.audit_log
        aws_opensearch_domain.log_publishing_options"""),
    (HIGH, "alarms silenced", ON, "aws_route53_health_check.disabled"),
    (HIGH, "alarms silenced", OFF, "aws_db_event_subscription.enabled aws_dms_event_subscription.enabled"),
    (HIGH, "schedule or trigger off", ("RUNNING", "STOPPED"), """
        aws_pipes_pipe.desired_state aws_glue_trigger.enabled aws_glue_crawler.schedule aws_iot_topic_rule.enabled
        aws_ssm_maintenance_window.enabled"""),
    (HIGH, "rights changed", MOVED, """
        aws_organizations_policy.content aws_organizations_policy_attachment.target_id
        aws_ssoadmin_permission_set.session_duration aws_lakeformation_permissions.permissions_list
        aws_ram_resource_share.allow_external_principals"""),
    (HIGH, "credentials changed", MOVED, """
        aws_elasticache_replication_group.auth_token aws_elasticache_user.access_string
        aws_elasticache_user.authentication_mode[0].type aws_memorydb_cluster.acl_name
        aws_msk_cluster.client_authentication"""),
    (HIGH, "credentials changed", OFF, "aws_rds_cluster.iam_database_authentication_enabled"),
    (HIGH, "sign-in changed", MOVED, """
        aws_cognito_user_pool.mfa_configuration aws_cognito_user_pool.software_token_mfa_configuration
        aws_cognito_user_pool.software_token_mfa_configuration[0].enabled
        aws_cognito_user_pool.password_policy[0].minimum_length aws_cognito_user_pool.user_pool_add_ons
        aws_cognito_user_pool.admin_create_user_config[0].x
        aws_cognito_user_pool_client.callback_urls aws_cognito_user_pool_client.default_redirect_uri
        aws_cognito_user_pool_client.allowed_oauth_flows aws_cognito_user_pool_client.explicit_auth_flows
        aws_cognito_user_pool_client.supported_identity_providers aws_cognito_user_pool_client.enable_token_revocation
        aws_cognito_identity_provider.provider_details.oidc_issuer aws_cognito_identity_pool.saml_provider_arns"""),
    (HIGH, "who may call it changed", MOVED, """
        aws_api_gateway_method.authorization aws_apigatewayv2_route.authorization_type aws_thing.auth_type
        aws_appsync_graphql_api.authentication_type aws_appsync_graphql_api.additional_authentication_provider
        aws_apigatewayv2_route.authorizer_id aws_api_gateway_method.authorization_scopes
        aws_api_gateway_method.api_key_required aws_api_gateway_authorizer.provider_arns
        aws_api_gateway_authorizer.identity_source aws_apigatewayv2_authorizer.jwt_configuration[0].issuer"""),
    (HIGH, "code changed", MOVED, """
        aws_ssm_document.content aws_glue_job.command[0].script_location aws_codebuild_project.source[0].location
        aws_codebuild_project.environment[0].image aws_codebuild_thing.source_code_hash
        aws_codepipeline.stage aws_batch_job_definition.eks_properties
        aws_sfn_state_machine.definition aws_batch_job_definition.container_properties
        aws_lambda_alias.function_version aws_lambda_alias.routing_config aws_cloudfront_function.code
        aws_sagemaker_model.primary_container aws_appsync_resolver.request_template aws_appsync_function.code
        aws_ecr_repository.image_tag_mutability aws_emr_cluster.bootstrap_action aws_codebuild_project.buildspec"""),
    (HIGH, "goes elsewhere", MOVED, """
        aws_lb_listener.default_action aws_lb_listener_rule.action[0].target_group_arn aws_alb_listener.default_action
        aws_api_gateway_integration.uri aws_apigatewayv2_integration.integration_uri
        aws_cloudfront_distribution.origin aws_cloudwatch_event_target.arn
        aws_cloudwatch_event_api_destination.invocation_endpoint aws_cloudwatch_log_destination.target_arn
        aws_cloudwatch_log_subscription_filter.destination_arn aws_sns_topic_subscription.endpoint
        aws_pipes_pipe.source aws_pipes_pipe.target aws_route53_resolver_rule.target_ip
        aws_kinesis_firehose_delivery_stream.extended_s3_configuration[0].bucket_arn aws_cloudtrail.s3_bucket_name
        aws_ses_receipt_rule.s3_action"""),
    (HIGH, "stopped or on its way out", STOPPED, """
        aws_thing.desired_state aws_cloudfront_distribution.enabled aws_thing.is_enabled"""),
]  # fmt: skip

# The closest places of which that is not said.
OTHERS = [
    (PUBLIC, "aws_thing.allowed_origins aws_thing.principal_type aws_thing.subject"),
    (ON, "aws_thing.enabled aws_thing.publicly_accessible_to aws_thing.endpoint_private_access"),
    (
        OFF,
        """
        aws_thing.enable aws_thing.is_multi_region_trail aws_kms_alias.enable
        aws_cloudtrail.is_organization_trail aws_guardian.enable aws_kms_key.multi_region
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
        aws_db_instance.deletion_protection aws_s3_bucket.versioning aws_cloudtrail.enable_logging
        aws_s3_bucket.object_lock_configuration aws_cloudfront_distribution.web_acl_id
        aws_cognito_user_pool.mfa_configuration aws_api_gateway_method.authorization""",
    ),
    (ON, "aws_thing.disabled aws_route53_health_check.inverted"),
    (OFF, "aws_thing_event_subscription.source_name aws_db_event_subscription.source_type"),
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
        aws_kms_key aws_kms_external_key aws_secretsmanager_secret aws_cognito_user_pool aws_route53_zone
        aws_lightsail_database aws_qldb_ledger aws_dsql_cluster aws_cloudhsm_v2_cluster
        aws_acmpca_certificate_authority aws_directory_service_directory aws_codecommit_repository
        aws_codeartifact_repository aws_storagegateway_cached_iscsi_volume""",
    (CRITICAL, "a guard is gone"): """
        aws_cloudtrail aws_cloudtrail_event_data_store aws_guardduty_detector aws_securityhub_account
        aws_config_configuration_recorder aws_config_configuration_recorder_status aws_macie2_account
        aws_s3_bucket_public_access_block aws_s3_account_public_access_block
        aws_ebs_snapshot_block_public_access aws_emr_block_public_access_configuration aws_inspector2_enabler
        aws_accessanalyzer_analyzer aws_detective_graph aws_shield_protection aws_wafv2_web_acl
        aws_wafv2_web_acl_association aws_networkfirewall_firewall aws_config_delivery_channel
        aws_backup_vault_lock_configuration""",
    # The closest ones that hold no data and guard nothing; types whose changes have a row of their own.
    (HIGH, "deleted"): """
        aws_sqs_queue aws_s3_bucket_policy aws_db_subnet_group aws_kms_alias aws_route53_record
        aws_securityhub_insight aws_iam_access_key aws_security_group aws_flow_log aws_s3_bucket_logging
        aws_s3_bucket_server_side_encryption_configuration aws_network_acl aws_iam_role
        aws_ram_resource_share aws_cognito_identity_pool aws_codebuild_project""",
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
