"""The worth of an expression in a scope.

UNKNOWN spreads: what depends on it is UNKNOWN. A *failure* is something else: Terraform would certainly refuse
the expression, and ``try`` and ``can`` see that. Work is bounded by a budget that one reading of a template shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from reconciler.desired.expressions import functions, nodes, operators
from reconciler.desired.expressions.kinds import static_kind
from reconciler.desired.expressions.types import to_primitive
from reconciler.desired.expressions.values import (
    LIMIT,
    TEXT_LIMIT,
    FailureError,
    TerraformList,
    TerraformSet,
    TooLargeError,
    element_of,
    to_text,
)
from reconciler.drift.values import UNKNOWN, Unknown, Value

_ELEMENT = "*"


class Scope(Protocol):
    """What the names in an expression stand for."""

    def lookup(self, name: str) -> Value:
        """The value of a name; UNKNOWN for one that is not to be told here."""


@dataclass(slots=True)
class Budget:
    """Steps that may still be made. One step is one node evaluated."""

    steps: int = 1_000_000

    def spend(self, steps: int = 1) -> None:
        """Take them off.

        Raises:
            TooLargeError: there are none left.
        """
        self.steps -= steps
        if self.steps < 0:
            raise TooLargeError


@dataclass(frozen=True, slots=True)
class Bound:
    """A scope with some names more: the variables of a for-expression, ``each``, ``count``."""

    parent: Scope
    names: Mapping[str, Value]

    def lookup(self, name: str) -> Value:
        """One of ours or one of the parent's."""
        return self.names[name] if name in self.names else self.parent.lookup(name)


class Nothing:
    """The scope without a name: of variable files and of defaults."""

    def lookup(self, name: str) -> Value:
        """Always UNKNOWN."""
        del name
        return UNKNOWN


def evaluate(node: nodes.Node, scope: Scope, budget: Budget) -> Value:
    """What the expression is worth; UNKNOWN also where Terraform would refuse it."""
    try:
        return attempt(node, scope, budget)
    except FailureError:
        return UNKNOWN


def attempt(node: nodes.Node, scope: Scope, budget: Budget) -> Value:
    """What the expression is worth.

    Raises:
        FailureError: Terraform would refuse it.
    """
    try:
        return _Evaluator(budget).value(node, scope)
    except (TooLargeError, RecursionError):
        return UNKNOWN


