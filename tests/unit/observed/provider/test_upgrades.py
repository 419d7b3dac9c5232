from __future__ import annotations

from support.provider_host import recorded, thing

from reconciler.observed.provider.upgrades import UpgradeMemo
from reconciler.observed.provider.wire import plugin_pb2 as wire


def answer(state: bytes) -> wire.UpgradeResponse:
    return wire.UpgradeResponse(state=wire.DynamicValue(msgpack=state))


def test_the_same_text_is_known_again() -> None:
    memo = UpgradeMemo()
    memo.put(thing("a"), answer(b"state"))
    assert memo.get(thing("a")) == answer(b"state")


def test_another_text_type_or_version_is_not() -> None:
    memo = UpgradeMemo()
    memo.put(recorded("test_x", {"a": 1}), answer(b"state"))
    others = [
        recorded("test_x", {"a": 2}),
        recorded("test_y", {"a": 1}),
        recorded("test_x", {"a": 1}, schema_version=1),
    ]
    assert [memo.get(other) for other in others] == [None, None, None]


def test_the_least_recently_used_goes_first() -> None:
    memo = UpgradeMemo(most_bytes=10)
    memo.put(thing("a"), answer(b"12345"))
    memo.put(thing("b"), answer(b"12345"))
    assert memo.get(thing("a")) is not None
    memo.put(thing("c"), answer(b"12345"))
    assert [memo.get(thing(name)) is not None for name in "abc"] == [True, False, True]


def test_what_is_larger_than_all_or_empty_is_not_held() -> None:
    memo = UpgradeMemo(most_bytes=10)
    memo.put(thing("a"), answer(b"x" * 11))
    memo.put(thing("b"), answer(b""))
    assert memo.get(thing("a")) is None
    assert memo.get(thing("b")) is None


def test_putting_twice_counts_once() -> None:
    memo = UpgradeMemo(most_bytes=10)
    for _ in range(5):
        memo.put(thing("a"), answer(b"12345"))
    memo.put(thing("b"), answer(b"12345"))
    assert memo.get(thing("a")) is not None
