"""Override files, merged over the blocks of the others as Terraform merges them.

Rules: https://developer.hashicorp.com/terraform/language/files/override
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler.desired.syntax import Block, Content, Nested

_MERGED = frozenset({"lifecycle"})
"""Nested blocks whose arguments are merged one by one; all others are replaced by type."""


@dataclass(frozen=True, slots=True)
class _Kept(Nested):
    """The blocks that an override leaves, or merged ones."""

    found: tuple[Block, ...]

    def blocks(self, labels: int = 0) -> tuple[Block, ...]:
        return tuple(block for block in self.found if len(block.labels) == labels)


def merged(base: Content, over: Content) -> Content:
    """The base with the override's arguments, and its nested blocks in place of the base's of the same types."""
    replaced = {"dynamic"} | set(over.nested) | {block.labels[0] for block in over.blocks("dynamic", 1)}
    nested: dict[str, Nested] = {name: kept for name, kept in base.nested.items() if name not in replaced}
    nested.update({name: each for name, each in over.nested.items() if name != "dynamic"})
    dynamic = tuple(block for block in base.blocks("dynamic", 1) if block.labels[0] not in replaced)
    dynamic += over.blocks("dynamic", 1)
    if dynamic:
        nested["dynamic"] = _Kept(dynamic)
    for name in _MERGED & base.nested.keys() & over.nested.keys():
        nested[name] = _Kept(_merge_blocks(base.blocks(name), over.blocks(name)))
    attributes = {name: each for name, each in base.attributes.items() if name not in over.nested}
    return Content({**attributes, **over.attributes}, nested)


def _merge_blocks(base: tuple[Block, ...], over: tuple[Block, ...]) -> tuple[Block, ...]:
    if not base or not over:
        return base or over
    return (replace(base[0], content=merged(base[0].content, over[0].content)),)
