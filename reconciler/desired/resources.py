"""Declared resources, and the ``moved``, ``import`` and ``removed`` blocks beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from reconciler.desired.body import resource_body
from reconciler.desired.expressions import nodes
from reconciler.desired.expressions.evaluate import Scope, evaluate
from reconciler.desired.module import Declaration, literal
from reconciler.desired.module_tree import ModuleNode
from reconciler.desired.providers import Resolver
from reconciler.desired.repetition import repetition
from reconciler.desired.scope import ModuleScope, addresses, instances_of
from reconciler.desired.syntax import Expression
from reconciler.drift.address import Address, Key, ModuleStep
from reconciler.drift.snapshot import ALL, DeclaredResource, Move
from reconciler.drift.values import Path
from reconciler.errors import ReconcilerError, TemplateError


def declared(
    root: ModuleScope, node: ModuleNode, resolver: Resolver, problems: list[ReconcilerError]
) -> Iterator[DeclaredResource]:
    """The resources of one module call."""
    scopes = instances_of(root, node)
    module = tuple(ModuleStep(name) for name in node.path)
    for (type_, name), block in node.module.all("resource").items():
        if block.expression("count") is not None and block.expression("for_each") is not None:
            message = "count and for_each cannot be used together"
            problems.append(TemplateError(message, hint="keep one of them", position=block.position))
        yield DeclaredResource(
            address=Address(type_, name, module=module),
            position=block.position,
            body=resource_body(block.content),
            instances=addresses(scopes, (type_, name), block),
            ignore_changes=_ignored(block),
            provider=resolver.of_resource(node, type_, block),
            prevent_destroy=any(each.flag("prevent_destroy") for each in _lifecycles(block)),
        )


def _lifecycles(block: Declaration) -> list[Declaration]:
    return [Declaration(each, block.file) for each in block.content.blocks("lifecycle")]


def _ignored(block: Declaration) -> tuple[Path, ...] | Literal["all"]:
    paths: list[Path] = []
    for lifecycle in _lifecycles(block):
        expression = lifecycle.expression("ignore_changes")
        if expression is None:
            continue
        if expression.items is None:
            if expression.reference in (nodes.Name("all"), nodes.Literal("all")):
                return ALL
            continue
        for item in expression.items:
            if literal(item) == "*":
                return ALL
            path = path_of(item.reference)
            if path:
                paths.append(path)
    return tuple(paths)


def path_of(node: nodes.Node) -> Path | None:
    """A reference such as ``tags["Name"]`` as a path; None where it is none."""
    steps: list[str | int] = []
    while True:
        match node:
            case nodes.Name(name):
                return (name, *reversed(steps))
            case nodes.GetAttribute(source, name):
                steps.append(name)
                node = source
            case nodes.Index(source, nodes.Literal(str() | int() as key)):
                steps.append(key)
                node = source
            case _:
                return None


def moves(scopes: tuple[ModuleScope, ...] | None, node: ModuleNode) -> Iterator[Move]:
    """The ``moved`` blocks of one module call, for each of its instances, as addresses from the root."""
    for block in node.module.refactorings.get("moved", ()):
        source, target = (_address(block.expression(name)) for name in ("from", "to"))
        if source is not None and target is not None:
            for prefix in _prefixes(scopes, node):
                yield Move(prefix + source, prefix + target, block.position)


def removed(scopes: tuple[ModuleScope, ...] | None, node: ModuleNode) -> Iterator[str]:
    """The addresses in the ``removed`` blocks of one module call, from the root."""
    for block in node.module.refactorings.get("removed", ()):
        source = _address(block.expression("from"))
        if source is not None:
            yield from (prefix + source for prefix in _prefixes(scopes, node))


def imports(scope: ModuleScope) -> Iterator[str]:
    """The addresses that the ``import`` blocks of the root module name; as written where they cannot be told."""
    for block in scope.node.module.refactorings.get("import", ()):
        expression = block.expression("to")
        if expression is None:
            continue
        rounds = repetition(block.content, scope, scope.reading.budget)
        for names in rounds.values() if rounds else ({},):
            yield _address(expression, scope.bound(names), scope) or expression.text


def _prefixes(scopes: tuple[ModuleScope, ...] | None, node: ModuleNode) -> list[str]:
    if not node.path:
        return [""]
    if scopes is None:
        return ["".join(f"module.{name}." for name in node.path)]
    return ["".join(f"{step}." for step in scope.path) for scope in scopes]


def _address(
    expression: Expression | None, scope: Scope | None = None, module: ModuleScope | None = None
) -> str | None:
    """The address that a reference writes; keys are evaluated where there is a scope."""
    if expression is None:
        return None
    parts: list[str] = []
    node = expression.reference
    while True:
        match node:
            case nodes.Name(name):
                return "".join((name, *reversed(parts)))
            case nodes.GetAttribute(source, name):
                parts.append(f".{name}")
                node = source
            case nodes.Index(source, key):
                value = _key(key, scope, module)
                if value is None:
                    return None
                parts.append(str(ModuleStep("", value)).removeprefix("module."))
                node = source
            case _:
                return None


def _key(node: nodes.Node, scope: Scope | None, module: ModuleScope | None) -> Key:
    if isinstance(node, nodes.Literal):
        value = node.value
    elif scope is not None and module is not None:
        value = evaluate(node, scope, module.reading.budget)
    else:
        return None
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None
