"""What the ``provider`` blocks say: values as far as they can be told, and HCL text for the rest.

The text is for ``terraform console``, which evaluates it in the root module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.desired.expressions import nodes
from reconciler.desired.expressions.evaluate import Bound, Budget, Scope, evaluate
from reconciler.desired.expressions.values import TooLargeError, plain, wholly_known
from reconciler.desired.module import Declaration
from reconciler.desired.providers import LocalName, Resolver, steps_of
from reconciler.desired.repetition import repetition
from reconciler.desired.scope import ModuleScope
from reconciler.desired.syntax import Attribute, Block, Content
from reconciler.drift.address import ProviderAddress
from reconciler.drift.snapshot import ProviderBlock
from reconciler.drift.values import UNKNOWN, Path, Value

_META: Final = frozenset({"alias", "version", "for_each"})


def provider_block(scope: ModuleScope, resolver: Resolver, name: LocalName, block: Declaration) -> ProviderBlock:
    """A ``provider`` block with its values as far as they can be told."""
    reader = _Reader(scope.reading.budget)
    values = reader.values(block.content, scope, ())
    return ProviderBlock(
        ProviderAddress(resolver.source(scope.node, name[0]), name[1], steps_of(scope.node.path)),
        block.position,
        {key: value for key, value in values.items() if key not in _META},
        {path: text for path, text in reader.unresolved.items() if path[0] not in _META},
    )


def _attributes(content: Content, *, top: bool) -> list[Attribute]:
    """In JSON an object could be either: at the top of a provider it is a block, below it is an argument."""
    return [
        attribute
        for name, attribute in content.attributes.items()
        if not attribute.expression.is_null and name != "dynamic" and not (top and name in content.nested)
    ]


def _block_types(content: Content, *, top: bool) -> list[str]:
    types = {name for name in content.nested if top or name not in content.attributes}
    return sorted((types | {block.labels[0] for block in content.blocks("dynamic", 1)}) - {"dynamic"})


@dataclass(slots=True)
class _Reader:
    budget: Budget
    unresolved: dict[Path, str] = field(default_factory=dict)

    def values(self, content: Content, scope: Scope, at: Path) -> dict[str, Value]:
        """The arguments of a body, and its nested blocks as lists of objects."""
        values: dict[str, Value] = {}
        for attribute in _attributes(content, top=not at):
            value = self._known(attribute.expression.node, scope)
            values[attribute.name] = value
            if value is UNKNOWN:
                self.unresolved[(*at, attribute.name)] = attribute.expression.text
        for name in _block_types(content, top=not at):
            found = self._blocks(content, name, scope, at)
            values[name] = UNKNOWN if found is None else found
            if found is None:
                self.unresolved[(*at, name)] = blocks_text(content, name)
        return values

    def _known(self, node: nodes.Node, scope: Scope) -> Value:
        value = evaluate(node, scope, self.budget)
        try:
            return plain(value) if wholly_known(value) else UNKNOWN
        except TooLargeError:
            return UNKNOWN

    def _blocks(self, content: Content, name: str, scope: Scope, at: Path) -> list[Value] | None:
        """All blocks of a type; None where ``dynamic`` ones among them cannot be told."""
        found: list[Value] = []
        inner = _Reader(self.budget)
        for block in content.blocks(name):
            found.append(inner.values(block.content, scope, (*at, name, len(found))))
        for block in content.blocks("dynamic", 1):
            if block.labels[0] == name:
                made = self._expanded(block, scope)
                if made is None:
                    return None
                found += made
        self.unresolved.update(inner.unresolved)
        return found

    def _expanded(self, dynamic: Block, scope: Scope) -> list[Value] | None:
        rounds = repetition(dynamic.content, scope, self.budget, lists=True)
        if rounds is None:
            return None
        made: list[Value] = []
        for names in rounds.values():
            inner = _Reader(self.budget)
            each = Bound(scope, {_iterator(dynamic): names.get("each", UNKNOWN)})
            made += [inner.values(block.content, each, ("content",)) for block in dynamic.content.blocks("content")]
            if inner.unresolved:
                return None  # the expressions name the iterator, which means nothing outside
        return made


def _iterator(dynamic: Block) -> str:
    expression = dynamic.content.expression("iterator")
    if expression is not None and isinstance(expression.reference, nodes.Name):
        return expression.reference.name
    return dynamic.labels[0]


def blocks_text(content: Content, name: str) -> str:
    """All nested blocks of a type as one HCL expression: a list of objects.

    A ``dynamic`` block becomes a for-expression whose variable is called like the iterator and holds key and
    value, so that the text of its content means the same.
    """
    parts = [f"[{_body_text(block.content)}]" for block in content.blocks(name)]
    for block in content.blocks("dynamic", 1):
        each = block.content.expression("for_each")
        if block.labels[0] == name and each is not None:
            pairs = f"[for k, v in {each.text} : {{ key = k, value = v }}]"
            bodies = ", ".join(_body_text(inner.content) for inner in block.content.blocks("content"))
            parts.append(f"flatten([for {_iterator(block)} in {pairs} : [{bodies}]])")
    return parts[0] if len(parts) == 1 else f"concat({', '.join(parts)})"


def _body_text(content: Content) -> str:
    members = [f"{each.name} = {each.expression.text}" for each in _attributes(content, top=False)]
    members += [f"{name} = {blocks_text(content, name)}" for name in _block_types(content, top=False)]
    return f"{{ {', '.join(members)} }}"


def with_resolved(block: ProviderBlock, values: Mapping[Path, Value]) -> ProviderBlock:
    """The block with what Terraform answered put in.

    Args:
        block: a block with unresolved arguments.
        values: by the paths of :attr:`ProviderBlock.unresolved`; a path that is not among those is left out.
    """
    content = plain(block.values)
    for path in values.keys() & block.unresolved.keys():
        target = content
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = values[path]
    left = {path: text for path, text in block.unresolved.items() if path not in values}
    return replace(block, values=content, unresolved=left)
