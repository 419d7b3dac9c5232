"""Changes to what runs and what watches it: queues, functions, schedules, containers, logs, alarms, tags."""

from __future__ import annotations

from reconciler.drift.finding import Kind, Severity
from reconciler.sandbox.by_hand.change import PREFIX, ByHand, Console, Expected


def _change_visibility(console: Console) -> None:
    sqs = console.aws("sqs")
    queue = sqs.get_queue_url(QueueName=f"{PREFIX}-mail")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "900"})


def _change_function_environment(console: Console) -> None:
    variables = {"LOG_LEVEL": "INFO", "PAYMENT_MODE": "sandbox"}
    console.aws("lambda").update_function_configuration(
        FunctionName=f"{PREFIX}-order-intake", Environment={"Variables": variables}
    )


def _change_function_timeout(console: Console) -> None:
    console.aws("lambda").update_function_configuration(FunctionName=f"{PREFIX}-mail-sender", Timeout=3)


def _disable_schedule(console: Console) -> None:
    console.aws("events").disable_rule(Name=f"{PREFIX}-nightly-report")


def _stop_image_scans(console: Console) -> None:
    console.aws("ecr").put_image_scanning_configuration(
        repositoryName=f"{PREFIX}/storefront", imageScanningConfiguration={"scanOnPush": False}
    )


def _scale_service(console: Console) -> None:
    console.aws("ecs").update_service(cluster=PREFIX, service="storefront", desiredCount=6)


def _shorten_audit_log(console: Console) -> None:
    console.aws("logs").put_retention_policy(logGroupName=f"/{PREFIX}/audit", retentionInDays=7)


def _silence_alarm(console: Console) -> None:
    console.aws("cloudwatch").disable_alarm_actions(AlarmNames=[f"{PREFIX}-orders-backlog"])


def _raise_threshold(console: Console) -> None:
    cloudwatch = console.aws("cloudwatch")
    described = cloudwatch.describe_alarms(AlarmNames=[f"{PREFIX}-thumbnail-backlog"])["MetricAlarms"][0]
    kept = (
        "AlarmName",
        "AlarmDescription",
        "Namespace",
        "MetricName",
        "Dimensions",
        "Statistic",
        "Period",
        "EvaluationPeriods",
        "ComparisonOperator",
        "TreatMissingData",
        "AlarmActions",
        "OKActions",
    )
    cloudwatch.put_metric_alarm(**{name: described[name] for name in kept}, Threshold=100000.0)


def _delete_metric_filter(console: Console) -> None:
    console.aws("logs").delete_metric_filter(
        logGroupName=f"/aws/lambda/{PREFIX}-mail-sender", filterName=f"{PREFIX}-mail-sender-errors"
    )


def _retag_table(console: Console) -> None:
    dynamodb = console.aws("dynamodb")
    table = dynamodb.describe_table(TableName=f"{PREFIX}-sessions")["Table"]["TableArn"]
    dynamodb.tag_resource(ResourceArn=table, Tags=[{"Key": "Owner", "Value": "nobody"}])


def _tag_subnet(console: Console) -> None:
    ec2 = console.aws("ec2")
    filters = [{"Name": "tag:Name", "Values": [f"{PREFIX}-public-c"]}]
    subnet = ec2.describe_subnets(Filters=filters)["Subnets"][0]["SubnetId"]
    ec2.create_tags(Resources=[subnet], Tags=[{"Key": "kept-for", "Value": "load test"}])


CHANGES = (
    ByHand(
        "Visibility timeout of the mail queue raised from 30 s to 15 min",
        _change_visibility,
        (Expected('module.app.module.queue["mail"].aws_sqs_queue.this', ("visibility_timeout_seconds",)),),
    ),
    ByHand(
        "Orders sent to the payment provider's sandbox",
        _change_function_environment,
        (Expected('module.app.aws_lambda_function.this["order-intake"]', ("environment",)),),
    ),
    ByHand(
        "The mail function's timeout cut to three seconds",
        _change_function_timeout,
        (Expected('module.app.aws_lambda_function.this["mail-sender"]', ("timeout",)),),
    ),
    ByHand(
        "The nightly report disabled",
        _disable_schedule,
        (Expected('module.app.aws_cloudwatch_event_rule.schedule["nightly-report"]', ("state", "is_enabled")),),
    ),
    ByHand(
        "Images no longer scanned when pushed",
        _stop_image_scans,
        (Expected('module.app.aws_ecr_repository.service["storefront"]', ("image_scanning_configuration",)),),
    ),
    ByHand("The storefront scaled to six containers, which the template leaves to the autoscaler", _scale_service, ()),
    ByHand(
        "The audit log kept for a week instead of a year",
        _shorten_audit_log,
        (
            Expected(
                'module.observability.aws_cloudwatch_log_group.this["audit"]',
                ("retention_in_days",),
                severity=Severity.MEDIUM,
            ),
        ),
    ),
    ByHand(
        "The alarm on waiting orders silenced",
        _silence_alarm,
        (
            Expected(
                'module.observability.aws_cloudwatch_metric_alarm.backlog["nuri-prod-orders"]', ("actions_enabled",)
            ),
        ),
    ),
    ByHand(
        "The alarm on waiting thumbnails set to a value that is never reached",
        _raise_threshold,
        (Expected('module.observability.aws_cloudwatch_metric_alarm.backlog["nuri-prod-thumbnail"]', ("threshold",)),),
    ),
    ByHand(
        "The count of the mail function's errors deleted",
        _delete_metric_filter,
        (
            Expected(
                'module.observability.aws_cloudwatch_log_metric_filter.errors["mail-sender"]',
                kind=Kind.DELETED,
                severity=Severity.MEDIUM,
            ),
        ),
    ),
    ByHand(
        "The sessions table given to nobody",
        _retag_table,
        (Expected('module.data.aws_dynamodb_table.this["sessions"]', ("tags", "tags_all")),),
    ),
    ByHand(
        "A tag added to a public subnet",
        _tag_subnet,
        (Expected('module.network.aws_subnet.public["c"]', ("tags", "tags_all")),),
    ),
)
