"""What happens by itself: events, schedules, pipes, builds, deployments; and who is above the account."""

from __future__ import annotations

import json
from typing import Any

from support.by_hand_harbour.wording import ACCOUNT, HIGH, LOW, MEDIUM, changed, deleted, for_everybody

from reconciler.sandbox.by_hand.change import Console

_O = "module.operations."
_BUS = f"arn:aws:events:ap-northeast-2:{ACCOUNT}:event-bus/harbour"


def _open_bus(console: Console) -> None:
    console.aws("events").put_permission(EventBusName="harbour", Policy=for_everybody("events:PutEvents", _BUS))


def _stop_schedule(console: Console) -> None:
    scheduler = console.aws("scheduler")
    known = scheduler.get_schedule(GroupName="harbour", Name="harbour-report")
    kept = ("GroupName", "Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    scheduler.update_schedule(**{name: known[name] for name in kept}, State="DISABLED")


def _build_elsewhere(console: Console) -> None:
    console.aws("codebuild").update_project(
        name="harbour",
        environment={
            "type": "LINUX_CONTAINER",
            "image": "stranger/image:latest",
            "computeType": "BUILD_GENERAL1_SMALL",
            "privilegedMode": True,
        },
    )


def _organization(console: Console) -> Any:
    return console.aws("organizations")


def _policy(console: Console) -> str:
    found = _organization(console).list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
    return next(str(each["Id"]) for each in found if each["Name"] == "regions")


def _unit(console: Console) -> str:
    root = _organization(console).list_roots()["Roots"][0]["Id"]
    return str(
        _organization(console).list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"][0]["Id"]
    )


def _allow_all_regions(console: Console) -> None:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    _organization(console).update_policy(PolicyId=_policy(console), Content=json.dumps(everything))


def _slow_name(console: Console) -> None:
    discovery = console.aws("servicediscovery")
    known = discovery.list_services()["Services"][0]["Id"]
    discovery.update_service(Id=known, Service={"DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 3600}]}})


CHANGES = (
    changed(
        "Events kept for a day",
        lambda c: c.aws("events").update_archive(ArchiveName="harbour", RetentionDays=1),
        f"{_O}aws_cloudwatch_event_archive.this",
        "retention_days",
    ),
    changed(
        "The partner's events sent to a stranger",
        lambda c: c.aws("events").update_api_destination(
            Name="harbour-partner", InvocationEndpoint="https://stranger.example/events"
        ),
        f"{_O}aws_cloudwatch_event_api_destination.partner",
        "invocation_endpoint",
        HIGH,
    ),
    changed(
        "The connection to the partner described otherwise",
        lambda c: c.aws("events").update_connection(Name="harbour-partner", Description="by hand"),
        f"{_O}aws_cloudwatch_event_connection.partner",
        "description",
        LOW,
    ),
    changed(
        "The tide no longer looked at",
        lambda c: c.aws("events").disable_rule(Name="harbour-tide"),
        f"{_O}aws_cloudwatch_event_rule.tide",
        "state|is_enabled",
        HIGH,
    ),
    deleted(
        "Nothing happens at tide",
        lambda c: c.aws("events").remove_targets(Rule="harbour-tide", Ids=["function"]),
        f"{_O}aws_cloudwatch_event_target.tide",
    ),
    changed("The daily report stopped", _stop_schedule, f"{_O}aws_scheduler_schedule.report", "state", HIGH),
    changed(
        "The pipe of jobs stopped",
        lambda c: c.aws("pipes").stop_pipe(Name="harbour-jobs"),
        f"{_O}aws_pipes_pipe.jobs",
        "desired_state",
        HIGH,
    ),
    changed("The app's name kept for an hour", _slow_name, f"{_O}aws_service_discovery_service.app", "dns_config"),
    changed(
        "The group of resources asks for other tags",
        lambda c: c.aws("resource-groups").update_group_query(
            GroupName="harbour",
            ResourceQuery={
                "Type": "TAG_FILTERS_1_0",
                "Query": json.dumps(
                    {"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": "company", "Values": ["x"]}]}
                ),
            },
        ),
        f"{_O}aws_resourcegroups_group.this",
        "resource_query",
        MEDIUM,
    ),
    changed("Every region allowed", _allow_all_regions, f"{_O}aws_organizations_policy.regions", "content", HIGH),
    deleted(
        "The fleet put out of reach of the policy",
        lambda c: _organization(c).detach_policy(PolicyId=_policy(c), TargetId=_unit(c)),
        f"{_O}aws_organizations_policy_attachment.regions",
    ),
    changed(
        "The fleet renamed",
        lambda c: _organization(c).update_organizational_unit(OrganizationalUnitId=_unit(c), Name="ships"),
        f"{_O}aws_organizations_organizational_unit.fleet",
        "name",
    ),
    deleted(
        "The buoy forgotten",
        lambda c: c.aws("iot").delete_thing(thingName="harbour-buoy"),
        f"{_O}aws_iot_thing.buoy",
    ),
    deleted(
        "The work of lifting deleted",
        lambda c: c.aws("stepfunctions").delete_activity(
            activityArn=c.aws("stepfunctions").list_activities()["activities"][0]["activityArn"]
        ),
        f"{_O}aws_sfn_activity.lift",
    ),
    deleted(
        "The signer's profile cancelled",
        lambda c: c.aws("signer").cancel_signing_profile(profileName="harbour"),
        f"{_O}aws_signer_signing_profile.this",
    ),
)
