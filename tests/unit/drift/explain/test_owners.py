"""Attributes that a resource of its own sets whole: which, by what name, and the closest changes that are left."""

from __future__ import annotations

import pytest
from support.drifting import attribute, held

from reconciler.drift.differ import Difference
from reconciler.drift.explain import Estate, Held, explain
from reconciler.drift.explain.owners import OWNERS, is_owned
from reconciler.drift.values import Path

# Each row: type and the attribute by which it is known: its attributes that are set elsewhere <- by which type, which
# names it in which attribute. Written down from the provider's documentation, not from the table that it tests.
OWNED = """
aws_s3_bucket.id: acceleration_status <- aws_s3_bucket_accelerate_configuration.bucket
aws_s3_bucket.id: acl grant <- aws_s3_bucket_acl.bucket
aws_s3_bucket.id: cors_rule <- aws_s3_bucket_cors_configuration.bucket
aws_s3_bucket.id: lifecycle_rule <- aws_s3_bucket_lifecycle_configuration.bucket
aws_s3_bucket.id: logging <- aws_s3_bucket_logging.bucket
aws_s3_bucket.id: object_lock_configuration object_lock_enabled <- aws_s3_bucket_object_lock_configuration.bucket
aws_s3_bucket.id: policy <- aws_s3_bucket_policy.bucket
aws_s3_bucket.id: replication_configuration <- aws_s3_bucket_replication_configuration.bucket
aws_s3_bucket.id: request_payer <- aws_s3_bucket_request_payment_configuration.bucket
aws_s3_bucket.id: server_side_encryption_configuration <- aws_s3_bucket_server_side_encryption_configuration.bucket
aws_s3_bucket.id: versioning <- aws_s3_bucket_versioning.bucket
aws_s3_bucket.id: website website_domain website_endpoint <- aws_s3_bucket_website_configuration.bucket
aws_s3_access_point.arn: policy has_public_access_policy <- aws_s3control_access_point_policy.access_point_arn
aws_sqs_queue.id: policy <- aws_sqs_queue_policy.queue_url
aws_sqs_queue.id: redrive_policy <- aws_sqs_queue_redrive_policy.queue_url
aws_sqs_queue.id: redrive_allow_policy <- aws_sqs_queue_redrive_allow_policy.queue_url
aws_sns_topic.arn: policy <- aws_sns_topic_policy.arn
aws_kms_key.key_id: policy <- aws_kms_key_policy.key_id
aws_kms_external_key.key_id: policy <- aws_kms_key_policy.key_id
aws_kms_replica_key.key_id: policy <- aws_kms_key_policy.key_id
aws_kms_replica_external_key.key_id: policy <- aws_kms_key_policy.key_id
aws_secretsmanager_secret.arn: policy <- aws_secretsmanager_secret_policy.secret_arn
aws_api_gateway_rest_api.id: policy <- aws_api_gateway_rest_api_policy.rest_api_id
aws_api_gateway_stage.arn: web_acl_arn <- aws_wafv2_web_acl_association.resource_arn
aws_api_gateway_stage.arn: web_acl_arn <- aws_wafregional_web_acl_association.resource_arn
aws_opensearch_domain.domain_name: access_policies <- aws_opensearch_domain_policy.domain_name
aws_elasticsearch_domain.domain_name: access_policies <- aws_elasticsearch_domain_policy.domain_name
aws_dynamodb_table.arn: replica <- aws_dynamodb_table_replica.global_table_arn
aws_vpc_endpoint.id: policy <- aws_vpc_endpoint_policy.vpc_endpoint_id
aws_vpc_endpoint.id: private_dns_enabled <- aws_vpc_endpoint_private_dns.vpc_endpoint_id
aws_vpc_endpoint.id: state <- aws_vpc_endpoint_connection_accepter.vpc_endpoint_id
aws_ec2_transit_gateway_peering_attachment.id: state
  <- aws_ec2_transit_gateway_peering_attachment_accepter.transit_gateway_attachment_id
aws_networkmanager_core_network.id: state edges segments
  <- aws_networkmanager_core_network_policy_attachment.core_network_id
aws_networkmanager_connect_attachment.id: state segment_name attachment_policy_rule_number
  <- aws_networkmanager_attachment_accepter.attachment_id
aws_networkmanager_dx_gateway_attachment.id: state segment_name attachment_policy_rule_number
  <- aws_networkmanager_attachment_accepter.attachment_id
aws_networkmanager_site_to_site_vpn_attachment.id: state segment_name attachment_policy_rule_number
  <- aws_networkmanager_attachment_accepter.attachment_id
aws_networkmanager_transit_gateway_route_table_attachment.id: state segment_name attachment_policy_rule_number
  <- aws_networkmanager_attachment_accepter.attachment_id
aws_networkmanager_vpc_attachment.id: state segment_name attachment_policy_rule_number
  <- aws_networkmanager_attachment_accepter.attachment_id
aws_guardduty_organization_configuration.id: datasources
  <- aws_guardduty_organization_configuration_feature.detector_id
aws_eip.id: association_id instance network_interface private_dns private_ip associate_with_private_ip
  <- aws_eip_association.allocation_id
aws_eip.id: association_id instance network_interface private_dns private_ip associate_with_private_ip
  <- aws_nat_gateway.allocation_id
aws_eip.id: association_id instance network_interface private_dns private_ip associate_with_private_ip
  <- aws_nat_gateway.secondary_allocation_ids
aws_eip.id: association_id instance network_interface private_dns private_ip associate_with_private_ip
  <- aws_lb.subnet_mapping
aws_eip.id: association_id instance network_interface private_dns private_ip associate_with_private_ip
  <- aws_alb.subnet_mapping
aws_eip.id: association_id instance network_interface private_dns private_ip associate_with_private_ip
  <- aws_transfer_server.endpoint_details
aws_instance.id: public_ip public_dns <- aws_eip.instance
aws_instance.primary_network_interface_id: public_ip public_dns <- aws_eip.network_interface
aws_instance.id: public_ip public_dns <- aws_eip_association.instance_id
aws_instance.primary_network_interface_id: public_ip public_dns <- aws_eip_association.network_interface_id
aws_instance.id: instance_state <- aws_ec2_instance_state.instance_id
aws_internet_gateway.id: vpc_id <- aws_internet_gateway_attachment.internet_gateway_id
aws_vpn_gateway.id: vpc_id <- aws_vpn_gateway_attachment.vpn_gateway_id
aws_vpc.id: main_route_table_id <- aws_main_route_table_association.vpc_id
aws_vpc.id: dhcp_options_id <- aws_vpc_dhcp_options_association.vpc_id
aws_vpc.id: ipv6_association_id ipv6_cidr_block ipv6_cidr_block_network_border_group ipv6_ipam_pool_id
  <- aws_vpc_ipv6_cidr_block_association.vpc_id
aws_default_vpc.id: main_route_table_id <- aws_main_route_table_association.vpc_id
aws_default_vpc.id: dhcp_options_id <- aws_vpc_dhcp_options_association.vpc_id
aws_default_vpc.id: ipv6_association_id ipv6_cidr_block ipv6_cidr_block_network_border_group ipv6_ipam_pool_id
  <- aws_vpc_ipv6_cidr_block_association.vpc_id
aws_vpc_peering_connection.id: accepter requester <- aws_vpc_peering_connection_options.vpc_peering_connection_id
aws_vpc_peering_connection.id: accept_status <- aws_vpc_peering_connection_accepter.vpc_peering_connection_id
aws_vpc_peering_connection_accepter.id: accepter requester
  <- aws_vpc_peering_connection_options.vpc_peering_connection_id
aws_vpc_peering_connection_accepter.id: accept_status <- aws_vpc_peering_connection_accepter.vpc_peering_connection_id
aws_ec2_transit_gateway.id: association_default_route_table_id
  <- aws_ec2_transit_gateway_default_route_table_association.transit_gateway_id
aws_ec2_transit_gateway.id: propagation_default_route_table_id
  <- aws_ec2_transit_gateway_default_route_table_propagation.transit_gateway_id
aws_ec2_transit_gateway_vpc_attachment.id: transit_gateway_default_route_table_association
  <- aws_ec2_transit_gateway_route_table_association.transit_gateway_attachment_id
aws_ec2_transit_gateway_vpc_attachment.id: transit_gateway_default_route_table_propagation
  <- aws_ec2_transit_gateway_route_table_propagation.transit_gateway_attachment_id
aws_ec2_managed_prefix_list.id: version <- aws_ec2_managed_prefix_list_entry.prefix_list_id
aws_ec2_client_vpn_endpoint.id: vpc_id security_group_ids
  <- aws_ec2_client_vpn_network_association.client_vpn_endpoint_id
aws_network_interface.id: attachment <- aws_network_interface_attachment.network_interface_id
aws_network_interface.id: attachment <- aws_instance.network_interface
aws_efs_file_system.id: protection <- aws_efs_replication_configuration.source_file_system_id
aws_redshift_cluster.cluster_identifier: iam_roles default_iam_role_arn
  <- aws_redshift_cluster_iam_roles.cluster_identifier
aws_redshift_cluster.cluster_identifier: logging <- aws_redshift_logging.cluster_identifier
aws_redshift_cluster.cluster_identifier: snapshot_copy <- aws_redshift_snapshot_copy.cluster_identifier
aws_guardduty_detector.id: datasources <- aws_guardduty_detector_feature.detector_id
aws_lightsail_instance.name: is_static_ip public_ip_address <- aws_lightsail_static_ip_attachment.instance_name
aws_cognito_user_pool.id: domain custom_domain <- aws_cognito_user_pool_domain.user_pool_id
aws_acm_certificate.arn: not_after not_before <- aws_acm_certificate_validation.certificate_arn
"""
ROWS = [
    (*row.partition(":")[0].split("."), name, *row.partition("<- ")[2].split("."))
    for row in OWNED.replace("\n  <-", " <-").strip().splitlines()
    for name in row.partition(": ")[2].partition(" <-")[0].split()
]


