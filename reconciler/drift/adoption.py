"""What has to be written of a resource that nobody declares, so that an apply leaves it as it is.

Which attributes are meaningful is a choice over a schema and values; the provider judges it by what it would do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Final

from reconciler.drift.masking import telling_secrets
from reconciler.drift.schema import Attribute, Block, NestedBlock, Nesting
from reconciler.drift.values import Object, Value, canonical, texts

_UNSAID: Final = frozenset({"id", "arn", "tags_all", "region"})
"""What a resource is and not what it should be, though providers would take it."""

_PREFIX: Final = re.compile(r".*_prefix")


class Fullness(IntEnum):
    """How much of a nested block is written: what it needs, its zeros and noes too, or all that can be."""

    LEAN = 0
    ZEROS = 1
    ALL = 2


def first_choice(block: Block, observed: Object) -> dict[str, Value]:
    """What is written to begin with: what must be, and what says something that only the cloud knows.

    What a provider fills in where nothing is said would be kept by an apply, but not be made again: it is written
    unless it is empty. What has a default is written only once the provider would change it.
    """
    chosen = {}
    hidden = repeated_secrets(block, observed)
    for name, attribute in block.attributes.items():
        value = written(attribute, observed.get(name))
        if value is None or name in hidden or attribute.answered or attribute.write_only:
            continue
        filled = attribute.optional and attribute.computed and not attribute.deprecated
        says = filled and not is_unsaid(name) and not _is_empty(value)
        if attribute.required or says:
            chosen[name] = value
    return chosen


def repeated_secrets(block: Block, observed: Object) -> frozenset[str]:
    """The arguments that are not called secret and hold one: providers repeat values without the mark."""
    secrets = set(telling_secrets(observed, block.sensitive_paths()))
    return frozenset(
        name for name, value in observed.items() if any(secret in text for text in texts(value) for secret in secrets)
    )


def is_unsaid(name: str) -> bool:
    """Whether an argument is better left to the provider."""
    return name in _UNSAID or _PREFIX.fullmatch(name) is not None


def settable(block: Block, name: str) -> bool:
    """Whether a template may set it at all."""
    attribute = block.attributes.get(name)
    if attribute is None:
        return name in block.blocks
    return not (attribute.answered or attribute.write_only or attribute.sensitive)


def wanted(block: Block, name: str, observed: Object, fullness: Fullness) -> Value:
    """What to write of one argument or nested block; None where there is nothing."""
    if name in block.blocks:
        return blocks(block.blocks[name], observed.get(name), fullness) or None
    return written(block.attributes[name], observed.get(name))


def written(attribute: Attribute, value: Value) -> Value:
    """An argument's value without what is secret; None where nothing may be written."""
    if attribute.sensitive or value is None:
        return None
    return value if attribute.nested is None else _object_value(attribute.nested, value)


