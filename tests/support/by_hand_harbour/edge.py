"""What the internet sees: interfaces, names, mail, filters."""

from __future__ import annotations

from typing import Any

from support.by_hand_harbour.wording import HIGH, LOW, MEDIUM, changed, deleted

from reconciler.drift.finding import Kind
from reconciler.sandbox.by_hand.change import ByHand, Console, Expected

_E = "module.edge."


def _api(console: Console) -> str:
    return str(console.aws("apigateway").get_rest_apis()["items"][0]["id"])


def _ships(console: Console) -> str:
    items = console.aws("apigateway").get_resources(restApiId=_api(console))["items"]
    return next(str(item["id"]) for item in items if item["path"] == "/ships")


def _replace(path: str, value: str) -> list[dict[str, str]]:
    return [{"op": "replace", "path": path, "value": value}]


def _open_method(console: Console) -> None:
    console.aws("apigateway").update_method(
        restApiId=_api(console),
        resourceId=_ships(console),
        httpMethod="GET",
        patchOperations=_replace("/authorizationType", "NONE"),
    )


def _log_level(console: Console) -> None:
    console.aws("apigateway").update_stage(
        restApiId=_api(console), stageName="live", patchOperations=_replace("/variables/debug", "1")
    )


def _http_api(console: Console) -> str:
    return str(console.aws("apigatewayv2").get_apis()["Items"][0]["ApiId"])


def _open_route(console: Console) -> None:
    api = console.aws("apigatewayv2")
    route = api.get_routes(ApiId=_http_api(console))["Items"][0]["RouteId"]
    api.update_route(ApiId=_http_api(console), RouteId=route, AuthorizationType="NONE")


def _redirect_integration(console: Console) -> None:
    api = console.aws("apigatewayv2")
    integration = api.get_integrations(ApiId=_http_api(console))["Items"][0]["IntegrationId"]
    api.update_integration(
        ApiId=_http_api(console), IntegrationId=integration, IntegrationUri="https://stranger.example"
    )


def _distribution(console: Console, **more: Any) -> None:
    cloudfront = console.aws("cloudfront")
    known = cloudfront.list_distributions()["DistributionList"]["Items"][0]["Id"]
    found = cloudfront.get_distribution_config(Id=known)
    configuration = found["DistributionConfig"]
    for name, value in more.items():
        if isinstance(value, dict):
            configuration[name].update(value)
        else:
            configuration[name] = value
    cloudfront.update_distribution(Id=known, IfMatch=found["ETag"], DistributionConfig=configuration)


def _acl(console: Console) -> dict[str, Any]:
    waf = console.aws("wafv2")
    known = next(each for each in waf.list_web_acls(Scope="REGIONAL")["WebACLs"] if each["Name"] == "harbour")
    found = waf.get_web_acl(Name="harbour", Scope="REGIONAL", Id=known["Id"])
    return {**found["WebACL"], "LockToken": found["LockToken"]}


def _disarm(console: Console) -> None:
    acl = _acl(console)
    kept = ("Name", "Priority", "Statement", "VisibilityConfig")
    rules = [{**{name: rule[name] for name in kept}, "Action": {"Count": {}}} for rule in acl["Rules"]]
    console.aws("wafv2").update_web_acl(
        Name="harbour",
        Scope="REGIONAL",
        Id=acl["Id"],
        LockToken=acl["LockToken"],
        DefaultAction=acl["DefaultAction"],
        VisibilityConfig=acl["VisibilityConfig"],
        Rules=rules,
    )


def _pardon(console: Console) -> None:
    waf = console.aws("wafv2")
    known = next(each for each in waf.list_ip_sets(Scope="REGIONAL")["IPSets"] if each["Name"] == "harbour-banned")
    waf.update_ip_set(
        Name="harbour-banned", Scope="REGIONAL", Id=known["Id"], LockToken=known["LockToken"], Addresses=[]
    )


def _repoint_app(console: Console) -> None:
    route53 = console.aws("route53")
    zone = next(z["Id"] for z in route53.list_hosted_zones()["HostedZones"] if z["Name"] == "harbour.example.")
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    record = next(r for r in records if r["Name"] == "app.harbour.example.")
    record["ResourceRecords"] = [{"Value": "203.0.113.66"}]
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def _disable_check(console: Console) -> None:
    route53 = console.aws("route53")
    check = route53.list_health_checks()["HealthChecks"][0]["Id"]
    route53.update_health_check(HealthCheckId=check, Disabled=True)


