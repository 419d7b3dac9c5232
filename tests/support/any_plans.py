"""A made-up plan that does one of everything, and any plan at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from support.plans import NOW, planned, proposal
from support.reports import changes, maybe, paths, values, words

from reconciler.drift.finding import Change, Severity
from reconciler.drift.values import UNKNOWN, Sensitive, parse_path
from reconciler.gate.policy import Rules
from reconciler.gate.proposal import (
    Act,
    Approval,
    Basis,
    Direction,
    Outcome,
    PlannedChange,
    Proposal,
    Risk,
    Status,
)

ID = "8c41d7a2-5b7e-4f0a-9d38-0c6a2b1f9e77"
SUBNET = 'module.network.aws_subnet.private["a"]'


def moves(path: str, before: Any, after: Any) -> Change:
    secret = isinstance(before, Sensitive) or isinstance(after, Sensitive)
    return Change(parse_path(path), before, after, configured=True, sensitive=secret, planned=True)


def policy(*actions: str) -> str:
    resources = ["arn:aws:s3:::acme-exports", "arn:aws:s3:::acme-exports/*"]
    statement = {"Sid": "Read", "Effect": "Allow", "Action": list(actions), "Resource": resources}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def created(count: int = 40) -> PlannedChange:
    """A new resource with so many attributes, each fourth of which only the apply will tell."""
    made = (moves(f"a{n:02}", None, UNKNOWN if n % 4 == 3 else f"value {n}") for n in range(count))
    return planned("aws_instance.batch", ("create",), changes=tuple(made), closes=("f-created",))


def every_kind(**more: Any) -> Proposal:
    """A plan that does one of everything, half of it unasked."""
    replaced = (
        moves("arn", "arn:aws:ec2:ap-northeast-2:123456789012:subnet/subnet-0a1b2c3d", UNKNOWN),
        moves("cidr_block", "10.0.3.0/24", "10.0.1.0/24"),
        moves("id", "subnet-0a1b2c3d", UNKNOWN),
        moves("tags.Name", "a", "b"),
        moves("vpc_id", "vpc-0fedcba", UNKNOWN),
    )
    gone = (moves("engine", "postgres", None), moves("password", Sensitive("digest-of-a-password"), None))
    secret = (moves("value", Sensitive("digest-1"), Sensitive("digest-2")), moves("version", 3, UNKNOWN))
    rule = {"cidr_blocks": ["0.0.0.0/0"], "from_port": 22, "protocol": "tcp", "to_port": 22}
    told = (
        planned("aws_sqs_queue.jobs", changes=(moves("delay_seconds", 90, 30),), closes=("f-changed",)),
        planned("aws_s3_bucket_policy.exports", changes=(moves("policy", policy("s3:*"), policy("s3:GetObject")),)),
        planned(SUBNET, ("delete", "create"), changes=replaced, because="cidr_block, vpc_id", closes=("f-replaced",)),
        planned("aws_db_instance.legacy", ("delete",), changes=gone, closes=("f-gone",)),
        created(),
        planned("aws_ssm_parameter.key", changes=secret, closes=("f-secret",)),
        planned(
            "aws_instance.kept", ("refresh",), changes=(moves("type", "m5.large", "m5.xlarge"),), closes=("f-kept",)
        ),
        planned("aws_security_group.web", changes=(moves("ingress", [], [rule]),), closes=()),
        planned("aws_cloudwatch_log_group.found", ("no-op",), importing="/shop/found", closes=()),
        planned("aws_sns_topic.alerts", ("no-op",), moved_from="aws_sns_topic.alarms", closes=()),
        planned("aws_instance.old", ("forget",), changes=(moves("ami", "ami-1", None),), closes=()),
    )
    reasons = ("destroys aws_db_instance.legacy", "aws_security_group.web: open to the world")
    return replace(proposal(*told), **{"id": ID, "risk": Risk(Severity.CRITICAL, reasons), **more})


# --- any plan ----------------------------------------------------------------------------------------

times = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  it has one
strings = st.lists(words, max_size=3).map(tuple)
planned_changes = st.builds(
    PlannedChange,
    address=words,
    resource_type=words,
    actions=st.lists(
        st.sampled_from(["create", "delete", "update", "read", "no-op", "forget", "refresh", "something new"]),
        max_size=3,
    ).map(tuple),
    changes=st.lists(
        changes | st.builds(Change, paths, values, values | st.just(UNKNOWN), st.booleans(), planned=st.booleans()),
        max_size=4,
    ).map(tuple),
    because=maybe,
    closes=strings,
    importing=maybe,
    moved_from=maybe,
)
acts = st.lists(st.builds(Act, words, words, words, st.none() | st.floats(0, 1e6)), max_size=3).map(tuple)
proposals = st.builds(
    Proposal,
    id=st.uuids().map(str) | words,
    status=st.sampled_from(Status),
    basis=st.builds(
        Basis,
        workspace=words,
        environment=words,
        direction=st.sampled_from(Direction),
        template=words,
        lineage=maybe,
        serial=st.none() | st.integers(0, 10**12),
        providers=words,
        plan=words,
        changes=words,
        observed=st.dictionaries(words, maybe, max_size=2),
    ),
    digest=words,
    risk=st.builds(Risk, st.sampled_from(Severity), strings),
    changes=st.lists(planned_changes, max_size=5).map(tuple),
    proposer=words,
    created_at=times,
    expires_at=times,
    approvals=st.lists(st.builds(Approval, words, times, words, maybe), max_size=3).map(tuple),
    outcome=st.none() | st.builds(Outcome, words, strings, acts),
)
rules = st.none() | st.builds(Rules, self_approval=st.booleans(), require_signature=st.booleans())
moments = st.just(NOW) | times
