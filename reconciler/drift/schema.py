"""A resource type's schema, as a provider tells it: what the comparison needs to know of each attribute.

The words are Terraform's: https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from reconciler.drift.values import Path

CtyType: TypeAlias = Any
"""cty's JSON notation: ``"string"``, ``["set", "string"]``, ``["object", {"name": "string"}]``, ``"dynamic"``."""


class Nesting(StrEnum):
    """How a nested block or nested attribute repeats. ``GROUP`` is a single that is never null."""

    SINGLE = "single"
    GROUP = "group"
    LIST = "list"
    SET = "set"
    MAP = "map"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. ``nested`` is set for protocol 6's nested attributes; then ``type`` is None."""

    type: CtyType = None
    required: bool = False
    optional: bool = False
    computed: bool = False
    sensitive: bool = False
    write_only: bool = False
    deprecated: bool = False
    nested: NestedBlock | None = None

    @property
    def answered(self) -> bool:
        """Whether only the provider sets it: nobody ever asked for this value."""
        return self.computed and not (self.optional or self.required)


@dataclass(frozen=True, slots=True)
class Block:
    """Attributes and nested blocks by name."""

    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    blocks: Mapping[str, NestedBlock] = field(default_factory=dict)
    deprecated: bool = False

    def sensitive_paths(self) -> Iterator[Path]:
        """The paths of all attributes that the provider calls sensitive, through lists and sets alike."""
        for name, attribute in self.attributes.items():
            if attribute.sensitive:
                yield (name,)
            elif attribute.nested is not None:
                yield from ((name, *path) for path in attribute.nested.block.sensitive_paths())
        for name, nested in self.blocks.items():
            yield from ((name, *path) for path in nested.block.sensitive_paths())


@dataclass(frozen=True, slots=True)
class NestedBlock:
    """A block inside a block, or the object inside a nested attribute."""

    nesting: Nesting
    block: Block


@dataclass(frozen=True, slots=True)
class Schema:
    """A resource type's block and the version of the schema."""

    version: int
    block: Block
