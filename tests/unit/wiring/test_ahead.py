from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.deadline import eventually
from support.drifting import declared, template

from reconciler.drift.address import ProviderAddress
from reconciler.drift.snapshot import ProviderBlock
from reconciler.drift.values import UNKNOWN
from reconciler.errors import Position, ProviderError
from reconciler.wiring.ahead import start_providers

AWS = "registry.terraform.io/hashicorp/aws"
DEFAULT, ALIASED, UNUSED, UNRESOLVED = (ProviderAddress(AWS, alias=alias) for alias in (None, "us", "unused", "later"))
HERE = Position("main.tf", 1)
TEMPLATE = template(
    declared("aws_sqs_queue.jobs", provider=DEFAULT),
    declared("aws_sqs_queue.more", provider=DEFAULT),
    declared("aws_acm_certificate.www", provider=ALIASED),
    declared("aws_sqs_queue.later", provider=UNRESOLVED),
    providers=(
        ProviderBlock(DEFAULT, HERE, {"region": "default"}),
        ProviderBlock(ALIASED, HERE, {"region": "aliased"}),
        ProviderBlock(UNUSED, HERE, {"region": "unused"}),
        ProviderBlock(UNRESOLVED, HERE, {"region": UNKNOWN}, {("region",): "var.region"}),
    ),
)


@dataclass
class FakeParts:
    """A workspace's tools and the pool of providers at once."""

    binary: Path | None = Path("provider")
    fault: ProviderError | None = None
    started: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path | None:
        return self.binary

    @property
    def cloud(self) -> FakeParts:
        return self

    def child_environment(self) -> dict[str, str]:
        return {"AWS_REGION": "here"}

    def installed(self, _template: object, source: str) -> FakeParts | None:
        assert source == AWS
        return self if self.binary else None

    def session(self, binary: Path, values: Mapping[str, Any], environment: Mapping[str, str]) -> FakeParts:
        assert (binary, environment) == (self.binary, {"AWS_REGION": "here"})
        self.started.append(values["region"])
        return self

    def start(self) -> None:
        if self.fault:
            raise self.fault


def run(parts: FakeParts) -> FakeParts:
    start_providers(TEMPLATE, parts, parts)  # type: ignore[arg-type]
    eventually(lambda: not any(thread.name == "provider-ahead" for thread in threading.enumerate()), 5)
    return parts


def test_what_the_resources_use_and_is_resolved_is_started_once() -> None:
    assert sorted(run(FakeParts()).started) == ["aliased", "default"]


def test_a_provider_that_would_have_to_be_fetched_is_left_to_the_reading() -> None:
    assert run(FakeParts(binary=None)).started == []


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_is_left_to_the_reading() -> None:
    assert len(run(FakeParts(fault=ProviderError("no"))).started) == 2
