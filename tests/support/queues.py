"""Queues, the plainest resources: what tests of whole workspaces are about."""

from __future__ import annotations

from typing import Any

from support.drifting import TAGS, attribute, present, schema

from reconciler.drift.snapshot import Reading

QUEUE = schema(
    arn=attribute("C"),
    name=attribute("OC"),
    delay=attribute("O", "number"),
    size=attribute("OC", "number"),
    modified=attribute("C"),
    secret=attribute("O", sensitive=True),
    tags=attribute("O", TAGS),
    tags_all=attribute("OC", TAGS),
)
A, B = "aws_sqs_queue.a", "aws_sqs_queue.b"


def queue(address: str = A, recorded: dict[str, Any] | None = None, observed: Any = None, **more: Any) -> Reading:
    """A queue as recorded, but for what is observed otherwise."""
    return present(address, QUEUE, {"id": f"id {address}", "delay": 0, "size": 1, **(recorded or {})}, observed, **more)
