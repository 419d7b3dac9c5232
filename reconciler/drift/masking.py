"""Secrets out of readings, before anything is compared: from here on the program does not hold them.

Secret is what the provider's schema calls sensitive, what the state marks (a sensitive variable's way), and every
other place in the same resource where one of those secrets turns up again: providers repeat values without the mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.drift.snapshot import Absent, Present, Reading
from reconciler.drift.values import Digest, Object, Path, Sensitive, Value, canonical, mask

# Shorter values (a flag, a port, "admin") would mask half a resource without hiding anything.
_LEAST = 8


def masked(reading: Reading, digest: Digest) -> Reading:
    """The reading with every secret replaced by its place holder."""
    match reading:
        case Present():
            paths = _paths(reading)
            secrets = {*_secrets(reading.recorded, paths), *_secrets(reading.observed, paths)}
            return replace(
                reading,
                recorded=_hide(reading.recorded, paths, secrets, digest),
                observed=_hide(reading.observed, paths, secrets, digest),
            )
        case Absent():
            paths = _paths(reading)
            secrets = set(_secrets(reading.recorded, paths))
            return replace(reading, recorded=_hide(reading.recorded, paths, secrets, digest))
        case _:
            return reading


def _paths(reading: Present | Absent) -> list[Path]:
    return [*reading.schema.block.sensitive_paths(), *reading.instance.sensitive_paths]


def _hide(side: Object, paths: list[Path], secrets: set[str], digest: Digest) -> Object:
    hidden: Object = mask(side, paths, digest)
    return {k: _hide_copies(v, secrets, digest) for k, v in hidden.items()} if secrets else hidden


def _hide_copies(value: Value, secrets: set[str], digest: Digest) -> Value:
    if isinstance(value, str):
        return Sensitive(digest(canonical(value))) if any(secret in value for secret in secrets) else value
    if isinstance(value, dict):
        return {k: _hide_copies(v, secrets, digest) for k, v in value.items()}
    if isinstance(value, list):
        return [_hide_copies(v, secrets, digest) for v in value]
    return value


def _secrets(side: Object, paths: list[Path]) -> Iterator[str]:
    """The texts that stand at the paths and are long enough to be told from chance."""
    for path in paths:
        for value in _at(side, path):
            yield from (found for found in _texts(value) if len(found) >= _LEAST)


def _at(value: Value, path: Path) -> Iterator[Value]:
    """What stands at a path; a name goes through every element of a list or set on the way."""
    if not path:
        yield value
        return
    step, rest = path[0], path[1:]
    if isinstance(value, Mapping) and step in value:
        yield from _at(value[step], rest)
    elif isinstance(value, list) and isinstance(step, int):
        yield from _at(value[step], rest) if -1 < step < len(value) else ()
    elif isinstance(value, list):
        for element in value:
            yield from _at(element, path)


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
