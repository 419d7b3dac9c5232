"""Changes to who may do what: roles, policies, topics, keys, the audit trail."""

from __future__ import annotations

import json

from reconciler.drift.finding import Severity
from reconciler.sandbox.by_hand.change import PREFIX, ByHand, Console, Expected

_EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def _attach_admin(console: Console) -> None:
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    console.aws("iam").attach_role_policy(RoleName=f"{PREFIX}-task", PolicyArn=policy)


def _add_inline_policy(console: Console) -> None:
    console.aws("iam").put_role_policy(RoleName=f"{PREFIX}-execution", PolicyName="hotfix", PolicyDocument=_EVERYTHING)


def _widen_trust(console: Console) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}],
    }
    console.aws("iam").update_assume_role_policy(RoleName=f"{PREFIX}-vpc-flow-log", PolicyDocument=json.dumps(trust))


def _widen_policy(console: Console) -> None:
    iam = console.aws("iam")
    policies = iam.list_policies(Scope="Local")["Policies"]
    arn = next(policy["Arn"] for policy in policies if policy["PolicyName"] == f"{PREFIX}-orders")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=_EVERYTHING, SetAsDefault=True)


def _open_topic(console: Console) -> None:
    topic = console.topic("orders")
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "SNS:Publish", "Principal": "*", "Resource": topic}],
    }
    console.aws("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))


def _stop_rotation(console: Console) -> None:
    console.aws("kms").disable_key_rotation(KeyId=console.key())


def _stop_trail(console: Console) -> None:
    console.aws("cloudtrail").stop_logging(Name=PREFIX)


def _change_secret_parameter(console: Console) -> None:
    console.aws("ssm").put_parameter(
        Name=f"/{PREFIX}/payment/webhook-signing-key",
        Type="SecureString",
        KeyId=console.key(),
        Value="pasted-in-the-console",
        Overwrite=True,
    )


CHANGES = (
    ByHand(
        "The administrator policy attached to the containers' role",
        _attach_admin,
        (Expected('module.app.aws_iam_role.this["task"]', ("managed_policy_arns",), severity=Severity.HIGH),),
    ),
    ByHand(
        "An inline policy that allows everything added to the execution role",
        _add_inline_policy,
        (Expected('module.app.aws_iam_role.this["execution"]', ("inline_policy",), severity=Severity.HIGH),),
    ),
    ByHand(
        "A role's trust opened to every account",
        _widen_trust,
        (Expected("module.network.aws_iam_role.flow[0]", ("assume_role_policy",), severity=Severity.HIGH),),
    ),
    ByHand(
        "The orders policy replaced by one that allows everything",
        _widen_policy,
        (Expected("module.app.aws_iam_policy.orders", ("policy",), severity=Severity.MEDIUM),),
    ),
    ByHand(
        "Anybody may publish to the orders topic",
        _open_topic,
        (Expected("module.app.aws_sns_topic_policy.orders", ("policy",), severity=Severity.MEDIUM),),
    ),
    ByHand(
        "Rotation of the data key switched off",
        _stop_rotation,
        (Expected("module.data.aws_kms_key.data", ("enable_key_rotation",), severity=Severity.MEDIUM),),
    ),
    ByHand(
        "The audit trail stopped",
        _stop_trail,
        (Expected("module.observability.aws_cloudtrail.this[0]", ("enable_logging",), severity=Severity.MEDIUM),),
    ),
    ByHand(
        "The webhook's signing key replaced",
        _change_secret_parameter,
        (Expected("module.data.aws_ssm_parameter.webhook_signing_key", ("value",)),),
    ),
)
