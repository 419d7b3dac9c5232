"""Msgpack as cty uses it: strings and bytes apart, and an extension type that stands for *unknown*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgpack  # type: ignore[import-untyped]  # it ships no types

from reconciler.drift.values import UNKNOWN, Unknown

_UNKNOWN: Final = msgpack.ExtType(0, b"\0")


def pack(value: object) -> bytes:
    """Msgpack of None, bools, numbers, text, bytes, lists, dicts and ``UNKNOWN``."""
    packed: bytes = msgpack.packb(value, default=_extension)
    return packed


def unpack(data: bytes, unknown: Callable[[], Unknown] = lambda: UNKNOWN) -> object:
    """What the bytes hold; every extension type is *unknown*, since later ones only refine what is known of it.

    Args:
        data: msgpack.
        unknown: called for each unknown value, to give it or to raise.

    Raises:
        ValueError: not msgpack, or something follows it.
    """
    try:
        value: object = msgpack.unpackb(data, ext_hook=lambda _code, _data: unknown(), strict_map_key=False)
    except (msgpack.UnpackException, TypeError, OverflowError, RecursionError) as e:
        raise ValueError("not msgpack") from e
    return value


def _extension(value: object) -> object:
    if isinstance(value, Unknown):
        return _UNKNOWN
    raise TypeError(f"msgpack cannot hold a {type(value).__name__}")
