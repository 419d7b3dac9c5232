"""What runs: machines, functions, clusters, balancers."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from support.by_hand_harbour.network import group
from support.by_hand_harbour.wording import CRITICAL, HIGH, LOW, changed, deleted

from reconciler.sandbox.by_hand.change import Console

_C = "module.compute."


def _crane(console: Console) -> str:
    filters = [
        {"Name": "tag:Name", "Values": ["harbour-crane"]},
        {"Name": "instance-state-name", "Values": ["running", "stopped"]},
    ]
    found = console.aws("ec2").describe_instances(Filters=filters)
    return str(found["Reservations"][0]["Instances"][0]["InstanceId"])


def _hold(console: Console) -> str:
    volumes = console.aws("ec2").describe_volumes(Filters=[{"Name": "size", "Values": ["20"]}])["Volumes"]
    return str(volumes[0]["VolumeId"])


def _balancer(console: Console) -> str:
    return str(console.aws("elbv2").describe_load_balancers(Names=["harbour"])["LoadBalancers"][0]["LoadBalancerArn"])


def _targets(console: Console, number: int) -> str:
    found = console.aws("elbv2").describe_target_groups(Names=[f"harbour-{number}"])["TargetGroups"]
    return str(found[0]["TargetGroupArn"])


def _listener(console: Console) -> str:
    found = console.aws("elbv2").describe_listeners(LoadBalancerArn=_balancer(console))["Listeners"]
    return str(found[0]["ListenerArn"])


def _balancer_attribute(key: str, value: str) -> Any:
    def make(console: Console) -> None:
        console.aws("elbv2").modify_load_balancer_attributes(
            LoadBalancerArn=_balancer(console), Attributes=[{"Key": key, "Value": value}]
        )

    return make


def _drop_rule(console: Console) -> None:
    elb = console.aws("elbv2")
    rules = elb.describe_rules(ListenerArn=_listener(console))["Rules"]
    elb.delete_rule(RuleArn=next(rule["RuleArn"] for rule in rules if rule["Priority"] == "10"))


def _redirect_listener(console: Console) -> None:
    action = {"Type": "forward", "TargetGroupArn": _targets(console, 1)}
    console.aws("elbv2").modify_listener(ListenerArn=_listener(console), DefaultActions=[action])


def _new_code(console: Console) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", "def handler(event, context):\n    return 'by hand'\n")
    console.aws("lambda").update_function_code(FunctionName="harbour", ZipFile=packed.getvalue())


def _move_alias(console: Console) -> None:
    function = console.aws("lambda")
    function.update_alias(FunctionName="harbour", Name="live", FunctionVersion="$LATEST")


def _new_template_version(console: Console) -> None:
    ec2 = console.aws("ec2")
    found = ec2.describe_launch_templates(LaunchTemplateNames=["harbour"])["LaunchTemplates"][0]
    ec2.create_launch_template_version(
        LaunchTemplateId=found["LaunchTemplateId"],
        SourceVersion="1",
        LaunchTemplateData={"InstanceType": "m5.24xlarge"},
    )
    ec2.modify_launch_template(LaunchTemplateId=found["LaunchTemplateId"], DefaultVersion="2")


def _publish_image(console: Console) -> None:
    ec2 = console.aws("ec2")
    image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["harbour-golden"]}])["Images"][0]["ImageId"]
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})


CHANGES = (
    changed(
        "The crane's machine stopped",
        lambda c: c.aws("ec2").stop_instances(InstanceIds=[_crane(c)]),
        f"{_C}aws_instance.crane",
        "instance_state",
        HIGH,
    ),
    changed(
        "The crane's metadata open to version 1",
        lambda c: c.aws("ec2").modify_instance_metadata_options(InstanceId=_crane(c), HttpTokens="optional"),
        f"{_C}aws_instance.crane",
        "metadata_options",
        HIGH,
    ),
    changed(
        "The crane put into the default group",
        lambda c: c.aws("ec2").modify_instance_attribute(InstanceId=_crane(c), Groups=[group(c, "default")]),
        f"{_C}aws_instance.crane",
        "vpc_security_group_ids",
        HIGH,
    ),
    changed(
        "New volumes no longer encrypted",
        lambda c: c.aws("ec2").disable_ebs_encryption_by_default(),
        f"{_C}aws_ebs_encryption_by_default.this",
        "enabled",
        HIGH,
    ),
    deleted(
        "The key pair deleted",
        lambda c: c.aws("ec2").delete_key_pair(KeyName="harbour"),
        f"{_C}aws_key_pair.this",
    ),
    changed(
        "Machines started larger from now on",
        _new_template_version,
        f"{_C}aws_launch_template.this",
        "instance_type|latest_version|default_version",
    ),
    changed(
        "The group of machines allowed to grow to forty",
        lambda c: c.aws("autoscaling").update_auto_scaling_group(AutoScalingGroupName="harbour", MaxSize=40),
        f"{_C}aws_autoscaling_group.this",
        "max_size",
    ),
    changed(
        "The group's machines asked for three",
        lambda c: c.aws("autoscaling").set_desired_capacity(AutoScalingGroupName="harbour", DesiredCapacity=3),
        f"{_C}aws_autoscaling_group.this",
        "desired_capacity",
    ),
    deleted(
        "The group's policy deleted",
        lambda c: c.aws("autoscaling").delete_policy(AutoScalingGroupName="harbour", PolicyName="cpu"),
        f"{_C}aws_autoscaling_policy.cpu",
    ),
    deleted(
        "The night's rest deleted",
        lambda c: c.aws("autoscaling").delete_scheduled_action(
            AutoScalingGroupName="harbour", ScheduledActionName="night"
        ),
        f"{_C}aws_autoscaling_schedule.night",
    ),
    changed(
        "Machines given a minute to end",
        lambda c: c.aws("autoscaling").put_lifecycle_hook(
            AutoScalingGroupName="harbour",
            LifecycleHookName="drain",
            LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
            HeartbeatTimeout=60,
        ),
        f"{_C}aws_autoscaling_lifecycle_hook.drain",
        "heartbeat_timeout",
    ),
    changed(
        "The balancer may be deleted",
        _balancer_attribute("deletion_protection.enabled", "false"),
        f"{_C}aws_lb.this",
        "enable_deletion_protection",
        HIGH,
    ),
    changed(
        "The balancer lets invalid headers through",
        _balancer_attribute("routing.http.drop_invalid_header_fields.enabled", "false"),
        f"{_C}aws_lb.this",
        "drop_invalid_header_fields",
    ),
    changed(
        "The balancer put into the default group",
        lambda c: c.aws("elbv2").set_security_groups(
            LoadBalancerArn=_balancer(c), SecurityGroups=[group(c, "default")]
        ),
        f"{_C}aws_lb.this",
        "security_groups",
        HIGH,
    ),
    changed(
        "Health looked at elsewhere",
        lambda c: c.aws("elbv2").modify_target_group(TargetGroupArn=_targets(c, 0), HealthCheckPath="/"),
        f"{_C}aws_lb_target_group.this[0]",
        "health_check",
    ),
    deleted(
        "The crane taken out of the balancer",
        lambda c: c.aws("elbv2").deregister_targets(TargetGroupArn=_targets(c, 0), Targets=[{"Id": _crane(c)}]),
        f"{_C}aws_lb_target_group_attachment.crane",
    ),
    changed("Traffic sent to other targets", _redirect_listener, f"{_C}aws_lb_listener.this", "default_action"),
    deleted("The rule for the API deleted", _drop_rule, f"{_C}aws_lb_listener_rule.api"),
    changed(
        "The cluster's API opened to the internet",
        lambda c: c.aws("eks").update_cluster_config(
            name="harbour", resourcesVpcConfig={"endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]}
        ),
        f"{_C}aws_eks_cluster.this",
        "vpc_config",
        CRITICAL,
    ),
    changed(
        "The cluster's audit log off",
        lambda c: c.aws("eks").update_cluster_config(
            name="harbour", logging={"clusterLogging": [{"types": ["audit"], "enabled": False}]}
        ),
        f"{_C}aws_eks_cluster.this",
        "enabled_cluster_log_types",
        HIGH,
    ),
    changed(
        "The cluster's nodes allowed to grow to thirty",
        lambda c: c.aws("eks").update_nodegroup_config(
            clusterName="harbour",
            nodegroupName="harbour",
            scalingConfig={"minSize": 1, "maxSize": 30, "desiredSize": 1},
        ),
        f"{_C}aws_eks_node_group.this",
        "scaling_config",
    ),
    deleted(
        "The jobs' profile deleted",
        lambda c: c.aws("eks").delete_fargate_profile(clusterName="harbour", fargateProfileName="jobs"),
        f"{_C}aws_eks_fargate_profile.this",
    ),
    changed(
        "The function's code replaced", _new_code, f"{_C}aws_lambda_function.this", "source_code_hash|code_sha256", HIGH
    ),
    changed(
        "The function's environment changed",
        lambda c: c.aws("lambda").update_function_configuration(
            FunctionName="harbour", Environment={"Variables": {"DEBUG": "1"}}
        ),
        f"{_C}aws_lambda_function.this",
        "environment",
    ),
    changed("The live function is the newest", _move_alias, f"{_C}aws_lambda_alias.live", "function_version", HIGH),
    changed(
        "Everybody may call the function",
        lambda c: c.aws("lambda").update_function_url_config(FunctionName="harbour", AuthType="NONE"),
        f"{_C}aws_lambda_function_url.this",
        "authorization_type",
        CRITICAL,
    ),
    deleted(
        "The gateway may no longer call the function",
        lambda c: c.aws("lambda").remove_permission(FunctionName="harbour", StatementId="edge"),
        f"{_C}aws_lambda_permission.edge",
    ),
    changed(
        "The queue of jobs disabled",
        lambda c: c.aws("batch").update_job_queue(jobQueue="harbour", state="DISABLED"),
        f"{_C}aws_batch_job_queue.this",
        "state",
        HIGH,
    ),
    deleted(
        "The definition of jobs deregistered",
        lambda c: c.aws("batch").deregister_job_definition(jobDefinition="harbour:1"),
        f"{_C}aws_batch_job_definition.this",
    ),
    changed(
        "Spot machines allowed for the cluster",
        lambda c: c.aws("ecs").put_cluster_capacity_providers(
            cluster="harbour", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
        ),
        f"{_C}aws_ecs_cluster_capacity_providers.this",
        "capacity_providers",
    ),
    changed(
        # What is read the template leaves to the autoscaler.
        "The crews' table made ten times as wide for writing",
        lambda c: c.aws("dynamodb").update_table(
            TableName="harbour-crews", ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 50}
        ),
        f"{_C}aws_dynamodb_table.crews",
        "write_capacity",
    ),
    changed(
        "The crane's volume tagged",
        lambda c: c.aws("ec2").create_tags(Resources=[_hold(c)], Tags=[{"Key": "keep", "Value": "no"}]),
        f"{_C}aws_ebs_volume.hold",
        "tags|tags_all",
        LOW,
    ),
    deleted(
        "Failed calls handled as AWS does by default",
        lambda c: c.aws("lambda").delete_function_event_invoke_config(FunctionName="harbour"),
        f"{_C}aws_lambda_function_event_invoke_config.this",
    ),
    changed(
        "The function called once at a time",
        lambda c: c.aws("lambda").put_function_concurrency(FunctionName="harbour", ReservedConcurrentExecutions=1),
        f"{_C}aws_lambda_function.this",
        "reserved_concurrent_executions",
    ),
    changed("The image given to everybody", _publish_image, f"{_C}aws_ami.golden", "public", CRITICAL),
)
