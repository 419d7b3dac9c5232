"""A change made by hand, and what a drift report has to say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from reconciler.drift.finding import Finding, Kind, Severity
from reconciler.sandbox.emulator import REGION, Emulator
from reconciler.sandbox.estate import client

PREFIX = "nuri-prod"
"""What every name in production begins with."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The finding that has to come of a change.

    ``paths`` are the ways to name what changed, any of which will do: a change on the path itself or below it.
    ``severity`` is the least that the finding may have.
    """

    address: str
    paths: tuple[str, ...] = ()
    kind: Kind = Kind.CHANGED
    severity: Severity = Severity.LOW

    def met_by(self, finding: Finding) -> bool:
        """Whether a finding says so."""
        if finding.address != self.address or finding.kind is not self.kind:
            return False
        told = not self.paths or any(_within(change.text, path) for change in finding.changes for path in self.paths)
        return told and finding.severity.rank >= self.severity.rank


@dataclass(frozen=True, slots=True)
class ByHand:
    """A change: a title as a person would tell it, how it is made, and what is expected of the report.

    ``expected`` is empty where the template says that the change is to be left alone (``ignore_changes``).
    """

    title: str
    make: Callable[[Console], None]
    expected: tuple[Expected, ...]


class Console:
    """A person with every right, in production."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._clients: Callable[..., Any] = cache(lambda service, region: client(emulator, service, region))

    def aws(self, service: str, region: str = REGION) -> Any:
        """A boto3 client; its type hangs on the service, so it is ``Any``."""
        return self._clients(service, region)

    def vpc(self) -> str:
        """The VPC's id."""
        vpcs = self.aws("ec2").describe_vpcs(Filters=_named(PREFIX))["Vpcs"]
        return str(vpcs[0]["VpcId"])

    def security_group(self, name: str) -> str:
        """The id of a security group by its name in the VPC."""
        filters = [{"Name": "group-name", "Values": [name]}, {"Name": "vpc-id", "Values": [self.vpc()]}]
        return str(self.aws("ec2").describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"])

    def key(self) -> str:
        """The ARN of the KMS key for data."""
        return str(self.aws("kms").describe_key(KeyId=f"alias/{PREFIX}-data")["KeyMetadata"]["Arn"])

    def topic(self, name: str) -> str:
        """The ARN of a topic by its name."""
        topics = self.aws("sns").list_topics()["Topics"]
        return next(str(topic["TopicArn"]) for topic in topics if topic["TopicArn"].endswith(f":{PREFIX}-{name}"))


def _named(name: str) -> list[Mapping[str, object]]:
    return [{"Name": "tag:Name", "Values": [name]}]


def _within(text: str, path: str) -> bool:
    return text == path or text.startswith((f"{path}.", f"{path}["))
