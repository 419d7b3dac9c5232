"""What a block sets: names without values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.desired.syntax import Block, Content
from reconciler.drift.snapshot import Body

META_ARGUMENTS: Final = frozenset({"count", "for_each", "provider", "depends_on"})
"""Arguments of a resource that are Terraform's and not the provider's."""

META_BLOCKS: Final = frozenset({"lifecycle", "provisioner", "connection", "dynamic", "_"})


def resource_body(content: Content) -> Body:
    """The body of a ``resource`` block without what belongs to Terraform itself."""
    body = _merge([_own(content, META_ARGUMENTS, META_BLOCKS), *(_body(block) for block in content.blocks("_"))])
    return _merge([body, *_dynamic(content)])


def _body(block: Block) -> Body:
    content = block.content
    return _merge([_own(content, frozenset(), frozenset({"dynamic"})), *_dynamic(content)])


def _own(content: Content, without: frozenset[str], without_blocks: frozenset[str]) -> Body:
    blocks = {
        name: _merge([_body(block) for block in nested.blocks()])
        for name, nested in content.nested.items()
        if name not in without_blocks
    }
    names = (name for name, attribute in content.attributes.items() if not attribute.expression.is_null)
    return Body(frozenset(names) - without - without_blocks, blocks)


def _dynamic(content: Content) -> list[Body]:
    """For each ``dynamic`` block a body that holds its content under the type that it makes."""
    return [
        Body(blocks={block.labels[0]: _merge([_body(inner) for inner in block.content.blocks("content")])})
        for block in content.blocks("dynamic", 1)
    ]


def _merge(bodies: list[Body]) -> Body:
    """One body that sets what any of them sets."""
    if len(bodies) == 1:
        return bodies[0]
    attributes: frozenset[str] = frozenset().union(*(body.attributes for body in bodies))
    grouped: dict[str, list[Body]] = {}
    for body in bodies:
        for name, inner in body.blocks.items():
            grouped.setdefault(name, []).append(inner)
    blocks: Mapping[str, Body] = {name: _merge(inner) for name, inner in grouped.items()}
    return Body(attributes, blocks)
