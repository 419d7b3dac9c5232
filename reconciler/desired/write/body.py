"""The body of a block: attributes first, then nested blocks, as a provider's schema tells them apart."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.desired.write.literal import aligned, key, literal
from reconciler.drift.schema import Attribute, Block, CtyType, NestedBlock, Nesting
from reconciler.drift.values import Object, Value


def body(values: Object, block: Block, indent: str = "  ") -> list[str]:
    """The lines of a body. Every value is written: what is to be left out is not there."""
    written = {name: value for name, value in values.items() if name not in block.blocks}
    order = sorted(written, key=lambda name: (not _attribute(block, name).required, name))
    pairs = [(name, literal(written[name], indent, heredoc=True)) for name in order]
    lines = _in_paragraphs(pairs, indent)
    for name in sorted(values.keys() & block.blocks.keys()):
        nested = block.blocks[name]
        for label, value in _each(nested, values[name]):
            lines += [""] if lines else []
            lines += nested_block(name, value, nested.block, indent, label=label)
    return lines


def nested_block(name: str, values: Object, block: Block, indent: str, *, label: str | None = None) -> list[str]:
    """The lines of one nested block."""
    head = name if label is None else f"{name} {key(label)}"
    inner = body(values, block, f"{indent}  ")
    return [f"{indent}{head} {{", *inner, f"{indent}}}"] if inner else [f"{indent}{head} {{}}"]


def object_block(cty_type: CtyType) -> Block:
    """An object type as a block whose arguments are all optional: an attribute that is written as blocks."""
    match cty_type:
        case ["object", dict(fields), *_]:
            return Block({name: Attribute(type=type_, optional=True) for name, type_ in fields.items()})
        case ["list" | "set", element]:
            return object_block(element)
        case _:
            return Block()


def _attribute(block: Block, name: str) -> Attribute:
    return block.attributes.get(name) or Attribute()


def _in_paragraphs(pairs: list[tuple[str, str]], indent: str) -> list[str]:
    """One-line arguments together, each longer one apart."""
    short = [pair for pair in pairs if "\n" not in pair[1]]
    lines = aligned(short, indent)
    for name, text in pairs:
        if "\n" in text:
            lines += [""] if lines else []
            lines.append(f"{indent}{name} = {text}")
    return lines


def _each(nested: NestedBlock, value: Value) -> list[tuple[str | None, Object]]:
    if nested.nesting is Nesting.MAP and isinstance(value, Mapping):
        return [(label, each) for label, each in value.items()]
    if isinstance(value, Mapping):
        return [(None, value)]
    return [(None, each) for each in value or ()]
