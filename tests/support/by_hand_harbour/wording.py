"""Short ways to write a change and what is expected of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from reconciler.drift.finding import Kind, Severity
from reconciler.sandbox.by_hand.change import ByHand, Console, Expected

LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
VIRGINIA = "us-east-1"
ACCOUNT = "123456789012"
EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def changed(title: str, make: Callable[[Console], Any], address: str, path: str, least: Severity = MEDIUM) -> ByHand:
    """A change of a resource at ``path``, by ``|`` where there are several ways to say it."""

    def run(console: Console) -> None:
        make(console)

    return ByHand(title, run, (Expected(address, tuple(path.split("|")), severity=least),))


def deleted(
    title: str, make: Callable[[Console], Any], address: str, least: Severity = HIGH, *, with_it: tuple[str, ...] = ()
) -> ByHand:
    """A resource that is gone, and what went ``with_it``, because it was a part of it."""

    def run(console: Console) -> None:
        make(console)

    gone = tuple(Expected(each, kind=Kind.DELETED, severity=least) for each in (address, *with_it))
    return ByHand(title, run, gone)


def for_everybody(action: str, resource: str = "*") -> str:
    """A policy that lets everybody do something."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
