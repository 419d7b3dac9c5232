"""The id by which ``terraform import`` takes a resource, where it is not the resource's own ``id``.

Each form is the one that the AWS provider's documentation gives under *Import*:
https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from __future__ import annotations

from typing import Final

from reconciler.drift.values import Object

_FORMS: Final = {
    "aws_api_gateway_authorizer": "{rest_api_id}/{id}",
    "aws_api_gateway_deployment": "{rest_api_id}/{id}",
    "aws_api_gateway_gateway_response": "{rest_api_id}/{response_type}",
    "aws_api_gateway_integration": "{rest_api_id}/{resource_id}/{http_method}",
    "aws_api_gateway_integration_response": "{rest_api_id}/{resource_id}/{http_method}/{status_code}",
    "aws_api_gateway_method": "{rest_api_id}/{resource_id}/{http_method}",
    "aws_api_gateway_method_response": "{rest_api_id}/{resource_id}/{http_method}/{status_code}",
    "aws_api_gateway_method_settings": "{rest_api_id}/{stage_name}/{method_path}",
    "aws_api_gateway_model": "{rest_api_id}/{name}",
    "aws_api_gateway_request_validator": "{rest_api_id}/{id}",
    "aws_api_gateway_resource": "{rest_api_id}/{id}",
    "aws_api_gateway_stage": "{rest_api_id}/{stage_name}",
    "aws_api_gateway_usage_plan_key": "{usage_plan_id}/{key_id}",
    "aws_apigatewayv2_authorizer": "{api_id}/{id}",
    "aws_apigatewayv2_integration": "{api_id}/{id}",
    "aws_apigatewayv2_route": "{api_id}/{id}",
    "aws_apigatewayv2_stage": "{api_id}/{name}",
    "aws_appautoscaling_policy": "{service_namespace}/{resource_id}/{scalable_dimension}/{name}",
    "aws_appautoscaling_target": "{service_namespace}/{resource_id}/{scalable_dimension}",
    "aws_autoscaling_lifecycle_hook": "{autoscaling_group_name}/{name}",
    "aws_autoscaling_policy": "{autoscaling_group_name}/{name}",
    "aws_autoscaling_schedule": "{autoscaling_group_name}/{scheduled_action_name}",
    "aws_cloudwatch_event_target": "{event_bus_name}/{rule}/{target_id}",
    "aws_cloudwatch_log_metric_filter": "{log_group_name}:{name}",
    "aws_cloudwatch_log_stream": "{log_group_name}:{name}",
    "aws_cloudwatch_log_subscription_filter": "{log_group_name}|{name}",
    "aws_codedeploy_deployment_group": "{app_name}:{deployment_group_name}",
    "aws_cognito_user_pool_client": "{user_pool_id}/{id}",
    "aws_db_instance": "{identifier}",
    "aws_default_route_table": "{vpc_id}",
    "aws_ecs_capacity_provider": "{name}",
    "aws_ecs_cluster": "{name}",
    "aws_ecs_service": "{cluster:last}/{name}",
    "aws_ecs_task_definition": "{arn}",
    "aws_iam_group_policy_attachment": "{group}/{policy_arn}",
    "aws_iam_role_policy_attachment": "{role}/{policy_arn}",
    "aws_iam_user_policy_attachment": "{user}/{policy_arn}",
    "aws_kinesis_stream": "{name}",
    "aws_lambda_alias": "{function_name:last}/{name}",
    "aws_lambda_permission": "{function_name}/{statement_id}",
    "aws_network_acl_rule": "{network_acl_id}:{rule_number}:{protocol}:{egress}",
    "aws_route": "{route_table_id}_{destination}",
    "aws_route_table_association": "{subnet_id}/{route_table_id}",
    "aws_s3_object": "{bucket}/{key}",
    "aws_security_group_rule": "{security_group_id}_{type}_{protocol}_{from_port}_{to_port}_{sources}",
    "aws_service_discovery_private_dns_namespace": "{id}:{vpc}",
    "aws_volume_attachment": "{device_name}:{volume_id}:{instance_id}",
    "aws_vpc_dhcp_options_association": "{vpc_id}",
    "aws_vpc_endpoint_route_table_association": "{vpc_endpoint_id}/{route_table_id}",
    "aws_wafv2_ip_set": "{id}/{name}/{scope}",
    "aws_wafv2_regex_pattern_set": "{id}/{name}/{scope}",
    "aws_wafv2_rule_group": "{id}/{name}/{scope}",
    "aws_wafv2_web_acl": "{id}/{name}/{scope}",
}

_DESTINATIONS: Final = ("destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id")


def _sources(attributes: Object) -> list[str]:
    """What a security group's rule lets in, in the order of its import id."""
    blocks = [
        each for name in ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids") for each in attributes.get(name) or ()
    ]
    group = attributes.get("source_security_group_id")
    return [*(["self"] if attributes.get("self") else []), *([str(group)] if group else []), *map(str, blocks)]


def import_id(resource_type: str, attributes: Object) -> str | None:
    """The id to import by, from what is known of a resource; None where too little is."""
    own = attributes.get("id") or attributes.get("arn")
    form = _FORMS.get(resource_type)
    if form is None:
        return own if isinstance(own, str) else None
    facts = {
        **attributes,
        "destination": next((attributes[name] for name in _DESTINATIONS if attributes.get(name)), None),
        "sources": "_".join(_sources(attributes)),
    }
    text = form
    while "{" in text:
        before, _, rest = text.partition("{")
        name, _, after = rest.partition("}")
        name, _, part = name.partition(":")
        value = facts.get(name)
        if value in (None, ""):
            # Where only the id is known, the parts are perhaps in it.
            return own if isinstance(own, str) else None
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        if part:
            shown = shown.replace(":", "/").rpartition("/")[2]
        text = before + shown.replace("{", "\0") + after
    return text.replace("\0", "{")
