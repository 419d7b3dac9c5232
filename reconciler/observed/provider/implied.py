"""The cty type that a schema implies: what a provider's values of a resource type or configuration look like."""

from __future__ import annotations

from reconciler.drift.schema import Attribute, Block, CtyType, NestedBlock, Nesting


def implied_type(block: Block) -> CtyType:
    """The object type of a block: its attributes and its nested blocks."""
    types = {name: _attribute_type(attribute) for name, attribute in block.attributes.items()}
    types |= {name: _nested_type(nested) for name, nested in block.blocks.items()}
    return ["object", types]


def _attribute_type(attribute: Attribute) -> CtyType:
    return attribute.type if attribute.nested is None else _nested_type(attribute.nested)


def _nested_type(nested: NestedBlock) -> CtyType:
    inner = implied_type(nested.block)
    match nested.nesting:
        case Nesting.SINGLE | Nesting.GROUP:
            return inner
        case Nesting.LIST:
            # With a dynamic attribute inside, Terraform makes it a tuple: on the wire both are arrays.
            return ["list", inner]
        case Nesting.SET:
            return ["set", inner]
        case Nesting.MAP:
            return ["map", inner]
