"""Secrets out of readings, before anything is compared: from here on the program does not hold them.

Secret is what the provider's schema calls sensitive, what the state marks (a sensitive variable's way), and every
other place in the same resource where one of those secrets turns up again, as it is or encoded: providers repeat values
without the mark.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote

from reconciler.drift.scrub import secrets_at
from reconciler.drift.snapshot import Absent, Present, Reading
from reconciler.drift.values import Digest, Object, Path, Sensitive, Value, canonical, mask

# Shorter values (a flag, a port, "admin") would mask half a resource without hiding anything.
_LEAST = 8


def masked(reading: Reading, digest: Digest) -> Reading:
    """The reading with every secret replaced by its place holder."""
    return _masked(reading, digest, {})


def all_masked(readings: Iterable[Reading], digest: Digest) -> list[Reading]:
    """Many readings masked."""
    by_schema: dict[int, tuple[Path, ...]] = {}
    return [_masked(reading, digest, by_schema) for reading in readings]


def masked_pair(before: Object, after: Object, marks: Iterable[Value], digest: Digest) -> tuple[Object, Object]:
    """Two sides of one resource with their secrets replaced, told by marks of Terraform's JSON.

    A mark has the shape of the value that it belongs to, with true in the place of each secret part.
    """
    paths = tuple({path for mark in marks for path in _marked(mark)})
    if () in paths:
        paths = tuple((name,) for name in {*before, *after})
    secrets = _forms({*telling_secrets(before, paths), *telling_secrets(after, paths)})
    return _hide(before, paths, secrets, digest), _hide(after, paths, secrets, digest)


def plan_secrets(shown: Object) -> frozenset[str]:
    """The secrets that a plan holds, in every form: of resources by Terraform's marks, and sensitive variables.

    Args:
        shown: the plan as Terraform's JSON (https://developer.hashicorp.com/terraform/internals/json-format).
    """
    found: set[str] = set()
    for entry in (*(shown.get("resource_changes") or ()), *(shown.get("resource_drift") or ())):
        change = entry.get("change", {})
        for side in ("before", "after"):
            paths = tuple(_marked(change.get(f"{side}_sensitive")))
            found.update(telling_secrets(change.get(side) or {}, paths))
    prior = shown.get("prior_state", {}).get("values", {}).get("root_module", {})
    for resource in _resources(prior):
        found.update(telling_secrets(resource.get("values") or {}, tuple(_marked(resource.get("sensitive_values")))))
    declared = shown.get("configuration", {}).get("root_module", {}).get("variables", {})
    for name, given in shown.get("variables", {}).items():
        if declared.get(name, {}).get("sensitive"):
            found.update(telling_secrets(given, (("value",),)))
    return frozenset(_forms(found))


def telling_secrets(side: Object, paths: Iterable[Path]) -> Iterator[str]:
    """The texts at the paths that are long enough to be told from chance where they turn up again."""
    return (found for found in secrets_at(side, paths) if len(found) >= _LEAST)


def _resources(module: Object) -> Iterator[Object]:
    yield from module.get("resources") or ()
    for child in module.get("child_modules") or ():
        yield from _resources(child)


def _marked(mark: Value) -> Iterator[Path]:
    """The paths that a mark names, through lists without indexes: a mark on one element is a mark on all."""
    if mark is True:
        yield ()
    elif isinstance(mark, Mapping):
        yield from ((name, *path) for name, inner in mark.items() for path in _marked(inner))
    elif isinstance(mark, list):
        yield from (path for inner in mark for path in _marked(inner))


def _masked(reading: Reading, digest: Digest, by_schema: dict[int, tuple[Path, ...]]) -> Reading:
    match reading:
        case Present():
            paths = _paths(reading, by_schema)
            if not paths:
                return reading
            secrets = _forms({*telling_secrets(reading.recorded, paths), *telling_secrets(reading.observed, paths)})
            return replace(
                reading,
                recorded=_hide(reading.recorded, paths, secrets, digest),
                observed=_hide(reading.observed, paths, secrets, digest),
            )
        case Absent():
            paths = _paths(reading, by_schema)
            secrets = _forms(set(telling_secrets(reading.recorded, paths)))
            return replace(reading, recorded=_hide(reading.recorded, paths, secrets, digest))
        case _:
            return reading


def _paths(reading: Present | Absent, by_schema: dict[int, tuple[Path, ...]]) -> tuple[Path, ...]:
    """All secret places. A schema is asked once: the readings hold it, so its identity stands for it meanwhile."""
    paths = by_schema.get(id(reading.schema))
    if paths is None:
        paths = by_schema[id(reading.schema)] = tuple(reading.schema.block.sensitive_paths())
    if not reading.instance.sensitive_paths:
        return paths
    # In the cloud the marked element may have moved to another place in its list: a mark on one is a mark on all.
    marked = [tuple(step for step in path if isinstance(step, str)) for path in reading.instance.sensitive_paths]
    if () in marked:
        return tuple((name,) for name in (*reading.schema.block.attributes, *reading.schema.block.blocks))
    return (*paths, *marked)


def _hide(side: Object, paths: tuple[Path, ...], secrets: tuple[str, ...], digest: Digest) -> Object:
    hidden: Object = mask(side, paths, digest)
    return {k: _hide_copies(v, secrets, digest) for k, v in hidden.items()} if secrets else hidden


def _hide_copies(value: Value, secrets: tuple[str, ...], digest: Digest) -> Value:
    if isinstance(value, str):
        return Sensitive(digest(canonical(value))) if any(secret in value for secret in secrets) else value
    if isinstance(value, dict):
        return {k: _hide_copies(v, secrets, digest) for k, v in value.items()}
    if isinstance(value, list):
        return [_hide_copies(v, secrets, digest) for v in value]
    return value


def _forms(secrets: set[str]) -> tuple[str, ...]:
    """Each secret as it stands, inside a JSON text, in a URL, and in Base64."""
    forms: dict[str, None] = {}
    for secret in sorted(secrets):
        raw = secret.encode("utf-8", "surrogatepass")
        in_json = json.dumps(secret)[1:-1]
        forms |= dict.fromkeys((secret, in_json, json.dumps(secret, ensure_ascii=False)[1:-1], quote(raw, safe="")))
        forms[base64.b64encode(raw).decode()] = None
    return tuple(forms)
