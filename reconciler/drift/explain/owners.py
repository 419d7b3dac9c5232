"""``owner``: attributes that show what another recorded resource sets as a whole.

A bucket shows its versioning, policy and encryption, each set by a resource of its own; a queue shows its policy.
Where such a resource is recorded for this very owner, it is compared itself, and the owner's copy is not reported
again. Where none is recorded, the owner's attribute is all there is to see, and is compared.
Source: the provider's documentation of each type, which names the attribute in conflict.
"""

from __future__ import annotations

from typing import Final

from reconciler.drift.differ import Difference
from reconciler.drift.explain.estate import Estate, Held

_BUCKET: Final[dict[str, tuple[str, ...]]] = {
    "acceleration_status": ("aws_s3_bucket_accelerate_configuration",),
    "acl": ("aws_s3_bucket_acl",),
    "cors_rule": ("aws_s3_bucket_cors_configuration",),
    "grant": ("aws_s3_bucket_acl",),
    "lifecycle_rule": ("aws_s3_bucket_lifecycle_configuration",),
    "logging": ("aws_s3_bucket_logging",),
    "object_lock_configuration": ("aws_s3_bucket_object_lock_configuration",),
    "object_lock_enabled": ("aws_s3_bucket_object_lock_configuration",),
    "policy": ("aws_s3_bucket_policy",),
    "replication_configuration": ("aws_s3_bucket_replication_configuration",),
    "request_payer": ("aws_s3_bucket_request_payment_configuration",),
    "server_side_encryption_configuration": ("aws_s3_bucket_server_side_encryption_configuration",),
    "versioning": ("aws_s3_bucket_versioning",),
    "website": ("aws_s3_bucket_website_configuration",),
    "website_domain": ("aws_s3_bucket_website_configuration",),
    "website_endpoint": ("aws_s3_bucket_website_configuration",),
}

_ADDRESS: Final = (
    "association_id",
    "instance",
    "network_interface",
    "private_dns",
    "private_ip",
    "associate_with_private_ip",
)

_Setters = tuple[str, ...]

OWNERS: Final[dict[str, tuple[str, dict[str, _Setters]]]] = {
    # owner's type: (the setter's attribute that names the owner, {the owner's attribute: types that set it})
    "aws_s3_bucket": ("bucket", _BUCKET),
    "aws_sqs_queue": (
        "queue_url",
        {
            "policy": ("aws_sqs_queue_policy",),
            "redrive_policy": ("aws_sqs_queue_redrive_policy",),
            "redrive_allow_policy": ("aws_sqs_queue_redrive_allow_policy",),
        },
    ),
    "aws_sns_topic": ("arn", {"policy": ("aws_sns_topic_policy",)}),
    "aws_kms_key": ("key_id", {"policy": ("aws_kms_key_policy",)}),
    "aws_secretsmanager_secret": ("secret_arn", {"policy": ("aws_secretsmanager_secret_policy",)}),
    "aws_api_gateway_rest_api": ("rest_api_id", {"policy": ("aws_api_gateway_rest_api_policy",)}),
    "aws_opensearch_domain": ("domain_name", {"access_policies": ("aws_opensearch_domain_policy",)}),
    "aws_elasticsearch_domain": ("domain_name", {"access_policies": ("aws_elasticsearch_domain_policy",)}),
    "aws_dynamodb_table": ("global_table_arn", {"replica": ("aws_dynamodb_table_replica",)}),
    "aws_vpc_endpoint": ("vpc_endpoint_id", {"policy": ("aws_vpc_endpoint_policy",)}),
    "aws_eip": ("allocation_id", dict.fromkeys(_ADDRESS, ("aws_eip_association", "aws_nat_gateway"))),
    "aws_internet_gateway": ("internet_gateway_id", {"vpc_id": ("aws_internet_gateway_attachment",)}),
    "aws_vpn_gateway": ("vpn_gateway_id", {"vpc_id": ("aws_vpn_gateway_attachment",)}),
    "aws_vpc": (
        "vpc_id",
        {
            "main_route_table_id": ("aws_main_route_table_association",),
            "dhcp_options_id": ("aws_vpc_dhcp_options_association",),
        },
    ),
    "aws_network_interface": ("network_interface_id", {"attachment": ("aws_network_interface_attachment",)}),
    "aws_cognito_user_pool": (
        "user_pool_id",
        {"domain": ("aws_cognito_user_pool_domain",), "custom_domain": ("aws_cognito_user_pool_domain",)},
    ),
    "aws_acm_certificate": (
        "certificate_arn",
        {"status": ("aws_acm_certificate_validation",), "not_after": ("aws_acm_certificate_validation",)},
    ),
}


def explain(held: Held, difference: Difference, estate: Estate) -> Difference | None:
    """Drop a difference in an attribute that a recorded resource of its own sets."""
    link, attributes = OWNERS.get(held.type, ("", {}))
    setters = attributes.get(str(difference.path[0]))
    if not setters:
        return difference
    names = held.names("id", "arn", "key_id", "name", "domain_name")
    return None if any(True for _ in estate.setters(setters, link, names)) else difference
