"""The built-in severity table. Read from the top; the first row that fits a change decides.

Order: what is only decoration, what opens the estate, what takes away protection, what changes rights and code, the
rest. ``docs/configuration.md`` shows the table to users; keep the reasons readable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reconciler.drift import dangers
from reconciler.drift.finding import Change, Kind, Severity


@dataclass(frozen=True, slots=True)
class Row:
    """A row: patterns over types and paths (``*`` for any text), kinds, a predicate; what it says, and why.

    No paths means any change, and findings without changes. No kinds means all kinds.
    """

    severity: Severity
    reason: str
    types: tuple[str, ...] = ("*",)
    paths: tuple[str, ...] = ()
    kinds: frozenset[Kind] = frozenset()
    when: Callable[[Change], bool] | None = None


_CHANGED: Final = frozenset({Kind.CHANGED})
_LOW, _MEDIUM, _HIGH, _CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
_DATA_STORES: Final = (
    "aws_s3_bucket",
    "aws_s3_directory_bucket",
    "aws_s3tables_*",
    "aws_db_instance",
    "aws_db_snapshot",
    "aws_db_cluster_snapshot",
    "aws_rds_cluster",
    "aws_rds_global_cluster",
    "aws_docdb_cluster",
    "aws_docdb_global_cluster",
    "aws_neptune_cluster",
    "aws_neptune_global_cluster",
    "aws_redshift_cluster",
    "aws_redshiftserverless_namespace",
    "aws_dynamodb_table",
    "aws_keyspaces_table",
    "aws_timestreamwrite_*",
    "aws_efs_file_system",
    "aws_fsx_*_file_system",
    "aws_fsx_*_volume",
    "aws_ebs_volume",
    "aws_ebs_snapshot",
    "aws_elasticache_cluster",
    "aws_elasticache_replication_group",
    "aws_memorydb_cluster",
    "aws_opensearch_domain",
    "aws_elasticsearch_domain",
    "aws_opensearchserverless_collection",
    "aws_msk_cluster",
    "aws_glacier_vault",
    "aws_ecr_repository",
    "aws_backup_vault",
    "aws_kms_*key",
    "aws_secretsmanager_secret",
    "aws_cognito_user_pool",
    "aws_route53_zone",
    "aws_lightsail_database",
    "aws_qldb_ledger",
    "aws_dsql_cluster",
    "aws_cloudhsm_v2_cluster",
    "aws_acmpca_certificate_authority",
    "aws_directory_service_directory",
    "aws_codecommit_repository",
    "aws_codeartifact_repository",
    "aws_storagegateway_*_volume",
)
_GUARDS: Final = (
    "aws_cloudtrail",
    "aws_cloudtrail_event_data_store",
    "aws_guardduty_detector",
    "aws_securityhub_account",
    "aws_config_configuration_recorder*",
    "aws_macie2_account",
    "aws_s3_*public_access_block",
    "aws_*_block_public_access*",
    "aws_inspector2_enabler",
    "aws_accessanalyzer_analyzer",
    "aws_detective_graph",
    "aws_shield_protection",
    "aws_wafv2_web_acl",
    "aws_wafv2_web_acl_association",
    "aws_networkfirewall_firewall",
    "aws_config_delivery_channel",
    "aws_backup_vault_lock_configuration",
)
_POLICIES: Final = (
    "policy",
    "*_policy",
    "*policies",
    "*_policy.policy",
    "policies*",
    "inline_policy*",
    "policy_document",
    "policy_text",
)
# Policies that grant nothing to anybody.
_HOUSEKEEPING: Final = (
    "redrive_policy",
    "redrive_allow_policy",
    "delivery_policy",
    "*lifecycle_policy*",
    "*routing_policy*",
    "*termination_polic*",
    "*scaling_polic*",
    "*retry_policy*",
    "*viewer_protocol_policy",
    "*origin_request_policy*",
    "*response_headers_policy*",
    "*deletion_policy",
)
_NETWORK: Final = ("aws_security_group*", "aws_default_security_group", "aws_vpc_security_group_*", "aws_network_acl*",
                   "aws_default_network_acl", "aws_ec2_managed_prefix_list*")  # fmt: skip
_OUTBOUND: Final = ("aws_vpc_security_group_egress_rule",)
_LISTENERS: Final = ("aws_lb_listener", "aws_alb_listener")
_DETECTION: Final = ("aws_guardduty_*", "aws_securityhub_*", "aws_config_*", "aws_macie2_*", "aws_inspector2_*",
                     "aws_detective_*", "aws_accessanalyzer_*")  # fmt: skip
_FILTERS: Final = ("aws_wafv2_*", "aws_waf_*", "aws_wafregional_*", "aws_networkfirewall_*",
                   "aws_route53_resolver_firewall_*", "aws_fms_*", "aws_shield_*")  # fmt: skip
_BACKUPS: Final = ("aws_backup_*", "aws_dlm_lifecycle_policy", "aws_efs_backup_policy",
                   "aws_s3_bucket_object_lock_configuration", "aws_s3_bucket_replication_configuration",
                   "aws_efs_replication_configuration")  # fmt: skip

BUILT_IN: Final = (
    # Decoration.
    Row(_LOW, "tags", paths=("tags", "tags.*", "tags_all", "tags_all.*", "tag", "tag.*")),
    Row(_LOW, "description", paths=("description", "comment", "*.description")),
    Row(_LOW, "the mark of an update", paths=("lock_token", "*update_token")),
    # Opened to the world.
    Row(_HIGH, "outbound traffic to everywhere", _OUTBOUND, when=dangers.opened_to_world),
    Row(_HIGH, "outbound traffic to everywhere", _NETWORK, ("egress", "egress[*"), when=dangers.opened_to_world),
    Row(_CRITICAL, "open to the world", _NETWORK, when=dangers.opened_to_world),
    Row(_CRITICAL, "administrator's rights granted", when=dangers.made_admin),
    Row(_CRITICAL, "public access granted", paths=(*_POLICIES, "grant*", "access_control_policy*", "acl",
        "shared_accounts", "principal", "principals",
        "allowed_principals", "principal_arn", "permissions", "permissions.*"), when=dangers.made_public),
    Row(_CRITICAL, "asks nobody's name", paths=("authorization", "authorization_type", "auth_type"),
        when=dangers.turned_off),
    Row(_CRITICAL, "asks nobody's name", paths=("allow_unauthenticated_identities", "*anonymous_auth_enabled",
        "no_password_required"), when=dangers.turned_on),
    Row(_CRITICAL, "reachable from the internet", paths=("publicly_accessible", "public", "*.endpoint_public_access",
        "map_public_ip_on_launch", "*associate_public_ip_address", "*assign_public_ip", "direct_internet_access",
        "*.public_access.type"), when=dangers.turned_on),
    Row(_CRITICAL, "reachable from the internet", ("aws_lb", "aws_alb", "aws_elb"), ("internal",),
        when=dangers.turned_off),
    Row(_CRITICAL, "open to the world", paths=("*public_access_cidrs", "*cidr_blocks"),
        when=dangers.opened_to_world),
    Row(_CRITICAL, "open to the world", ("aws_lightsail_instance_public_ports", "aws_workspaces_ip_group",
        "aws_redshift_security_group", "aws_elasticache_security_group", "aws_db_security_group",
        "aws_ec2_client_vpn_authorization_rule"), when=dangers.opened_to_world),
    Row(_HIGH, "every page may call it", paths=("*cors*",), when=dangers.made_public),
    Row(_CRITICAL, "public access no longer blocked", paths=("block_public_*", "ignore_public_acls",
        "restrict_public_buckets", "public_access_block_configuration*"), when=dangers.turned_off),
    Row(_CRITICAL, "public access no longer blocked", ("aws_*block_public_access*",), when=dangers.turned_off),
    Row(_HIGH, "a route to everywhere", ("aws_route*", "aws_default_route_table"), when=dangers.opened_to_world),
    # Protection off.
    Row(_CRITICAL, "audit log off", ("aws_cloudtrail",), ("enable_logging", "is_multi_region_trail",
        "enable_log_file_validation", "include_global_service_events"), when=dangers.turned_off),
    Row(_CRITICAL, "detection off", _DETECTION, ("enable", "is_enabled", "enabled", "status"),
        when=dangers.turned_off),
    Row(_HIGH, "a key is disabled", ("aws_kms_*key", "aws_acmpca_certificate_authority"), ("is_enabled", "enabled",
        "key_state"), when=dangers.turned_off),
    Row(_HIGH, "a key's name given to another key", ("aws_kms_alias",), ("target_key_*",)),
    Row(_HIGH, "encryption off or changed", paths=("*encrypt*", "*kms*", "sse_*", "*.sse_*", "*_sse_*",
        "*key_rotation*", "rotation_period_in_days", "*minimum_protocol_version", "ssl_policy", "*enforce_https",
        "*tls_security_policy", "*viewer_protocol_policy", "*require_tls", "*require_ssl", "security_policy",
        "security_policy_name", "*storage_security_standard"),
        when=dangers.not_turned_on),
    Row(_HIGH, "encryption off or changed", _LISTENERS, ("protocol", "certificate_arn")),
    Row(_HIGH, "encryption off or changed", ("aws_*encryption*",), when=dangers.not_turned_on),
    Row(_HIGH, "protection against deletion off", paths=("*deletion_protection*", "disable_api_*",
        "*mfa_delete", "termination_protection", "*delete_protection", "*_change_protection"),
        when=dangers.turned_off),
    Row(_HIGH, "recovery weakened", paths=("versioning*", "point_in_time_recovery*", "multi_az*",
        "automatic_failover_enabled"), when=dangers.turned_off),
    Row(_HIGH, "recovery weakened", _BACKUPS, when=dangers.not_turned_on),
    Row(_HIGH, "recovery weakened", paths=("*object_lock*",), when=dangers.not_turned_on),
    Row(_HIGH, "recovery weakened", paths=("*backup_retention*", "*snapshot_retention*", "*recovery_window*"),
        when=dangers.lowered),
    Row(_HIGH, "logging off", paths=("*logging*", "*access_logs*", "*log_config*", "*cloudwatch_logs_exports*",
        "*enabled_cluster_log_types", "*log_delivery*", "*flow_log*", "log_destination*", "access_log_settings*",
        "*audit_log*", "*log_publishing_options*"), when=dangers.not_turned_on),
    Row(_HIGH, "logging off", ("aws_*_logging", "aws_*_logging_configuration", "aws_flow_log"),
        when=dangers.not_turned_on),
    Row(_HIGH, "alarms silenced", ("aws_cloudwatch_*alarm",), ("actions_enabled", "*_actions"),
        when=dangers.turned_off),
    Row(_HIGH, "alarms silenced", ("aws_route53_health_check",), ("disabled",), when=dangers.turned_on),
    Row(_HIGH, "alarms silenced", ("aws_*_event_subscription",), ("enabled",), when=dangers.turned_off),
    Row(_HIGH, "schedule or trigger off", ("aws_cloudwatch_event_rule", "aws_scheduler_schedule",
        "aws_lambda_event_source_mapping", "aws_pipes_pipe", "aws_glue_trigger", "aws_glue_crawler",
        "aws_iot_topic_rule", "aws_ssm_maintenance_window"), ("state", "desired_state", "is_enabled", "enabled",
        "schedule"), when=dangers.stopped),
    Row(_MEDIUM, "logs kept shorter", paths=("retention_in_days",), when=dangers.lowered),
    Row(_HIGH, "instance metadata open to version 1", paths=("metadata_options*.http_tokens",),
        when=dangers.weakened),
    Row(_HIGH, "scanning off", ("aws_ecr_*",), ("*scan_on_push",), when=dangers.turned_off),
    # Rights, network and code.
    Row(_MEDIUM, "configuration changed", paths=_HOUSEKEEPING),
    Row(_HIGH, "detection changed", _DETECTION, kinds=_CHANGED),
    Row(_HIGH, "filters changed", _FILTERS, kinds=_CHANGED),
    Row(_HIGH, "filters changed", paths=("web_acl_arn", "web_acl_id"), when=dangers.not_turned_on),
    Row(_HIGH, "trust changed", ("aws_iam_role",), ("assume_role_policy",)),
    Row(_HIGH, "made anew under the same name", ("aws_iam_*",), ("unique_id", "policy_id", "create_date")),
    Row(_HIGH, "rights changed", ("aws_iam_*",), ("*polic*", "attachment_count", "permissions_boundary", "role",
        "roles", "users", "groups")),
    Row(_HIGH, "rights changed", ("aws_organizations_policy*", "aws_ssoadmin_*", "aws_lakeformation_*", "aws_ram_*"),
        kinds=_CHANGED),
    Row(_HIGH, "credentials changed", ("aws_iam_user_*", "aws_iam_access_key", "aws_iam_*certificate",
        "aws_iam_*provider", "aws_iam_service_specific_credential", "aws_iam_account_*"), kinds=_CHANGED),
    Row(_HIGH, "credentials changed", paths=("auth_token*", "access_string", "authentication_mode*", "acl_name",
        "iam_database_authentication_enabled", "client_authentication*"), when=dangers.not_turned_on),
    Row(_HIGH, "sign-in changed", ("aws_cognito_user_pool",), ("*mfa_configuration", "*mfa_configuration.*",
        "password_policy*", "*add_ons*", "admin_create_user_config*"), when=dangers.not_turned_on),
    Row(_HIGH, "sign-in changed", ("aws_cognito_user_pool_client",), ("*_urls", "default_redirect_uri",
        "allowed_oauth_*", "explicit_auth_flows", "supported_identity_providers", "enable_token_revocation")),
    Row(_HIGH, "sign-in changed", ("aws_cognito_identity_provider", "aws_cognito_identity_pool*"), kinds=_CHANGED),
    Row(_HIGH, "who may call it changed", paths=("authorization", "authorization_type", "auth_type",
        "*authentication_type", "*authentication_provider*", "authorizer*", "authorization_scopes", "api_key_required",
        "provider_arns", "identity_source*", "jwt_configuration*"), when=dangers.not_turned_on),
    Row(_HIGH, "access policy changed", paths=_POLICIES),
    Row(_HIGH, "access granted or taken", paths=("grant*", "acl", "access_control_policy*", "shared_accounts")),
    Row(_HIGH, "network rules changed", _NETWORK, kinds=_CHANGED),
    Row(_HIGH, "routes changed", ("aws_route", "aws_route_table", "aws_default_route_table"), ("route*", "*_id")),
    Row(_HIGH, "network identity changed", paths=("vpc_security_group_ids", "security_groups", "security_group_ids",
        "iam_instance_profile", "execution_role_arn", "task_role_arn", "role", "role_arn", "subnet_ids")),
    Row(_HIGH, "code changed", paths=("*code_sha256", "source_code_hash", "image_uri", "*image_id", "*user_data*",
        "container_definitions", "*layers", "handler")),
    Row(_HIGH, "code changed", ("aws_ssm_document", "aws_glue_job", "aws_codebuild_project", "aws_codepipeline",
        "aws_sfn_state_machine", "aws_batch_job_definition", "aws_lambda_alias", "aws_cloudfront_function",
        "aws_sagemaker_model", "aws_appsync_*", "aws_ecr_repository", "aws_emr_cluster"), ("content", "command*",
        "source*", "buildspec", "environment*", "stage*", "definition", "*_properties", "function_version",
        "routing_config*", "code", "*container*", "*template", "image_tag_mutability", "bootstrap_action*")),
    Row(_HIGH, "goes elsewhere", ("aws_lb_listener*", "aws_alb_listener*", "aws_api_gateway_integration",
        "aws_apigatewayv2_integration", "aws_cloudfront_distribution", "aws_cloudwatch_event_target",
        "aws_cloudwatch_event_api_destination", "aws_cloudwatch_log_*", "aws_sns_topic_subscription", "aws_pipes_pipe",
        "aws_route53_resolver_rule", "aws_kinesis_firehose_delivery_stream", "aws_cloudtrail", "aws_ses_receipt_rule"),
        ("*action*", "uri", "*_uri", "origin*", "arn", "*endpoint", "destination_arn", "target*", "source",
        "*bucket_arn", "s3_bucket_name")),
    Row(_HIGH, "a secret changed", ("aws_ssm_parameter", "aws_secretsmanager_secret_version"), ("value",
        "insecure_value", "secret_string", "secret_binary", "version_id")),
    Row(_HIGH, "a name points elsewhere", ("aws_route53_record",), ("records", "alias*", "type", "name")),
    Row(_HIGH, "stopped or on its way out", paths=("instance_state", "*status", "state", "desired_state", "enabled",
        "is_enabled", "reserved_concurrent_executions"), when=dangers.stopped),
    # What happened to whole resources.
    Row(_CRITICAL, "a guard is gone", _GUARDS, kinds=frozenset({Kind.DELETED})),
    Row(_CRITICAL, "data or keys deleted", _DATA_STORES, kinds=frozenset({Kind.DELETED})),
    Row(_HIGH, "deleted", kinds=frozenset({Kind.DELETED})),
    Row(_HIGH, "rights nobody declared", ("aws_iam_*",), kinds=frozenset({Kind.UNMANAGED})),
    Row(_MEDIUM, "in no template", kinds=frozenset({Kind.UNMANAGED})),
    Row(_MEDIUM, "merged but not applied", kinds=frozenset({Kind.UNAPPLIED})),
    Row(_MEDIUM, "no longer in the template", kinds=frozenset({Kind.ORPHANED})),
    # The rest.
    Row(_MEDIUM, "configuration changed"),
)  # fmt: skip
