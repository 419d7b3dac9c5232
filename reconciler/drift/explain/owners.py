"""``owner``: attributes that show what another recorded resource sets as a whole.

A bucket shows its versioning, policy and encryption, each set by a resource of its own; a queue shows its policy.
Where such a resource is recorded for this very owner, it is compared itself, and the owner's copy is not reported
again. Where none is recorded, the owner's attribute is all there is to see, and is compared.
Source: the provider's documentation of each type, which names the attribute in conflict.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from reconciler.drift.differ import Difference
from reconciler.drift.explain.estate import Estate, Held

_Setters: TypeAlias = tuple[tuple[str, str], ...]
"""Types that set an attribute, each with its own attribute that names the owner."""

_NAMES: Final = ("id", "arn", "key_id", "name", "domain_name", "cluster_identifier", "primary_network_interface_id")


def _by(link: str, *types: str) -> _Setters:
    return tuple((type_, link) for type_ in types)


def _all(names: str, setters: _Setters) -> dict[str, _Setters]:
    return dict.fromkeys(names.split(), setters)


_BUCKET: Final = {
    "acceleration_status": _by("bucket", "aws_s3_bucket_accelerate_configuration"),
    "acl": _by("bucket", "aws_s3_bucket_acl"),
    "cors_rule": _by("bucket", "aws_s3_bucket_cors_configuration"),
    "grant": _by("bucket", "aws_s3_bucket_acl"),
    "lifecycle_rule": _by("bucket", "aws_s3_bucket_lifecycle_configuration"),
    "logging": _by("bucket", "aws_s3_bucket_logging"),
    "object_lock_configuration": _by("bucket", "aws_s3_bucket_object_lock_configuration"),
    "object_lock_enabled": _by("bucket", "aws_s3_bucket_object_lock_configuration"),
    "policy": _by("bucket", "aws_s3_bucket_policy"),
    "replication_configuration": _by("bucket", "aws_s3_bucket_replication_configuration"),
    "request_payer": _by("bucket", "aws_s3_bucket_request_payment_configuration"),
    "server_side_encryption_configuration": _by("bucket", "aws_s3_bucket_server_side_encryption_configuration"),
    "versioning": _by("bucket", "aws_s3_bucket_versioning"),
    **_all("website website_domain website_endpoint", _by("bucket", "aws_s3_bucket_website_configuration")),
}
_VPC: Final = {
    "main_route_table_id": _by("vpc_id", "aws_main_route_table_association"),
    "dhcp_options_id": _by("vpc_id", "aws_vpc_dhcp_options_association"),
    **_all(
        "ipv6_association_id ipv6_cidr_block ipv6_cidr_block_network_border_group ipv6_ipam_pool_id",
        _by("vpc_id", "aws_vpc_ipv6_cidr_block_association"),
    ),
}
_KEY: Final = {"policy": _by("key_id", "aws_kms_key_policy")}
_PEERING: Final = {
    **_all("accepter requester", _by("vpc_peering_connection_id", "aws_vpc_peering_connection_options")),
    "accept_status": _by("vpc_peering_connection_id", "aws_vpc_peering_connection_accepter"),
}
_GATEWAY: Final = "transit_gateway_id"
_ATTACHMENT: Final = "transit_gateway_attachment_id"

OWNERS: Final[Mapping[str, Mapping[str, _Setters]]] = {
    "aws_s3_bucket": _BUCKET,
    "aws_s3_access_point": _all(
        "policy has_public_access_policy", _by("access_point_arn", "aws_s3control_access_point_policy")
    ),
    "aws_sqs_queue": {
        "policy": _by("queue_url", "aws_sqs_queue_policy"),
        "redrive_policy": _by("queue_url", "aws_sqs_queue_redrive_policy"),
        "redrive_allow_policy": _by("queue_url", "aws_sqs_queue_redrive_allow_policy"),
    },
    "aws_sns_topic": {"policy": _by("arn", "aws_sns_topic_policy")},
    "aws_kms_key": _KEY,
    "aws_kms_external_key": _KEY,
    "aws_kms_replica_key": _KEY,
    "aws_kms_replica_external_key": _KEY,
    "aws_secretsmanager_secret": {"policy": _by("secret_arn", "aws_secretsmanager_secret_policy")},
    "aws_api_gateway_rest_api": {"policy": _by("rest_api_id", "aws_api_gateway_rest_api_policy")},
    "aws_api_gateway_stage": {
        "web_acl_arn": _by("resource_arn", "aws_wafv2_web_acl_association", "aws_wafregional_web_acl_association")
    },
    "aws_opensearch_domain": {"access_policies": _by("domain_name", "aws_opensearch_domain_policy")},
    "aws_elasticsearch_domain": {"access_policies": _by("domain_name", "aws_elasticsearch_domain_policy")},
    "aws_dynamodb_table": {"replica": _by("global_table_arn", "aws_dynamodb_table_replica")},
    "aws_vpc_endpoint": {
        "policy": _by("vpc_endpoint_id", "aws_vpc_endpoint_policy"),
        "private_dns_enabled": _by("vpc_endpoint_id", "aws_vpc_endpoint_private_dns"),
        "state": _by("vpc_endpoint_id", "aws_vpc_endpoint_connection_accepter"),
    },
    "aws_eip": _all(
        "association_id instance network_interface private_dns private_ip associate_with_private_ip",
        (
            ("aws_eip_association", "allocation_id"),
            ("aws_nat_gateway", "allocation_id"),
            ("aws_nat_gateway", "secondary_allocation_ids"),
            ("aws_lb", "subnet_mapping"),
            ("aws_alb", "subnet_mapping"),
            ("aws_transfer_server", "endpoint_details"),
        ),
    ),
    "aws_instance": {
        **_all(
            "public_ip public_dns",
            (
                ("aws_eip", "instance"),
                ("aws_eip", "network_interface"),
                ("aws_eip_association", "instance_id"),
                ("aws_eip_association", "network_interface_id"),
            ),
        ),
        "instance_state": _by("instance_id", "aws_ec2_instance_state"),
    },
    "aws_internet_gateway": {"vpc_id": _by("internet_gateway_id", "aws_internet_gateway_attachment")},
    "aws_vpn_gateway": {"vpc_id": _by("vpn_gateway_id", "aws_vpn_gateway_attachment")},
    "aws_vpc": _VPC,
    "aws_default_vpc": _VPC,
    "aws_vpc_peering_connection": _PEERING,
    "aws_vpc_peering_connection_accepter": _PEERING,
    "aws_ec2_transit_gateway": {
        "association_default_route_table_id": _by(_GATEWAY, "aws_ec2_transit_gateway_default_route_table_association"),
        "propagation_default_route_table_id": _by(_GATEWAY, "aws_ec2_transit_gateway_default_route_table_propagation"),
    },
    "aws_ec2_transit_gateway_vpc_attachment": {
        "transit_gateway_default_route_table_association": _by(
            _ATTACHMENT, "aws_ec2_transit_gateway_route_table_association"
        ),
        "transit_gateway_default_route_table_propagation": _by(
            _ATTACHMENT, "aws_ec2_transit_gateway_route_table_propagation"
        ),
    },
    "aws_ec2_transit_gateway_peering_attachment": {
        "state": _by(_ATTACHMENT, "aws_ec2_transit_gateway_peering_attachment_accepter")
    },
    "aws_networkmanager_core_network": _all(
        "state edges segments", _by("core_network_id", "aws_networkmanager_core_network_policy_attachment")
    ),
    **{
        f"aws_networkmanager_{kind}_attachment": _all(
            "state segment_name attachment_policy_rule_number",
            _by("attachment_id", "aws_networkmanager_attachment_accepter"),
        )
        for kind in ("connect", "dx_gateway", "site_to_site_vpn", "transit_gateway_route_table", "vpc")
    },
    "aws_ec2_managed_prefix_list": {"version": _by("prefix_list_id", "aws_ec2_managed_prefix_list_entry")},
    "aws_ec2_client_vpn_endpoint": _all(
        "vpc_id security_group_ids", _by("client_vpn_endpoint_id", "aws_ec2_client_vpn_network_association")
    ),
    "aws_network_interface": {
        "attachment": (
            ("aws_network_interface_attachment", "network_interface_id"),
            ("aws_instance", "network_interface"),
        )
    },
    "aws_efs_file_system": {"protection": _by("source_file_system_id", "aws_efs_replication_configuration")},
    "aws_redshift_cluster": {
        **_all("iam_roles default_iam_role_arn", _by("cluster_identifier", "aws_redshift_cluster_iam_roles")),
        "logging": _by("cluster_identifier", "aws_redshift_logging"),
        "snapshot_copy": _by("cluster_identifier", "aws_redshift_snapshot_copy"),
    },
    "aws_guardduty_detector": {"datasources": _by("detector_id", "aws_guardduty_detector_feature")},
    "aws_guardduty_organization_configuration": {
        "datasources": _by("detector_id", "aws_guardduty_organization_configuration_feature")
    },
    "aws_lightsail_instance": _all(
        "is_static_ip public_ip_address", _by("instance_name", "aws_lightsail_static_ip_attachment")
    ),
    "aws_cognito_user_pool": _all("domain custom_domain", _by("user_pool_id", "aws_cognito_user_pool_domain")),
    "aws_acm_certificate": _all("not_after not_before", _by("certificate_arn", "aws_acm_certificate_validation")),
}


def is_owned(resource_type: str, attribute: str) -> bool:
    """Whether there are types that set the attribute of this one as a whole."""
    return attribute in OWNERS.get(resource_type, {})


def explain(held: Held, difference: Difference, estate: Estate) -> Difference | None:
    """Drop a difference in an attribute that a recorded resource of its own sets."""
    setters = OWNERS.get(held.type, {}).get(str(difference.path[0]), ())
    if not setters:
        return difference
    names = held.names(*_NAMES)
    owned = any(
        setter is not held
        for type_, link in setters
        for then in (False, True)
        for setter, _ in estate.linked(type_, link, names, then=then)
    )
    return None if owned else difference
