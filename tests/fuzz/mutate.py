"""Inputs altered by chance: a good one cut, doubled, swapped and sprinkled with what its reader trips over."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

_NUMBERS = (b"0", b"-1", b"2147483648", b"9223372036854775808", b"1e400", b"0.1", b"1" * 400)
_BYTES = (b"\0", b"\xff", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\r", b"\n", b"\t", b" " * 300)
_WORD = re.compile(rb"[A-Za-z_][\w-]*|\d+")
_LONG = 4_000
"""Bytes that one doubling may add."""


def mutated(seeds: Sequence[bytes], tokens: Sequence[bytes], chance: random.Random) -> bytes:
    """One of the seeds, altered in one to six places."""
    data = chance.choice(seeds)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 6))):
        alter = _swapped if chance.random() < 0.4 else _altered
        data = alter(data, seeds, tokens, chance)
    return data


def _swapped(data: bytes, seeds: Sequence[bytes], tokens: Sequence[bytes], chance: random.Random) -> bytes:
    """One word in place of another: what comes out has the same form more often than not."""
    words = list(_WORD.finditer(data))
    if not words:
        return data
    old, new = chance.choice(words), chance.choice(list(_WORD.finditer(chance.choice(seeds))) or words)
    return data[: old.start()] + new[0] + data[old.end() :]


def _altered(data: bytes, seeds: Sequence[bytes], tokens: Sequence[bytes], chance: random.Random) -> bytes:
    """Anything, anywhere."""
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice((0, 0, 1, 1, 2, 4, 16, 64, 256)))
    match chance.randrange(10):
        case 0:  # cut off, as by a full disk
            return data[:at] or b"\n"
        case 1:  # a line is gone, doubled or elsewhere
            return _lines(data, chance)
        case 2:  # a part again, some times
            part = data[at:end] or b"{"
            new = data[at:end] + part * min(chance.choice((1, 1, 2, 200)), _LONG // len(part) + 1)
        case 3:  # a part of another input
            other = chance.choice(seeds)
            start = chance.randrange(len(other))
            new = other[start : start + chance.choice((1, 8, 64, 512))]
        case 4:  # a bit is wrong
            new = bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 : end] if at < end else b""
        case 5:
            new = chance.choice(_NUMBERS)
        case 6:
            new = chance.choice(_BYTES)
        case 7:
            new = b""
        case _:
            new = chance.choice(tokens)
    return data[:at] + new + data[end:]


def _lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(3):
        case 0:
            del lines[one]
        case 1:
            lines.insert(two, lines[one])
        case _:
            lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)
