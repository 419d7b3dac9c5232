"""Small made-up sides of a workspace: a template of two queues, a state that records them, readings of both."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from reconciler.drift.address import Address, ProviderAddress
from reconciler.drift.finding import Finding
from reconciler.drift.identity import Location
from reconciler.drift.record import EnvironmentFacts
from reconciler.drift.schema import Attribute, Block, Schema
from reconciler.drift.snapshot import (
    Body,
    DeclaredResource,
    Present,
    Reading,
    RecordedInstance,
    RecordedState,
    Template,
)
from reconciler.errors import Position, ReconcilerError
from reconciler.workflows.progress import Progress
from reconciler.workflows.target import Neighbourhood, Observation, Past, Target

AWS = ProviderAddress("registry.terraform.io/hashicorp/aws")
ACCOUNT = "123456789012"
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
"""When the state was written."""
QUEUE = Schema(
    0,
    Block(
        {
            "id": Attribute("string", computed=True),
            "arn": Attribute("string", computed=True),
            "name": Attribute("string", required=True),
            "delay_seconds": Attribute("number", optional=True),
            "policy": Attribute("string", optional=True, computed=True),
            "tags": Attribute(["map", "string"], optional=True),
            "token": Attribute("string", optional=True, sensitive=True),
        }
    ),
)


def values(name: str, **changed: Any) -> dict[str, Any]:
    return {
        "id": f"https://sqs/{ACCOUNT}/{name}",
        "arn": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}",
        "name": name,
        "delay_seconds": 30,
        "policy": None,
        "tags": {"team": "shop"},
        "token": None,
        **changed,
    }


def instance(name: str) -> RecordedInstance:
    return RecordedInstance(Address("aws_sqs_queue", name), AWS, 0, json.dumps(values(name)).encode())


def present(name: str, **changed: Any) -> Present:
    return Present(instance(name), QUEUE, values(name), values(name, **changed))


def declared(name: str) -> DeclaredResource:
    address = Address("aws_sqs_queue", name)
    body = Body(frozenset({"name", "delay_seconds", "tags"}))
    return DeclaredResource(address, Position("main.tf", 3, 1), body, (address,), provider=AWS)


def template(*names: str, **changed: Any) -> Template:
    files = {"main.tf": "\n".join(f'resource "aws_sqs_queue" "{name}" {{}}' for name in names)}
    plain = Template("shop", "sha256:1", files, tuple(map(declared, names)))
    return replace(plain, **changed) if changed else plain


def state(*names: str) -> RecordedState:
    return RecordedState(tuple(map(instance, names)), "lineage", 7, "1.11.4", "terraform.tfstate")


@dataclass
class FakeObserver:
    """Answers with what the test says, by name; a fault is raised."""

    readings: Mapping[str, Reading] = field(default_factory=dict)
    fault: ReconcilerError | None = None
    before: Callable[[], None] = lambda: None

    def observe(self, template: Template, state: RecordedState, past: Past, progress: Progress) -> Observation:
        self.before()
        if self.fault is not None:
            raise self.fault
        readings = tuple(self.readings[i.label] for i in state.instances)
        places = {i.label: Location(ACCOUNT, "eu-west-1") for i in state.instances}
        return Observation(readings, places, (), len(readings))


def observing(*readings: Reading, **changed: Any) -> FakeObserver:
    return FakeObserver({reading.instance.label: reading for reading in readings}, **changed)


def target(
    observer: FakeObserver,
    *,
    name: str = "shop",
    desired: Template | None = None,
    recorded: RecordedState | Callable[[], RecordedState] | None = None,
    planned: tuple[Finding, ...] = (),
    neighbours: Callable[[], Neighbourhood] = Neighbourhood,
) -> Target:
    names = [reading.instance.address.name for reading in observer.readings.values()]
    return Target(
        name=name,
        environment=EnvironmentFacts("production", ACCOUNT, "eu-west-1"),
        template_path="shop",
        read_template=lambda: desired or template(*names),
        read_state=lambda _: recorded() if callable(recorded) else recorded or state(*names),
        observer=observer,
        sweeper=observer,
        unapplied=lambda _: planned,
        neighbours=neighbours,
        seal=lambda read: f"sealed {read.digest}",
        written=lambda _: LONG_AGO,
        passed_over=lambda *_: (),
    )