@dataclass(frozen=True, slots=True)
class _Evaluator:
    """``trying``: inside of ``try`` or ``can``, where it matters whether Terraform would refuse."""

    budget: Budget
    trying: bool = False

    def value(self, node: nodes.Node, scope: Scope) -> Value:  # noqa: C901, PLR0911, PLR0912 - one arm for each kind of node
        self.budget.spend()
        match node:
            case nodes.Literal():
                return node.value
            case nodes.Name():
                return scope.lookup(node.name)
            case nodes.Each():
                return scope.lookup(_ELEMENT)
            case nodes.GetAttribute():
                return self._attribute(self.value(node.source, scope), node.name)
            case nodes.Index():
                return self._index(self.value(node.source, scope), self.value(node.key, scope))
            case nodes.Template():
                return self._template(node, scope)
            case nodes.TemplateFor():
                return self._template_for(node, scope)
            case nodes.TupleOf():
                return [self.value(item, scope) for item in node.items]
            case nodes.ObjectOf():
                return self._object(node, scope)
            case nodes.Call():
                return self._call(node, scope)
            case nodes.Conditional():
                return self._conditional(node, scope)
            case nodes.Binary():
                return self._binary(node, scope)
            case nodes.Unary():
                return operators.unary(node.operator, self.value(node.operand, scope))
            case nodes.For():
                return self._for(node, scope)
            case nodes.Splat():
                return self._splat(node, scope)
            case nodes.Opaque():
                return UNKNOWN

    def _binary(self, node: nodes.Binary, scope: Scope) -> Value:
        left = self.value(node.left, scope)
        try:
            right = self.value(node.right, scope)
        except FailureError:
            if node.operator in ("&&", "||"):
                return UNKNOWN  # since 1.12 Terraform does not look at the right side if the left one decides
            raise
        return operators.binary(node.operator, left, right)

    def _attribute(self, source: Value, name: str) -> Value:
        if isinstance(source, Unknown):
            return UNKNOWN
        if not isinstance(source, Mapping):
            raise FailureError
        return element_of(source, name)

    def _index(self, source: Value, key: Value) -> Value:
        if isinstance(source, Unknown) or isinstance(key, Unknown):
            return UNKNOWN
        if isinstance(source, Mapping):
            text = to_text(key)
            return UNKNOWN if isinstance(text, Unknown) else element_of(source, text)
        if not isinstance(source, list) or isinstance(source, TerraformSet):
            raise FailureError
        at = to_primitive(key, "number")
        if not isinstance(at, int) or not 0 <= at < len(source):
            raise FailureError
        return source[at]

    def _splat(self, node: nodes.Splat, scope: Scope) -> Value:
        source = self.value(node.source, scope)
        if isinstance(source, Unknown):
            return UNKNOWN
        if source is None:
            return UNKNOWN if self.trying else []  # a null list is refused, any other null is no element
        elements = source if isinstance(source, list) else [source]
        values = [self.value(node.each, Bound(scope, {_ELEMENT: element})) for element in elements]
        return TerraformList(values) if isinstance(source, TerraformList | TerraformSet) else values

    def _object(self, node: nodes.ObjectOf, scope: Scope) -> Value:
        members: dict[str, Value] = {}
        for key_node, value_node in node.items:
            value = self.value(value_node, scope)
            key = to_text(self.value(key_node, scope))
            if isinstance(key, Unknown):
                return UNKNOWN
            members[key] = value
        return members

    def _template(self, node: nodes.Template, scope: Scope) -> Value:
        if len(node.parts) == 1:
            return self.value(node.parts[0], scope)
        texts = [to_text(self.value(part, scope)) for part in node.parts]
        return self._joined(texts)

    def _template_for(self, node: nodes.TemplateFor, scope: Scope) -> Value:
        rounds = self._rounds(self.value(node.collection, scope), node.first, node.second, scope)
        if isinstance(rounds, Unknown):
            return UNKNOWN
        return self._joined([to_text(self.value(node.body, each)) for each in rounds])

    def _joined(self, texts: list[str | Unknown]) -> Value:
        if any(isinstance(text, Unknown) for text in texts):
            return UNKNOWN
        if sum(len(text) for text in texts if isinstance(text, str)) > TEXT_LIMIT:
            raise TooLargeError
        return "".join(text for text in texts if isinstance(text, str))

    def _rounds(self, collection: Value, first: str, second: str | None, scope: Scope) -> list[Scope] | Unknown:
        """A scope for each element. Maps and objects go by the order of their keys; a set's key is the element."""
        if isinstance(collection, Unknown):
            return UNKNOWN
        pairs: list[tuple[Value, Value]]
        if isinstance(collection, Mapping):
            pairs = [(key, collection[key]) for key in sorted(collection)]
        elif isinstance(collection, TerraformSet):
            pairs = [(element, element) for element in collection]
        elif isinstance(collection, list):
            pairs = list(enumerate(collection))
        else:
            raise FailureError
        self.budget.spend(len(pairs))
        return [Bound(scope, {first: value} if second is None else {first: key, second: value}) for key, value in pairs]

    def _for(self, node: nodes.For, scope: Scope) -> Value:
        rounds = self._rounds(self.value(node.collection, scope), node.first, node.second, scope)
        if isinstance(rounds, Unknown):
            return UNKNOWN
        items: list[Value] = []
        members: dict[str, Value] = {}
        for each in rounds:
            if node.condition is not None:
                wanted = self.value(node.condition, each)
                if isinstance(wanted, Unknown):
                    return UNKNOWN
                if not to_primitive(wanted, "bool"):
                    continue
            value = self.value(node.value, each)
            if node.key is None:
                items.append(value)
                continue
            key = to_text(self.value(node.key, each))
            if isinstance(key, Unknown):
                return UNKNOWN
            if node.grouped:
                members.setdefault(key, []).append(value)
            elif key in members:
                raise FailureError
            else:
                members[key] = value
        return items if node.key is None else members

    def _conditional(self, node: nodes.Conditional, scope: Scope) -> Value:
        test = self.value(node.condition, scope)
        if isinstance(test, Unknown):
            return UNKNOWN
        chosen, other = node.then, node.otherwise
        if not to_primitive(test, "bool"):
            chosen, other = other, chosen
        value = self.value(chosen, scope)
        try:
            alternative = self.value(other, scope)
        except FailureError:
            return value  # of no type, so the chosen one keeps its own
        return operators.choose(value, alternative, static_kind(other))

    def _call(self, node: nodes.Call, scope: Scope) -> Value:
        if node.name in ("try", "can"):
            return self._try(node, scope)
        arguments = [self.value(argument, scope) for argument in node.arguments]
        if node.expand and arguments:
            last = arguments.pop()
            if isinstance(last, Unknown):
                return UNKNOWN
            if not isinstance(last, list):
                raise FailureError
            arguments += last
        value = functions.call(node.name, arguments)
        if isinstance(value, list | dict) and len(value) > LIMIT:
            raise TooLargeError
        if isinstance(value, str) and len(value) > TEXT_LIMIT:
            raise TooLargeError
        return value

    def _try(self, node: nodes.Call, scope: Scope) -> Value:
        trying = _Evaluator(self.budget, trying=True)
        for argument in node.arguments:
            try:
                value = trying.value(argument, scope)
            except FailureError:
                continue
            if node.name == "try":
                return value
            # What is UNKNOWN to us may still fail for Terraform.
            return UNKNOWN if isinstance(value, Unknown) else True
        if node.name == "can":
            return False
        raise FailureError
