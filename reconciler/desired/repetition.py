"""``count`` and ``for_each``: how many instances a block has, and what ``each`` and ``count`` are in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from reconciler.desired.expressions.evaluate import Budget, Scope, evaluate
from reconciler.desired.expressions.types import to_primitive
from reconciler.desired.expressions.values import FailureError, TerraformSet
from reconciler.desired.syntax import Content
from reconciler.drift.address import Key
from reconciler.drift.values import Unknown, Value

LIMIT: Final = 50_000
"""Instances of one block that are told."""

Repetition: TypeAlias = Mapping[Key, Mapping[str, Value]]
"""For each key what ``each`` or ``count`` stands for; the key of a block without them is None."""


def repetition(content: Content, scope: Scope, budget: Budget, *, lists: bool = False) -> Repetition | None:
    """The instances of a block; None where they cannot be told, or where Terraform would refuse the block.

    ``lists``: ``for_each`` may be a list, as in a ``dynamic`` block, where instances have no addresses.
    """
    count, for_each = content.attributes.get("count"), content.attributes.get("for_each")
    if count is not None and for_each is not None:
        return None
    if count is not None:
        return _counted(evaluate(count.expression.node, scope, budget))
    if for_each is not None:
        value = evaluate(for_each.expression.node, scope, budget)
        if lists and isinstance(value, list) and len(value) <= LIMIT:
            is_set = isinstance(value, TerraformSet)
            return {at: {"each": {"key": each if is_set else at, "value": each}} for at, each in enumerate(value)}
        return _keyed(value)
    return {None: {}}


def _counted(value: Value) -> Repetition | None:
    if value is None or isinstance(value, Unknown):
        return None
    try:
        number = to_primitive(value, "number")
    except FailureError:
        return None
    if not isinstance(number, int) or not 0 <= number <= LIMIT:
        return None
    return {index: {"count": {"index": index}} for index in range(number)}


def _keyed(value: Value) -> Repetition | None:
    if isinstance(value, Mapping) and len(value) <= LIMIT:
        return {key: {"each": {"key": key, "value": value[key]}} for key in sorted(value)}
    if isinstance(value, TerraformSet) and all(isinstance(element, str) for element in value):
        return {key: {"each": {"key": key, "value": key}} for key in value}
    return None
