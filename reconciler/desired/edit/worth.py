"""What an expression is worth by itself, and the first name in it that keeps it from being all literal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from reconciler.desired.expressions import nodes
from reconciler.desired.expressions.evaluate import Budget, Nothing, evaluate
from reconciler.desired.expressions.values import FailureError, TooLargeError, plain, wholly_known
from reconciler.drift.values import UNKNOWN, Value


def worth(node: nodes.Node) -> tuple[Value, str]:
    """The value and ``""`` for an expression of literals alone; otherwise UNKNOWN and what it hangs on."""
    refers = next(_references(node), "")
    if refers:
        return UNKNOWN, refers
    value = evaluate(node, Nothing(), Budget())
    try:
        known = wholly_known(value)
    except (TooLargeError, FailureError):
        known = False
    return (plain(value), "") if known else (UNKNOWN, next(_calls(node), "an expression"))


def _references(node: object) -> Iterator[str]:
    """Names with what is taken of them: ``var.queues``, ``each.value``, ``aws_vpc.main.id``."""
    text = _reference(node)
    if text is not None:
        yield text
        return
    for inner in _inner(node):
        yield from _references(inner)


def _reference(node: object) -> str | None:
    match node:
        case nodes.Name(name):
            return name
        case nodes.GetAttribute(source, name):
            inner = _reference(source)
            return None if inner is None else f"{inner}.{name}"
        case nodes.Index(source, _) | nodes.Splat(source, _):
            return _reference(source)
        case _:
            return None


def _calls(node: object) -> Iterator[str]:
    if isinstance(node, nodes.Call):
        yield f"{node.name}(…)"
    for inner in _inner(node):
        yield from _calls(inner)


def _inner(node: object) -> Iterator[object]:
    if isinstance(node, tuple):
        yield from node
    elif is_dataclass(node):
        for each in fields(node):
            yield getattr(node, each.name)