def blocks(nested: NestedBlock, value: Value, fullness: Fullness) -> Value:
    """The bodies of nested blocks: a list, or by label."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        if nested.nesting is Nesting.MAP:
            return {label: body(nested.block, each, fullness) for label, each in value.items()}
        return [body(nested.block, value, fullness)]
    return [body(nested.block, each, fullness) for each in value]


def body(block: Block, value: Object, fullness: Fullness) -> dict[str, Value]:
    """What is written of one nested block."""
    found: dict[str, Value] = {}
    for name, attribute in block.attributes.items():
        each = written(attribute, value.get(name))
        if attribute.answered or attribute.write_only or each is None:
            continue
        unsaid = (
            _is_empty(each) or each is False or (each == 0 and fullness < Fullness.ZEROS)
        ) and not attribute.required
        if not unsaid or (fullness is Fullness.ZEROS and not _is_empty(each)) or fullness is Fullness.ALL:
            found[name] = each
    for name, nested in block.blocks.items():
        if inner := blocks(nested, value.get(name), fullness):
            found[name] = inner
    return found


def _object_value(nested: NestedBlock, value: Value) -> Value:
    return (
        blocks(nested, value, Fullness.ALL)
        if nested.nesting is not Nesting.SINGLE
        else body(nested.block, value, Fullness.ALL)
    )


def configuration(block: Block, chosen: Object) -> dict[str, Value]:
    """The choice as a provider is given a configuration: all names, null where nothing is said, blocks as lists."""
    config: dict[str, Value] = {name: chosen.get(name) for name in block.attributes}
    for name, nested in block.blocks.items():
        config[name] = _configured(nested, chosen.get(name))
    return config


def _configured(nested: NestedBlock, value: Value) -> Value:
    if nested.nesting is Nesting.MAP:
        return {label: configuration(nested.block, each) for label, each in (value or {}).items()}
    bodies = [configuration(nested.block, each) for each in value or ()]
    if nested.nesting is Nesting.GROUP:
        return bodies[0] if bodies else configuration(nested.block, {})
    return (bodies[0] if bodies else None) if nested.nesting is Nesting.SINGLE else bodies


def proposed(block: Block, prior: Object | None, config: Object) -> dict[str, Value]:
    """What Terraform proposes to a provider: the configuration, and where it says nothing what is computed as it was.

    https://developer.hashicorp.com/terraform/plugin/framework/resources/plan-modification
    """
    prior = prior or {}
    new: dict[str, Value] = {}
    for name, attribute in block.attributes.items():
        said = config.get(name)
        new[name] = prior.get(name) if said is None and attribute.computed else said
    for name, nested in block.blocks.items():
        new[name] = _proposed(nested, prior.get(name), config.get(name))
    return new


def _proposed(nested: NestedBlock, prior: Value, config: Value) -> Value:
    block = nested.block
    if config is None:
        return None
    match nested.nesting:
        case Nesting.SINGLE | Nesting.GROUP:
            return proposed(block, prior, config)
        case Nesting.MAP:
            return {key: proposed(block, (prior or {}).get(key), each) for key, each in config.items()}
        case Nesting.LIST:
            held = [*(prior or ()), *[None] * len(config)]
            return [proposed(block, was, each) for was, each in zip(held, config, strict=False)]
        case Nesting.SET:
            left = list(prior or ())
            return [proposed(block, _taken(block, left, each), each) for each in config]


def _taken(block: Block, left: list[Value], config: Object) -> Object | None:
    """The element of a set that a configuration is of: all that is said, and all that is not computed, is the same."""
    for index, prior in enumerate(left):
        if _is_of(block, prior, config):
            found: Object = left.pop(index)
            return found
    return None


def _is_of(block: Block, prior: Object, config: Object) -> bool:
    for name, attribute in block.attributes.items():
        said = config.get(name)
        if not (said is None and attribute.computed) and said != prior.get(name):
            return False
    for name, nested in block.blocks.items():
        said, was = config.get(name) or [], prior.get(name) or []
        pairs = zip(said, was, strict=False) if isinstance(said, list) and isinstance(was, list) else ()
        if len(said) != len(was) or not all(_is_of(nested.block, w, s) for s, w in pairs):
            return False
    return True


def moved(block: Block, prior: Object, planned: Object) -> Iterator[str]:
    """The arguments and nested blocks that a plan would change, in the schema's order."""
    for name in (*block.attributes, *block.blocks):
        if _ordered(prior.get(name)) != _ordered(planned.get(name)):
            yield name


def _ordered(value: Value) -> bytes:
    """One text for equal values. The order of a list is left out: sets come in any."""
    return canonical(_sorted(value))


def _sorted(value: Value) -> Value:
    if isinstance(value, Mapping):
        return {name: _sorted(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted((_sorted(each) for each in value), key=canonical)
    return value


def _is_empty(value: Value) -> bool:
    return value is None or value in ("", [], {})