def left(owner: Held, path: Path, *others: Held) -> Difference | None:
    return explain(owner, Difference(path, "a", "b", attribute("OC")), Estate.of([owner, *others]))


def known_as(type_: str, attribute_: str) -> Held:
    return held(type_, {attribute_: "me"})


def test_every_row_of_the_table_stands_here() -> None:
    table = {(t, name, *setter) for t, names in OWNERS.items() for name, setters in names.items() for setter in setters}
    assert {(type_, name, *setter) for type_, _, name, *setter in ROWS} == table


@pytest.mark.parametrize(("type_", "known", "name", "setter", "link"), ROWS)
def test_what_a_recorded_resource_sets_whole_is_its_own(
    type_: str, known: str, name: str, setter: str, link: str
) -> None:
    owner, sets = known_as(type_, known), held(setter, {link: "me"})
    assert is_owned(type_, name)
    assert left(owner, (name,), sets) is None
    assert left(owner, (name, 0, "deep"), sets) is None
    assert left(owner, (name,), held(setter, {link: ["x", "me"]})) is None
    assert left(owner, (name,), Held("gone", setter, None, None, {link: "me"})) is None


@pytest.mark.parametrize(("type_", "known", "name", "setter", "link"), ROWS)
def test_what_none_is_recorded_for_is_found(type_: str, known: str, name: str, setter: str, link: str) -> None:
    owner, sets = known_as(type_, known), held(setter, {link: "me"})
    assert left(owner, (name,)) is not None
    assert left(owner, (name,), held(setter, {link: "somebody else"})) is not None
    assert left(owner, (name,), held(setter, {"other": "me"})) is not None
    assert left(owner, (name,), held("aws_other", {link: "me"})) is not None
    assert left(owner, ("another_attribute",), sets) is not None
    assert left(known_as("aws_other", known), (name,), sets) is not None
    assert not is_owned("aws_other", name)


@pytest.mark.parametrize("attribute_", ["tags", "description", "owner_id"])
def test_what_says_nothing_of_who_it_is_is_no_name(attribute_: str) -> None:
    """Two buckets of one owner and one description are two buckets."""
    setter = held("aws_s3_bucket_policy", {"bucket": "me"})
    assert left(known_as("aws_s3_bucket", attribute_), ("policy",), setter) is not None


def test_a_balancer_holds_addresses_in_its_subnets() -> None:
    address = known_as("aws_eip", "id")
    balancer = held("aws_lb", {"subnet_mapping": [{"subnet_id": "s", "allocation_id": "me"}]})
    assert left(address, ("association_id",), balancer) is None


def test_nobody_owns_oneself() -> None:
    accepter = held("aws_vpc_peering_connection_accepter", {"id": "pcx", "vpc_peering_connection_id": "pcx"})
    connection = held("aws_vpc_peering_connection", {"id": "pcx"})
    assert left(connection, ("accept_status",), accepter) is None
    assert left(accepter, ("accept_status",), connection) is not None
