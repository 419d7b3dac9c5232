"""A provider's schema messages, of protocol 5 or 6, as the core's schema values."""

from __future__ import annotations

import json
from typing import Final, TypeAlias

from google.protobuf.message import DecodeError

from reconciler.drift.schema import Attribute, Block, NestedBlock, Nesting, Schema
from reconciler.errors import ProviderError
from reconciler.observed.provider.wire import schema5_pb2, schema6_pb2

_Block: TypeAlias = schema5_pb2.Block | schema6_pb2.Block
_Attribute: TypeAlias = schema5_pb2.Attribute | schema6_pb2.Attribute

_NESTING: Final = {1: Nesting.SINGLE, 2: Nesting.LIST, 3: Nesting.SET, 4: Nesting.MAP, 5: Nesting.GROUP}


def decode_schema(data: bytes, protocol: int) -> Schema:
    """Read one type's schema.

    Raises:
        ProviderError: the bytes are no schema.
    """
    message = schema6_pb2.Schema() if protocol == 6 else schema5_pb2.Schema()
    try:
        message.ParseFromString(data)
        return Schema(message.version, _block(message.block))
    except (DecodeError, ValueError, KeyError, RecursionError) as e:
        raise ProviderError(
            "the provider's schema cannot be read", hint="the provider may be newer than this program understands"
        ) from e


def _block(message: _Block) -> Block:
    return Block(
        {attribute.name: _attribute(attribute) for attribute in message.attributes},
        {nested.name: NestedBlock(_NESTING[nested.nesting], _block(nested.block)) for nested in message.blocks},
        deprecated=message.deprecated,
    )


def _attribute(message: _Attribute) -> Attribute:
    nested = None
    if isinstance(message, schema6_pb2.Attribute) and message.HasField("nested"):
        inner = Block({attribute.name: _attribute(attribute) for attribute in message.nested.attributes})
        nested = NestedBlock(_NESTING[message.nested.nesting], inner)
    return Attribute(
        type=json.loads(message.type) if nested is None else None,
        required=message.required,
        optional=message.optional,
        computed=message.computed,
        sensitive=message.sensitive,
        deprecated=message.deprecated,
        write_only=message.write_only,
        nested=nested,
    )
