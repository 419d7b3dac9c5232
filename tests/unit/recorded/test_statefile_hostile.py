"""States made to break the reader: by size, by depth, and by chance."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.drift.address import Address
from reconciler.drift.snapshot import RecordedState
from reconciler.errors import StateError
from reconciler.recorded.statefile import read_state
from reconciler.recorded.strict_json import MAX_DEPTH

ESTATE = (Path(__file__).parents[2] / "fixtures" / "state" / "estate.tfstate").read_bytes()
ID = b'"https://sqs/0"'


def nested(depth: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    return ESTATE.replace(ID, opening * depth + b"0" + closing * depth)


@pytest.mark.parametrize("depth", [MAX_DEPTH, 500, 1_500, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_too_deep(depth: int, opening: bytes, closing: bytes) -> None:
    with pytest.raises(StateError, match="nested deeper than 128"):
        read_state(nested(depth, opening, closing), location="x")


def test_deep_enough_for_any_provider() -> None:
    assert len(read_state(nested(MAX_DEPTH - 2), location="x").instances) == 6


def test_many_shallow_values_are_not_deep() -> None:
    data = ESTATE.replace(ID, json.dumps([{"a": [1]}] * 500).encode())
    assert len(read_state(data, location="x").instances) == 6


@pytest.mark.parametrize("number", [b"9" * 5_000, b"-" + b"9" * 5_000, b"1e309", b"-1e400"])
def test_numbers_out_of_range(number: bytes) -> None:
    with pytest.raises(StateError, match="out of range") as raised:
        read_state(ESTATE.replace(ID, number), location="x")
    assert "99" not in str(raised.value)


def test_serial_of_5000_digits() -> None:
    with pytest.raises(StateError, match="serial: integer value out of range"):
        read_state(ESTATE.replace(b'"serial": 12', b'"serial": ' + b"9" * 5_000), location="x")


@pytest.mark.parametrize("length", range(1, len(ESTATE) - 2, 64))
def test_cut_off_anywhere(length: int) -> None:
    with pytest.raises(StateError) as raised:
        read_state(ESTATE[:length], location="x")
    assert raised.value.position is not None


def test_a_column_counts_characters() -> None:
    data = '{"한글": x}'.encode()
    with pytest.raises(StateError) as raised:
        read_state(data, location="x")
    assert str(raised.value.position) == "x:1:8"


def read_or_error(data: bytes) -> RecordedState | StateError:
    try:
        return read_state(data, location="x")
    except StateError as error:
        return error


def check(data: bytes) -> None:
    """Only a StateError, or a state whose every part can be stored and found again."""
    state = read_or_error(data)
    if isinstance(state, StateError):
        assert "\n" not in str(state)
        assert state.position is not None
        return
    assert len({instance.label for instance in state.instances}) == len(state.instances)
    for instance in state.instances:
        assert instance.attributes in data or instance.attributes == b"{}"
        assert isinstance(json.loads(instance.attributes), dict)
        assert Address.parse(str(instance.address)) == instance.address
        assert "\0" not in instance.label.encode().decode()


FRAGMENTS = [
    b'"',
    b"\\",
    b"\0",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\xff",
    b"\\u0000",
    b"\\ud800",
    b"\\u003a",
    b"1e999",
]
FRAGMENTS += [b"NaN", b"null", b"true", b"-1", b'"id": 1, ', b'{"a": 1}', b"\n", b"/", b'\xed\xa0\x80"', b"\\u0022"]


@given(
    st.lists(
        st.tuples(st.integers(0, len(ESTATE)), st.integers(0, 40), st.sampled_from(FRAGMENTS) | st.binary(max_size=3)),
        min_size=1,
        max_size=3,
    )
)
def test_altered_bytes(cuts: list[tuple[int, int, bytes]]) -> None:
    data = ESTATE
    for at, length, fragment in cuts:
        data = data[:at] + fragment + data[at + length :]
    check(data)


@pytest.mark.parametrize("seed", range(4))
def test_many_altered_files(seed: int) -> None:
    """Cheaper than hypothesis by ten times, and the same in every run."""
    chance = random.Random(seed)  # noqa: S311  no secret is made of it
    for _ in range(500):
        data = bytearray(ESTATE)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(data))
            data[at : at + chance.choice([0, 1, 1, 4, 40])] = chance.choice(FRAGMENTS)
        check(bytes(data))


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=5), SCALARS, max_size=3)


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    for key, child in value.items() if isinstance(value, dict) else enumerate(value):
        found.append((value, key))
        if isinstance(child, dict | list):
            places(child, found)
    return found


@given(st.lists(st.tuples(st.integers(0, 10_000), VALUES), min_size=1, max_size=3))
def test_altered_values(changes: list[tuple[int, Any]]) -> None:
    state = json.loads(ESTATE)
    for number, value in changes:
        everywhere = places(state, [])
        container, key = everywhere[number % len(everywhere)]
        container[key] = value
    check(json.dumps(state).encode())


def many(number: int, attributes: dict[int, bytes]) -> bytes:
    """A state of a megabyte and more, with the attributes of some resources given as text."""
    resources = (
        b'{"mode": "managed", "type": "aws_sqs_queue", "name": "q%d", "provider": "provider.aws",'
        b' "instances": [{"attributes": %b}]}' % (index, attributes.get(index, b'{"id": "%b"}' % (b"x" * 500)))
        for index in range(number)
    )
    return b'{"version": 4, "serial": 1, "lineage": "l", "resources": [%b]}' % b",\n".join(resources)


@pytest.mark.parametrize("index", [0, 1, 700, 1_500, 1_999])
@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (b'{"a": 1, "a": 2}', "an object holds the same key twice"),
        (b'{"a": %b}' % (b"[" * 200 + b"]" * 200), "nested deeper than 128 levels"),
        (b'{"a": 1e999}', "number out of range"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": 1, "a": 2, "b": "%b"}' % (b"y" * 900_000), "an object holds the same key twice"),
    ],
)
def test_one_fault_among_many(index: int, attributes: bytes, message: str) -> None:
    with pytest.raises(StateError, match=rf"resources\[{index}\]\.instances\[0\].*{message}") as raised:
        read_state(many(2_000, {index: attributes}), location="x")
    assert raised.value.position is not None
    assert raised.value.position.line == index + 1


def test_many_without_a_fault() -> None:
    given = {7: b'{"a": "\\u003a", "b": [%b]}' % b",".join([b"{}"] * 500), 8: b'{"a": "%b"}' % (b"y" * 900_000)}
    assert len(read_state(many(2_000, given), location="x").instances) == 2_000
