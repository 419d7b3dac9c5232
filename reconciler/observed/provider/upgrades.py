"""Recorded attributes that were brought to the provider's schema before: a warm second pass need not ask again.

An upgrade depends on the recorded text and the provider binary alone, not on the cloud.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Final

from reconciler.drift.snapshot import RecordedInstance
from reconciler.observed.provider.wire import plugin_pb2 as wire

_MOST_BYTES: Final = 32 * 1024 * 1024


class UpgradeMemo:
    """The latest answers to upgrades, within a bound of bytes. Safe to use from several threads."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._held = 0
        self._lock = threading.Lock()
        self._states: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, instance: RecordedInstance) -> wire.UpgradeResponse | None:
        """The answer for exactly this recorded text, if it is still held."""
        key = _key(instance)
        with self._lock:
            if (state := self._states.get(key)) is None:
                return None
            self._states.move_to_end(key)
        return wire.UpgradeResponse(state=wire.DynamicValue(msgpack=state))

    def put(self, instance: RecordedInstance, answer: wire.UpgradeResponse) -> None:
        """Hold an answer that was found good."""
        state = answer.state.msgpack
        if not state or len(state) > self._most:
            return
        key = _key(instance)
        with self._lock:
            self._held += len(state) - len(self._states.get(key, b""))
            self._states[key] = state
            self._states.move_to_end(key)
            while self._held > self._most:
                self._held -= len(self._states.popitem(last=False)[1])


def _key(instance: RecordedInstance) -> bytes:
    head = f"{instance.address.type} {instance.schema_version} {instance.flat} ".encode()
    return hashlib.blake2b(head + instance.attributes, digest_size=16).digest()