def _open_graph(console: Console) -> None:
    appsync = console.aws("appsync")
    known = appsync.list_graphql_apis()["graphqlApis"][0]["apiId"]
    appsync.update_graphql_api(apiId=known, name="harbour", authenticationType="API_KEY")


CHANGES = (
    changed("The stage given a variable", _log_level, f"{_E}aws_api_gateway_stage.live", "variables"),
    changed(
        "Partners slowed down to one call a second",
        lambda c: c.aws("apigateway").update_usage_plan(
            usagePlanId=c.aws("apigateway").get_usage_plans()["items"][0]["id"],
            patchOperations=_replace("/throttle/rateLimit", "1"),
        ),
        f"{_E}aws_api_gateway_usage_plan.partner",
        "throttle_settings",
    ),
    deleted(
        "The partners' key deleted",
        lambda c: c.aws("apigateway").delete_api_key(apiKey=c.aws("apigateway").get_api_keys()["items"][0]["id"]),
        f"{_E}aws_api_gateway_api_key.partner",
        with_it=(f"{_E}aws_api_gateway_usage_plan_key.partner",),
    ),
    changed(
        "The REST interface renamed",
        lambda c: c.aws("apigateway").update_rest_api(
            restApiId=_api(c), patchOperations=_replace("/description", "by hand")
        ),
        f"{_E}aws_api_gateway_rest_api.this",
        "description",
        LOW,
    ),
    changed(
        "Every page may call the HTTP interface",
        lambda c: c.aws("apigatewayv2").update_api(ApiId=_http_api(c), CorsConfiguration={"AllowOrigins": ["*"]}),
        f"{_E}aws_apigatewayv2_api.this",
        "cors_configuration",
        HIGH,
    ),
    changed(
        "The HTTP route asks nobody's name", _open_route, f"{_E}aws_apigatewayv2_route.this", "authorization_type", HIGH
    ),
    changed(
        "The HTTP interface answered by a stranger",
        _redirect_integration,
        f"{_E}aws_apigatewayv2_integration.this",
        "integration_uri",
        HIGH,
    ),
    changed(
        "The graph opened by a key instead of a role",
        _open_graph,
        f"{_E}aws_appsync_graphql_api.this",
        "authentication_type",
        HIGH,
    ),
    changed(
        "The site served without TLS",
        lambda c: _distribution(c, DefaultCacheBehavior={"ViewerProtocolPolicy": "allow-all"}),
        f"{_E}aws_cloudfront_distribution.this",
        "default_cache_behavior",
        HIGH,
    ),
    changed(
        "The site switched off",
        lambda c: _distribution(c, Enabled=False),
        f"{_E}aws_cloudfront_distribution.this",
        "enabled",
        HIGH,
    ),
    changed("The banned pardoned", _pardon, f"{_E}aws_wafv2_ip_set.banned", "addresses", HIGH),
    changed("The app's name pointed at another machine", _repoint_app, f"{_E}aws_route53_record.app", "records", HIGH),
    changed(
        "The app's health no longer looked at", _disable_check, f"{_E}aws_route53_health_check.app", "disabled", HIGH
    ),
    changed(
        "The welcome rewritten",
        lambda c: c.aws("ses").update_template(
            Template={"TemplateName": "welcome", "SubjectPart": "Pay here", "TextPart": "https://evil.example"}
        ),
        f"{_E}aws_ses_template.welcome",
        "subject|text",
        MEDIUM,
    ),
    ByHand(
        "The domain's right to send mail deleted",
        lambda c: c.aws("ses").delete_identity(Identity="harbour.example"),
        (
            Expected(f"{_E}aws_ses_domain_identity.this", kind=Kind.DELETED, severity=HIGH),
            Expected(f"{_E}aws_ses_domain_dkim.this", ("dkim_tokens",)),  # its keys have gone with it
        ),
    ),
    changed("The banned counted instead of kept out", _disarm, f"{_E}aws_wafv2_web_acl.this", "rule", HIGH),
)
